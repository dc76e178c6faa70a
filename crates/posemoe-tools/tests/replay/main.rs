//! `posemoe replay` and `posemoe doctor` as a user runs them, on the recorded walk.

mod bags;
mod cameras_and_frames;
mod damaged;
mod faltering;
mod fused;
mod misfits;
mod plausibility;
mod program;
#[path = "../../../../tests/support/python.rs"]
mod python;
mod steady;
mod tf_tree;
mod topics;
mod unheard;
mod walk;
