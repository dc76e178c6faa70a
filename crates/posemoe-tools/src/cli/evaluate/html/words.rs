//! Figures as people read them: a name, a unit, as many digits as mean something.

/// How a metric is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    stem: &'a str,
    /// Its unit; empty for a count.
    pub unit: &'static str,
    digits: usize,
}

/// The endings of keys, longest first: unit, digits.
const UNITS: [(&str, &str, usize); 8] = [
    ("_mm_s", "mm/s", 0),
    ("_m_s2", "m/s²", 1),
    ("_m_s3", "m/s³", 0),
    ("_mm", "mm", 1),
    ("_pct", "%", 1),
    ("_ms", "ms", 1),
    ("_factor", "×", 2),
    ("_nees", "", 1),
];

/// Keys whose names are more than their words.
const NAMES: [(&str, &str); 22] = [
    ("mpjpe", "MPJPE"),
    ("p_mpjpe", "P-MPJPE"),
    ("n_mpjpe", "N-MPJPE"),
    ("abs_mpjpe", "absolute MPJPE"),
    ("mpjve", "MPJVE"),
    ("truth_jitter", "true jitter"),
    ("pck150", "PCK 150 mm"),
    ("abs_pck150", "absolute PCK"),
    ("auc", "AUC"),
    ("p99_9_error", "99.9 % error"),
    ("within_1_sigma", "within 1 σ"),
    ("within_2_sigma", "within 2 σ"),
    ("sigma", "σ true at"),
    ("joint", "joint NEES"),
    ("root", "root NEES"),
    ("root_within_1_sigma_x", "root x within 1 σ"),
    ("root_within_1_sigma_y", "root y within 1 σ"),
    ("root_within_1_sigma_z", "root z within 1 σ"),
    ("root_within_2_sigma_x", "root x within 2 σ"),
    ("root_within_2_sigma_y", "root y within 2 σ"),
    ("root_within_2_sigma_z", "root z within 2 σ"),
    ("idf1", "IDF1"),
];

/// How the metric with this key is shown.
pub fn label(key: &str) -> Label<'_> {
    let split = |(ending, unit, digits): &(&str, &'static str, usize)| {
        Some((key.strip_suffix(ending)?, *unit, *digits))
    };
    let (stem, unit, digits) = UNITS.iter().find_map(split).unwrap_or((key, "", 0));
    Label { stem, unit, digits }
}

impl Label<'_> {
    /// Its name, without unit.
    pub fn name(&self) -> String {
        let known = NAMES.iter().find(|(stem, _)| *stem == self.stem);
        known.map_or_else(|| spaced(self.stem), |(_, name)| (*name).to_owned())
    }

    /// The figure in its digits; a dash where there is none, for 0 would be read as perfect.
    pub fn figure(&self, figure: Option<f64>) -> String {
        figure.map_or_else(|| "–".to_owned(), |figure| number(figure, self.digits))
    }

    /// The unit of a figure that there is.
    pub fn unit_of(&self, figure: Option<f64>) -> &'static str {
        figure.map_or("", |_| self.unit)
    }
}

/// A number with so many decimals; large ones need none, and very large ones not all their digits.
pub fn number(figure: f64, digits: usize) -> String {
    match figure.abs() {
        size if size >= 1e7 => format!("{figure:.1e}"),
        size if size >= 1e3 => format!("{figure:.0}"),
        _ => format!("{figure:.digits$}"),
    }
}

/// A key's words: `left_wrist` is the left wrist.
pub fn spaced(key: &str) -> String {
    key.replace('_', " ")
}

/// So many of something.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::catalogue::METRICS;

    #[test]
    fn every_metric_has_a_name_without_its_unit() {
        for metric in METRICS {
            let label = label(metric.key);
            let is_number = metric.key == "id_switches" || metric.key.ends_with("_nees");
            assert_eq!(label.unit.is_empty(), is_number, "{label:?}");
            assert!(!label.name().contains("_"), "{label:?}");
        }
        assert_eq!(label("p_mpjpe_mm").name(), "P-MPJPE");
        assert_eq!(label("root_error_mm").name(), "root error");
        assert_eq!(
            (
                label("mpjve_mm_s").name().as_str(),
                label("mpjve_mm_s").unit
            ),
            ("MPJVE", "mm/s")
        );
    }

    #[test]
    fn digits_mean_something() {
        assert_eq!(label("mpjpe_mm").figure(Some(80.06)), "80.1");
        assert_eq!(label("mpjpe_mm").figure(Some(1234.5)), "1234");
        assert_eq!(label("mpjpe_mm").figure(Some(1.24e300)), "1.2e300");
        assert_eq!(label("id_switches").figure(Some(3.0)), "3");
        assert_eq!(label("mpjpe_mm").figure(None), "–");
        assert_eq!(counted(1, "pose", "poses"), "1 pose");
    }
}
