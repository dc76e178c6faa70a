//! Which cameras' images go together: a moment is over when those that are due with it have come.
//!
//! Cameras that are triggered together make one moment, however their detectors come in. Of those
//! that are not, nobody waits for anybody.

use std::collections::{BTreeMap, BTreeSet};

use posemoe_stamp::{Stamp, TIME_JUMP_S};

/// Images so far apart (s) are of one moment, ...
const TOGETHER_S: f64 = 0.012;
/// ... but of a fast camera not so many of its periods.
const TOGETHER_PERIODS: f64 = 0.4;
/// A camera that left out so many images in a row is not waited for.
const MOST_MISSED: f64 = 3.0;
/// Nor is anybody for longer than this (s).
const LONGEST_WAIT_S: f64 = 0.05;
/// How much an interval moves the estimate of a camera's period.
const FRESH_SHARE: f64 = 0.2;

/// What the cameras have sent, and the moment that is not over.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    cameras: BTreeMap<usize, Camera>,
    open: Option<Open>,
    /// The last that was over.
    last: Option<Stamp>,
}

#[derive(Clone, Copy, Debug)]
struct Camera {
    last: Stamp,
    period_s: Option<f64>,
}

#[derive(Clone, Debug)]
struct Open {
    stamp: Stamp,
    since: Stamp,
    shown_by: BTreeSet<usize>,
}

/// What an image does to moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Came {
    /// Time began anew: what was before is of another time.
    pub is_jump: bool,
    /// A moment that was over before this image.
    pub before: Option<Stamp>,
    /// A moment that is over with it.
    pub with_it: Option<Stamp>,
}

impl Moments {
    /// Before an image of `source` is taken in: the moment that is over then.
    pub fn come(&mut self, source: usize, stamp: Stamp, now: Stamp) -> Came {
        let mut came = Came::default();
        let last_of_it = self.cameras.get(&source).map(|camera| camera.last);
        if last_of_it.is_some_and(|last| stamp.seconds_since(last) < -TIME_JUMP_S) {
            *self = Self::default();
            came.is_jump = true;
        }
        let together_s = self.together_s();
        if let Some(open) = &self.open {
            let is_next = stamp.seconds_since(open.stamp) > together_s
                || (open.shown_by.contains(&source) && stamp > open.stamp);
            if is_next {
                came.before = self.close();
            }
        }
        self.note(source, stamp);
        let is_late = self.last.is_some_and(|last| stamp <= last);
        if !is_late {
            match &mut self.open {
                Some(open) if stamp.seconds_since(open.stamp) < -together_s => {}
                Some(open) => {
                    open.stamp = open.stamp.max(stamp);
                    open.shown_by.insert(source);
                }
                None => {
                    self.open = Some(Open {
                        stamp,
                        since: now,
                        shown_by: BTreeSet::from([source]),
                    });
                }
            }
        }
        if !self.is_anyone_awaited(together_s) {
            came.with_it = self.close();
        }
        came
    }

    /// The moment that has waited for long enough, or, at the end, `all` of them.
    pub fn overdue(&mut self, now: Stamp, all: bool) -> Option<Stamp> {
        let open = self.open.as_ref()?;
        let waited_s = now.seconds_since(open.since);
        (all || !(0.0..LONGEST_WAIT_S).contains(&waited_s)).then(|| self.close())?
    }

    fn close(&mut self) -> Option<Stamp> {
        let open = self.open.take()?;
        self.last = Some(open.stamp);
        self.last
    }

    fn together_s(&self) -> f64 {
        let periods_s = self.cameras.values().filter_map(|camera| camera.period_s);
        periods_s.fold(TOGETHER_S, |least, period_s| {
            least.min(TOGETHER_PERIODS * period_s)
        })
    }

    fn note(&mut self, source: usize, stamp: Stamp) {
        let camera = self.cameras.entry(source).or_insert(Camera {
            last: stamp,
            period_s: None,
        });
        let passed_s = stamp.seconds_since(camera.last);
        if passed_s > 0.0 {
            camera.last = stamp;
            camera.period_s = Some(match camera.period_s {
                // An image was left out.
                Some(period_s) if passed_s > 1.5 * period_s && passed_s < 10.0 * period_s => {
                    period_s
                }
                Some(period_s) if passed_s < 1.5 * period_s => {
                    period_s + FRESH_SHARE * (passed_s - period_s)
                }
                _ => passed_s,
            });
        }
    }

    fn is_anyone_awaited(&self, together_s: f64) -> bool {
        let Some(open) = &self.open else { return false };
        self.cameras.iter().any(|(source, camera)| {
            let ahead_s = open.stamp.seconds_since(camera.last);
            let is_due = match camera.period_s {
                Some(period_s) => {
                    let periods = (ahead_s / period_s).round();
                    let off_s = (ahead_s - periods * period_s).abs();
                    (1.0..=MOST_MISSED).contains(&periods) && off_s <= together_s
                }
                None => ahead_s < TIME_JUMP_S,
            };
            is_due && !open.shown_by.contains(source)
        })
    }
}
