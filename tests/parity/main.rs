//! Rust on ONNX Runtime computes what PyTorch computed when the model was exported.
//!
//! The shipped models and their fixture, unless `POSEMOE_PARITY_MODEL`, `POSEMOE_PARITY_FIXTURE`
//! and, for a float16 variant and the model of windows, `POSEMOE_PARITY_FP16` and
//! `POSEMOE_PARITY_WINDOW` name others; `scripts/smoke_training` names what it exported. Besides
//! them the models and the fixture of `training/tests/make_tiny.py`, which have measured depths.

mod fixture;
mod plausibility;
mod shares;
mod stream;
mod views;
mod window;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nalgebra::Vector3;
use posemoe::config::Config;
use posemoe::engine;
use posemoe_core::geometry::axes::of_left;
use posemoe_core::geometry::segments::Orientations;
use posemoe_core::lift::onnx::{Model, OnnxOptions, Runtime};
use posemoe_core::lift::provider::Provider;

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The model that `variable` names, else the one that ships. `None` when the streaming model is
/// another one, and this form of it was not exported.
fn model(variable: &str, file: &str) -> Option<Model> {
    let path = match named(variable) {
        Some(path) => path,
        None if named("POSEMOE_PARITY_MODEL").is_some() => {
            println!("another model, and no {variable} of it");
            return None;
        }
        None => shipped(file),
    };
    Some(load(path))
}

/// A model of `tests/data/tiny/`.
fn tiny(file: &str) -> Model {
    load(shipped("tests/data/tiny").join(file))
}

fn load(path: PathBuf) -> Model {
    let options = OnnxOptions {
        model: path,
        providers: vec![Provider::Cpu],
        threads: 1,
        engine_cache: None,
    };
    Model::load(runtime(), &options).unwrap_or_else(|e| panic!("{e}"))
}

/// A process loads the library once, for all tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let library = engine::library(&Config::default()).unwrap_or_else(|e| panic!("{e}"));
        Runtime::load(&library).unwrap_or_else(|e| panic!("{e}"))
    })
}

/// Largest differences between ours and PyTorch's (m).
#[derive(Debug, Default)]
struct Worst {
    joints_m: f64,
    sigma_m: f64,
    /// Of what is said of segments: angles (rad), and shares of sigma.
    turns: f64,
}

impl Worst {
    fn take_in(&mut self, joints_m: (&[f32], &[f32]), sigma_m: (&[f32], &[f32])) {
        self.joints_m = self.joints_m.max(farthest::<3>(joints_m));
        self.sigma_m = self.sigma_m.max(farthest::<1>(sigma_m));
    }

    /// What PyTorch said of segments: y, z, neither of length 1, and a sigma in degrees.
    fn turn_in(&mut self, ours: &Orientations, theirs: &[f32]) {
        for (ours, theirs) in ours.iter().zip(theirs.as_chunks::<7>().0) {
            let [y0, y1, y2, z0, z1, z2, sigma_deg] = theirs.map(f64::from);
            let (y, z) = (Vector3::new(y0, y1, y2), Vector3::new(z0, z1, z2));
            let turn = of_left(&y, &z).unwrap();
            let sigma = ours.sigma_rad.unwrap() / sigma_deg.to_radians() - 1.0;
            let off = turn.angle_to(&ours.frame_from_segment).max(sigma.abs());
            self.turns = if off <= self.turns { self.turns } else { off };
        }
    }

    fn assert_at_most(&self, what: &str, most_m: f64) {
        let Self {
            joints_m,
            sigma_m,
            turns,
        } = self;
        println!(
            "{what}: joints {joints_m:.2e} m, sigma {sigma_m:.2e} m, at most {most_m:.0e}; turns \
            {turns:.2e}"
        );
        // Axes are sums, whose rounding shows where little is left of them.
        let most_turns = 100.0 * most_m;
        assert!(*turns <= most_turns, "{what}: turns: {turns:e}");
        assert!(*joints_m <= most_m, "{what}: joints: {joints_m:e} m");
        assert!(*sigma_m <= most_m, "{what}: sigma: {sigma_m:e} m");
    }
}

/// Largest distance between points that belong together.
fn farthest<const AXES: usize>((ours, theirs): (&[f32], &[f32])) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let (ours, theirs) = (ours.as_chunks::<AXES>().0, theirs.as_chunks::<AXES>().0);
    let distances = ours.iter().zip(theirs).map(|(a, b)| {
        let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    });
    // Not f64::max, for which a number is larger than NaN.
    distances.fold(0.0, |most, d| if d <= most { most } else { d })
}
