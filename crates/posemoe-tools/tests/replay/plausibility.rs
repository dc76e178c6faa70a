//! How plausible the walker's poses are, with the model that ships.

use nalgebra::{Rotation3, Unit, Vector3};
use posemoe::config::Config;
use posemoe::engine;
use posemoe::msg::posemoe::Person3D;
use posemoe_core::skeleton::Pose;

use crate::program::{people, posemoe, replay, replay_with, walk};

/// By how much a limb is bent the wrong way (rad).
const BACKWARDS_RAD: f64 = 0.8;

/// The walker in all frames of all cameras.
fn walkers() -> Vec<Person3D> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    let of_camera = |camera| {
        replay(&walk(camera), &output, 0);
        people(&output)
    };
    let messages = (1..=4).flat_map(of_camera);
    messages.flat_map(|message| message.people).collect()
}

fn pose(person: &Person3D) -> Pose {
    std::array::from_fn(|j| {
        let p = &person.joints[j].position;
        Vector3::new(p.x, p.y, p.z)
    })
}

/// The pose with the bone from `middle` to `end` turned about `axis` from where the one before it
/// points.
fn bent(mut pose: Pose, [start, middle, end]: [usize; 3], axis: Vector3<f64>, rad: f64) -> Pose {
    let turn = Rotation3::from_axis_angle(&Unit::new_normalize(axis), rad);
    let along = (pose[middle] - pose[start]).normalize();
    let length_m = (pose[end] - pose[middle]).norm();
    pose[end] = pose[middle] + length_m * (turn * along);
    pose
}

fn median(mut shares: Vec<f64>) -> f64 {
    shares.sort_by(f64::total_cmp);
    shares[shares.len() / 2]
}

#[test]
fn a_walker_is_plausible_until_a_knee_or_an_elbow_bends_backwards() {
    let walkers = walkers();
    assert_eq!(walkers.len(), 400);
    let said = walkers.iter().map(|w| f64::from(w.plausibility)).collect();
    let usual = median(said);
    assert!(usual > 0.2, "{usual}");
    let mut judge = engine::load_plausibility(&Config::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .expect("it ships");
    let mut judged = |wrong: &dyn Fn(Pose) -> Pose| {
        let poses: Vec<Pose> = walkers.iter().map(|walker| wrong(pose(walker))).collect();
        let shares = judge.of(&poses).unwrap();
        median(shares.into_iter().map(|share| share.unwrap()).collect())
    };
    // Both turn about what points from right to left: knees backwards, elbows forwards.
    let knee = judged(&|pose| bent(pose, [1, 2, 3], pose[4] - pose[1], -BACKWARDS_RAD));
    let elbow = judged(&|pose| bent(pose, [11, 12, 13], pose[11] - pose[14], BACKWARDS_RAD));
    println!("walker {usual}, knee {knee}, elbow {elbow}");
    assert!(knee < 0.02 && elbow < 0.02, "knee {knee}, elbow {elbow}");
}

#[test]
fn where_nobody_is_to_judge_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    let none = ["--ros-args", "-p", "plausibility_model:=none"];
    replay_with(&walk(1), &output, 0, &none);
    let mut all = people(&output)
        .into_iter()
        .flat_map(|message| message.people);
    assert!(all.all(|person| person.plausibility.is_nan()));
}

#[test]
fn a_file_that_does_not_judge_is_named() {
    for (file, expected) in [
        ("/nowhere/prior.onnx", "/nowhere/prior.onnx"),
        ("/nowhere/prior.onnx", "plausibility_model"),
        ("Cargo.toml", "Cargo.toml"),
        (
            "posemoe_xs.onnx",
            "is of kind stream, expected plausibility, as the parameter plausibility_model says",
        ),
    ] {
        let parameter = format!("plausibility_model:={file}");
        let bag = walk(1);
        let bag = bag.to_str().unwrap();
        for words in [&["replay", bag][..], &["doctor"]] {
            let ran = posemoe(&[words, &["--ros-args", "-p", &parameter]].concat());
            let said = ran.stdout + &ran.stderr;
            assert_eq!(ran.code, 2, "{file}: {said}");
            assert!(said.contains(expected), "{file}: {said}");
        }
    }
    let ran = posemoe(&[
        "replay",
        walk(1).to_str().unwrap(),
        "--model",
        "posemoe_prior.onnx",
    ]);
    let expected = "is of kind plausibility, expected stream, as the parameter mode says";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}
