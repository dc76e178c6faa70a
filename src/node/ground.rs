//! Where the floor is, as each frame of keypoints has it.

use crate::input::transforms;
use posemoe_core::frames::Frames;
use posemoe_core::geometry::place::ground::Ground;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::observation::Observation;
use posemoe_stamp::Stamp;

/// Driving and turning leave the floor where it is, so that an earlier transform serves for so long
/// (s).
const SERVES_S: f64 = 0.5;

/// The floor by TF, as one camera has it.
#[derive(Debug, Default)]
pub struct Floor {
    last: Option<(Stamp, String, Ground)>,
}

impl Floor {
    /// The floor (z = 0 of `ground_frame`) in the camera that took `seen`; counted where nobody
    /// knows.
    pub fn of(
        &mut self,
        seen: &Observation,
        ground_frame: &str,
        frames: &Frames,
        drops: &mut Drops,
    ) -> Option<Ground> {
        let camera = transforms::name(&seen.frame_id);
        match frames.lookup(transforms::name(ground_frame), camera, seen.stamp) {
            Ok(ground_from_camera) => {
                let ground = Ground::new(&ground_from_camera);
                self.last = Some((seen.stamp, camera.to_owned(), ground));
                Some(ground)
            }
            Err(error) => {
                let serves =
                    |stamp: Stamp| (0.0..=SERVES_S).contains(&seen.stamp.seconds_since(stamp));
                let last = self.last.as_ref();
                let last = last.filter(|(stamp, of, _)| of == camera && serves(*stamp));
                if last.is_none() {
                    drops.note(Cause::NoGround, error.to_string());
                }
                last.map(|(_, _, ground)| *ground)
            }
        }
    }
}
