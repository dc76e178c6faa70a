//! Where frames are in each other, and how they move: what tf2's buffer knows, by the same rules.
//!
//! Nothing is guessed: where a transform is not known at the very moment that was asked for, the
//! answer is an error that says which one and how far off.

mod edge;
mod error;
mod history;
mod keep;
mod motion;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Mul;

use nalgebra::Isometry3;

pub use error::{FrameError, Refusal};
pub use keep::LONGEST_GAP_S;
pub use motion::Motion;

use edge::Edge;
use history::Miss;
use keep::Keep;
use posemoe_stamp::Stamp;

/// How long transforms are remembered unless somebody says otherwise (s); tf2's own.
pub const HISTORY_S: f64 = 10.0;
/// Frames kept at most.
pub const MOST_FRAMES: usize = 1000;
/// Frames that an error names at most.
const MOST_NAMED: usize = 10;

/// One frame as somebody says that it is in its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The frame in which the child is.
    pub parent: String,
    /// The frame.
    pub child: String,
    /// When; of no meaning where `is_static`.
    pub stamp: Stamp,
    /// Takes coordinates in the child to those in the parent (m); finite numbers.
    pub parent_from_child: Isometry3<f64>,
    /// Whether the child rests in its parent for ever.
    pub is_static: bool,
}

/// What became of a transform that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is one more.
    Added,
    /// It is so much older than this newest stamp that what was before is forgotten.
    BeganAnew(Stamp),
}

/// All frames, each in its parent, over the last seconds.
#[derive(Clone, Debug)]
pub struct Frames {
    keep: Keep,
    edges: BTreeMap<String, Edge>,
}

impl Default for Frames {
    fn default() -> Self {
        Self::new(HISTORY_S)
    }
}

impl Frames {
    /// A buffer that remembers `history_s` seconds of each moving frame.
    pub fn new(history_s: f64) -> Self {
        Self {
            keep: Keep::lately(history_s),
            edges: BTreeMap::new(),
        }
    }

    /// A buffer for what was recorded: it forgets nothing, in whatever order things come, and draws
    /// no line between transforms more than [`LONGEST_GAP_S`] apart unless the frame was at rest.
    pub fn recorded() -> Self {
        Self {
            keep: Keep::everything(),
            edges: BTreeMap::new(),
        }
    }

    /// Takes what others know of frames in place of what is known here of the same frames.
    pub fn overlay(&mut self, other: Self) {
        self.edges.extend(other.edges);
    }

    /// The same so many seconds later.
    #[must_use]
    pub fn later_by(mut self, seconds: f64) -> Self {
        self.edges
            .values_mut()
            .for_each(|edge| edge.shift_by(seconds));
        self
    }

    /// Takes in a transform. It may come late; one with the same stamp replaces the former. A frame
    /// has one parent, and either moves or is static: the newest says which.
    ///
    /// # Errors
    /// [`Refusal`] says why it is not kept.
    pub fn insert(&mut self, link: Link) -> Result<Inserted, Refusal> {
        if link.parent == link.child {
            return Err(Refusal::OwnParent { frame: link.child });
        }
        if let Some(edge) = self.edges.get_mut(&link.child) {
            return edge.take_in(link, &self.keep);
        }
        self.make_room(&link)?;
        let edge = Edge::starting(&link);
        self.edges.insert(link.child, edge);
        Ok(Inserted::Added)
    }

    /// Takes coordinates in `source` to those in `target` (m), both at `stamp`.
    ///
    /// # Errors
    /// [`FrameError`] says what is not known.
    pub fn lookup(
        &self,
        target: &str,
        source: &str,
        stamp: Stamp,
    ) -> Result<Isometry3<f64>, FrameError> {
        let (to_target, to_source) = self.ways(target, source, stamp)?;
        let pose = |edge: &Edge| edge.pose_at(stamp, self.keep.longest_gap_s);
        let still = Isometry3::identity();
        let common_from_target = self.along(&to_target, stamp, still, pose)?;
        let common_from_source = self.along(&to_source, stamp, still, pose)?;
        Ok(common_from_target.inv_mul(&common_from_source))
    }

    /// How `source` moves in `target` at `stamp`.
    ///
    /// # Errors
    /// [`FrameError`] says what is not known.
    pub fn motion(&self, target: &str, source: &str, stamp: Stamp) -> Result<Motion, FrameError> {
        let (to_target, to_source) = self.ways(target, source, stamp)?;
        let motion = |edge: &Edge| edge.motion_at(stamp);
        let still = Motion::at_rest(Isometry3::identity());
        let common_from_target = self.along(&to_target, stamp, still, motion)?;
        let common_from_source = self.along(&to_source, stamp, still, motion)?;
        Ok(common_from_target.inverse() * common_from_source)
    }

