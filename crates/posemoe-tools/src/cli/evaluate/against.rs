//! What has become better or worse since another result.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Failure;
use super::compared::{Compared, FORMAT};
use crate::cli::file;
use crate::evaluate::Latency;
use crate::evaluate::bootstrap::{self, Estimate};
use crate::evaluate::catalogue::{Better, METRICS};

/// How much worse a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// So many millimetres; for figures in millimetres, and no others.
    Mm(f64),
    /// So many percent of what it was; for all figures of which one way is better.
    Percent(f64),
}

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("found {text:?}, expected a number with its unit, such as 1mm or 2%");
        let (number, tolerance): (&str, fn(f64) -> Self) = match text.strip_suffix("mm") {
            Some(number) => (number, Self::Mm),
            None => (text.strip_suffix('%').ok_or_else(refused)?, Self::Percent),
        };
        let number: f64 = number.trim().parse().map_err(|_| refused())?;
        if number.is_finite() && number >= 0.0 {
            Ok(tolerance(number))
        } else {
            Err(refused())
        }
    }
}

impl std::fmt::Display for Tolerance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mm(number) => write!(f, "{number}mm"),
            Self::Percent(number) => write!(f, "{number}%"),
        }
    }
}

/// What of another result is needed.
#[derive(Deserialize)]
struct Other {
    sequences: Vec<BTreeMap<String, serde_json::Value>>,
}

/// The differences from another result.
#[derive(Debug, Serialize)]
pub struct Against {
    /// The other result.
    pub file: String,
    /// How much worse a figure may be.
    pub tolerance: String,
    /// Sequences that both have.
    pub sequences: usize,
    /// Sequences of one of both only: they are not compared.
    pub not_in_both: Vec<String>,
    /// By metric.
    pub differences: Vec<Difference>,
    /// Whether any metric is worse beyond the tolerance.
    pub is_regression: bool,
}

/// The difference of one metric over the sequences.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The metric.
    pub metric: &'static str,
    /// Mean over the sequences before.
    pub before: f64,
    /// Mean now minus mean before, and between what it lies; `None` where no sequence has the
    /// figure any more.
    pub difference: Option<Estimate>,
    /// Sequences that had the figure, and have it no more.
    pub gone: usize,
    /// `better` or `worse` where the whole interval says so, else `unclear`.
    pub verdict: &'static str,
    /// Whether it is worse beyond the tolerance, or gone.
    pub is_regression: bool,
}

/// Compares with the result in a file.
pub fn compare(now: &[Compared], path: &Path, tolerance: Tolerance) -> Result<Against, Failure> {
    let in_file = |what: String| -> Failure { format!("{}: {what}", path.display()).into() };
    let text = file::text(path)?;
    let json: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| in_file(format!("no JSON of posemoe evaluate: {error}")))?;
    if json["format"] != FORMAT {
        let found = &json["format"];
        return Err(in_file(format!(
            "found format {found}, expected {FORMAT}, of posemoe evaluate"
        )));
    }
    let other = Other::deserialize(json).map_err(|error| in_file(error.to_string()))?;
    let named = other
        .sequences
        .into_iter()
        .filter_map(|mut one| match one.remove("name")? {
            serde_json::Value::String(name) => Some((name, one)),
            _ => None,
        });
    let before: BTreeMap<String, _> = named.collect();
    let both: Vec<(&Compared, &BTreeMap<String, serde_json::Value>)> = now
        .iter()
        .filter_map(|one| Some((one, before.get(&one.name)?)))
        .collect();
    let new = now
        .iter()
        .map(|one| &one.name)
        .filter(|name| !before.contains_key(*name));
    let old = before
        .keys()
        .filter(|name| now.iter().all(|one| one.name != **name));
    let not_in_both: Vec<String> = new.chain(old).cloned().collect();
    if both.is_empty() {
        let names = not_in_both.join(", ");
        return Err(in_file(format!("no sequence is in both results: {names}")));
    }
    let pair = |key: &str| -> Figures {
        let figures = both.iter().map(|(now, before)| {
            let before = before.get(key).and_then(serde_json::Value::as_f64);
            (before, now.section.figures.get(key))
        });
        figures.collect()
    };
    let judged = METRICS
        .iter()
        .filter(|metric| metric.better != Better::Neither);
    let differences: Vec<Difference> = judged
        .filter_map(|metric| difference(metric.key, metric.better, &pair(metric.key), tolerance))
        .chain(latencies(&both, tolerance))
        .collect();
    Ok(Against {
        file: path.display().to_string(),
        tolerance: tolerance.to_string(),
        sequences: both.len(),
        not_in_both,
        is_regression: differences.iter().any(|one| one.is_regression),
        differences,
    })
}

/// A figure of each sequence, before and now.
type Figures = Vec<(Option<f64>, Option<f64>)>;

