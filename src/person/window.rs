//! One person's past: a bounded row of frames, and how the network wants to see it.

use std::collections::VecDeque;

use crate::geometry::canonical::PersonView;
use crate::stamp::Stamp;

/// How a model wants its window filled: in seconds, because detectors jitter and drop frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowLayout {
    /// Slots of the window, the newest frame in the last one.
    pub frames: usize,
    /// Frames closer together than this are passed over (s).
    pub spacing_s: f64,
    /// Frames older than this are left out (s).
    pub span_s: f64,
}

/// Frames that one person keeps at most: two seconds of a 60 Hz detector.
pub const MOST_FRAMES: usize = 120;
/// Spacing is met within this (s), so that a 60 Hz stamp's rounding does not skip a frame.
const SPACING_TOLERANCE_S: f64 = 1e-3;

/// One person's frames, oldest first, never more than [`MOST_FRAMES`] and none older than the span.
#[derive(Clone, Debug, Default)]
pub struct Window {
    frames: VecDeque<(Stamp, PersonView)>,
}

impl Window {
    /// Adds the newest frame and lets go of what lies outside the span. Stamps must rise.
    pub fn push(&mut self, stamp: Stamp, view: PersonView, layout: &WindowLayout) {
        debug_assert!(self.frames.back().is_none_or(|(last, _)| *last < stamp));
        while self.frames.len() >= MOST_FRAMES
            || self
                .frames
                .front()
                .is_some_and(|(old, _)| stamp.seconds_since(*old) > layout.span_s)
        {
            self.frames.pop_front();
        }
        self.frames.push_back((stamp, view));
    }

    /// The frames for the network's slots with their age (s), newest first: the newest frame, then
    /// each next one at least the layout's spacing older than the one before it.
    pub fn slots(&self, layout: &WindowLayout) -> Vec<(f64, &PersonView)> {
        let Some((newest, _)) = self.frames.back() else {
            return Vec::new();
        };
        let mut slots: Vec<(f64, &PersonView)> = Vec::with_capacity(layout.frames);
        for (stamp, view) in self.frames.iter().rev() {
            let age_s = newest.seconds_since(*stamp);
            let due = slots
                .last()
                .is_none_or(|(last, _)| age_s - last >= layout.spacing_s - SPACING_TOLERANCE_S);
            if due {
                slots.push((age_s, view));
            }
            if slots.len() == layout.frames {
                break;
            }
        }
        slots
    }

    /// Stamp of the newest frame.
    pub fn newest(&self) -> Option<Stamp> {
        self.frames.back().map(|(stamp, _)| *stamp)
    }

    /// Frames held.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether no frame is held.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    const LAYOUT: WindowLayout = WindowLayout {
        frames: 9,
        spacing_s: 0.055,
        span_s: 0.8,
    };

    fn view(mark: f32) -> PersonView {
        PersonView {
            keypoints: [[mark; 3]; 17],
            view: [0.0; 3],
            view_from_camera: Rotation3::identity(),
        }
    }

    fn window(gaps_ms: &[u32]) -> Window {
        let mut window = Window::default();
        let mut now_ns = 0;
        for (i, gap_ms) in gaps_ms.iter().enumerate() {
            now_ns += i64::from(*gap_ms) * 1_000_000;
            window.push(Stamp::from_nanos(now_ns), view(i as f32), &LAYOUT);
        }
        window
    }

    #[test]
    fn a_lone_frame_fills_one_slot() {
        let window = window(&[1]);
        assert_eq!(window.slots(&LAYOUT).len(), 1);
        assert!(Window::default().slots(&LAYOUT).is_empty());
    }

    #[test]
    fn at_60_hz_every_fourth_frame_is_taken() {
        let window = window(&[17; 60]);
        let ages: Vec<f64> = window.slots(&LAYOUT).iter().map(|(age, _)| *age).collect();
        assert_eq!(ages.len(), 9);
        assert!(
            ages.windows(2).all(|p| (p[1] - p[0] - 0.068).abs() < 1e-9),
            "{ages:?}"
        );
    }

    #[test]
    fn a_gap_longer_than_the_span_empties_the_past() {
        let window = window(&[20, 20, 20, 900]);
        assert_eq!(window.len(), 1);
    }

    proptest! {
        #[test]
        fn bounds_hold_for_any_rhythm(gaps in prop::collection::vec(1..400u32, 1..400)) {
            let window = window(&gaps);
            prop_assert!(window.len() <= MOST_FRAMES);
            let slots = window.slots(&LAYOUT);
            prop_assert_eq!(slots[0].0, 0.0);
            prop_assert!(slots.len() <= LAYOUT.frames);
            prop_assert!(slots.iter().all(|(age, _)| *age <= LAYOUT.span_s));
            for pair in slots.windows(2) {
                prop_assert!(pair[1].0 - pair[0].0 >= LAYOUT.spacing_s - SPACING_TOLERANCE_S);
            }
        }
    }
}
