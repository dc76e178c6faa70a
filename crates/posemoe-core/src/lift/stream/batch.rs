//! What a streaming network is given and what it answers, laid out for everyone in one or several
//! new frames. All of it is set aside at once.

use super::MemoryShape;
use super::kept::Kept;
use super::slots::{EMPTY_AGE_S, Slots};
use crate::lift::network::{Answers, Step};
use crate::lift::{
    DEPTH_NUMBERS, JOINT_NUMBERS, KEYPOINT_NUMBERS, Lifted, Shown, TURN_NUMBERS, VIEW_WIDTH,
};
use crate::skeleton::JOINT_COUNT;

/// Inputs and outputs; of people who are not seen in a frame the inputs are zeros, and nobody reads
/// what the network says of them.
pub struct Batch {
    shape: MemoryShape,
    /// The row and the frame of everyone seen, frame by frame in the order in which they were
    /// given.
    seen: Vec<(usize, usize)>,
    people: usize,
    frames: usize,
    keypoints: Vec<f32>,
    view: Vec<f32>,
    depth: Vec<f32>,
    moment_s: Vec<f32>,
    age_s: Vec<f32>,
    stands_for: Vec<f32>,
    new_age_s: Vec<f32>,
    joints_m: Vec<f32>,
    sigma_m: Vec<f32>,
    turns: Vec<f32>,
    entries: Vec<f32>,
    /// What is kept of one person while their new frames come in.
    kept: Kept,
}

impl Batch {
    /// With room for everyone in so many frames as are lifted together at most.
    pub fn new(shape: MemoryShape) -> Self {
        let (places, slots) = (shape.people * shape.together, shape.reach.frames);
        let room = |of_each: usize| Vec::with_capacity(places * of_each);
        Self {
            shape,
            seen: Vec::with_capacity(places),
            people: 0,
            frames: 0,
            keypoints: room(KEYPOINT_NUMBERS),
            view: room(VIEW_WIDTH),
            depth: room(DEPTH_NUMBERS),
            moment_s: room(1),
            age_s: room(slots),
            stands_for: room(slots),
            new_age_s: room(shape.together),
            joints_m: room(JOINT_NUMBERS),
            sigma_m: room(JOINT_COUNT),
            turns: room(TURN_NUMBERS),
            entries: room(shape.entry_len()),
            kept: Kept::new(shape.reach),
        }
    }

