//! What part of the world a map shows.

use super::canvas::Axes;
use crate::cli::evaluate::html::view::View;

/// The frame's origin is shown where it is so near (m); a camera always is.
const NEAR_M: f64 = 5.0;
/// Room around people (m, and as a share of the whole).
const ROOM_M: f64 = 0.3;
const ROOM: f64 = 0.12;

/// From where to where, to the right and forward (m), and how much of it a pixel is.
pub struct Extent {
    /// Left and right end.
    pub right: (f64, f64),
    /// Rear and front end.
    pub forward: (f64, f64),
    /// The same in both directions.
    pub m_per_px: f64,
}

impl Extent {
    /// Around these points, on a map of this size (CSS pixels).
    pub fn around(points: &[(f64, f64)], size: (i32, i32)) -> Self {
        let right = ends(points.iter().map(|(right, _)| *right));
        let forward = ends(points.iter().map(|(_, forward)| *forward));
        let (width_px, height_px) = Axes::inside(size);
        let length = |(low, high): (f64, f64)| (1.0 + ROOM) * (high - low) + ROOM_M;
        let m_per_px = (length(right) / width_px).max(length(forward) / height_px);
        let around = |(low, high): (f64, f64), px: f64| {
            let (middle, half) = ((low + high) / 2.0, m_per_px * px / 2.0);
            (middle - half, middle + half)
        };
        Self {
            right: around(right, width_px),
            forward: around(forward, height_px),
            m_per_px,
        }
    }

    /// The same with the frame's origin, if that is a camera, or near.
    pub fn with_origin(points: &[(f64, f64)], view: View, size: (i32, i32)) -> Self {
        let distance_m = |(right, forward): &(f64, f64)| right.hypot(*forward);
        let is_near = points.iter().any(|point| distance_m(point) <= NEAR_M);
        if view == View::Optical || is_near {
            Self::around(&[points, &[(0.0, 0.0)]].concat(), size)
        } else {
            Self::around(points, size)
        }
    }

    /// Whether the frame's origin is in it.
    pub fn has_origin(&self) -> bool {
        let is_within = |(low, high): (f64, f64)| low <= 0.0 && 0.0 <= high;
        is_within(self.right) && is_within(self.forward)
    }
}

/// The least and the greatest; 0 where there is none.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let both = values.map(|value| (value, value));
    let ends = both.reduce(|(low, high), (value, _)| (low.min(value), high.max(value)));
    ends.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (i32, i32) = (480, 300);

    #[test]
    fn a_metre_is_as_long_both_ways() {
        let extent = Extent::around(&[(1.0, 3.0), (2.0, 9.0)], SIZE);
        let (width_px, height_px) = Axes::inside(SIZE);
        let length = |(low, high): (f64, f64)| high - low;
        let across = length(extent.right) / width_px;
        assert!((across - length(extent.forward) / height_px).abs() < 1e-12);
        assert!(extent.forward.0 < 3.0 && extent.forward.1 > 9.0);
        assert!(!extent.has_origin());
    }

    #[test]
    fn a_camera_is_there_and_a_far_origin_is_not() {
        let far = [(100.0, 3.0)];
        let has_origin = |view| Extent::with_origin(&far, view, SIZE).has_origin();
        assert!(has_origin(View::Optical) && !has_origin(View::Ground));
        assert!(Extent::with_origin(&[(1.0, 3.0)], View::Ground, SIZE).has_origin());
    }
}
