//! Rust on ONNX Runtime computes what PyTorch computed when the model was exported.
//!
//! The shipped models and their fixture, unless `POSEMOE_PARITY_MODEL`, `POSEMOE_PARITY_FIXTURE` and, for
//! a float16 variant, `POSEMOE_PARITY_FP16` name others; `scripts/smoke_training` names what it exported.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nalgebra::{Matrix3, Point2};
use posemoe::config::Config;
use posemoe::engine;
use posemoe::geometry::canonical::{Ray, person_view};
use posemoe::lift::manifest::Precision;
use posemoe::lift::onnx::{OnnxLifter, OnnxOptions, Runtime};
use posemoe::lift::provider::Provider;
use posemoe::lift::{Lifter, WindowBatch};
use serde::Deserialize;

const VIEW_TOLERANCE: f64 = 2e-6;

/// Largest difference of a coordinate or a sigma (m) that rounding may leave.
fn tolerance_m(precision: Precision) -> f64 {
    match precision {
        Precision::Float32 => 2e-5,
        Precision::Float16 => 5e-3,
    }
}

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

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn fixture() -> Fixture {
    let path = named("POSEMOE_PARITY_FIXTURE").unwrap_or_else(|| shipped("tests/data/parity.json"));
    let json = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&json).unwrap()
}

/// A process loads the library once, for all tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let library = engine::library(&Config::default()).unwrap_or_else(|e| panic!("{e}"));
        Runtime::load(&library).unwrap_or_else(|e| panic!("{e}"))
    })
}

fn load(model: PathBuf) -> OnnxLifter {
    let options = OnnxOptions {
        model,
        providers: vec![Provider::Cpu],
        threads: 1,
        engine_cache: None,
    };
    OnnxLifter::load(runtime(), &options).unwrap_or_else(|e| panic!("{e}"))
}

fn assert_agrees_with_pytorch(lifter: &mut OnnxLifter) {
    let fixture = fixture();
    let inputs = fixture.inputs;
    let batch = WindowBatch {
        people: fixture.people,
        frames: fixture.frames,
        keypoints: inputs.keypoints,
        view: inputs.view,
        age_s: inputs.age_s,
        present: inputs.present,
    };
    let lifted: Vec<_> = lifter.lift(&batch).unwrap().into_iter().flatten().collect();
    assert_eq!(lifted.len(), fixture.people);
    let joints = lifted.iter().flat_map(|person| &person.joints_m);
    let joints_m = worst(joints.flatten().copied(), &fixture.joints_m);
    let sigma_m = worst(
        lifted.iter().flat_map(|person| person.sigma_m),
        &fixture.sigma_m,
    );
    let precision = lifter.manifest().precision;
    let most_m = tolerance_m(precision);
    println!("{precision:?}: joints {joints_m:.2e} m, sigma {sigma_m:.2e} m, at most {most_m:.0e}");
    assert!(joints_m <= most_m, "joints: {joints_m:e} m");
    assert!(sigma_m <= most_m, "sigma: {sigma_m:e} m");
}

/// Largest difference between numbers that belong together.
fn worst(ours: impl Iterator<Item = f64>, theirs: &[f64]) -> f64 {
    let ours: Vec<f64> = ours.collect();
    assert_eq!(ours.len(), theirs.len());
    let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f64::max)
}

#[test]
fn the_network_agrees_with_pytorch() {
    let model = named("POSEMOE_PARITY_MODEL").unwrap_or_else(|| shipped("models/posemoe.onnx"));
    assert_agrees_with_pytorch(&mut load(model));
}

#[test]
fn the_float16_variant_agrees_with_pytorch() {
    let model = match named("POSEMOE_PARITY_FP16") {
        Some(model) => model,
        None if named("POSEMOE_PARITY_MODEL").is_some() => {
            println!("another model, and no float16 variant of it");
            return;
        }
        None => shipped("models/posemoe_fp16.onnx"),
    };
    let mut lifter = load(model);
    assert_eq!(lifter.manifest().precision, Precision::Float16);
    assert_agrees_with_pytorch(&mut lifter);
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
