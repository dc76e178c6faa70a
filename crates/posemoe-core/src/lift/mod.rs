//! From people's keypoints to root-relative 3D joints, all people of a frame in one run.
//!
//! A [`Lifter`] remembers people's pasts, each in its own way: [`stream`] keeps what the network
//! made of each frame, [`window`] the frames themselves. Beneath it a [`network`] turns numbers
//! into numbers; [`onnx`] is the only one that is no stand-in of a test. A [`plausibility`] judges
//! the poses that come of it in the end.

pub mod manifest;
pub mod network;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod plausibility;
pub mod provider;
pub mod shares;
pub mod stream;
pub mod window;

use std::fmt;
use std::str::FromStr;

use nalgebra::Vector3;

use crate::geometry::axes::of_left;
use crate::geometry::canonical::PersonView;
use crate::geometry::segments::{Orientation, Orientations, SEGMENT_COUNT};
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Numbers of one keypoint: x, y (units of apparent size), score.
pub const KEYPOINT_WIDTH: usize = 3;
/// Numbers of one view: viewing direction x, y, log apparent size.
pub const VIEW_WIDTH: usize = 3;
/// Numbers of one measured depth: beyond the torso's, log size, 1.
pub const DEPTH_WIDTH: usize = 3;
/// Numbers of one segment's turn: its y axis, its z axis, and a sigma in degrees.
pub const TURN_WIDTH: usize = 7;
/// Numbers of one person's joints, of their keypoints and of their measured depths.
const JOINT_NUMBERS: usize = JOINT_COUNT * 3;
const KEYPOINT_NUMBERS: usize = JOINT_COUNT * KEYPOINT_WIDTH;
const DEPTH_NUMBERS: usize = JOINT_COUNT * DEPTH_WIDTH;
const TURN_NUMBERS: usize = SEGMENT_COUNT * TURN_WIDTH;
/// Frames that wait for later ones at most, before the oldest is answered with fewer of them.
pub const MOST_WAITING: usize = 256;

/// How a person's past is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each frame once: the network keeps what it made of it, and answers at once.
    #[default]
    Stream,
    /// The last frames anew each time; later ones too, where an answer may wait for them.
    Window,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Stream, Self::Window];

    /// The name that the parameter `mode` takes, and a model's manifest gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Window => "window",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no mode's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no mode, expected stream or window")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// Names a remembered person to the lifter. Who is forgotten and comes back gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(pub u64);

/// A person as one frame shows them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Who it is; nobody twice in a frame.
    pub person: PersonKey,
    /// Their keypoints, where they are looked at, and what depths were measured.
    pub view: &'a PersonView,
}

/// A frame with everyone whom it shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// When it was taken.
    pub stamp: Stamp,
    /// Nobody twice.
    pub seen: &'a [Seen<'a>],
}

/// What the network says of one person in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifted {
    /// Root-relative joints (m) in the virtual camera of that frame.
    pub joints_m: [Vector3<f64>; JOINT_COUNT],
    /// Distance from the truth within which 68 % of joints lie, for each joint (m).
    pub sigma_m: [f64; JOINT_COUNT],
    /// How segments are turned in that camera, by a network that says so; about their bones it
    /// counts, along them joints do.
    pub segments: Option<Orientations>,
}

impl Lifted {
    /// From one person's 17 x 3, 17 and 11 x 7 numbers; `None` when one of the first two is not
    /// finite. Turns that are not are those of a network that says nothing of them.
    fn read(joints_m: &[f32], sigma_m: &[f32], turns: &[f32]) -> Option<Self> {
        let finite = joints_m.iter().chain(sigma_m).all(|v| v.is_finite());
        finite.then(|| Self {
            joints_m: std::array::from_fn(|j| {
                Vector3::from_fn(|axis, _| f64::from(joints_m[3 * j + axis]))
            }),
            sigma_m: std::array::from_fn(|j| f64::from(sigma_m[j])),
            segments: read_turns(turns),
        })
    }
}

/// From one person's 11 x 7 numbers; `None` when one is not finite, or two axes are one.
pub fn read_turns(turns: &[f32]) -> Option<Orientations> {
    let mut segments = Orientations::default();
    for (segment, turn) in segments.iter_mut().zip(turns.chunks_exact(TURN_WIDTH)) {
        let axis = |from: usize| Vector3::from_fn(|i, _| f64::from(turn[from + i]));
        if !turn.iter().all(|v| v.is_finite()) {
            return None;
        }
        *segment = Orientation {
            frame_from_segment: of_left(&axis(0), &axis(3))?,
            sigma_rad: Some(f64::from(turn[6]).to_radians()),
        };
    }
    Some(segments)
}

/// Why a frame could not be lifted.
#[derive(Debug, thiserror::Error)]
pub enum LiftError {
    /// The runtime refused.
    #[error("ONNX Runtime: {0}")]
    Runtime(String),
    /// An output has another shape than the manifest promises.
    #[error("output {name} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The output.
        name: &'static str,
        /// Its shape.
        found: Vec<i64>,
        /// The shape that was promised.
        expected: Vec<i64>,
    },
    /// The operating system has no thread to spare.
    #[error("starting a thread for a share of the people: {0}")]
    Thread(String),
    /// An answer is not finite, which would spoil those to other frames that were lifted with it.
    #[error("a result is not finite")]
    NotFinite,
    /// There is no memory for so many.
    #[error("{found} people to remember, expected {most} or fewer")]
    TooManyPeople {
        /// The remembered and the new together.
        found: usize,
        /// For how many there is memory.
        most: usize,
    },
}

/// Lifts people frame by frame, and remembers each one's past until it is told to forget them.
pub trait Lifter {
    /// How much later a frame must be (s) that answers wait for; 0: each frame is answered at once.
    fn lookahead_s(&self) -> f64 {
        0.0
    }

    /// Takes in a frame whose answer may wait. Each person's stamps rise.
    fn remember(&mut self, _stamp: Stamp, _seen: &[Seen<'_>]) {}

    /// Lifts everyone in the frame at `stamp`, which was remembered. Here too, stamps rise.
    ///
    /// `lifted` becomes one answer for each of `seen`, in their order; `None` where it is not
    /// finite.
    ///
    /// # Errors
    /// [`LiftError`] when nobody could be lifted; `lifted` is then empty, and nothing of this frame
    /// is kept.
    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError>;

    /// How many frames it lifts together at most.
    fn together(&self) -> usize {
        1
    }

    /// Lifts several frames, oldest first, which comes to the same as one after the other and costs
    /// less. `lifted` becomes one answer for each of those seen, frame by frame.
    ///
    /// # Errors
    /// [`LiftError`] when some cannot be lifted with the others; `lifted` is then empty, nothing is
    /// kept of any, and each may be lifted by itself.
    fn lift_together(
        &mut self,
        frames: &[Shown<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        // For lifters of one frame at a time, of whom no more is asked.
        lifted.clear();
        let mut of_frame = Vec::new();
        for shown in frames {
            self.lift(shown.stamp, shown.seen, &mut of_frame)?;
            lifted.append(&mut of_frame);
        }
        Ok(())
    }

    /// Forgets a person, of whom nothing need be known.
    fn forget(&mut self, person: PersonKey);
}
