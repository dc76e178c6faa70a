//! What a lifter asks of a network: numbers in, numbers out. All tensors are row-major.

use super::{DEPTH_NUMBERS, KEYPOINT_NUMBERS, LiftError, VIEW_WIDTH};

/// New frames of several people, and what is kept of their earlier ones.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// P.
    pub people: usize,
    /// F, new frames, oldest first; live there is one.
    pub frames: usize,
    /// N, slots of each person's memory.
    pub slots: usize,
    /// The row of the first person in `memory`.
    pub row: usize,
    /// (P, F, 17, 3); zeros where a joint was not seen.
    pub keypoints: &'a [f32],
    /// (P, F, 3).
    pub view: &'a [f32],
    /// (P, F, 17, 3); zeros where none was measured. For networks that take it.
    pub depth: &'a [f32],
    /// (P, F): the new frames' stamps (s), modulo the network's cycle.
    pub moment_s: &'a [f32],
    /// (P, F, N): seconds from the frame in that slot to the new one,
    /// [`super::stream::EMPTY_AGE_S`] where there is none.
    pub age_s: &'a [f32],
    /// (P, F, N): how many frames the one in that slot stands for, 1 or more.
    pub stands_for: &'a [f32],
    /// (P, F, F): seconds from another new frame to this one, [`super::stream::EMPTY_AGE_S`] where
    /// that comes later or does not show the person.
    pub new_age_s: &'a [f32],
    /// For each block in time a tensor (rows, 17, N, width), of which P rows count, from `row` on.
    pub memory: &'a [Vec<f32>],
}

impl Step<'_> {
    /// The first `count` people, and the others.
    pub(crate) fn split(&self, count: usize) -> (Self, Self) {
        let frames = count * self.frames;
        let (keypoints, other_keypoints) = self.keypoints.split_at(frames * KEYPOINT_NUMBERS);
        let (view, other_view) = self.view.split_at(frames * VIEW_WIDTH);
        let (depth, other_depth) = self.depth.split_at(frames * DEPTH_NUMBERS);
        let (moment_s, other_moment_s) = self.moment_s.split_at(frames);
        let (age_s, other_age_s) = self.age_s.split_at(frames * self.slots);
        let (stands_for, other_stands_for) = self.stands_for.split_at(frames * self.slots);
        let (new_age_s, other_new_age_s) = self.new_age_s.split_at(frames * self.frames);
        let first = Self {
            people: count,
            keypoints,
            view,
            depth,
            moment_s,
            age_s,
            stands_for,
            new_age_s,
            ..*self
        };
        let others = Self {
            people: self.people - count,
            row: self.row + count,
            keypoints: other_keypoints,
            view: other_view,
            depth: other_depth,
            moment_s: other_moment_s,
            age_s: other_age_s,
            stands_for: other_stands_for,
            new_age_s: other_new_age_s,
            ..*self
        };
        (first, others)
    }
}

/// Where a network writes what it answers.
#[derive(Debug)]
pub struct Answers<'a> {
    /// (P, 17, 3), root-relative (m); of a stream (P, F, 17, 3).
    pub joints_m: &'a mut [f32],
    /// (P, 17) (m); of a stream (P, F, 17).
    pub sigma_m: &'a mut [f32],
    /// (P, 11, 7): of each segment an axis along y, one along z and a sigma (degrees); of a stream
    /// (P, F, 11, 7). NaN, and left so by networks that say nothing of segments.
    pub turns: &'a mut [f32],
}

/// A network that takes a stream frame by frame.
pub trait StepNetwork {
    /// Answers for the new frames; `entries` (P, blocks, 17, F, width) are to be kept of them.
    ///
    /// # Errors
    /// [`LiftError`] when it could not; what it wrote by then means nothing.
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError>;
}

/// Windows of several people; absent slots are 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windows {
    /// P.
    pub people: usize,
    /// T, slots of each window.
    pub frames: usize,
    /// (P, T, 17, 3); the frame to be answered in the last slot, the others in any order.
    pub keypoints: Vec<f32>,
    /// (P, T, 3).
    pub view: Vec<f32>,
    /// (P, T, 17, 3); zeros where none was measured. For networks that take it.
    pub depth: Vec<f32>,
    /// (P, T): seconds before the frame to be answered; below 0 for frames after it.
    pub age_s: Vec<f32>,
    /// (P, T): 1 where the slot is filled.
    pub present: Vec<f32>,
}

/// A network that takes whole windows.
pub trait WindowNetwork {
    /// Answers for the last slot of each window.
    ///
    /// # Errors
    /// [`LiftError`] when it could not; what it wrote by then means nothing.
    fn run(&mut self, windows: &Windows, answers: Answers<'_>) -> Result<(), LiftError>;
}
