//! How far people are from where they truly were: two sequences in, figures out; no I/O.
//!
//! ```text
//!  predictions ─┐
//!               ├─▶ place ──▶ pair ─────────▶ errors ──▶ figures ──▶ difference
//!  truth ───────┘   frames    time, identity  each pose  metrics     two results, bootstrap
//! ```
//!
//! Definitions and formulas: `docs/evaluation.md`. Distances are metres, times seconds; figures are
//! in the unit that their key ends with.

pub mod align;
pub mod bootstrap;
pub mod catalogue;
pub mod errors;
pub mod figures;
pub mod found;
pub mod latency;
pub mod matching;
pub mod metrics;
pub mod motion;
pub mod names;
pub mod pair;
pub mod place;
pub mod sequence;
pub mod skips;
pub mod worst;

pub use errors::PoseErrors;
pub use figures::Figures;
pub use found::{Found, Parts};
pub use latency::Latency;
pub use matching::Detection;
pub use place::{Places, PlacingError};
pub use sequence::{Frame, Joint, Person, Sequence};
pub use skips::{Skip, Skips};
pub use worst::WorstPose;

use posemoe_stamp::Stamp;

/// The topic of the truth in an imported bag.
pub const TRUTH_TOPIC: &str = "/truth/people3d";

/// How predictions and truth find each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Truth is interpolated between moments at most so far apart (s).
    pub max_gap_s: f64,
    /// Nobody is the same person at a greater distance (m).
    pub gate_m: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_gap_s: 0.1,
            gate_m: 1.0,
        }
    }
}

/// What came of one sequence.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// The errors of each pose that has its truth, in the order of frames and time.
    pub poses: Vec<PoseErrors>,
    /// The worst of them, worst first.
    pub worst: Vec<WorstPose>,
    /// From the first frame of the predictions to the last.
    pub span: Option<(Stamp, Stamp)>,
    /// Who was found.
    pub detection: Detection,
    /// The same by person and by distance.
    pub parts: Parts,
    /// From each prediction's stamp to its publication (s); empty where not known.
    pub latencies_s: Vec<f64>,
    /// What was not compared.
    pub skips: Skips,
}

/// Compares predictions with the truth, which `places` brings into their frames.
pub fn compare(
    predictions: &Sequence,
    truth: &Sequence,
    places: &Places,
    settings: &Settings,
) -> Outcome {
    let paired = pair::pair(predictions, truth, places, settings);
    let mut poses: Vec<PoseErrors> = paired.pairs.iter().map(errors::of).collect();
    motion::add(&paired.pairs, settings.max_gap_s, &mut poses);
    let stamps = || predictions.frames().iter().map(|frame| frame.stamp);
    Outcome {
        worst: worst::of(&paired.pairs, &poses),
        poses,
        span: stamps().min().zip(stamps().max()),
        detection: paired.detection,
        parts: paired.parts,
        latencies_s: Vec::new(),
        skips: paired.skips,
    }
}
