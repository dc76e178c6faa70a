//! Recordings of others (data sets with the truth, marker files) as people before cameras.
//!
//! Each reader turns the bytes of its format into [`Recording`]s; what is done with them is not its
//! business. Positions are metres in a world whose z points up (REP-103); cameras look along z
//! (REP-103 optical).

pub mod h36m;
mod mat5;
pub mod mpi_inf_3dhp;
pub mod npz;
mod number;
pub mod panoptic;
pub mod pickle;
pub mod trc;
mod view;

use nalgebra::Point3;

pub use view::View;

use posemoe_core::keypoint::Keypoint;
use posemoe_core::skeleton::JointSet;
use posemoe_stamp::Stamp;

/// What of a file cannot be used: what was found and what was expected, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    /// The same, with what it is about before it.
    #[must_use]
    pub fn of(self, what: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

/// A refusal instead of a value.
pub(crate) fn refuse<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(text.into()))
}

/// People before cameras for a while.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What it is called, such as `S9_Walking`.
    pub name: String,
    /// Names of the joints, in the order of [`Body::joints_m`]: ours where they are the same
    /// joints.
    pub joint_names: Vec<String>,
    /// As what a detector would see these joints.
    pub joint_set: JointSet,
    /// For each keypoint of the joint set the joint that it shows, if any.
    pub keypoint_joints: Vec<Option<usize>>,
    /// Moments in the order of time.
    pub moments: Vec<Moment>,
    /// The cameras.
    pub views: Vec<View>,
    /// What a detector saw: for each view, for each moment, the keypoints of its one person. Empty:
    /// nothing is known of that, keypoints are where the joints are.
    pub detections: Vec<Vec<Vec<Keypoint>>>,
}

/// Where everyone is at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Time since the recording began.
    pub at: Stamp,
    /// The people.
    pub people: Vec<Body>,
    /// How many there are that the data set itself calls outliers; they are not among the people.
    pub outliers: usize,
}

/// Where someone is.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Who it is.
    pub id: String,
    /// Joints (m, world), in the order of [`Recording::joint_names`]; `None` where one is not
    /// known.
    pub joints_m: Vec<Option<Point3<f64>>>,
}

/// The time of a frame, of so many frames in so many seconds.
pub(crate) fn moment_of(frame: u64, frames: u64, seconds: u64) -> Stamp {
    let nanos = u128::from(frame) * u128::from(seconds) * 1_000_000_000;
    let nanos = nanos / u128::from(frames.max(1));
    Stamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}
