//! What the stages may be told.

use crate::person::memory::MotionModel;

/// What the stages may be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Keypoints scored below this are taken as not seen.
    pub min_score: f64,
    /// A person of whom fewer joints are seen is not lifted.
    pub min_keypoints: usize,
    /// People lifted and remembered at most.
    pub max_people: usize,
    /// What the network's sigmas are multiplied by.
    pub sigma_scale: f64,
    /// Somebody unseen for up to so long (s) comes back as who they were, also where the detector
    /// gives another id; 0: ids are the detector's, as they are.
    pub reidentify_s: f64,
    /// How motion is modelled.
    pub motion: MotionModel,
}

impl Default for Settings {
    /// As the node has them where nobody says otherwise.
    fn default() -> Self {
        Self {
            min_score: 0.1,
            min_keypoints: 4,
            max_people: 20,
            sigma_scale: 1.0,
            reidentify_s: 8.0,
            motion: MotionModel::default(),
        }
    }
}
