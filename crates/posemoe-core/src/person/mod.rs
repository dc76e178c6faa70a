//! Who is there: joint sets, observations, and a bounded memory for each person.

pub(crate) mod crowd;
pub mod extrapolate;
pub mod face;
pub mod forecast;
pub mod gaze;
pub(crate) mod identity;
mod limbs;
pub mod marks;
pub mod memory;
mod motion;
pub mod observation;
mod passage;
pub mod pose;
pub mod reframe;
pub mod size;
mod slow;
pub mod statures;
