//! Which frames of one person are kept, and how many frames each of them stands for: of late every
//! frame, further back fewer. So few slots reach as far back as the network asks, however fast the
//! detector is. `training/posemoe_training/memory.py` does the same.

use posemoe_stamp::Stamp;

/// The newest frames, one in so many of all, are not thinned out.
const RECENT_SHARE: usize = 4;

/// How many frames are kept, and how far back they reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Frames at most, 1 or more.
    pub frames: usize,
    /// Older ones (s) are not asked.
    pub span_s: f64,
}

impl Reach {
    /// How many of the frames, the newest, are not thinned out.
    pub(crate) fn recent(&self) -> usize {
        self.frames / RECENT_SHARE
    }

    /// How many of the frames, the oldest, may be thinned out.
    fn thinned(&self) -> usize {
        self.frames - self.recent()
    }

    /// How far apart those are then, at least (s): together they reach across the span.
    fn spacing_s(&self) -> f64 {
        self.span_s / self.thinned() as f64
    }
}

/// A frame that is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Where its entries are.
    pub slot: usize,
    /// When it was taken.
    pub stamp: Stamp,
    /// How many frames it stands for: itself, and those that followed it too closely.
    pub stands_for: u32,
}

/// One person's frames, oldest first.
#[derive(Debug)]
pub struct Kept {
    reach: Reach,
    frames: Vec<Frame>,
}

impl Kept {
    /// No frame yet; room for all is set aside.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            frames: Vec::with_capacity(reach.frames),
        }
    }

    /// Becomes what another is, without setting aside room anew.
    pub fn copy_from(&mut self, other: &Self) {
        self.reach = other.reach;
        self.frames.clone_from(&other.frames);
    }

    /// Oldest first.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Keeps a frame that is later than all others; returns the slot that its entries go to.
    pub fn add(&mut self, stamp: Stamp) -> usize {
        let slot = if self.frames.len() < self.reach.frames {
            self.frames.len()
        } else {
            self.give_up_one(stamp)
        };
        self.frames.push(Frame {
            slot,
            stamp,
            stands_for: 1,
        });
        slot
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.frames.clear();
    }

    /// Gives up the oldest frame, where it is beyond the span at `now`; else the first of those
    /// that may be thinned out which follows the one before it too closely, and which that one then
    /// stands for too; else the oldest. Returns its slot.
    fn give_up_one(&mut self, now: Stamp) -> usize {
        let oldest = self.frames[0].stamp;
        let crowded = if now.seconds_since(oldest) > self.reach.span_s {
            None
        } else {
            let spacing_s = self.reach.spacing_s();
            let pairs = self.frames[..self.reach.thinned()].windows(2);
            let mut gaps_s = pairs.map(|pair| pair[1].stamp.seconds_since(pair[0].stamp));
            gaps_s.position(|gap_s| gap_s < spacing_s)
        };
        let Some(earlier) = crowded else {
            return self.frames.remove(0).slot;
        };
        let given_up = self.frames.remove(earlier + 1);
        self.frames[earlier].stands_for += given_up.stands_for;
        given_up.slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: f64) -> Stamp {
        Stamp::default().plus_seconds(seconds)
    }

    fn kept(reach: Reach, stamps_s: impl IntoIterator<Item = f64>) -> Kept {
        let mut kept = Kept::new(reach);
        for stamp_s in stamps_s {
            kept.add(at(stamp_s));
        }
        kept
    }

    /// The newest is safe; the others are thinned out where they are less than 2 s apart.
    const FEW: Reach = Reach {
        frames: 4,
        span_s: 6.0,
    };

    /// Stamps (s) with how many frames each stands for.
    fn told(stamps_s: &[f64]) -> Vec<(f64, u32)> {
        let kept = kept(FEW, stamps_s.iter().copied());
        let frames = kept.frames.iter();
        frames
            .map(|f| (f.stamp.seconds_since(at(0.0)), f.stands_for))
            .collect()
    }

    #[test]
    fn full_it_thins_out_what_lies_too_close() {
        assert_eq!(told(&[0.0, 1.0, 2.0]), [(0.0, 1), (1.0, 1), (2.0, 1)]);
        assert_eq!(
            told(&[0.0, 1.0, 2.0, 3.0, 4.0]),
            [(0.0, 2), (2.0, 1), (3.0, 1), (4.0, 1)]
        );
        assert_eq!(
            told(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
            [(0.0, 2), (2.0, 2), (4.0, 1), (5.0, 1)]
        );
    }

    #[test]
    fn what_is_too_old_goes_first_and_else_the_oldest() {
        assert_eq!(
            told(&[0.0, 1.0, 2.0, 3.0, 6.5]),
            [(1.0, 1), (2.0, 1), (3.0, 1), (6.5, 1)]
        );
        assert_eq!(
            told(&[0.0, 2.0, 4.0, 4.5, 5.5]),
            [(2.0, 1), (4.0, 1), (4.5, 1), (5.5, 1)]
        );
    }

    #[test]
    fn so_few_frames_reach_across_the_span_at_any_rate_and_stand_for_all() {
        let reach = Reach {
            frames: 96,
            span_s: 8.0,
        };
        for rate_hz in [5_u32, 12, 30, 60, 120] {
            let rate = f64::from(rate_hz);
            let kept = kept(
                reach,
                (0..15 * rate_hz).map(|frame| f64::from(frame) / rate),
            );
            let (oldest, newest) = (kept.frames[0].stamp, kept.frames.last().unwrap().stamp);
            assert!(
                newest.seconds_since(oldest) > 0.97 * reach.span_s,
                "{rate_hz}"
            );
            let alive = kept.frames.iter();
            let alive = alive.filter(|f| newest.seconds_since(f.stamp) <= reach.span_s);
            let told: u32 = alive.map(|f| f.stands_for).sum();
            let (told, expected) = (f64::from(told), rate * reach.span_s);
            assert!(
                (told - expected).abs() <= 0.15 * rate + 1.0,
                "{rate_hz}: {told}"
            );
        }
    }

    proptest! {
        #[test]
        fn slots_are_one_for_each_frame_and_stamps_rise(
            gaps_ms in prop::collection::vec(1..900_u32, 1..200),
            frames in 1..20_usize,
        ) {
            let reach = Reach { frames, span_s: 5.0 };
            let mut kept = Kept::new(reach);
            let mut now_s = 0.0;
            for gap_ms in gaps_ms {
                now_s += f64::from(gap_ms) * 1e-3;
                let slot = kept.add(at(now_s));
                let newest = kept.frames.last().map(|f| (f.slot, f.stands_for));
                prop_assert_eq!(newest, Some((slot, 1)));
                let mut slots: Vec<usize> = kept.frames.iter().map(|f| f.slot).collect();
                slots.sort_unstable();
                prop_assert_eq!(slots, (0..kept.frames.len()).collect::<Vec<_>>());
                prop_assert!(kept.frames.len() <= frames);
                prop_assert!(kept.frames.is_sorted_by(|a, b| a.stamp < b.stamp));
            }
        }
    }
}
