//! People whose joints are frames on TF.
//!
//! A person is there at each stamp at which one of the joints was published, with all joints that
//! have a transform then or shortly before and after; where they are, the tree of frames says.

mod person;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::tf_pattern::TfPattern;

use self::person::{JointFrame, OnTf};
use super::Failure;
use super::source::How;
use crate::evaluate::{Frame, Skip, Skips};
use posemoe::input::transforms;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_core::frames::{FrameError, Frames};
use posemoe_stamp::Stamp;

/// Frames that an error names at most.
const MOST_NAMED: usize = 10;

/// The joints that a bag has on TF.
pub struct TfPeople<'a> {
    pattern: &'a TfPattern,
    /// Every frame; `None` for those that are no joints.
    frames: BTreeMap<String, Option<JointFrame>>,
    /// In which frames each was at any time.
    parents: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> TfPeople<'a> {
    /// Before the first message.
    pub fn new(pattern: &'a TfPattern) -> Self {
        Self {
            pattern,
            frames: BTreeMap::new(),
            parents: BTreeMap::new(),
        }
    }

    /// Takes in a message of `/tf`, or of `/tf_static` where `is_static`. The newest stamp of a
    /// joint in it.
    pub fn take_in(&mut self, message: &TFMessage, is_static: bool) -> Option<Stamp> {
        let mut newest = None;
        for transform in &message.transforms {
            let child = transforms::name(&transform.child_frame_id);
            let parent = transforms::name(&transform.header.frame_id);
            if !self
                .parents
                .get(child)
                .is_some_and(|all| all.contains(parent))
            {
                let parents = self.parents.entry(child.to_owned()).or_default();
                parents.insert(parent.to_owned());
            }
            if !self.frames.contains_key(child) {
                let joint = self.pattern.joint_of(child).map(|(id, joint)| JointFrame {
                    id,
                    joint,
                    stamps: Vec::new(),
                });
                self.frames.insert(child.to_owned(), joint);
            }
            let time = &transform.header.stamp;
            let stamp = Stamp::from_parts(time.sec, time.nanosec);
            // An impossible stamp is counted where transforms are kept.
            if let (Some(Some(joint)), Ok(stamp), false) =
                (self.frames.get_mut(child), stamp, is_static)
            {
                joint.stamps.push(stamp);
                newest = newest.max(Some(stamp));
            }
        }
        newest
    }

    /// Everyone at each moment, in the frame that was asked for or that all hang from.
    ///
    /// # Errors
    /// When there is nobody, two frames are the same joint, people hang from several frames, or no
    /// joint can be looked up.
    pub fn people(
        mut self,
        known: &Frames,
        how: &How<'_>,
        skips: &mut Skips,
    ) -> Result<Vec<Frame>, Failure> {
        for joint in self.frames.values_mut().flatten() {
            joint.stamps.sort_unstable();
            joint.stamps.dedup();
        }
        let people = self.by_person()?;
        let base = match how.frame_id {
            Some(frame_id) => frame_id.to_owned(),
            None => self.base(&people, how.side)?,
        };
        let joints = people.iter().flat_map(|person| &person.joints);
        let moments: BTreeSet<Stamp> = joints
            .flat_map(|(_, joint)| joint.stamps.iter().copied())
            .collect();
        let (mut frames, mut first_miss) = (Vec::new(), None);
        for stamp in moments {
            let at = |person: &OnTf<'_>| person.at(stamp, &base, known, how.max_gap_s);
            let mut frame = Frame {
                stamp,
                frame_id: base.clone(),
                people: Vec::new(),
            };
            for (person, misses) in people.iter().filter_map(at) {
                misses
                    .iter()
                    .for_each(|_| skips.note(Skip::JointWithoutTransform));
                first_miss = first_miss.or(misses.into_iter().next());
                if !person.joints.is_empty() {
                    frame.people.push(person);
                }
            }
            if !frame.people.is_empty() {
                frames.push(frame);
            }
        }
        match first_miss {
            Some(miss) if frames.is_empty() => Err(nowhere(&base, how.side, &miss)),
            _ => Ok(frames),
        }
    }

    /// Those who have a joint that moves, with all their frames.
    fn by_person(&self) -> Result<Vec<OnTf<'_>>, Failure> {
        let mut people = BTreeMap::<&str, Vec<(&str, &JointFrame)>>::new();
        for (name, joint) in &self.frames {
            let Some(joint) = joint else { continue };
            let joints = people.entry(joint.id.as_str()).or_default();
            if let Some((other, _)) = joints.iter().find(|(_, other)| other.joint == joint.joint) {
                let (id, joint) = (&joint.id, &joint.joint);
                return Err(format!(
                    "the frames {other} and {name} are both {joint} of person {id}"
                )
                .into());
            }
            joints.push((name, joint));
        }
        if self.pattern.has_bodies {
            people.retain(|_, joints| {
                joints.len() > 1 && joints.iter().any(|(_, joint)| *joint.joint == *"pelvis")
            });
        }
        let people = people
            .into_iter()
            .filter_map(|(id, joints)| OnTf::of(id, joints));
        let people: Vec<OnTf<'_>> = people.collect();
        if !people.is_empty() {
            return Ok(people);
        }
        let all: Vec<&str> = self
            .frames
            .keys()
            .map(String::as_str)
            .take(MOST_NAMED)
            .collect();
        let more = match self.frames.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (pattern, all) = (self.pattern, all.join(", "));
        Err(format!(
            "no frame on /tf is a person's joint, called like {pattern}; it has {all}{more}"
        )
        .into())
    }

    /// The one frame that all people hang from: on the way to the root the first that is neither a
    /// joint nor has the person's id in its name.
    fn base(&self, people: &[OnTf<'_>], side: &str) -> Result<String, Failure> {
        let mut bases = BTreeSet::new();
        for OnTf { id, joints, .. } in people {
            let mut to_climb: Vec<&str> = joints.iter().map(|(name, _)| *name).collect();
            let mut seen: BTreeSet<&str> = to_climb.iter().copied().collect();
            while let Some(at) = to_climb.pop() {
                let is_joint = matches!(self.frames.get(at), Some(Some(_)));
                let is_of_person = is_joint || (self.pattern.has_ids() && holds(at, id));
                match self.parents.get(at) {
                    Some(parents) if is_of_person => {
                        let parents = parents.iter().map(String::as_str);
                        to_climb.extend(parents.filter(|parent| seen.insert(parent)));
                    }
                    _ => {
                        bases.insert(at);
                    }
                }
            }
        }
        let bases: Vec<&str> = bases.into_iter().collect();
        match bases.as_slice() {
            [base] => Ok((*base).to_owned()),
            several => Err(format!(
                "people on TF hang from several frames: {}; choose one with --{side}-frame FRAME",
                several.join(", ")
            )
            .into()),
        }
    }
}

/// Whether a name has this id in it, and not as a part of a word.
fn holds(name: &str, id: &str) -> bool {
    let is_end = |character: Option<char>| character.is_none_or(|c| !c.is_alphanumeric());
    name.match_indices(id).any(|(place, _)| {
        let (before, after) = (name.get(..place), name.get(place + id.len()..));
        is_end(before.and_then(|text| text.chars().next_back()))
            && is_end(after.and_then(|text| text.chars().next()))
    })
}

fn nowhere(base: &str, side: &str, why: &FrameError) -> Failure {
    format!("no joint on TF can be given in {base:?} (--{side}-frame chooses another frame): {why}")
        .into()
}
