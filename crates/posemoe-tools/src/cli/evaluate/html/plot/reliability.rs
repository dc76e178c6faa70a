//! Whether sigma is what it says: shares of joints within it, and errors of joints by it.

use super::canvas::{Axes, SIZE, dot, line, stroke, svg};
use super::{Drawn, figure, ink};
use crate::cli::evaluate::html::bins;
use crate::evaluate::catalogue::{self, ONE_SIGMA};
use crate::evaluate::{PoseErrors, metrics};

/// Within so many sigmas lies such a share (%) of a normal distribution: what sigma promises.
const PROMISED: [(f64, f64); 12] = [
    (10.0, 0.12566),
    (20.0, 0.25335),
    (30.0, 0.38532),
    (40.0, 0.52440),
    (50.0, 0.67449),
    (60.0, 0.84162),
    (68.27, 1.0),
    (80.0, 1.28155),
    (90.0, 1.64485),
    (95.45, 2.0),
    (99.0, 2.57583),
    (99.73, 3.0),
];
/// Bins by sigma, all with the same count of joints.
const BINS: usize = 10;

/// (Sigma, root-relative error) of each joint that has a sigma (mm).
fn known_mm(poses: &[&PoseErrors]) -> Vec<(f64, f64)> {
    catalogue::sigmas(poses.iter().flat_map(|pose| &pose.joints))
        .map(|(error_m, sigma_m)| (sigma_m * 1e3, error_m * 1e3))
        .collect()
}

/// (Promised, found) shares of joints (%).
fn shares(known_mm: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let found = |(promised, sigmas): (f64, f64)| {
        let within = known_mm
            .iter()
            .map(|(sigma, error)| *error <= sigmas * sigma);
        Some((promised, 100.0 * metrics::share(within)?))
    };
    PROMISED.into_iter().filter_map(found).collect()
}

/// Mean sigma, and the error that 68.27 % do not exceed (mm), of joints with like sigmas.
fn by_sigma(mut known_mm: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    known_mm.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let count = known_mm.len().div_ceil(BINS).max(1);
    let bin = |bin: &[(f64, f64)]| {
        let errors = bin.iter().map(|(_, error)| *error).collect();
        let sigma = metrics::mean(bin.iter().map(|(sigma, _)| *sigma))?;
        Some((sigma, metrics::quantile(errors, ONE_SIGMA)?))
    };
    known_mm.chunks(count).filter_map(bin).collect()
}

/// Promised against found shares; `None` where nobody says a sigma.
pub fn draw_shares(poses: &[&PoseErrors]) -> Drawn {
    let known_mm = known_mm(poses);
    let found = shares(&known_mm);
    let one = |promised: f64| found.iter().find(|(p, _)| *p == promised).map(|(_, f)| *f);
    let factor = catalogue::sigma_factor(known_mm.iter().map(|(sigma, error)| (*error, *sigma)));
    let (Some(one_sigma), Some(two_sigmas), Some(factor)) = (one(68.27), one(95.45), factor) else {
        return Ok(None);
    };
    let description = format!(
        "Reliability of sigma: {one_sigma:.0} % within 1 sigma, {two_sigmas:.0} % within 2"
    );
    let verdict = match one_sigma - 68.27 {
        off if off < -5.0 => "Sigma is too small: errors are greater than it says",
        off if off > 5.0 => "Sigma is too large: errors are smaller than it says",
        _ => "Sigma is about right",
    };
    let note = format!(
        "{verdict}. {one_sigma:.1} % of joints are within 1 σ, where 68 % should be; \
         {two_sigmas:.1} % within 2 σ, where 95 % should be. With {factor:.2} times the \
         sigmas 68 % would be within 1 σ."
    );
    let axes = ("share promised by sigma (%)", "share found (%)");
    points(
        "Reliability of sigma",
        &description,
        &note,
        axes,
        &found,
        100.0,
    )
}

/// Sigma against error; `None` where nobody says a sigma.
pub fn draw_by_sigma(poses: &[&PoseErrors]) -> Drawn {
    let found = by_sigma(known_mm(poses));
    if found.is_empty() {
        return Ok(None);
    }
    let greatest = found
        .iter()
        .fold(0.0, |most: f64, (a, b)| most.max(*a).max(*b));
    let note = format!(
        "Joints by their sigma, in {} of the same size: what they say against what 68 % of their \
         errors do not exceed. On the line both are the same; above it sigma is too small.",
        crate::cli::evaluate::html::words::counted(found.len(), "group", "groups")
    );
    let description = format!("Error against sigma, in {} groups of joints", found.len());
    let axes = ("mean sigma (mm)", "error of 68 % at most (mm)");
    let top = bins::round_up(greatest * 1.02);
    points("Error by sigma", &description, &note, axes, &found, top)
}

/// Points beside the line on which they should be.
fn points(
    title: &str,
    description: &str,
    note: &str,
    (x_name, y_name): (&str, &str),
    found: &[(f64, f64)],
    top: f64,
) -> Drawn {
    let axes = Axes {
        x: 0.0..top,
        y: 0.0..top,
        x_name,
        y_name,
        is_mirrored: false,
    };
    let plot = svg(SIZE, description, |area| {
        let mut chart = axes.draw(area)?;
        line(
            &mut chart,
            vec![(0.0, 0.0), (top, top)],
            stroke(ink::AXIS, 1.5),
        )?;
        line(&mut chart, found.to_vec(), stroke(ink::PREDICTED, 1.8))?;
        for at in found {
            dot(&mut chart, *at, 4, ink::PREDICTED)?;
        }
        Ok(())
    })?;
    let keys = [("predicted", "found"), ("axis", "as it should be")];
    Ok(Some(figure(title, &keys, note, &plot)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_sigma_that_is_too_small() {
        // All errors are 1.5 sigma.
        let found = shares(&[(10.0, 15.0), (20.0, 30.0)]);
        let at = |promised: f64| found.iter().find(|(p, _)| *p == promised).unwrap().1;
        assert_eq!(
            (at(68.27), at(80.0), at(90.0), at(95.45)),
            (0.0, 0.0, 100.0, 100.0)
        );
        assert_eq!(shares(&[]), []);
    }

    #[test]
    fn groups_by_sigma_are_of_like_size() {
        let known = (0..20)
            .map(|n| (f64::from(20 - n), 2.0 * f64::from(20 - n)))
            .collect();
        let found = by_sigma(known);
        assert_eq!(found.len(), BINS);
        assert_eq!(found[0].0, 1.5);
        assert!((found[0].1 - (2.0 + 0.6827 * 2.0)).abs() < 1e-9);
        assert_eq!(by_sigma(vec![(3.0, 4.0)]), [(3.0, 4.0)]);
    }
}
