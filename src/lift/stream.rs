//! The streaming lifter: each frame goes through the network once, and asks what was kept of earlier
//! ones. It answers at once, and in steady state it allocates nothing.

mod kept;
mod slots;

pub use kept::Reach;
pub use slots::EMPTY_AGE_S;
use slots::Slots;

use super::network::{Answers, Step, StepNetwork};
use super::{JOINT_NUMBERS, KEYPOINT_NUMBERS, LiftError, Lifted, Lifter, Seen, VIEW_WIDTH};
use crate::person::crowd::PersonKey;
use crate::person::skeleton::JOINT_COUNT;
use crate::stamp::Stamp;

/// What is kept, and of how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryShape {
    /// People at most.
    pub people: usize,
    /// Frames of each person, and how far back they reach.
    pub reach: Reach,
    /// Blocks of the network that ask the past.
    pub blocks: usize,
    /// Numbers that one block keeps of one joint in one frame.
    pub width: usize,
    /// The network takes moments modulo this time (s).
    pub cycle_s: f64,
}

impl MemoryShape {
    /// Bytes that are kept of one frame of one person.
    pub fn frame_bytes(&self) -> usize {
        self.entry_len() * size_of::<f32>()
    }

    /// Bytes that are kept of one person whose slots are all taken.
    pub fn person_bytes(&self) -> usize {
        self.reach.frames * self.frame_bytes()
    }

    /// Numbers of one frame: (blocks, 17, width).
    fn entry_len(&self) -> usize {
        self.blocks * JOINT_COUNT * self.width
    }

    /// Numbers of one person in the memory of one block: (17, frames, width).
    fn row_len(&self) -> usize {
        JOINT_COUNT * self.reach.frames * self.width
    }
}

/// A streaming network with everyone's memory.
pub struct StreamLifter<N> {
    network: N,
    shape: MemoryShape,
    slots: Slots,
    /// The rows of those who are seen in the frame at hand.
    rows: Vec<usize>,
    buffers: Buffers,
}

/// Inputs and outputs of the network, as large as they will ever be.
struct Buffers {
    keypoints: Vec<f32>,
    view: Vec<f32>,
    moment_s: Vec<f32>,
    age_s: Vec<f32>,
    stands_for: Vec<f32>,
    joints_m: Vec<f32>,
    sigma_m: Vec<f32>,
    entries: Vec<f32>,
}

impl<N: StepNetwork> StreamLifter<N> {
    /// A lifter that knows nobody yet.
    pub fn new(network: N, shape: MemoryShape) -> Self {
        let zeros = |of_each: usize| vec![0.0; shape.people * of_each];
        Self {
            network,
            shape,
            slots: Slots::new(shape),
            rows: Vec::with_capacity(shape.people),
            buffers: Buffers {
                keypoints: zeros(KEYPOINT_NUMBERS),
                view: zeros(VIEW_WIDTH),
                moment_s: zeros(1),
                age_s: zeros(shape.reach.frames),
                stands_for: zeros(shape.reach.frames),
                joints_m: zeros(JOINT_NUMBERS),
                sigma_m: zeros(JOINT_COUNT),
                entries: zeros(shape.entry_len()),
            },
        }
    }

    /// The memory that it was made with.
    pub fn shape(&self) -> MemoryShape {
        self.shape
    }

    /// Lays out the frame; returns how many rows the network is to look at. Rows of people who are
    /// remembered but not seen are zeros, and nobody will read what it says of them.
    fn lay_out(&mut self, stamp: Stamp, seen: &[Seen<'_>]) -> usize {
        let slots = &self.slots;
        self.rows.clear();
        self.rows
            .extend(seen.iter().filter_map(|one| slots.row(one.person)));
        let people = self.rows.iter().max().map_or(0, |last| last + 1);
        let buffers = &mut self.buffers;
        buffers.keypoints[..people * KEYPOINT_NUMBERS].fill(0.0);
        buffers.view[..people * VIEW_WIDTH].fill(0.0);
        buffers.moment_s[..people].fill(stamp.seconds_modulo(self.shape.cycle_s) as f32);
        for (row, one) in self.rows.iter().zip(seen) {
            buffers.keypoints[row * KEYPOINT_NUMBERS..][..KEYPOINT_NUMBERS]
                .copy_from_slice(one.view.keypoints.as_flattened());
            buffers.view[row * VIEW_WIDTH..][..VIEW_WIDTH].copy_from_slice(&one.view.view);
        }
        let ages_s = buffers.age_s.chunks_exact_mut(self.shape.reach.frames);
        let stand_for = buffers.stands_for.chunks_exact_mut(self.shape.reach.frames);
        for (row, (ages_s, stands_for)) in ages_s.zip(stand_for).enumerate().take(people) {
            slots.describe(row, stamp, ages_s, stands_for);
        }
        people
    }

    fn run(&mut self, people: usize) -> Result<(), LiftError> {
        let buffers = &mut self.buffers;
        let slots = self.shape.reach.frames;
        let step = Step {
            people,
            slots,
            row: 0,
            keypoints: &buffers.keypoints[..people * KEYPOINT_NUMBERS],
            view: &buffers.view[..people * VIEW_WIDTH],
            moment_s: &buffers.moment_s[..people],
            age_s: &buffers.age_s[..people * slots],
            stands_for: &buffers.stands_for[..people * slots],
            memory: self.slots.pools(),
        };
        let answers = Answers {
            joints_m: &mut buffers.joints_m[..people * JOINT_NUMBERS],
            sigma_m: &mut buffers.sigma_m[..people * JOINT_COUNT],
        };
        let entries = &mut buffers.entries[..people * self.shape.entry_len()];
        self.network.step(&step, answers, entries)
    }

    /// Reads the answer for one row, and keeps its entries. What is not finite is not kept, and what
    /// was kept before is not trusted any more.
    fn take(&mut self, row: usize, stamp: Stamp) -> Option<Lifted> {
        let buffers = &self.buffers;
        let entry_len = self.shape.entry_len();
        let entries = &buffers.entries[row * entry_len..][..entry_len];
        let lifted = Lifted::read(
            &buffers.joints_m[row * JOINT_NUMBERS..][..JOINT_NUMBERS],
            &buffers.sigma_m[row * JOINT_COUNT..][..JOINT_COUNT],
        )
        .filter(|_| entries.iter().all(|v| v.is_finite()));
        match lifted {
            Some(_) => self.slots.keep(row, stamp, entries),
            None => self.slots.clear(row),
        }
        lifted
    }
}

impl<N: StepNetwork> Lifter for StreamLifter<N> {
    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        lifted.clear();
        self.slots.admit(seen.iter().map(|one| one.person))?;
        let people = self.lay_out(stamp, seen);
        if people == 0 {
            return Ok(());
        }
        self.run(people)?;
        for place in 0..self.rows.len() {
            let answer = self.take(self.rows[place], stamp);
            lifted.push(answer);
        }
        Ok(())
    }

    fn forget(&mut self, person: PersonKey) {
        self.slots.forget(person);
    }
}

#[cfg(test)]
mod tests;
