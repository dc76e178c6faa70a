//! However many threads share out people, the answers are the same to the bit.

use posemoe_core::lift::network::{Answers, Step, StepNetwork};
use posemoe_core::lift::onnx::OnnxStep;
use posemoe_core::lift::shares::Shares;
use posemoe_core::skeleton::JOINT_COUNT;

use crate::model;

/// Slots of a short, a middling and the usual memory.
const SLOTS: [usize; 3] = [9, 27, 96];
const MOST: usize = 9;
/// New frames: one, as live, and several.
const FRAMES: [usize; 2] = [1, 3];

/// Numbers from -1 to 1 that look like chance.
fn numbers(count: usize) -> Vec<f32> {
    let number = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32;
    (0..count).map(|n| number(n) - 1.0).collect()
}

#[test]
fn people_who_are_shared_out_are_answered_alike() {
    let networks: Option<Vec<OnnxStep>> = (0..5)
        .map(|_| {
            let model = model("POSEMOE_PARITY_MODEL", "models/posemoe.onnx")?;
            Some(OnnxStep::new(model).unwrap_or_else(|e| panic!("{e}")))
        })
        .collect();
    let mut networks = networks.unwrap();
    let shape = networks[0].memory();
    let mut alone = networks.pop().unwrap();
    let mut shared = Shares::new(networks.pop().unwrap(), networks).unwrap();
    let cases = SLOTS.into_iter().flat_map(|slots| {
        let of_slots = move |frames| (1..=MOST).map(move |people| (slots, frames, people));
        FRAMES.into_iter().flat_map(of_slots)
    });
    for (slots, frames, people) in cases {
        let places = people * frames;
        let memory: Vec<_> = (0..shape.blocks)
            .map(|_| numbers(MOST * JOINT_COUNT * slots * shape.width))
            .collect();
        let ages_s = |count: usize| -> Vec<f32> {
            let ages_s = numbers(count).into_iter();
            ages_s.map(|n| n + 1.5).collect()
        };
        let step = Step {
            people,
            frames,
            slots,
            row: 0,
            keypoints: &numbers(places * JOINT_COUNT * 3),
            view: &numbers(places * 3),
            depth: &numbers(places * JOINT_COUNT * 3),
            moment_s: &vec![1.25; places],
            age_s: &ages_s(places * slots),
            stands_for: &vec![2.0; places * slots],
            new_age_s: &ages_s(places * frames),
            memory: &memory,
        };
        let entry_len = shape.blocks * JOINT_COUNT * shape.width;
        let answer = |network: &mut dyn StepNetwork| {
            let mut found =
                [JOINT_COUNT * 3, JOINT_COUNT, 77, entry_len].map(|n| vec![0.0; places * n]);
            let [joints_m, sigma_m, turns, entries] = &mut found;
            let answers = Answers {
                joints_m,
                sigma_m,
                turns,
            };
            network.step(&step, answers, entries).unwrap();
            found
        };
        let found = answer(&mut shared);
        assert!(found.iter().flatten().all(|number| number.is_finite()));
        assert!(
            found == answer(&mut alone),
            "{people} people, {frames} frames, {slots} slots"
        );
    }
}
