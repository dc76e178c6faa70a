//! What one message of a detector says, whatever detector it was.

use super::face::FACE_COUNT;
use crate::geometry::place::ground::Ground;
use crate::keypoint::Keypoint;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

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

impl Sighting {
    /// Somebody of whom nothing but joints is known.
    pub fn of_joints(joints: [Option<Keypoint>; JOINT_COUNT]) -> Self {
        Self {
            track_id: None,
            score: 1.0,
            joints,
            face: [None; FACE_COUNT],
            box_px: None,
            distance_m: None,
        }
    }
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
    /// Where the floor is, as the camera has it; `None` where nobody knows.
    pub ground: Option<Ground>,
    /// The people whom the message shows in a form that can be read.
    pub people: Vec<Sighting>,
    /// How many more it has, of whom nothing could be taken.
    pub untaken: usize,
}

impl Observation {
    /// The people whom one image of so many pixels (width, height) shows.
    pub fn of_people(
        stamp: Stamp,
        frame_id: &str,
        image_size_px: (u32, u32),
        people: Vec<Sighting>,
    ) -> Self {
        Self {
            stamp,
            frame_id: frame_id.to_owned(),
            image_size_px: Some(image_size_px),
            ground: None,
            people,
            untaken: 0,
        }
    }
}
