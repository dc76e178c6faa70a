//! What judges poses: as PyTorch does, whoever is asked about together, wherever they are.

use nalgebra::{Rotation3, Vector3};
use posemoe_core::lift::onnx::OnnxPlausibility;
use posemoe_core::lift::plausibility::Plausibility;
use posemoe_core::skeleton::{JOINT_COUNT, Pose};

use crate::fixture::Fixture;
use crate::{load, shipped};

/// Between two quantiles of real poses; rounding moves an answer by one of them now and then.
const STEP: f64 = 1.0 / 201.0;

fn judge() -> OnnxPlausibility {
    let model = load(shipped("models/posemoe_prior.onnx"));
    OnnxPlausibility::new(model).unwrap_or_else(|e| panic!("{e}"))
}

/// Real poses, then the same with a hinge bent backwards; and PyTorch's answers.
fn poses() -> (Vec<Pose>, Vec<f64>) {
    let fixture = Fixture::plausibility();
    let joints_m = fixture.tensor::<f32>("joints_m");
    let pose = |place| -> Pose {
        let rows = joints_m.rows::<3>(place);
        std::array::from_fn(|j| Vector3::from(rows[j].map(f64::from)))
    };
    let answers = fixture.tensor::<f32>("plausibility").numbers;
    let poses = (0..answers.len()).map(pose).collect();
    (poses, answers.into_iter().map(f64::from).collect())
}

fn median(answers: &[Option<f64>]) -> f64 {
    let mut known: Vec<f64> = answers.iter().map(|answer| answer.unwrap()).collect();
    known.sort_by(f64::total_cmp);
    known[known.len() / 2]
}

#[test]
fn plausibilities_agree_with_pytorch() {
    let (poses, theirs) = poses();
    let ours = judge().of(&poses).unwrap();
    let apart = |(ours, theirs): (&Option<f64>, &f64)| (ours.unwrap() - theirs).abs();
    let apart: Vec<f64> = ours.iter().zip(&theirs).map(apart).collect();
    let other = apart.iter().filter(|apart| **apart > 0.5 * STEP).count();
    println!("{other} of {} are other than PyTorch's", apart.len());
    assert!(10 * other <= apart.len());
    assert!(apart.iter().all(|apart| *apart < 1.5 * STEP), "{apart:?}");
}

#[test]
fn real_poses_are_plausible_and_those_bent_backwards_are_not() {
    let ours = judge().of(&poses().0).unwrap();
    let (real, wrong) = ours.split_at(ours.len() / 2);
    let medians = [median(real), median(wrong)];
    assert!((0.35..0.65).contains(&medians[0]), "{medians:?}");
    assert!(medians[1] < 0.02, "{medians:?}");
}

#[test]
fn neither_place_nor_heading_nor_company_counts() {
    let (poses, _) = poses();
    let turn = Rotation3::from_euler_angles(0.4, -2.1, 1.3);
    let elsewhere = |pose: &Pose| pose.map(|p| turn * p + Vector3::new(-3.0, 0.5, 40.0));
    let moved: Vec<Pose> = poses.iter().map(elsewhere).collect();
    let mut judge = judge();
    let together = judge.of(&poses).unwrap();
    let moved = judge.of(&moved).unwrap();
    for ((pose, together), moved) in poses.iter().zip(together).zip(moved) {
        let alone = judge.of(&[*pose]).unwrap()[0];
        for answer in [alone, moved] {
            let apart = (answer.unwrap() - together.unwrap()).abs();
            assert!(apart < 1.5 * STEP, "{apart}");
        }
    }
}

#[test]
fn of_nobody_and_of_what_is_no_pose_nothing_is_known() {
    let mut judge = judge();
    assert_eq!(judge.of(&[]).unwrap(), []);
    let (poses, _) = poses();
    let mut odd = poses[0];
    odd[7].z = f64::NAN;
    let nowhere = [Vector3::zeros(); JOINT_COUNT];
    assert_eq!(judge.of(&[nowhere, odd]).unwrap(), [None, None]);
    let mixed = judge.of(&[odd, poses[0], nowhere]).unwrap();
    assert_eq!(mixed, [None, judge.of(&poses[..1]).unwrap()[0], None]);
}
