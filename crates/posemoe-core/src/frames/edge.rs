//! A frame in its parent: at rest, or moving.

use nalgebra::Isometry3;

use super::history::{History, Miss};
use super::keep::Keep;
use super::motion::Motion;
use super::{Inserted, Link, Refusal};
use posemoe_stamp::Stamp;

/// A frame's parent and where the frame is in it.
#[derive(Clone, Debug)]
pub struct Edge {
    pub parent: String,
    track: Track,
    /// What it was before, in other parents; the newest last. Only of recordings.
    former: Vec<Self>,
}

#[derive(Clone, Debug)]
enum Track {
    Static(Isometry3<f64>),
    Moving(History),
}

impl Edge {
    /// What the first message of a frame says.
    pub fn starting(link: &Link) -> Self {
        let pose = link.parent_from_child;
        Self {
            parent: link.parent.clone(),
            track: if link.is_static {
                Track::Static(pose)
            } else {
                Track::Moving(History::starting(link.stamp, pose))
            },
            former: Vec::new(),
        }
    }

    /// What the frame was at a moment: in its newest parent, or in a former one.
    pub fn at(&self, stamp: Stamp) -> &Self {
        let has_begun = |edge: &&Self| match &edge.track {
            Track::Static(_) => true,
            Track::Moving(history) => history.oldest() <= stamp,
        };
        let newest_first = std::iter::once(self).chain(self.former.iter().rev());
        let begun = newest_first.clone().find(has_begun);
        begun.or(newest_first.last()).unwrap_or(self)
    }

    /// Whether the frame ever was in this one.
    pub fn was_in(&self, parent: &str) -> bool {
        let mut all = std::iter::once(self).chain(&self.former);
        all.any(|edge| edge.parent == parent)
    }

    /// What a further message of the frame says.
    pub fn take_in(&mut self, link: Link, keep: &Keep) -> Result<Inserted, Refusal> {
        let history = match &mut self.track {
            Track::Moving(history) if !link.is_static => history,
            _ => {
                *self = Self::starting(&link);
                return Ok(Inserted::Added);
            }
        };
        let newest = history.newest();
        if newest.seconds_since(link.stamp) > keep.jump_s {
            *self = Self::starting(&link);
            return Ok(Inserted::BeganAnew(newest));
        }
        if link.parent == self.parent {
            history.insert(link.stamp, link.parent_from_child, keep);
        } else if link.stamp > newest {
            let mut former = std::mem::replace(self, Self::starting(&link));
            if keep.former_parents {
                self.former = std::mem::take(&mut former.former);
                self.former.push(former);
            }
        } else {
            return Err(Refusal::FormerParent {
                child: link.child,
                parent: link.parent,
                stamp: link.stamp,
                newest,
                newer_parent: self.parent.clone(),
            });
        }
        Ok(Inserted::Added)
    }

    /// The newest stamp of a moving frame.
    pub fn newest(&self) -> Option<Stamp> {
        match &self.track {
            Track::Static(_) => None,
            Track::Moving(history) => Some(history.newest()),
        }
    }

    /// The same motion so many seconds later.
    pub fn shift_by(&mut self, seconds: f64) {
        if let Track::Moving(history) = &mut self.track {
            history.shift_by(seconds);
        }
        self.former
            .iter_mut()
            .for_each(|edge| edge.shift_by(seconds));
    }

    pub fn pose_at(&self, stamp: Stamp, longest_gap_s: f64) -> Result<Isometry3<f64>, Miss> {
        match &self.track {
            Track::Static(pose) => Ok(*pose),
            Track::Moving(history) => history.pose_at(stamp, longest_gap_s),
        }
    }

    pub fn motion_at(&self, stamp: Stamp) -> Result<Motion, Miss> {
        match &self.track {
            Track::Static(pose) => Ok(Motion::at_rest(*pose)),
            Track::Moving(history) => history.motion_at(stamp),
        }
    }
}
