//! Everyone whom any camera shows, for messages that stand for all cameras: each such message
//! replaces the one before, whichever camera that was about.

use std::collections::BTreeMap;

use posemoe_core::person::pose::Poses;

/// What is older than this (s) says nothing about now: the camera has gone silent.
const FRESH_S: f64 = 1.0;

/// The last frame of each camera.
#[derive(Default)]
pub struct Latest(BTreeMap<usize, Poses>);

impl Latest {
    /// Takes in a frame; that and what is fresh of the other cameras, in the order of the cameras.
    pub fn with(&mut self, camera: usize, poses: &Poses) -> impl Iterator<Item = &Poses> {
        self.0.insert(camera, poses.clone());
        let now = poses.stamp;
        self.0
            .values()
            .filter(move |poses| now.seconds_since(poses.stamp).abs() <= FRESH_S)
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
