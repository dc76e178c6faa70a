//! Rust on ONNX Runtime computes what PyTorch computed when the model was exported.

use nalgebra::{Matrix3, Point2};
use posemoe::config::Config;
use posemoe::engine;
use posemoe::geometry::canonical::{Ray, person_view};
use posemoe::lift::{Lifter, WindowBatch};
use serde::Deserialize;

/// Largest difference of a joint (m) that rounding in float32 may leave.
const JOINT_TOLERANCE_M: f64 = 2e-5;
const VIEW_TOLERANCE: f64 = 2e-6;

#[derive(Deserialize)]
struct Fixture {
    people: usize,
    frames: usize,
    inputs: Inputs,
    joints_m: Vec<f64>,
    sigma_m: Vec<f64>,
    views: Vec<View>,
}

#[derive(Deserialize)]
struct Inputs {
    keypoints: Vec<f32>,
    view: Vec<f32>,
    age_s: Vec<f32>,
    present: Vec<f32>,
}

#[derive(Deserialize)]
struct View {
    rays: Vec<[f64; 2]>,
    scores: Vec<f64>,
    keypoints: Vec<[f64; 3]>,
    view: [f64; 3],
    view_from_camera: [[f64; 3]; 3],
}

fn fixture() -> Fixture {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/parity.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_network_agrees_with_pytorch() {
    let fixture = fixture();
    let (mut lifter, _) = engine::load(&Config::default()).unwrap_or_else(|e| panic!("{e}"));
    let inputs = fixture.inputs;
    let batch = WindowBatch {
        people: fixture.people,
        frames: fixture.frames,
        keypoints: inputs.keypoints,
        view: inputs.view,
        age_s: inputs.age_s,
        present: inputs.present,
    };
    let lifted = lifter.lift(&batch).unwrap();
    assert_eq!(lifted.len(), fixture.people);
    let mut worst_m: f64 = 0.0;
    for (person, lifted) in lifted.iter().enumerate() {
        let lifted = lifted.as_ref().unwrap();
        for joint in 0..17 {
            let at = person * 17 + joint;
            for axis in 0..3 {
                let apart_m = lifted.joints_m[joint][axis] - fixture.joints_m[3 * at + axis];
                worst_m = worst_m.max(apart_m.abs());
            }
            assert!((lifted.sigma_m[joint] - fixture.sigma_m[at]).abs() < JOINT_TOLERANCE_M);
        }
    }
    println!("largest difference of a joint coordinate: {worst_m:.2e} m");
    assert!(worst_m <= JOINT_TOLERANCE_M, "{worst_m:e} m");
}

#[test]
fn the_person_centred_view_agrees_with_pytorch() {
    for view in fixture().views {
        let mut rays = [None; 17];
        for (ray, (xy, score)) in rays.iter_mut().zip(view.rays.iter().zip(&view.scores)) {
            if *score > 0.0 {
                *ray = Some(Ray {
                    xy: Point2::from(*xy),
                    score: *score,
                });
            }
        }
        let ours = person_view(&rays).unwrap();
        let close = |a: f32, b: f64| (f64::from(a) - b).abs() < VIEW_TOLERANCE * (1.0 + b.abs());
        for (ours, theirs) in ours
            .keypoints
            .iter()
            .flatten()
            .zip(view.keypoints.iter().flatten())
        {
            assert!(close(*ours, *theirs), "{ours} {theirs}");
        }
        assert!(ours.view.iter().zip(view.view).all(|(a, b)| close(*a, b)));
        // nalgebra takes the rows of the file for columns.
        let theirs = Matrix3::from(view.view_from_camera).transpose();
        assert!((ours.view_from_camera.matrix() - theirs).norm() < 1e-12);
    }
}
