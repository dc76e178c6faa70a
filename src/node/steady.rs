//! Everyone at a steady rate: what each camera said last, as it is at another moment.

use std::collections::BTreeMap;

use posemoe_core::person::extrapolate::{Validity, extrapolated};
use posemoe_core::person::pose::{PersonPose, Poses, State};
use posemoe_stamp::Stamp;

/// People lost between two messages who are told of at most.
const MOST_LOST: usize = 256;

/// The last frame of each camera.
#[derive(Default)]
pub struct Steady(BTreeMap<usize, Last>);

struct Last {
    poses: Poses,
    /// The newest image of whichever camera is furthest behind.
    source: Stamp,
    /// Lost in frames that nothing was said of yet.
    lost: Vec<PersonPose>,
    was_told: bool,
}

/// Everyone in one frame at one moment.
pub struct Told {
    /// Whom to tell of.
    pub poses: Poses,
    /// The newest image of the camera that is furthest behind.
    pub source: Stamp,
}

impl Steady {
    /// Takes in what a camera shows, or all of them together, of which the newest image of the one
    /// that is furthest behind is of `source`. Who is lost in it is told of at least once, however
    /// soon the next frame comes.
    pub fn take_in(&mut self, camera: usize, poses: Poses, source: Stamp) {
        let mut lost = Vec::new();
        if let Some(last) = self.0.remove(&camera).filter(|last| !last.was_told) {
            lost = last.lost;
            let people = last.poses.people.into_iter();
            lost.extend(people.filter(|person| person.state == State::Lost));
        }
        lost.retain(|gone| !poses.people.iter().any(|person| person.id == gone.id));
        lost.drain(..lost.len().saturating_sub(MOST_LOST));
        let was_told = false;
        self.0.insert(
            camera,
            Last {
                poses,
                source,
                lost,
                was_told,
            },
        );
    }

    /// Everyone at `moment`, as is known at `now`: cameras that share a frame together.
    pub fn at(&mut self, moment: Stamp, now: Stamp, validity: &Validity) -> Vec<Told> {
        let mut all: Vec<Told> = Vec::new();
        for last in self.0.values_mut() {
            last.was_told = true;
            let mut there = extrapolated(&last.poses, moment, now, validity);
            there.people.extend(last.lost.iter().cloned());
            let source = last.source;
            let same = |told: &&mut Told| told.poses.frame_id == there.frame_id;
            match all.iter_mut().find(same) {
                Some(told) => {
                    told.source = told.source.min(source);
                    told.poses.people.extend(there.people);
                    told.poses.unplaced += there.unplaced;
                }
                None => all.push(Told {
                    poses: there,
                    source,
                }),
            }
        }
        all
    }

    /// How many cameras have shown anything.
    pub fn cameras(&self) -> usize {
        self.0.len()
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
