//! A network whose answers hang on all that it is given: this frame, and those that are kept of the
//! person.

use posemoe_core::lift::network::{Answers, Step};
use posemoe_core::lift::stream::EMPTY_AGE_S;

use crate::bus::standing;

/// Numbers that are kept of one joint; the first of the first joint is a frame's mark.
pub const WIDTH: usize = 4;
/// A wrist, which tells.
const TELLS: usize = 13;

/// Everyone stands, one wrist as far ahead (up to 0.2 m) as what is remembered says; of each frame
/// its mark is kept.
pub fn answer(step: &Step<'_>, answers: Answers<'_>, entries: &mut [f32]) {
    answers.sigma_m.fill(0.05);
    let one: Vec<f32> = standing().iter().flatten().map(|v| *v as f32).collect();
    let frames = step.frames;
    let entry_len = entries.len() / (step.people * frames);
    for (place, joints_m) in answers.joints_m.chunks_exact_mut(one.len()).enumerate() {
        joints_m.copy_from_slice(&one);
        joints_m[3 * TELLS + 2] = (told(step, place) % 0.2) as f32;
        let (person, frame) = (place / frames, place % frames);
        entries[person * frames * entry_len + frame * WIDTH] = mark(step, place);
    }
}

/// One number for a person in a frame: all of it goes in.
fn mark(step: &Step<'_>, place: usize) -> f32 {
    let keypoints = &step.keypoints[place * 51..][..51];
    let view = &step.view[place * 3..][..3];
    let numbers = keypoints.iter().chain(view).zip(1..);
    let mark: f32 = numbers.map(|(number, weight)| number * weight as f32).sum();
    mark + step.moment_s[place]
}

/// The marks of all frames that a person's frame sees, its own among them: the older, the less they
/// count.
fn told(step: &Step<'_>, place: usize) -> f64 {
    let (person, frames, slots) = (place / step.frames, step.frames, step.slots);
    let mut seen: Vec<(f32, f32, f32)> = Vec::new();
    for slot in 0..slots {
        let age_s = step.age_s[place * slots + slot];
        let mark = step.memory[0][((step.row + person) * 17 * slots + slot) * WIDTH];
        seen.push((age_s, step.stands_for[place * slots + slot], mark));
    }
    for other in 0..frames {
        let age_s = step.new_age_s[place * frames + other];
        seen.push((age_s, 1.0, mark(step, person * frames + other)));
    }
    seen.retain(|(age_s, ..)| *age_s < EMPTY_AGE_S);
    // In one order, wherever they lie: sums are the same to the bit.
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let one = |(age_s, stands_for, mark): &(f32, f32, f32)| {
        f64::from(mark.abs()) * f64::from(*stands_for) * f64::from(-*age_s).exp()
    };
    seen.iter().map(one).sum()
}
