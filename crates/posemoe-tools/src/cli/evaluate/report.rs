//! The result as JSON; `docs/evaluation.md` has the schema.

use serde::Serialize;

use super::against::Against;
use super::compared::{Compared, FORMAT, Failed, Section};
use crate::evaluate::Outcome;

/// Everything that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u64,
    /// What made it.
    pub posemoe_version: &'static str,
    /// How it was made.
    pub settings: Settings,
    /// All sequences together: every pose counts the same.
    pub overall: Section,
    /// Each by itself.
    pub sequences: Vec<Compared>,
    /// Those of which nothing came.
    pub failed: Vec<Failed>,
    /// The difference from another result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// How predictions and truth were compared.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Between which moments of the truth lines are drawn (s).
    pub max_gap_s: f64,
    /// Beyond which nobody is the same (m).
    pub gate_m: f64,
    /// `none` or `rigid`.
    pub align: &'static str,
    /// What frames of the predictions are people.
    pub prediction_tf: Option<String>,
    /// What frames of the truth are.
    pub truth_tf: Option<String>,
    /// The file that says where frames are.
    pub calibration: Option<String>,
    /// The frame of predictions that name none.
    pub prediction_frame: Option<String>,
    /// The frame of a truth that names none.
    pub truth_frame: Option<String>,
    /// Added to the truth's stamps (s).
    pub truth_offset_s: f64,
    /// Whether predicted people count.
    pub include_predicted: bool,
}

impl Report {
    /// All sequences, and all together.
    pub fn of(settings: Settings, sequences: Vec<Compared>, failed: Vec<Failed>) -> Self {
        let outcomes: Vec<&Outcome> = sequences.iter().map(|one| &one.outcome).collect();
        Self {
            format: FORMAT,
            posemoe_version: env!("CARGO_PKG_VERSION"),
            settings,
            overall: Section::of(&outcomes),
            sequences,
            failed,
            against: None,
        }
    }
}
