//! What the network keeps of everyone: for each person a ring of slots, one for each frame.
//!
//! People have dense rows, so that the first rows are the network's input as they lie. An entry never
//! changes once it is written; only who leaves costs a copy, since the last row then takes their place.

use super::MemoryShape;
use crate::lift::LiftError;
use crate::person::crowd::PersonKey;
use crate::person::skeleton::JOINT_COUNT;
use crate::stamp::Stamp;

/// Age (s) of a slot that holds no frame: beyond the span of any network.
pub const EMPTY_AGE_S: f32 = 1e6;

/// One person's row.
#[derive(Clone, Copy, Debug)]
struct Owner {
    person: PersonKey,
    /// The slot that is written next: that of the oldest frame, once all are filled.
    next: usize,
}

/// The rings of everyone; all that is ever needed is allocated at once, and backed when it is used.
#[derive(Debug)]
pub struct Rings {
    shape: MemoryShape,
    /// In the order of their rows.
    owners: Vec<Owner>,
    /// (rows, slots): the stamp of the frame that is kept there.
    stamps: Vec<Option<Stamp>>,
    /// For each block (rows, 17, slots, width).
    pools: Vec<Vec<f32>>,
}

impl Rings {
    /// Empty rings of nobody.
    pub fn new(shape: MemoryShape) -> Self {
        let numbers = shape.people * shape.row_len();
        Self {
            shape,
            owners: Vec::with_capacity(shape.people),
            stamps: vec![None; shape.people * shape.frames],
            pools: (0..shape.blocks).map(|_| vec![0.0; numbers]).collect(),
        }
    }

    /// For each block (rows, 17, slots, width).
    pub fn pools(&self) -> &[Vec<f32>] {
        &self.pools
    }

    /// A person's row.
    pub fn row(&self, person: PersonKey) -> Option<usize> {
        self.owners.iter().position(|owner| owner.person == person)
    }

    /// Gives an empty row to each of `people` who has none.
    ///
    /// # Errors
    /// When there are not enough; then nobody gets one.
    pub fn admit(
        &mut self,
        people: impl Iterator<Item = PersonKey> + Clone,
    ) -> Result<(), LiftError> {
        let is_new = |person: &PersonKey| self.row(*person).is_none();
        let found = self.owners.len() + people.clone().filter(is_new).count();
        let most = self.shape.people;
        if found > most {
            return Err(LiftError::TooManyPeople { found, most });
        }
        for person in people {
            if self.row(person).is_none() {
                self.owners.push(Owner { person, next: 0 });
                self.empty_slots(self.owners.len() - 1);
            }
        }
        Ok(())
    }

    /// Writes the age (s) of each slot of a row at `now`.
    pub fn ages_s(&self, row: usize, now: Stamp, ages_s: &mut [f32]) {
        let slots = self.shape.frames;
        for (age_s, stamp) in ages_s.iter_mut().zip(&self.stamps[row * slots..][..slots]) {
            *age_s = stamp.map_or(EMPTY_AGE_S, |stamp| now.seconds_since(stamp) as f32);
        }
    }

    /// Keeps a frame's entries (blocks, 17, width), all of them finite, in place of the oldest's.
    pub fn keep(&mut self, row: usize, stamp: Stamp, entries: &[f32]) {
        let (slots, width) = (self.shape.frames, self.shape.width);
        let slot = self.owners[row].next;
        self.owners[row].next = (slot + 1) % slots;
        self.stamps[row * slots + slot] = Some(stamp);
        let blocks = entries.chunks_exact(JOINT_COUNT * width);
        for (pool, block) in self.pools.iter_mut().zip(blocks) {
            for (joint, entry) in block.chunks_exact(width).enumerate() {
                let place = ((row * JOINT_COUNT + joint) * slots + slot) * width;
                pool[place..place + width].copy_from_slice(entry);
            }
        }
    }

    /// Lets a person begin anew. The numbers go too: an empty slot counts for nothing, but nothing
    /// times what overflowed the network is no number.
    pub fn clear(&mut self, row: usize) {
        self.empty_slots(row);
        let numbers = self.shape.row_len();
        for pool in &mut self.pools {
            pool[row * numbers..][..numbers].fill(0.0);
        }
    }

    /// Forgets a person; the last row moves to theirs.
    pub fn forget(&mut self, person: PersonKey) {
        let Some(row) = self.row(person) else { return };
        self.owners.swap_remove(row);
        let last = self.owners.len();
        if row == last {
            return;
        }
        let (slots, numbers) = (self.shape.frames, self.shape.row_len());
        self.stamps
            .copy_within(last * slots..(last + 1) * slots, row * slots);
        for pool in &mut self.pools {
            pool.copy_within(last * numbers..(last + 1) * numbers, row * numbers);
        }
    }

    fn empty_slots(&mut self, row: usize) {
        self.owners[row].next = 0;
        self.stamps[row * self.shape.frames..][..self.shape.frames].fill(None);
    }
}
