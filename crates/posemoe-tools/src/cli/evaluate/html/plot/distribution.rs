//! How many joints are within how many millimetres.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Axes, SIZE, line, stroke, style_at, svg};
use super::{BOTH_ERRORS, Drawn, figure, ink};
use crate::cli::evaluate::html::bins;
use crate::evaluate::{PoseErrors, metrics};

/// Up to here joints count as right (mm).
const RIGHT_MM: f64 = metrics::PCK_M * 1e3;
const STEPS: u32 = 160;

/// Errors of joints in order (mm).
struct Sorted(Vec<f64>);

impl Sorted {
    fn new(errors_m: impl Iterator<Item = f64>) -> Self {
        let mut errors_mm: Vec<f64> = errors_m.map(|error| error * 1e3).collect();
        errors_mm.sort_by(f64::total_cmp);
        Self(errors_mm)
    }

    /// Share (%) of joints at most so far off.
    fn share_pct(&self, mm: f64) -> f64 {
        let within = self.0.partition_point(|error| *error <= mm);
        100.0 * within as f64 / self.0.len().max(1) as f64
    }
}

/// The cumulative share of root-relative and of absolute errors; `None` where there is none.
pub fn draw(poses: &[&PoseErrors]) -> Drawn {
    let joints = || poses.iter().flat_map(|pose| &pose.joints);
    // The root itself cannot be wrong.
    let free = joints().filter(|joint| *joint.name != *"pelvis");
    let relative = Sorted::new(free.map(|joint| joint.relative_m));
    let absolute = Sorted::new(joints().map(|joint| joint.absolute_m));
    if absolute.0.is_empty() {
        return Ok(None);
    }
    let far_mm = metrics::quantile(absolute.0.clone(), 0.999).unwrap_or(0.0);
    let top_mm = bins::round_up(far_mm.max(2.0 * RIGHT_MM));
    let [right, in_place] = [&relative, &absolute].map(|one| one.share_pct(RIGHT_MM));
    let shares = format!("within 150 mm are {right:.1} % root-relative, {in_place:.1} % absolute");
    let axes = Axes {
        x: 0.0..top_mm,
        y: 0.0..100.0,
        x_name: "error of a joint at most (mm)",
        y_name: "share of joints (%)",
        is_mirrored: false,
    };
    let plot = svg(SIZE, &format!("Distribution of errors: {shares}"), |area| {
        let mut chart = axes.draw(area)?;
        let limit = vec![(RIGHT_MM, 0.0), (RIGHT_MM, 100.0)];
        line(&mut chart, limit, stroke(ink::AXIS, 1.5))?;
        let words = style_at(14, HPos::Left, VPos::Bottom);
        let at = (RIGHT_MM + 0.012 * top_mm, 2.0);
        chart.draw_series([Text::new("150 mm", at, words)])?;
        for (errors, colour) in [(&absolute, ink::FAR), (&relative, ink::PREDICTED)] {
            let mm = (0..=STEPS).map(|step| top_mm * f64::from(step) / f64::from(STEPS));
            let curve = mm.map(|mm| (mm, errors.share_pct(mm))).collect();
            line(&mut chart, curve, stroke(colour, 2.0))?;
        }
        Ok(())
    })?;
    let mut note = shares;
    note.replace_range(..1, "W");
    Ok(Some(figure(
        "Distribution",
        &BOTH_ERRORS,
        &(note + "."),
        &plot,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_count_what_is_just_within() {
        let errors = Sorted::new([0.15, 0.1, 0.2].into_iter());
        let found = [99.0, 100.0, 150.0, 200.0].map(|mm| errors.share_pct(mm).round());
        assert_eq!(found, [0.0, 33.0, 67.0, 100.0]);
    }
}
