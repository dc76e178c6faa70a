//! Where in the image a person was seen, as shares of its size: for those who work in the image.

use super::face::{FACE_COUNT, Face};
use crate::keypoint::Keypoint;
use crate::skeleton::JOINT_COUNT;

/// One point in the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// From the left edge, as a share of the image's width; the image ends at 1.
    pub x: f64,
    /// From the top edge, as a share of the image's height.
    pub y: f64,
    /// The detector's score, above 0 and at most 1.
    pub score: f64,
}

/// One person's points; `None` where not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// In the order of [`crate::skeleton::JOINTS`].
    pub joints: [Option<Mark>; JOINT_COUNT],
    /// In the order of [`Face`].
    pub face: [Option<Mark>; FACE_COUNT],
}

impl Mark {
    /// A keypoint in an image of this width and height (px, above 0).
    pub(crate) fn of(keypoint: &Keypoint, (width_px, height_px): (u32, u32)) -> Self {
        Self {
            x: keypoint.x_px / f64::from(width_px),
            y: keypoint.y_px / f64::from(height_px),
            score: keypoint.score.min(1.0),
        }
    }

    /// Whether the image shows it; detectors guess some points beyond the edge.
    pub fn is_inside(&self) -> bool {
        (0.0..=1.0).contains(&self.x) && (0.0..=1.0).contains(&self.y)
    }
}

impl Marks {
    /// A point of the face.
    pub fn face(&self, part: Face) -> Option<Mark> {
        self.face[part as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_are_inside() {
        let at = |x, y| Mark { x, y, score: 0.5 }.is_inside();
        assert!(at(0.0, 0.0) && at(1.0, 1.0) && at(0.5, 0.0));
        assert!(!at(-1e-9, 0.5) && !at(1.0 + 1e-9, 0.5) && !at(0.5, -1e-9) && !at(0.5, 1.1));
    }
}
