//! The streaming lifter: each frame goes through the network once, and asks what was kept of
//! earlier ones. It answers at once, and in steady state it allocates nothing.

mod batch;
mod kept;
mod slots;

use batch::Batch;
pub use kept::Reach;
pub use slots::EMPTY_AGE_S;
use slots::Slots;

use super::manifest::MemoryPromise;
use super::network::StepNetwork;
use super::{LiftError, Lifted, Lifter, Seen, Shown};
use crate::lift::PersonKey;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

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
    /// New frames that it is given together at most, 1 or more.
    pub together: usize,
}

impl MemoryShape {
    /// What a model that promises `memory` keeps of so many `people`, `frames` of each; one new
    /// frame at a time.
    pub fn of(memory: &MemoryPromise, people: usize, frames: usize) -> Self {
        Self {
            people,
            reach: Reach {
                frames,
                span_s: memory.span_s,
            },
            blocks: memory.blocks,
            width: memory.width,
            cycle_s: memory.cycle_s,
            together: 1,
        }
    }

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
    batch: Batch,
}

impl<N: StepNetwork> StreamLifter<N> {
    /// A lifter that knows nobody yet.
    pub fn new(network: N, shape: MemoryShape) -> Self {
        Self {
            network,
            shape,
            slots: Slots::new(shape),
            batch: Batch::new(shape),
        }
    }

    fn run(&mut self, frames: &[Shown<'_>]) -> Result<(), LiftError> {
        let people = frames.iter().flat_map(|shown| shown.seen);
        self.slots.admit(people.map(|one| one.person))?;
        self.batch.lay_out(&self.slots, frames);
        if self.batch.is_empty() {
            return Ok(());
        }
        let (step, answers, entries) = self.batch.ask(self.slots.pools());
        self.network.step(&step, answers, entries)
    }
}

impl<N: StepNetwork> Lifter for StreamLifter<N> {
    fn together(&self) -> usize {
        // Of the new frames none may be thinned out while the others come in.
        self.shape.together.min(self.shape.reach.recent() + 1)
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        lifted.clear();
        self.run(&[Shown { stamp, seen }])?;
        for place in self.batch.seen() {
            let answer = self.batch.lifted(*place);
            match answer {
                Some(_) => self.slots.keep(place.0, stamp, self.batch.entries(*place)),
                // What was kept before is not trusted any more.
                None => self.slots.clear(place.0),
            }
            lifted.push(answer);
        }
        Ok(())
    }

    fn lift_together(
        &mut self,
        frames: &[Shown<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        lifted.clear();
        self.run(frames)?;
        let answers = self
            .batch
            .seen()
            .iter()
            .map(|place| self.batch.lifted(*place));
        lifted.extend(answers);
        if lifted.iter().any(Option::is_none) {
            lifted.clear();
            return Err(LiftError::NotFinite);
        }
        for place in self.batch.seen() {
            let (row, frame) = *place;
            let stamp = frames[frame].stamp;
            self.slots.keep(row, stamp, self.batch.entries(*place));
        }
        Ok(())
    }

    fn forget(&mut self, person: PersonKey) {
        self.slots.forget(person);
    }
}

#[cfg(test)]
mod tests;
