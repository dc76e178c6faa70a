//! The error of each pose over time, for one sequence.

use maud::Markup;

use super::canvas::{Axes, SIZE, band, svg};
use super::{BOTH_ERRORS, figure, ink};
use crate::cli::evaluate::Failure;
use crate::cli::evaluate::compared::Compared;
use crate::cli::evaluate::html::bins::{self, Column};
use crate::cli::evaluate::html::drawable;
use crate::evaluate::{PoseErrors, metrics};

/// Columns at most: a curve of more has no more to be seen.
const MOST_COLUMNS: f64 = 240.0;
/// Lines have a break where nothing was compared for so long (s), or for three times as long as
/// usual.
const BREAK_S: f64 = 0.5;

/// From so many seconds on, hours are shown.
const LONG_S: f64 = 10_000.0;

/// Root-relative and absolute errors over time.
pub struct Curves {
    relative_mm: Vec<Column>,
    absolute_mm: Vec<Column>,
    duration_s: f64,
    width_s: f64,
    poses: usize,
}

impl Curves {
    /// Of all poses; `None` where there are none.
    pub fn of(one: &Compared) -> Option<Self> {
        let (poses, (first, last)) = (drawable::poses(one), one.outcome.span?);
        let duration_s = last.seconds_since(first);
        let width_s = if duration_s > 0.0 {
            duration_s / MOST_COLUMNS
        } else {
            1.0
        };
        let columns = |error_m: fn(&PoseErrors) -> Option<f64>| {
            let at = |pose: &&PoseErrors| {
                let error_m = error_m(pose)?;
                Some((pose.stamp.seconds_since(first), error_m * 1e3))
            };
            let points: Vec<(f64, f64)> = poses.iter().filter_map(at).collect();
            bins::columns(&points, width_s, (0.0, 1.0))
        };
        let curves = Self {
            relative_mm: columns(|pose| pose.mpjpe_m),
            absolute_mm: columns(|pose| metrics::mean(pose.joints.iter().map(|j| j.absolute_m))),
            duration_s,
            width_s,
            poses: poses.len(),
        };
        (curves.poses > 0).then_some(curves)
    }

    /// The greatest error that is drawn (mm).
    pub fn highest_mm(&self) -> f64 {
        let all = self.relative_mm.iter().chain(&self.absolute_mm);
        all.map(|column| column.high).fold(0.0, f64::max)
    }

    /// The time between neighbouring columns, were they spread evenly (s).
    fn usual_s(&self) -> f64 {
        let steps = self.absolute_mm.len().saturating_sub(1).max(1);
        (self.duration_s / steps as f64).max(self.width_s)
    }

    /// The plot, up to an error (mm) that plots of several sequences share.
    pub fn draw(&self, name: &str, top_mm: f64) -> Result<Markup, Failure> {
        let description = format!(
            "Error over time of {name}: {} poses in {:.1} s, at most {:.0} mm",
            self.poses,
            self.duration_s,
            self.highest_mm()
        );
        let (unit_s, x_name) = match self.duration_s {
            duration_s if duration_s >= LONG_S => (3600.0, "h since the first frame"),
            _ => (1.0, "s since the first frame"),
        };
        let in_unit = |columns: &[Column]| -> Vec<Column> {
            let in_unit = |column: &Column| Column {
                at: column.at / unit_s,
                ..*column
            };
            columns.iter().map(in_unit).collect()
        };
        let axes = Axes {
            x: 0.0..self.duration_s.max(0.1) / unit_s,
            y: 0.0..top_mm,
            x_name,
            y_name: "mean joint error (mm)",
            is_mirrored: false,
        };
        let plot = svg(SIZE, &description, |area| {
            let mut chart = axes.draw(area)?;
            let most_apart = BREAK_S.max(3.0 * self.usual_s()) / unit_s;
            let (absolute, relative) = (in_unit(&self.absolute_mm), in_unit(&self.relative_mm));
            band(&mut chart, &absolute, most_apart, ink::FAR)?;
            band(&mut chart, &relative, most_apart, ink::PREDICTED)
        })?;
        Ok(figure(name, &BOTH_ERRORS, "", &plot))
    }
}

/// The plots of several sequences, all up to the same error.
pub fn all(sequences: &[&Compared]) -> Result<Vec<Markup>, Failure> {
    let curves = sequences.iter();
    let curves: Vec<(&str, Curves)> = curves
        .filter_map(|one| Some((one.name.as_str(), Curves::of(one)?)))
        .collect();
    let highest_mm = curves
        .iter()
        .map(|(_, one)| one.highest_mm())
        .fold(0.0, f64::max);
    let top_mm = (highest_mm * 1.05).max(1.0);
    curves
        .iter()
        .map(|(name, one)| one.draw(name, top_mm))
        .collect()
}
