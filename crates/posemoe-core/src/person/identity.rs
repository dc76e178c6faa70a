//! Who is whom from frame to frame, also where the detector does not say or changes its mind.
//!
//! Everyone is followed in the image by place, motion, size and pose. The assignment of a frame's
//! people to those who are followed is the one with the least sum of costs over all of them (Bewley
//! et al., SORT, 2016), so that two who cross are told apart by what both are likely to be. A
//! detector's own id says who it is as long as it lasts; where it breaks, the person who vanished
//! there goes on under the id that they had.

mod glide;
mod likeness;
mod track;

use std::collections::{BTreeMap, BTreeSet};

use super::observation::Sighting;
use crate::assignment;
use posemoe_stamp::Stamp;
use track::Track;

/// Tracks that are remembered at most; those of longest ago make room.
const MOST_KNOWN: usize = 512;
/// Costs are compared as whole numbers, which the Hungarian method adds without rounding.
const GRAIN: f64 = 1e6;
/// How much more likely than without ids someone who vanished must be the one whom a detector gives
/// a new id: that the detector sees two people is not to be overruled lightly.
const REJOINED: f64 = 2.0;

/// Gives people ids that persist from frame to frame: the detector's, or our own, `u1`, `u2`, …
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// By the published id.
    known: BTreeMap<String, Track>,
    /// Published ids by the detector's, where those differ.
    renamed: BTreeMap<String, String>,
    given: u64,
}

impl Identity {
    /// An id for each person, in their order. Who has been unseen for `forget_s` is someone new on
    /// return. With `rejoin`, a detector's new id is the person who vanished there. A detector's id
    /// that comes twice in one frame comes out twice.
    pub(crate) fn name(
        &mut self,
        stamp: Stamp,
        people: &[&Sighting],
        forget_s: f64,
        rejoin: bool,
    ) -> Vec<String> {
        self.forget_old(stamp, forget_s);
        let mut named: Vec<Option<String>> = vec![None; people.len()];
        let mut seen = BTreeSet::new();
        for (name, person) in named.iter_mut().zip(people) {
            *name = person.track_id.as_deref().and_then(|id| self.published(id));
            seen.extend(name.clone());
        }
        let free: Vec<usize> = (0..people.len()).filter(|n| named[*n].is_none()).collect();
        let worth = |person: &Sighting, track: &Track| {
            let most = match (&person.track_id, &track.detector_id) {
                (None, None) => track::NEW,
                _ if rejoin => track::NEW - REJOINED,
                _ => return 0,
            };
            let cost = track.cost(stamp, &person.joints);
            cost.map_or(0, |cost| ((most - cost).max(0.0) * GRAIN) as i64)
        };
        // Those whom anyone may be: of the many who are remembered, few.
        let gone = self.known.iter().filter(|(id, _)| !seen.contains(*id));
        let worths = gone.map(|(id, track)| {
            let then = track.at(stamp);
            let of_each = free.iter().map(|n| worth(people[*n], &then));
            (id.clone(), of_each.collect::<Vec<i64>>())
        });
        let near = worths.filter(|(_, of_each)| of_each.iter().any(|worth| *worth > 0));
        let near: Vec<(String, Vec<i64>)> = near.collect();
        for (row, column) in assignment::best(free.len(), near.len(), |r, c| near[c].1[r]) {
            let id = &near[column].0;
            if let Some(detectors) = &people[free[row]].track_id {
                self.renamed.insert(detectors.clone(), id.clone());
            }
            named[free[row]] = Some(id.clone());
        }
        let mut in_this_frame = BTreeMap::new();
        let mut names = Vec::with_capacity(people.len());
        for (name, person) in named.into_iter().zip(people) {
            // One id twice is one person, whichever of both.
            let twin = person
                .track_id
                .as_ref()
                .and_then(|id| in_this_frame.get(id));
            let name = name.or_else(|| twin.cloned());
            let name = self.note(stamp, name, person);
            in_this_frame.extend(person.track_id.clone().map(|id| (id, name.clone())));
            names.push(name);
        }
        let gone = self
            .known
            .iter_mut()
            .filter(|(_, track)| track.seen != stamp);
        gone.for_each(|(_, track)| track.take_back_unless_confirmed());
        names
    }

    /// The id under which a detector's is known, if it is.
    fn published(&self, detectors: &str) -> Option<String> {
        let id = self.renamed.get(detectors).cloned();
        let id = id.unwrap_or_else(|| apart_from_ours(detectors));
        let track = self.known.get(&id)?;
        (track.detector_id.as_deref() == Some(detectors)).then_some(id)
    }

    /// Follows a person under this id, or a new one.
    fn note(&mut self, stamp: Stamp, name: Option<String>, person: &Sighting) -> String {
        let id = name.unwrap_or_else(|| self.new_id(person));
        match self.known.get_mut(&id) {
            Some(track) => track.update(stamp, person),
            None => {
                self.make_room();
                self.known.insert(id.clone(), Track::new(stamp, person));
            }
        }
        id
    }

    /// The detector's id where nobody else goes on under it, else one of ours.
    fn new_id(&mut self, person: &Sighting) -> String {
        let own = person.track_id.as_deref().map(apart_from_ours);
        let own = own.filter(|id| !self.known.contains_key(id));
        let id = own.unwrap_or_else(|| {
            self.given += 1;
            format!("u{}", self.given)
        });
        if let Some(detectors) = &person.track_id {
            self.renamed.remove(detectors);
            if *detectors != id {
                self.renamed.insert(detectors.clone(), id.clone());
            }
        }
        id
    }

    fn forget_old(&mut self, stamp: Stamp, forget_s: f64) {
        let is_recent = |track: &Track| stamp.seconds_since(track.seen) <= forget_s;
        self.known.retain(|_, track| is_recent(track));
        self.forget_names();
    }

    fn make_room(&mut self) {
        let oldest = self.known.iter().min_by_key(|(_, track)| track.seen);
        let oldest = oldest
            .map(|(id, _)| id.clone())
            .filter(|_| self.known.len() >= MOST_KNOWN);
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
            self.forget_names();
        }
    }

    fn forget_names(&mut self) {
        let known = &self.known;
        self.renamed.retain(|_, id| known.contains_key(id));
    }

    /// Forgets everyone (time jumped); ids already given are not given again.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
        self.renamed.clear();
    }
}

/// A detector's id, told apart from ours: one that looks like ours (`u7`), or like one that was
/// told apart, gets a `d_` before it.
fn apart_from_ours(detectors: &str) -> String {
    let own = detectors.trim_start_matches("d_");
    let number = own.strip_prefix('u').unwrap_or_default();
    let is_like_ours = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    match is_like_ours {
        true => format!("d_{detectors}"),
        false => detectors.to_owned(),
    }
}

#[cfg(test)]
mod tests;
