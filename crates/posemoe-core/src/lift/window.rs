//! The window lifter: the network sees a person's frames anew each time, all of them together. So
//! it can use later frames too, where an answer may wait for them.

mod past;

use std::collections::BTreeMap;

use past::{Frame, Past};

use super::network::{Answers, WindowNetwork, Windows};
use super::{
    DEPTH_NUMBERS, JOINT_NUMBERS, KEYPOINT_NUMBERS, LiftError, Lifted, Lifter, Seen, TURN_NUMBERS,
    VIEW_WIDTH,
};
use crate::lift::PersonKey;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// How a window is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowLayout {
    /// Slots, 1 or more, one of them for the frame that is answered.
    pub frames: usize,
    /// Frames older than this are left out (s).
    pub span_s: f64,
    /// Frames later than this are left out (s); answers wait for them.
    pub lookahead_s: f64,
}

/// A network of windows with everyone's frames.
pub struct WindowLifter<N> {
    network: N,
    layout: WindowLayout,
    people: BTreeMap<PersonKey, Past>,
    windows: Windows,
    joints_m: Vec<f32>,
    sigma_m: Vec<f32>,
    turns: Vec<f32>,
}

impl<N: WindowNetwork> WindowLifter<N> {
    /// A lifter that knows nobody yet.
    pub fn new(network: N, layout: WindowLayout) -> Self {
        Self {
            network,
            layout,
            people: BTreeMap::new(),
            windows: Windows::default(),
            joints_m: Vec::new(),
            sigma_m: Vec::new(),
            turns: Vec::new(),
        }
    }

    /// Lays out a window for each of `seen`: their frame in the last slot, others before it.
    fn lay_out(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        self.windows.clear(seen.len(), self.layout.frames);
        for (person, one) in seen.iter().enumerate() {
            let last = (person + 1) * self.layout.frames - 1;
            self.windows.fill(last, 0.0, &Frame::new(stamp, one.view));
            let Some(past) = self.people.get(&one.person) else {
                continue;
            };
            for (back, frame) in past.around(stamp, &self.layout).enumerate() {
                let age_s = stamp.seconds_since(frame.stamp);
                self.windows.fill(last - 1 - back, age_s, frame);
            }
        }
    }
}

impl Windows {
    fn clear(&mut self, people: usize, frames: usize) {
        (self.people, self.frames) = (people, frames);
        for (tensor, of_each) in [
            (&mut self.keypoints, KEYPOINT_NUMBERS),
            (&mut self.view, VIEW_WIDTH),
            (&mut self.depth, DEPTH_NUMBERS),
            (&mut self.age_s, 1),
            (&mut self.present, 1),
        ] {
            tensor.clear();
            tensor.resize(people * frames * of_each, 0.0);
        }
    }

    fn fill(&mut self, slot: usize, age_s: f64, frame: &Frame) {
        self.keypoints[slot * KEYPOINT_NUMBERS..][..KEYPOINT_NUMBERS]
            .copy_from_slice(frame.keypoints.as_flattened());
        self.view[slot * VIEW_WIDTH..][..VIEW_WIDTH].copy_from_slice(&frame.view);
        self.depth[slot * DEPTH_NUMBERS..][..DEPTH_NUMBERS]
            .copy_from_slice(frame.depth.as_flattened());
        self.age_s[slot] = age_s as f32;
        self.present[slot] = 1.0;
    }
}

impl<N: WindowNetwork> Lifter for WindowLifter<N> {
    fn lookahead_s(&self) -> f64 {
        self.layout.lookahead_s
    }

    fn remember(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        for one in seen {
            let past = self.people.entry(one.person).or_default();
            past.push(Frame::new(stamp, one.view), &self.layout);
        }
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        lifted.clear();
        if seen.is_empty() {
            return Ok(());
        }
        self.lay_out(stamp, seen);
        self.joints_m.resize(seen.len() * JOINT_NUMBERS, 0.0);
        self.sigma_m.resize(seen.len() * JOINT_COUNT, 0.0);
        self.turns.clear();
        self.turns.resize(seen.len() * TURN_NUMBERS, f32::NAN);
        let answers = Answers {
            joints_m: &mut self.joints_m,
            sigma_m: &mut self.sigma_m,
            turns: &mut self.turns,
        };
        self.network.run(&self.windows, answers)?;
        let joints_m = self.joints_m.chunks_exact(JOINT_NUMBERS);
        let sigma_m = self.sigma_m.chunks_exact(JOINT_COUNT);
        let turns = self.turns.chunks_exact(TURN_NUMBERS);
        let answers = joints_m.zip(sigma_m).zip(turns);
        lifted.extend(answers.map(|((j, s), t)| Lifted::read(j, s, t)));
        for one in seen {
            if let Some(past) = self.people.get_mut(&one.person) {
                past.trim(stamp, &self.layout);
            }
        }
        Ok(())
    }

    fn forget(&mut self, person: PersonKey) {
        self.people.remove(&person);
    }
}

#[cfg(test)]
mod tests;
