//! How far frames come: received, accepted, answered, published; or they fail on the way.

use std::ops::Sub;

use super::Drops;

/// Frames of one camera at each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Messages with keypoints that came; of ROS4HRI's bodies, images, and messages of which none
    /// could be made.
    pub received: u64,
    /// Taken in: readable, of this camera, in the order of time.
    pub accepted: u64,
    /// Lifted: somebody was placed, or nobody was there.
    pub answered: u64,
    /// Answers that went out.
    pub published: u64,
    /// Ended without an answer: not accepted, or nobody of those who were there could be placed.
    pub failed: u64,
}

impl Sub for Flow {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            received: self.received - before.received,
            accepted: self.accepted - before.accepted,
            answered: self.answered - before.answered,
            published: self.published - before.published,
            failed: self.failed - before.failed,
        }
    }
}

/// The flow of one camera's frames, and what was dropped of them lately.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Since the start.
    pub flow: Flow,
    reported: Flow,
    drops: Drops,
}

/// What a [`Gauge`] shows for a while.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// All frames since the start.
    pub all: Flow,
    /// Those since the last reading.
    pub lately: Flow,
    /// What was not used since then.
    pub drops: Drops,
}

impl Gauge {
    /// Takes note of what was not used.
    pub fn note(&mut self, drops: Drops) {
        self.drops.absorb(drops);
    }

    /// Reads it, and begins a new while.
    pub fn read(&mut self) -> Reading {
        let all = self.flow;
        Reading {
            all,
            lately: all - std::mem::replace(&mut self.reported, all),
            drops: std::mem::take(&mut self.drops),
        }
    }
}
