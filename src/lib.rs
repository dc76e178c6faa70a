//! 2D human keypoints from any detector in, 3D people that a robot can act on out.
//!
//! ```text
//!  bus ──(topic, type, stamp, CDR bytes)──▶ input ──▶ person ──▶ lift ──▶ place ──▶ output ──▶ bus
//!  dds │ rcl │ bag                          decode    memory     PoseMoE   camera    encode
//! ```
//!
//! A [`bus`] moves bytes, the [`node`] is one function of events, and everything between is pure:
//! the core ([`posemoe_core`]) has no clock, no I/O and no ROS. Time is the stamp of a message, so
//! that a bag replayed twice gives the same bytes.
//!
//! Positions are metres in the camera optical frame (REP-103: z forward, x right, y down), angles
//! radians, times seconds. Names say so: `root_m`, `age_s`, `x_px`, `camera_from_body`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod bus;
pub mod config;
pub mod engine;
pub mod input;
pub mod library;
pub mod msg;
pub mod node;
pub mod output;
pub mod process;
