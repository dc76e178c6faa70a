//! People of all cameras as one: between the target frame and publication.

use crate::config::Config;
use posemoe_core::fuse::{Fusion, View};
use posemoe_core::geometry::camera::Camera;
use posemoe_core::health::Drops;
use posemoe_core::person::pose::Poses;
use posemoe_stamp::Stamp;

use super::target::Placed;

/// Everyone by all cameras, in the target frame.
pub struct Fusing(Fusion);

impl Fusing {
    /// `None` where there is nothing to fuse: one camera, no frame that cameras share, or nobody
    /// wants it.
    pub fn new(config: &Config) -> Option<Self> {
        let frame_id = config.target_frame.trim_start_matches('/');
        let is_wanted = config.fuse && config.sources().len() > 1 && !frame_id.is_empty();
        is_wanted.then(|| Self(Fusion::new(frame_id, config.fusion())))
    }

    /// Takes note of parameters that may change.
    pub fn adjust(&mut self, config: &Config) {
        self.0.adjust(config.fusion());
    }

    /// Takes in whom a camera shows; everyone at each moment that is over with it.
    pub fn take_in(
        &mut self,
        placed: Placed,
        camera: &Camera,
        now: Stamp,
        drops: &mut Drops,
    ) -> Vec<Poses> {
        let Placed {
            camera: source,
            poses,
            frame_from_camera,
        } = placed;
        let view = View::new(source, poses, camera, &frame_from_camera);
        self.0.take_in(view, now, drops)
    }

    /// Everyone at the moment that has waited for long enough; with `all`, however long.
    pub fn overdue(&mut self, now: Stamp, all: bool, drops: &mut Drops) -> Option<Poses> {
        self.0.overdue(now, all, drops)
    }

    /// The stamp of the camera that is furthest behind, of those that have shown anything.
    pub fn furthest_behind(&self) -> Option<Stamp> {
        self.0.furthest_behind()
    }

    /// How many cameras have shown anything.
    pub fn cameras(&self) -> usize {
        self.0.cameras()
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.0.forget();
    }
}
