//! 3D people as the node publishes them; positions in the camera optical frame.

use nalgebra::{Matrix3, Vector3};

use super::forecast::Forecast;
use super::gaze::Gaze;
use super::marks::Marks;
use crate::geometry::segments::{Orientations, aligned, least_turn};
use crate::skeleton::{JOINT_COUNT, Pose};
use posemoe_stamp::Stamp;

/// What a pose rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The person was seen in this frame.
    Tracked,
    /// The person was not seen; the root moves on as before, the pose is held.
    Predicted,
    /// The person has been unseen for too long; said once, then forgotten.
    Lost,
}

/// One joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// Position (m).
    pub position_m: Vector3<f64>,
    /// Velocity (m/s).
    pub velocity_m_s: Vector3<f64>,
    /// Distance from the truth, relative to the root, within which 68 % of joints lie (m).
    pub sigma_m: f64,
    /// The detector's score of the keypoint, 0 where it was not seen in this frame.
    pub score: f64,
}

/// The network's error along one axis in shares of sigma, within which 68 % of joints lie: 0.6 of
/// it, not 0.53 as of three alike Gaussians, for its errors have longer tails.
pub(crate) const AXIS_SHARE: f64 = 0.6;

impl Joint {
    /// Standard deviation along any one axis, relative to the root (m).
    pub(crate) fn axis_sigma_m(&self) -> f64 {
        AXIS_SHARE * self.sigma_m
    }
}

/// One person.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonPose {
    /// Track id.
    pub id: String,
    /// What this pose rests on.
    pub state: State,
    /// 0 to 1: how much of the person was seen, and how surely.
    pub confidence: f64,
    /// Mid-hip (m).
    pub root_m: Vector3<f64>,
    /// Covariance of the root (m²).
    pub root_covariance_m2: Matrix3<f64>,
    /// Velocity of the root (m/s).
    pub root_velocity_m_s: Vector3<f64>,
    /// Joints in the order of [`crate::skeleton::JOINTS`].
    pub joints: [Joint; JOINT_COUNT],
    /// How segments are turned; where joints show bones, along them.
    pub segments: Orientations,
    /// Where the image shows the person; of the tracked only.
    pub marks: Option<Marks>,
    /// Where the head points; of the tracked, where the image shows enough of the face.
    pub gaze: Option<Gaze>,
    /// When and how the person moves on from here.
    pub forecast: Forecast,
}

impl PersonPose {
    /// Standard deviation of the root along each axis of its frame (m).
    pub fn root_sigma_m(&self) -> Vector3<f64> {
        let variances_m2 = self.root_covariance_m2.diagonal();
        variances_m2.map(|variance_m2| variance_m2.max(0.0).sqrt())
    }

    /// Where the joints are (m).
    pub fn joints_m(&self) -> Pose {
        self.joints.map(|joint| joint.position_m)
    }
}

/// How segments are turned between these joints (m): as was said of them, or as joints alone show.
pub(crate) fn segments_of(said: Option<&Orientations>, joints_m: &Pose) -> Orientations {
    match said {
        Some(said) => aligned(said, joints_m),
        None => least_turn(joints_m),
    }
}

/// Everyone at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Poses {
    /// The stamp of the image that showed them.
    pub stamp: Stamp,
    /// The camera's optical frame.
    pub frame_id: String,
    /// The people, in the order of their ids.
    pub people: Vec<PersonPose>,
    /// How many more the image shows, of whom nothing can be said.
    pub unplaced: usize,
}
