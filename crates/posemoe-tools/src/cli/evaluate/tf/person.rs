//! The frames of one person, and where they are at a moment.

use crate::evaluate::sequence::Name;
use crate::evaluate::{Joint, Person};
use posemoe_core::frames::{FrameError, Frames};
use posemoe_stamp::Stamp;

/// A frame that is a joint.
pub struct JointFrame {
    /// Whose.
    pub id: String,
    /// Which.
    pub joint: Name,
    /// When it was published, in order; never, where it rests in its parent.
    pub stamps: Vec<Stamp>,
}

impl JointFrame {
    /// Whether it was published at this moment, or before and after it within this gap.
    pub fn is_live(&self, moment: Stamp, max_gap_s: f64) -> bool {
        let after = self.stamps.partition_point(|stamp| *stamp < moment);
        match (
            after.checked_sub(1).and_then(|i| self.stamps.get(i)),
            self.stamps.get(after),
        ) {
            (_, Some(stamp)) if *stamp == moment => true,
            (Some(before), Some(after)) => after.seconds_since(*before) <= max_gap_s,
            _ => false,
        }
    }
}

/// A person's frames.
pub struct OnTf<'a> {
    /// Who it is.
    pub id: &'a str,
    /// Every frame, by name.
    pub joints: Vec<(&'a str, &'a JointFrame)>,
    /// When the first and the last of them was published.
    span: (Stamp, Stamp),
}

impl<'a> OnTf<'a> {
    /// `None` where no joint was published with a stamp.
    pub fn of(id: &'a str, joints: Vec<(&'a str, &'a JointFrame)>) -> Option<Self> {
        let firsts = joints.iter().filter_map(|(_, joint)| joint.stamps.first());
        let lasts = joints.iter().filter_map(|(_, joint)| joint.stamps.last());
        let span = (*firsts.min()?, *lasts.max()?);
        Some(Self { id, joints, span })
    }

    /// The person at a moment, in this frame; and why joints are missing that should be there.
    /// `None` where no joint is there.
    pub fn at(
        &self,
        moment: Stamp,
        base: &str,
        known: &Frames,
        max_gap_s: f64,
    ) -> Option<(Person, Vec<FrameError>)> {
        let (first, last) = self.span;
        let is_live = |joint: &JointFrame| joint.is_live(moment, max_gap_s);
        let is_there = (first..=last).contains(&moment);
        if !is_there || !self.joints.iter().any(|(_, joint)| is_live(joint)) {
            return None;
        }
        let (mut person, mut misses) = (Person::default(), Vec::new());
        person.id = self.id.to_owned();
        // What rests in its parent is wherever that is.
        let joints = self.joints.iter();
        for (name, joint) in joints.filter(|(_, joint)| joint.stamps.is_empty() || is_live(joint)) {
            match known.lookup(base, name, moment) {
                Ok(place) => {
                    let found = Joint::new(place.translation.vector, None);
                    person
                        .joints
                        .extend(found.map(|found| (joint.joint.clone(), found)));
                }
                Err(miss) => misses.push(miss),
            }
        }
        Some((person, misses))
    }
}