    /// The newest moment at which `source` is known in `target`: that of the most silent frame on
    /// the way. `None` where all of them rest for ever.
    ///
    /// # Errors
    /// [`FrameError`] says what is not known.
    pub fn newest(&self, target: &str, source: &str) -> Result<Option<Stamp>, FrameError> {
        let (to_target, to_source) = self.ways(target, source, Stamp::from_nanos(i64::MAX))?;
        let edges = to_target.iter().chain(&to_source);
        Ok(edges
            .filter_map(|frame| self.edges.get(*frame)?.newest())
            .min())
    }

    /// Frames on the way to each of two from the nearest ancestor that they share, without that;
    /// the deepest first.
    fn ways<'a>(
        &'a self,
        target: &'a str,
        source: &'a str,
        stamp: Stamp,
    ) -> Result<(Vec<&'a str>, Vec<&'a str>), FrameError> {
        let mut to_target = self.ancestry(target, stamp)?;
        let mut to_source = self.ancestry(source, stamp)?;
        let roots = (to_target.last().copied(), to_source.last().copied());
        if let (Some(target_root), Some(from_root)) = roots
            && target_root != from_root
        {
            return Err(FrameError::NotConnected {
                target: target.to_owned(),
                from: source.to_owned(),
                target_root: target_root.to_owned(),
                from_root: from_root.to_owned(),
            });
        }
        while !to_target.is_empty() && to_target.last() == to_source.last() {
            to_target.pop();
            to_source.pop();
        }
        Ok((to_target, to_source))
    }

    /// A frame, its parent at a moment, and so on to the root.
    fn ancestry<'a>(&'a self, frame: &'a str, stamp: Stamp) -> Result<Vec<&'a str>, FrameError> {
        let mut line = vec![frame];
        let mut at = frame;
        while let Some(edge) = self.edges.get(at) {
            if line.len() > self.edges.len() {
                return Err(FrameError::Loop {
                    frame: at.to_owned(),
                });
            }
            at = &edge.at(stamp).parent;
            line.push(at);
        }
        let is_known = line.len() > 1 || self.edges.values().any(|edge| edge.was_in(frame));
        if is_known {
            Ok(line)
        } else {
            Err(self.unknown(frame))
        }
    }

    /// The product of what `at` says of each frame on a way, the deepest last.
    fn along<T: Mul<Output = T>>(
        &self,
        way: &[&str],
        wanted: Stamp,
        still: T,
        at: impl Fn(&Edge) -> Result<T, Miss>,
    ) -> Result<T, FrameError> {
        let mut edges = way
            .iter()
            .rev()
            .filter_map(|child| self.edges.get_key_value(*child));
        edges.try_fold(still, |ancestor_from_parent, (child, edge)| {
            let edge = edge.at(wanted);
            let parent_from_child = at(edge).map_err(|miss| {
                let (parent, child) = (edge.parent.clone(), child.clone());
                match miss {
                    Miss::After(newest) => FrameError::NotYet {
                        parent,
                        child,
                        wanted,
                        newest,
                    },
                    Miss::Before(oldest) => FrameError::Gone {
                        parent,
                        child,
                        wanted,
                        oldest,
                    },
                    Miss::Alone => FrameError::NoVelocity {
                        parent,
                        child,
                        wanted,
                    },
                    Miss::Between(before, after) => FrameError::Gap {
                        parent,
                        child,
                        wanted,
                        before,
                        after,
                    },
                }
            })?;
            Ok(ancestor_from_parent * parent_from_child)
        })
    }

    fn unknown(&self, frame: &str) -> FrameError {
        let names: BTreeSet<&str> = self
            .edges
            .iter()
            .flat_map(|(child, edge)| [child.as_str(), &edge.parent])
            .collect();
        let named: Vec<&str> = names.iter().copied().take(MOST_NAMED).collect();
        let known = match names.len().saturating_sub(MOST_NAMED) {
            0 if named.is_empty() => "none".to_owned(),
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        };
        FrameError::Unknown {
            frame: frame.to_owned(),
            known,
        }
    }

    /// Forgets a frame that has long been silent where a new one finds no room: names of people
    /// come and go. Long in either direction, as a wrong clock may have stamped either.
    fn make_room(&mut self, link: &Link) -> Result<(), Refusal> {
        if self.edges.len() < self.keep.frames {
            return Ok(());
        }
        let silent = self.edges.iter().filter_map(|(child, edge)| {
            let silent_s = link.stamp.seconds_since(edge.newest()?).abs();
            (silent_s > self.keep.history_s).then_some((silent_s, child))
        });
        let longest = silent.max_by(|(a, _), (b, _)| a.total_cmp(b));
        match longest.map(|(_, child)| child.clone()) {
            Some(child) => {
                self.edges.remove(&child);
                Ok(())
            }
            None => Err(Refusal::TooMany {
                child: link.child.clone(),
                most: self.keep.frames,
            }),
        }
    }
}
