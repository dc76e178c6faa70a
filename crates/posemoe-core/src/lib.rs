//! From a person's 2D keypoints to their pose in metres.
//!
//! What a camera's detector says of people goes in, frame after frame; out come root-relative
//! joints lifted by the network, placed on the camera's rays, steadied, with velocities and with
//! how sure each of it is. No clock, no files (but the network's), no ROS: time is the stamp of a
//! frame, so that the same frames give the same numbers.
//!
//! ```
//! use posemoe_core::{
//!     Camera, Drops, JOINTS, JointSet, Keypoint, MemoryShape, Model, Observation, OnnxOptions,
//!     OnnxStep, Pipeline, Runtime, Settings, Sighting, Stamp, StreamLifter,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
//! # let fetched = std::fs::read_dir(checkout.join(".cache/onnxruntime"))?;
//! # let mut libraries = fetched.flatten().map(|one| one.path().join("libonnxruntime.so"));
//! # let library = libraries.find(|path| path.exists()).expect("scripts/setup brings the library");
//! # let model = checkout.join("models/posemoe.onnx");
//! // The network, with room for 96 frames of each of up to 20 people.
//! let model = Model::load(&Runtime::load(&library)?, &OnnxOptions::cpu(&model))?;
//! let network = OnnxStep::new(model)?;
//! let memory = MemoryShape::of(&network.memory(), 20, 96);
//! let lifter = Box::new(StreamLifter::new(network, memory));
//! let mut pipeline = Pipeline::new(Settings::default(), lifter);
//!
//! // A calibrated camera: K, distortion model and coefficients, size of the image.
//! let k = [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0];
//! let camera = Camera::new(&k, "plumb_bob", &[], 640, 480)?;
//!
//! // One person as a detector of COCO's 17 keypoints saw them: x and y in pixels.
//! let pixels = [
//!     (320, 110), (324, 105), (316, 105), (330, 108), (310, 108), // nose, eyes, ears
//!     (348, 145), (292, 145), (356, 195), (284, 195), (358, 240), (282, 240), // arms
//!     (338, 240), (302, 240), (340, 315), (300, 315), (340, 385), (300, 385), // legs
//! ];
//! let keypoints = pixels.map(|(x, y)| {
//!     Some(Keypoint { x_px: x.into(), y_px: y.into(), score: 0.9, depth_m: None })
//! });
//! let person = Sighting::of_joints(JointSet::Coco17.to_joints(&keypoints));
//! let frame = Observation::of_people(Stamp::from_nanos(0), "camera", (640, 480), vec![person]);
//!
//! let mut drops = Drops::default(); // what could not be used, by cause
//! for poses in pipeline.step(&frame, &camera, &mut drops) {
//!     for person in poses.people {
//!         let [x, y, z] = person.root_m.into();
//!         println!("{}: {x:.2} {y:.2} {z:.2} m ± {:.2} m", person.id, person.root_sigma_m().z);
//!         for (name, joint) in JOINTS.iter().zip(person.joints) {
//!             println!("  {name}: {:.2?} ± {:.2} m", joint.position_m.as_slice(), joint.sigma_m);
//!         }
//!         # assert!((3.0..6.0).contains(&z), "{z}");
//!     }
//! }
//! # assert!(drops.is_empty(), "{}", drops.summary());
//! # Ok(())
//! # }
//! ```
//!
//! Two programs go further: `examples/walk.rs` follows a recorded walker through a calibrated
//! camera, `examples/table.rs` makes a table of joints in metres of a table of keypoints, whoever
//! and however many they are of.
//!
//! | module | |
//! |---|---|
//! | [`pipeline`] | the order of the stages: begin here |
//! | [`skeleton`], [`keypoint`] | the 17 joints, and what each detector's keypoints make of them |
//! | [`geometry`] | pixels to rays, the person-centred view, rays to metres, metres to angles |
//! | [`lift`] | the network and what it remembers of whom; [`lift::onnx`] runs it |
//! | [`person`] | who is there, motion, states, what is said of them |
//! | [`assignment`] | who is who, by the least sum of costs |
//! | [`depth`] | depths at keypoints, from depth images |
//! | [`separation`] | how far a person is from a robot's parts |
//! | [`frames`] | where coordinate frames are in each other at a stamp, and how fast they move |
//! | [`health`] | what was not used, and why |
//!
//! Positions are metres in the camera's optical frame (REP-103: x right, y down, z forward), angles
//! radians, times seconds; names say so (`root_m`, `age_s`, `x_px`, `camera_from_body`).

#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod assignment;
pub mod depth;
pub mod frames;
pub mod fuse;
pub mod geometry;
pub mod health;
pub mod keypoint;
pub mod lift;
pub mod person;
pub mod pipeline;
pub mod separation;
pub mod skeleton;

pub use geometry::camera::{Camera, CameraError};
pub use health::{Cause, Drops};
pub use keypoint::Keypoint;
#[cfg(feature = "onnx")]
pub use lift::onnx::{LoadError, Model, OnnxOptions, OnnxStep, Runtime};
pub use lift::stream::{MemoryShape, StreamLifter};
pub use lift::{LiftError, Lifter};
pub use person::observation::{Observation, Sighting};
pub use person::pose::{Joint, PersonPose, Poses, State};
pub use pipeline::{Pipeline, Settings};
pub use posemoe_stamp::Stamp;
pub use skeleton::{JOINTS, JointSet};