/// Of the latencies. Where one of both results does not know them, nothing has become worse.
fn latencies(
    both: &[(&Compared, &BTreeMap<String, serde_json::Value>)],
    tolerance: Tolerance,
) -> Vec<Difference> {
    let known = both.iter().filter_map(|(now, before)| {
        let before = before.get("latency")?.get("stamp_to_publish_ms")?;
        let before = Latency::deserialize(before).ok()?;
        Some((before, now.section.latency.stamp_to_publish_ms.as_ref()?))
    });
    let known: Vec<(Latency, &Latency)> = known.collect();
    let of = |key, of: fn(&Latency) -> f64| {
        let figures = known
            .iter()
            .map(|(before, now)| (Some(of(before)), Some(of(now))));
        difference(key, Better::Lower, &figures.collect::<Figures>(), tolerance)
    };
    let median = of("stamp_to_publish_median_ms", |latency| latency.median);
    let p99 = of("stamp_to_publish_p99_ms", |latency| latency.p99);
    [median, p99].into_iter().flatten().collect()
}

/// Of the figures before and now; `None` where there was none before.
fn difference(
    metric: &'static str,
    better: Better,
    figures: &[(Option<f64>, Option<f64>)],
    tolerance: Tolerance,
) -> Option<Difference> {
    let before = crate::evaluate::metrics::mean(figures.iter().filter_map(|(before, _)| *before))?;
    let gone = figures
        .iter()
        .filter(|(before, now)| before.is_some() && now.is_none())
        .count();
    let both = figures
        .iter()
        .filter_map(|(before, now)| Some((*now)? - (*before)?));
    let difference = bootstrap::estimate(&both.collect::<Vec<f64>>());
    let sign = if better == Better::Higher { -1.0 } else { 1.0 };
    let worse_by = difference.map_or(0.0, |difference| sign * difference.mean);
    let most = match tolerance {
        Tolerance::Percent(percent) => percent / 100.0 * before.abs(),
        Tolerance::Mm(mm) if metric.ends_with("_mm") => mm,
        Tolerance::Mm(_) => f64::INFINITY,
    };
    let verdict = match difference {
        Some(difference) if difference.is_clear() && worse_by > 0.0 => "worse",
        Some(difference) if difference.is_clear() => "better",
        _ => "unclear",
    };
    Some(Difference {
        metric,
        before,
        difference,
        gone,
        verdict,
        is_regression: worse_by > most || gone > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn better(key: &str) -> Better {
        let metric = METRICS.iter().find(|metric| metric.key == key);
        metric.unwrap().better
    }

    fn judged(key: &'static str, figures: &[(f64, f64)], tolerance: Tolerance) -> Difference {
        let figures: Vec<_> = figures.iter().map(|(a, b)| (Some(*a), Some(*b))).collect();
        difference(key, better(key), &figures, tolerance).unwrap()
    }

    #[test]
    fn worse_is_up_for_errors_and_down_for_shares() {
        let (up, down) = ([(50.0, 52.0), (70.0, 73.0)], [(52.0, 50.0), (73.0, 70.0)]);
        for (key, figures, verdict, is_regression) in [
            ("mpjpe_mm", up, "worse", true),
            ("mpjpe_mm", down, "better", false),
            ("pck150_pct", up, "better", false),
            ("pck150_pct", down, "worse", true),
        ] {
            let found = judged(key, &figures, Tolerance::Percent(1.0));
            assert_eq!(
                (found.verdict, found.is_regression),
                (verdict, is_regression),
                "{key}"
            );
        }
    }

    #[test]
    fn a_tolerance_is_of_its_unit() {
        let figures = [(100.0, 102.0), (100.0, 102.0)];
        let regression = |key, tolerance| judged(key, &figures, tolerance).is_regression;
        assert!(regression("mpjpe_mm", Tolerance::Mm(1.9)));
        assert!(!regression("mpjpe_mm", Tolerance::Mm(2.0)));
        assert!(!regression("mpjve_mm_s", Tolerance::Mm(0.0)));
        assert!(regression("mpjve_mm_s", Tolerance::Percent(1.9)));
        assert!(!regression("mpjve_mm_s", Tolerance::Percent(2.0)));
    }

    #[test]
    fn a_figure_that_is_gone_is_a_regression() {
        let found = difference(
            "mpjpe_mm",
            Better::Lower,
            &[(Some(50.0), None)],
            Tolerance::Mm(9.0),
        )
        .unwrap();
        assert_eq!(
            (found.gone, found.difference, found.is_regression),
            (1, None, true)
        );
        assert!(
            difference(
                "mpjpe_mm",
                Better::Lower,
                &[(None, Some(50.0))],
                Tolerance::Mm(9.0)
            )
            .is_none()
        );
    }

    #[test]
    fn tolerances_have_a_unit() {
        assert_eq!("1.5mm".parse(), Ok(Tolerance::Mm(1.5)));
        assert_eq!("2 %".parse(), Ok(Tolerance::Percent(2.0)));
        for wrong in ["2", "-1mm", "nan%", "mm", "1cm"] {
            assert!(wrong.parse::<Tolerance>().is_err(), "{wrong}");
        }
    }
}