    /// Lays out frames, oldest first, of people who all have rows.
    pub fn lay_out(&mut self, slots: &Slots, frames: &[Shown<'_>]) {
        self.seen.clear();
        for (frame, shown) in frames.iter().enumerate() {
            let rows = shown.seen.iter().filter_map(|one| slots.row(one.person));
            self.seen.extend(rows.map(|row| (row, frame)));
        }
        self.frames = frames.len();
        self.people = self.seen.iter().max().map_or(0, |(last, _)| last + 1);
        self.make_room();
        let views = frames.iter().flat_map(|shown| shown.seen);
        for ((row, frame), one) in self.seen.iter().zip(views) {
            let place = row * frames.len() + frame;
            self.keypoints[place * KEYPOINT_NUMBERS..][..KEYPOINT_NUMBERS]
                .copy_from_slice(one.view.keypoints.as_flattened());
            self.view[place * VIEW_WIDTH..][..VIEW_WIDTH].copy_from_slice(&one.view.view);
            self.depth[place * DEPTH_NUMBERS..][..DEPTH_NUMBERS]
                .copy_from_slice(one.view.depth.as_flattened());
        }
        for (place, moment_s) in self.moment_s.iter_mut().enumerate() {
            let stamp = frames[place % frames.len()].stamp;
            *moment_s = stamp.seconds_modulo(self.shape.cycle_s) as f32;
        }
        for row in 0..self.people {
            self.kept.copy_from(slots.kept(row));
            self.lay_out_past(row, frames);
        }
    }

    fn make_room(&mut self) {
        let (places, slots) = (self.people * self.frames, self.shape.reach.frames);
        for (numbers, of_each, nothing) in [
            (&mut self.keypoints, KEYPOINT_NUMBERS, 0.0),
            (&mut self.view, VIEW_WIDTH, 0.0),
            (&mut self.depth, DEPTH_NUMBERS, 0.0),
            (&mut self.moment_s, 1, 0.0),
            (&mut self.age_s, slots, EMPTY_AGE_S),
            (&mut self.stands_for, slots, 1.0),
            (&mut self.new_age_s, self.frames, EMPTY_AGE_S),
            (&mut self.joints_m, JOINT_NUMBERS, 0.0),
            (&mut self.sigma_m, JOINT_COUNT, 0.0),
            (&mut self.turns, TURN_NUMBERS, f32::NAN),
            (&mut self.entries, self.shape.entry_len(), 0.0),
        ] {
            numbers.clear();
            numbers.resize(places * of_each, nothing);
        }
    }

    /// What a person's new frames see, one after the other: what the slots hold, and each other.
    fn lay_out_past(&mut self, row: usize, frames: &[Shown<'_>]) {
        let (first, slots) = (frames[0].stamp, self.shape.reach.frames);
        for (frame, shown) in frames.iter().enumerate() {
            if !self.seen.contains(&(row, frame)) {
                continue;
            }
            let place = row * frames.len() + frame;
            let ages_s = &mut self.age_s[place * slots..][..slots];
            let stand_for = &mut self.stands_for[place * slots..][..slots];
            let new_ages_s = &mut self.new_age_s[place * frames.len()..][..frames.len()];
            for kept in self.kept.frames() {
                let age_s = shown.stamp.seconds_since(kept.stamp) as f32;
                if kept.stamp < first {
                    (ages_s[kept.slot], stand_for[kept.slot]) = (age_s, kept.stands_for as f32);
                } else if let Some(new) = frames.iter().position(|f| f.stamp == kept.stamp) {
                    new_ages_s[new] = age_s;
                }
            }
            new_ages_s[frame] = 0.0;
            self.kept.add(shown.stamp);
        }
    }

    /// Whether anybody was seen.
    pub fn is_empty(&self) -> bool {
        self.people == 0
    }

    /// The row and the frame of everyone seen, frame by frame in the order in which they were
    /// given.
    pub fn seen(&self) -> &[(usize, usize)] {
        &self.seen
    }

    /// For the network: what it is given, and where it answers.
    pub fn ask<'a>(&'a mut self, memory: &'a [Vec<f32>]) -> (Step<'a>, Answers<'a>, &'a mut [f32]) {
        let step = Step {
            people: self.people,
            frames: self.frames,
            slots: self.shape.reach.frames,
            row: 0,
            keypoints: &self.keypoints,
            view: &self.view,
            depth: &self.depth,
            moment_s: &self.moment_s,
            age_s: &self.age_s,
            stands_for: &self.stands_for,
            new_age_s: &self.new_age_s,
            memory,
        };
        let answers = Answers {
            joints_m: &mut self.joints_m,
            sigma_m: &mut self.sigma_m,
            turns: &mut self.turns,
        };
        (step, answers, &mut self.entries)
    }

    /// What was answered for one person in one frame; `None` where that or an entry is not finite.
    pub fn lifted(&self, (row, frame): (usize, usize)) -> Option<Lifted> {
        let place = row * self.frames + frame;
        let lifted = Lifted::read(
            &self.joints_m[place * JOINT_NUMBERS..][..JOINT_NUMBERS],
            &self.sigma_m[place * JOINT_COUNT..][..JOINT_COUNT],
            &self.turns[place * TURN_NUMBERS..][..TURN_NUMBERS],
        );
        let mut entries = self.entries((row, frame)).flatten();
        lifted.filter(|_| entries.all(|v| v.is_finite()))
    }

    /// What is to be kept of one person in one frame: for each block and joint its numbers.
    pub fn entries(&self, (row, frame): (usize, usize)) -> impl Iterator<Item = &[f32]> {
        let tokens = self.shape.blocks * JOINT_COUNT;
        let of_person = &self.entries[row * self.frames * self.shape.entry_len()..];
        let of_frame = of_person.chunks_exact(self.shape.width).skip(frame);
        of_frame.step_by(self.frames).take(tokens)
    }
}
