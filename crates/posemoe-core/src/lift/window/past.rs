//! One person's frames, and which of them a window takes.

use std::collections::VecDeque;

use super::WindowLayout;
use crate::geometry::canonical::PersonView;
use crate::lift::{DEPTH_WIDTH, KEYPOINT_WIDTH, MOST_WAITING, VIEW_WIDTH};
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// One frame of one person as the network sees it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When it was taken.
    pub stamp: Stamp,
    /// As in [`PersonView`].
    pub keypoints: [[f32; KEYPOINT_WIDTH]; JOINT_COUNT],
    /// As in [`PersonView`].
    pub view: [f32; VIEW_WIDTH],
    /// As in [`PersonView`].
    pub depth: [[f32; DEPTH_WIDTH]; JOINT_COUNT],
}

impl Frame {
    pub fn new(stamp: Stamp, view: &PersonView) -> Self {
        Self {
            stamp,
            keypoints: view.keypoints,
            view: view.view,
            depth: view.depth,
        }
    }
}

/// Frames in the order of their stamps: those that are answered and those that wait.
#[derive(Clone, Debug, Default)]
pub struct Past {
    frames: VecDeque<Frame>,
}

impl Past {
    /// Adds the newest frame.
    pub fn push(&mut self, frame: Frame, layout: &WindowLayout) {
        debug_assert!(self.frames.back().is_none_or(|f| f.stamp < frame.stamp));
        // Whoever asks for answers trims; this is for whoever does not.
        if self.frames.len() >= layout.frames + MOST_WAITING {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }

    /// The frames around the one at `asked`, without it: within span and lookahead, and of these
    /// the nearest in time that the window has slots for. So at most half the window lies in the
    /// future, and all the rest in the past, while there are enough of both.
    pub fn around(&self, asked: Stamp, layout: &WindowLayout) -> impl Iterator<Item = &Frame> {
        let oldest = asked.plus_seconds(-layout.span_s);
        let latest = asked.plus_seconds(layout.lookahead_s);
        let before = self.frames.partition_point(|f| f.stamp < asked);
        let after = self.frames.partition_point(|f| f.stamp <= asked);
        let (mut first, mut end) = (before, after);
        let earlier = |first: usize| self.frames.get(first.checked_sub(1)?);
        for _ in 1..layout.frames {
            let past = earlier(first).filter(|f| f.stamp >= oldest);
            let future = self.frames.get(end).filter(|f| f.stamp <= latest);
            let past_is_nearer = match (past, future) {
                (None, None) => break,
                (Some(past), Some(future)) => {
                    asked.seconds_since(past.stamp) <= future.stamp.seconds_since(asked)
                }
                (past, _) => past.is_some(),
            };
            if past_is_nearer {
                first -= 1;
            } else {
                end += 1;
            }
        }
        self.frames
            .range(first..before)
            .chain(self.frames.range(after..end))
    }

    /// Lets go of what no frame after the one at `asked` will ask for.
    pub fn trim(&mut self, asked: Stamp, layout: &WindowLayout) {
        let oldest = asked.plus_seconds(-layout.span_s);
        let answered = self.frames.partition_point(|f| f.stamp <= asked);
        let too_many = (answered + 1).saturating_sub(layout.frames);
        let too_old = self.frames.partition_point(|f| f.stamp < oldest);
        self.frames.drain(..too_many.max(too_old).min(answered));
    }

    /// Frames held.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.frames.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    fn past(stamps_ms: impl IntoIterator<Item = i64>, layout: &WindowLayout) -> Past {
        let view = PersonView {
            keypoints: [[0.5; 3]; 17],
            view: [0.0; 3],
            depth: [[0.0; 3]; 17],
            view_from_camera: Rotation3::identity(),
        };
        let mut past = Past::default();
        for ms in stamps_ms {
            past.push(Frame::new(at(ms), &view), layout);
        }
        past
    }

    fn around_ms(past: &Past, asked_ms: i64, layout: &WindowLayout) -> Vec<i64> {
        let stamps = past.around(at(asked_ms), layout).map(|f| f.stamp);
        stamps.map(|stamp| stamp.nanos() / 1_000_000).collect()
    }

    fn layout(frames: usize, lookahead_s: f64) -> WindowLayout {
        WindowLayout {
            frames,
            span_s: 0.5,
            lookahead_s,
        }
    }

    #[test]
    fn without_lookahead_it_is_the_last_frames_within_the_span() {
        let layout = layout(4, 0.0);
        let past = past([0, 300, 600, 700, 800], &layout);
        assert_eq!(around_ms(&past, 800, &layout), [300, 600, 700]);
        assert_eq!(around_ms(&past, 700, &layout), [300, 600], "no later one");
        assert!(around_ms(&past, 0, &layout).is_empty());
    }

    #[test]
    fn with_lookahead_later_frames_come_in_up_to_it_and_included() {
        let layout = layout(27, 0.2);
        let past = past((0..20).map(|i| i * 50), &layout);
        let around = around_ms(&past, 500, &layout);
        assert_eq!((around.first(), around.last()), (Some(&0), Some(&700)));
        assert_eq!(around.len(), 14);
        assert!(!around.contains(&500), "the asked frame has its own slot");
    }

    #[test]
    fn where_slots_are_few_the_nearest_take_them() {
        let layout = layout(5, 2.0);
        let past = past((0..20).map(|i| i * 50), &layout);
        assert_eq!(around_ms(&past, 500, &layout), [400, 450, 550, 600]);
        assert_eq!(around_ms(&past, 0, &layout), [50, 100, 150, 200]);
        assert_eq!(around_ms(&past, 950, &layout), [750, 800, 850, 900]);
    }

    #[test]
    fn who_is_never_asked_for_stays_bounded() {
        let layout = layout(5, 2.0);
        let past = past(0..5000, &layout);
        assert_eq!(past.len(), 5 + MOST_WAITING);
    }

    proptest! {
        #[test]
        fn what_is_let_go_was_not_needed(
            gaps_ms in prop::collection::vec(1..200i64, 1..80),
            frames in 1..12usize,
            waiting in 0..5usize,
        ) {
            let layout = layout(frames, 0.2);
            let stamps: Vec<i64> = gaps_ms
                .iter()
                .scan(0, |now, gap| { *now += gap; Some(*now) })
                .collect();
            let whole = past(stamps.iter().copied(), &layout);
            let mut trimmed = Past::default();
            for (newest, frame) in whole.frames.iter().enumerate() {
                trimmed.push(frame.clone(), &layout);
                let Some(asked) = newest.checked_sub(waiting) else { continue };
                // Of what is there by then, the same is taken.
                let so_far = past(stamps[..=newest].iter().copied(), &layout);
                prop_assert_eq!(
                    around_ms(&trimmed, stamps[asked], &layout),
                    around_ms(&so_far, stamps[asked], &layout)
                );
                trimmed.trim(at(stamps[asked]), &layout);
                prop_assert!(trimmed.len() <= frames.saturating_sub(1) + waiting);
            }
        }
    }
}
