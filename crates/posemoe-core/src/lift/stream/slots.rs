//! What the network keeps of everyone: for each person slots, one for each frame that is kept.
//!
//! People have dense rows, so that the first rows are the network's input as they lie. An entry
//! never changes once it is written; only who leaves costs a copy, since the last row then takes
//! their place.

use super::MemoryShape;
use super::kept::Kept;
use crate::lift::LiftError;
use crate::lift::PersonKey;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Age (s) of a slot that holds no frame: beyond the span of any network.
pub const EMPTY_AGE_S: f32 = 1e6;

/// The slots of everyone; all that is ever needed is allocated at once, and backed when it is used.
#[derive(Debug)]
pub struct Slots {
    shape: MemoryShape,
    /// In the order of their rows.
    owners: Vec<PersonKey>,
    /// For each row the frames in its slots.
    kept: Vec<Kept>,
    /// For each block (rows, 17, slots, width).
    pools: Vec<Vec<f32>>,
}

impl Slots {
    /// Empty slots of nobody.
    pub fn new(shape: MemoryShape) -> Self {
        let numbers = shape.people * shape.row_len();
        Self {
            shape,
            owners: Vec::with_capacity(shape.people),
            kept: (0..shape.people).map(|_| Kept::new(shape.reach)).collect(),
            pools: (0..shape.blocks).map(|_| vec![0.0; numbers]).collect(),
        }
    }

    /// For each block (rows, 17, slots, width).
    pub fn pools(&self) -> &[Vec<f32>] {
        &self.pools
    }

    /// A person's row.
    pub fn row(&self, person: PersonKey) -> Option<usize> {
        self.owners.iter().position(|owner| *owner == person)
    }

    /// What is in a row's slots.
    pub fn kept(&self, row: usize) -> &Kept {
        &self.kept[row]
    }

    /// Gives an empty row to each of `people` who has none.
    ///
    /// # Errors
    /// [`LiftError::TooManyPeople`] when there are not enough; then nobody gets one.
    pub fn admit(&mut self, people: impl Iterator<Item = PersonKey>) -> Result<(), LiftError> {
        let (known, most) = (self.owners.len(), self.shape.people);
        for person in people {
            if self.row(person).is_none() {
                self.owners.push(person);
            }
        }
        let found = self.owners.len();
        if found > most {
            self.owners.truncate(known);
            return Err(LiftError::TooManyPeople { found, most });
        }
        self.kept[known..found].iter_mut().for_each(Kept::clear);
        Ok(())
    }

    /// Keeps a frame's entries, for each block and joint so many numbers as its width, all of them
    /// finite.
    pub fn keep<'a>(&mut self, row: usize, stamp: Stamp, entries: impl Iterator<Item = &'a [f32]>) {
        let (slots, width) = (self.shape.reach.frames, self.shape.width);
        let slot = self.kept[row].add(stamp);
        for (token, entry) in entries.enumerate() {
            let (block, joint) = (token / JOINT_COUNT, token % JOINT_COUNT);
            let place = ((row * JOINT_COUNT + joint) * slots + slot) * width;
            self.pools[block][place..place + width].copy_from_slice(entry);
        }
    }

    /// Lets a person begin anew. The numbers go too: an empty slot counts for nothing, but nothing
    /// times what overflowed the network is no number.
    pub fn clear(&mut self, row: usize) {
        self.kept[row].clear();
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
        self.kept.swap(row, last);
        let numbers = self.shape.row_len();
        for pool in &mut self.pools {
            pool.copy_within(last * numbers..(last + 1) * numbers, row * numbers);
        }
    }
}
