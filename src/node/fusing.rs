//! People of all cameras as one: between the target frame and publication.

use crate::config::Config;
use posemoe_core::fuse::{Fusion, View};
use posemoe_core::geometry::camera::Camera;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::pose::Poses;
use posemoe_stamp::Stamp;

use super::target::{Placed, Target};

/// Everyone by all cameras, in the target frame.
pub struct Fusing {
    fusion: Fusion,
    problem: Option<String>,
}

impl Fusing {
    /// `None` where there is nothing to fuse: one camera, no frame that cameras share, or nobody
    /// wants it.
    pub fn new(config: &Config, target: Option<&Target>) -> Option<Self> {
        let target = target.filter(|_| config.fuse && config.sources().len() > 1);
        target.map(|target| {
            let mut fusion = Fusion::new(target.frame_id(), config.fusion());
            fusion.know_statures(config.all_statures());
            Self {
                fusion,
                problem: None,
            }
        })
    }

    /// Takes note of parameters that may change.
    pub fn adjust(&mut self, config: &Config) {
        self.fusion.adjust(config.fusion());
        self.fusion.know_statures(config.all_statures());
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
        self.noting(drops, |fusion, drops| fusion.take_in(view, now, drops))
    }

    /// Everyone at the moment that has waited for long enough; with `all`, however long.
    pub fn overdue(&mut self, now: Stamp, all: bool, drops: &mut Drops) -> Option<Poses> {
        self.noting(drops, |fusion, drops| fusion.overdue(now, all, drops))
    }

    /// The stamp of the camera that is furthest behind, of those that have shown anything.
    pub fn furthest_behind(&self) -> Option<Stamp> {
        self.fusion.furthest_behind()
    }

    /// How many cameras have shown anything.
    pub fn cameras(&self) -> usize {
        self.fusion.cameras()
    }

    /// Which cameras had one person in two places, if any had since the last call.
    pub fn take_problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    fn noting<T>(
        &mut self,
        drops: &mut Drops,
        act: impl FnOnce(&mut Fusion, &mut Drops) -> T,
    ) -> T {
        let mut noted = Drops::default();
        let result = act(&mut self.fusion, &mut noted);
        let disagree = noted
            .iter()
            .find(|(cause, _)| *cause == Cause::CamerasDisagree);
        if let Some((_, tally)) = disagree {
            self.problem = Some(tally.last.clone());
        }
        drops.absorb(noted);
        result
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.problem = None;
        self.fusion.forget();
    }
}
