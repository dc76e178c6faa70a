//! What one message of a detector says, whatever detector it was.

use super::face::FACE_COUNT;
use super::skeleton::JOINT_COUNT;
use crate::stamp::Stamp;

/// One 2D detection of a joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keypoint {
    /// Pixels from the image's left edge.
    pub x_px: f64,
    /// Pixels from the image's top edge.
    pub y_px: f64,
    /// The detector's score, above 0 and at most 1.
    pub score: f64,
    /// What a depth camera measured there, metres along the camera's optical axis; `None` where nothing did.
    pub depth_m: Option<f64>,
}

/// Farther than depth cameras measure: a number that stands for something else.
pub const FARTHEST_DEPTH_M: f64 = 40.0;

impl Keypoint {
    /// The depth, where it is one that can have been measured.
    pub fn measured_m(&self) -> Option<f64> {
        self.depth_m
            .filter(|depth_m| *depth_m > 0.0 && *depth_m <= FARTHEST_DEPTH_M)
    }
}

impl Keypoint {
    /// What keypoints may be in place of pixels, for who has to mend it, if all of these may.
    pub fn likely_unit<'a>(mut keypoints: impl Iterator<Item = &'a Self>) -> &'static str {
        let is_share = |v: f64| (-1.0..=1.5).contains(&v);
        match keypoints.all(|k| is_share(k.x_px) && is_share(k.y_px)) {
            true => ": shares of the image (0 to 1) in place of pixels?",
            false => "",
        }
    }
}

/// One person in one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The detector's track id; `None` when it does not track.
    pub track_id: Option<String>,
    /// The detector's score of the whole person, 0 to 1.
    pub score: f64,
    /// The network's joints in the image; `None` where not seen.
    pub joints: [Option<Keypoint>; JOINT_COUNT],
    /// The face in the image, in the order of [`super::face::Face`]; `None` where not seen.
    pub face: [Option<Keypoint>; FACE_COUNT],
    /// The detector's box around the person, top left and bottom right (px), where it says.
    pub box_px: Option<[[f64; 2]; 2]>,
    /// How far away the detector measured the person to be (m), where it measures in space.
    pub distance_m: Option<f64>,
}

/// Everyone in one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// When the image was taken.
    pub stamp: Stamp,
    /// The camera's optical frame.
    pub frame_id: String,
    /// Width and height of the image that the pixels refer to (px), where the message says.
    pub image_size_px: Option<(u32, u32)>,
    /// The people, as many as the detector saw.
    pub people: Vec<Sighting>,
}
