//! Errors by the distance from the camera.

use super::canvas::{Axes, SIZE, band, svg};
use super::{Drawn, figure, ink};
use crate::cli::evaluate::html::bins::{self, Column};
use crate::evaluate::PoseErrors;

/// About so many columns.
const COLUMNS: f64 = 10.0;
/// And none narrower (m).
const NARROWEST_M: f64 = 0.25;

/// Median and 80 % of root-relative errors and of root errors; `None` where there is no pose.
pub fn draw(poses: &[&PoseErrors]) -> Drawn {
    let distances = poses.iter().map(|pose| pose.distance_m);
    let (nearest, farthest) = distances.fold((f64::MAX, 0.0), |(low, high): (f64, f64), d| {
        (low.min(d), high.max(d))
    });
    if poses.is_empty() {
        return Ok(None);
    }
    let width_m = bins::round_up(((farthest - nearest) / COLUMNS).max(NARROWEST_M));
    let columns = |error_m: fn(&PoseErrors) -> Option<f64>| {
        let at = |pose: &&PoseErrors| Some((pose.distance_m, error_m(pose)? * 1e3));
        let points: Vec<(f64, f64)> = poses.iter().filter_map(at).collect();
        bins::columns(&points, width_m, (0.1, 0.9))
    };
    let (relative, root) = (
        columns(|pose| pose.mpjpe_m),
        columns(|pose| Some(pose.root_m)),
    );
    let high = |columns: &[Column]| columns.iter().map(|c| c.high).fold(1.0, f64::max);
    let axes = Axes {
        x: (nearest - 0.5 * width_m).max(0.0)..farthest + 0.5 * width_m,
        y: 0.0..high(&relative).max(high(&root)) * 1.05,
        x_name: "distance of the true root (m)",
        y_name: "error (mm)",
        is_mirrored: false,
    };
    let description = format!("Error by distance, from {nearest:.1} to {farthest:.1} m");
    let plot = svg(SIZE, &description, |area| {
        let mut chart = axes.draw(area)?;
        band(&mut chart, &root, 2.5 * width_m, ink::FAR)?;
        band(&mut chart, &relative, 2.5 * width_m, ink::PREDICTED)
    })?;
    let note = format!("Medians of {width_m} m each; bands have the middle 80 % of poses.");
    let keys = [("predicted", "root-relative"), ("far", "of the root")];
    Ok(Some(figure("Error by distance", &keys, &note, &plot)))
}
