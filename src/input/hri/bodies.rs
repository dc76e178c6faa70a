//! One observation out of the messages of several bodies.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{sighting, skeleton_topic};
use crate::input::header;
use crate::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_core::person::observation::{Observation, Sighting};
use posemoe_stamp::{Stamp, TIME_JUMP_S};

/// Gathers what came of one image on many topics.
///
/// An observation is complete as soon as every body that is there has a skeleton of its stamp, or
/// as anything of a later stamp comes: then without those that are missing.
#[derive(Clone, Debug)]
pub struct Bodies {
    max_bodies: usize,
    there: BTreeSet<String>,
    image: Option<Image>,
}

/// The image that is being gathered, or was last.
#[derive(Clone, Debug)]
struct Image {
    stamp: Stamp,
    frame_id: String,
    size_px: Option<(u32, u32)>,
    /// Who has come; without a sighting who could not be taken.
    seen: BTreeMap<String, Option<Sighting>>,
    /// Whether it has been given away.
    is_done: bool,
}

/// What a list of ids changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Bodies to listen to from now on, see [`skeleton_topic`].
    pub came: Vec<String>,
    /// Bodies to listen to no longer.
    pub left: Vec<String>,
    /// What is complete now, in the order of its stamps.
    pub observations: Vec<Observation>,
}

impl Bodies {
    /// Nobody is there yet, and never more than `max_bodies`.
    pub fn new(max_bodies: usize) -> Self {
        Self {
            max_bodies,
            there: BTreeSet::new(),
            image: None,
        }
    }

    /// Takes in who is there. An empty list says that nobody was seen in its image, which is an
    /// observation too: without it those who left would never be lost.
    pub fn tracked(&mut self, message: &IdsList, drops: &mut Drops) -> Change {
        let there = self.admitted(&message.ids, drops);
        let left: Vec<String> = self.there.difference(&there).cloned().collect();
        let came: Vec<String> = there.difference(&self.there).cloned().collect();
        self.there = there;
        let mut observations: Vec<_> = self.complete().into_iter().collect();
        if message.ids.is_empty() {
            observations.extend(self.nobody(message, drops));
        }
        Change {
            came,
            left,
            observations,
        }
    }

    /// Takes in a skeleton of the body `id`, in an image of `image_size_px` (width, height), and
    /// gives what is complete now, in the order of its stamps.
    pub fn skeleton(
        &mut self,
        id: &str,
        message: &Skeleton2D,
        image_size_px: (u32, u32),
        drops: &mut Drops,
    ) -> Vec<Observation> {
        let Some((stamp, frame_id)) = header(&message.header, drops) else {
            return Vec::new();
        };
        if !self.there.contains(id) {
            let found = format!("skeleton of {id:?} at {stamp}, which is not tracked any more");
            drops.note(Cause::OutOfOrder, found);
            return Vec::new();
        }
        let mut observations = Vec::new();
        if self.begins_anew(stamp) {
            observations.extend(self.give());
            self.image = Some(Image::new(stamp, frame_id.clone(), Some(image_size_px)));
        }
        if let Some(image) = &mut self.image {
            let sighting = sighting(id, message, image_size_px, drops);
            if let Err((cause, detail)) = image.take_in(stamp, &frame_id, id, sighting) {
                drops.note(cause, detail);
            }
        }
        observations.extend(self.complete());
        observations
    }

    /// Whether a stamp is not of the image that is being gathered, nor of one before: after it, or
    /// so far back that time has begun anew (a looped bag).
    fn begins_anew(&self, stamp: Stamp) -> bool {
        self.image.as_ref().is_none_or(|image| {
            let later_s = stamp.seconds_since(image.stamp);
            !(-TIME_JUMP_S..=0.0).contains(&later_s)
        })
    }

    /// The ids that can be listened to: of too many, those that are listened to already, then the
    /// first.
    fn admitted(&self, ids: &[String], drops: &mut Drops) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        let mut new = Vec::new();
        for id in ids {
            if skeleton_topic(id).is_none() {
                let found = excerpt(id);
                drops.note(
                    Cause::BadBodyId,
                    format!("{found}, expected letters, digits and _, no digit first"),
                );
            } else if !named.insert(id.clone()) {
                drops.note(Cause::DuplicateId, format!("body {id:?} twice in a list"));
            } else if !self.there.contains(id) {
                new.push(id);
            }
        }
        let mut there: BTreeSet<String> = self.there.intersection(&named).cloned().collect();
        for id in new {
            if there.len() < self.max_bodies {
                there.insert(id.clone());
            } else {
                let (found, most) = (named.len(), self.max_bodies);
                drops.note(
                    Cause::TooManyPeople,
                    format!("{found} bodies, max_people {most}; dropped {id}"),
                );
            }
        }
        there
    }

    /// The image in work, if all who are there are in it.
    fn complete(&mut self) -> Option<Observation> {
        let image = self.image.as_ref()?;
        let has_all = self.there.iter().all(|id| image.seen.contains_key(id));
        if has_all { self.give() } else { None }
    }

    /// The image in work as it is: no more will come of it.
    pub fn give(&mut self) -> Option<Observation> {
        let image = self.image.as_mut().filter(|image| !image.is_done)?;
        image.is_done = true;
        let is_missing = |id: &&String| image.seen.get(*id).is_none_or(Option::is_none);
        let untaken = self.there.iter().filter(is_missing).count();
        Some(Observation {
            ground: None,
            stamp: image.stamp,
            frame_id: image.frame_id.clone(),
            image_size_px: image.size_px,
            untaken,
            people: std::mem::take(&mut image.seen)
                .into_values()
                .flatten()
                .collect(),
        })
    }

    /// An image in which nobody is.
    fn nobody(&mut self, message: &IdsList, drops: &mut Drops) -> Option<Observation> {
        let (stamp, frame_id) = header(&message.header, drops)?;
        if !self.begins_anew(stamp) {
            return None;
        }
        self.image = Some(Image::new(stamp, frame_id, None));
        self.give()
    }
}

impl Image {
    fn new(stamp: Stamp, frame_id: String, size_px: Option<(u32, u32)>) -> Self {
        Self {
            stamp,
            frame_id,
            size_px,
            seen: BTreeMap::new(),
            is_done: false,
        }
    }

    /// Adds a body that was seen in an image of this stamp and frame.
    fn take_in(
        &mut self,
        stamp: Stamp,
        frame_id: &str,
        id: &str,
        sighting: Option<Sighting>,
    ) -> Result<(), (Cause, String)> {
        let of = format!("skeleton of {id:?} at {stamp}");
        if stamp != self.stamp || self.is_done {
            let late = format!("{of} came too late, others were of {}", self.stamp);
            return Err((Cause::OutOfOrder, late));
        }
        if frame_id != self.frame_id {
            let differs = format!("{of} is in {frame_id:?}, others in {:?}", self.frame_id);
            return Err((Cause::FrameMismatch, differs));
        }
        if self.seen.contains_key(id) {
            return Err((Cause::DuplicateStamp, of));
        }
        self.seen.insert(id.to_owned(), sighting);
        Ok(())
    }
}
