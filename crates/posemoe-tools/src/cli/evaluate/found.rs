//! What came of one sequence: all that a report needs, whoever reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::{Origin, Source};
use crate::evaluate::{Outcome, Skips};

/// What came of a sequence that could be read; or why it cannot be compared, in words.
pub type Answer = Result<Found, String>;

/// What came of a comparison.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// Where the predictions are from.
    pub prediction: Origin,
    /// Where the truth is from.
    pub truth: Origin,
    /// Joints that one of both sides only has.
    pub joints_not_in_both: Vec<String>,
    /// What was left out, and why.
    pub skipped: Skipped,
    /// What the node did not use, by cause.
    pub dropped: BTreeMap<String, u64>,
    /// What is wrong with the files, in words.
    pub damage: Vec<String>,
    /// What the figures are made of.
    pub outcome: Outcome,
}

/// What was left out, by reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Skipped {
    /// Of the predictions, when reading.
    pub prediction: Skips,
    /// Of the truth, when reading.
    pub truth: Skips,
    /// When comparing.
    pub comparison: Skips,
}

impl Found {
    /// Of both sides and what came of comparing them.
    pub fn of(prediction: Source, truth: Source, mut outcome: Outcome) -> Self {
        outcome.latencies_s = prediction.latencies_s;
        let (predicted, true_joints) = (
            prediction.sequence.joint_names(),
            truth.sequence.joint_names(),
        );
        let in_one = predicted.symmetric_difference(&true_joints);
        Self {
            joints_not_in_both: in_one.map(|joint| (*joint).to_owned()).collect(),
            skipped: Skipped {
                prediction: prediction.skips,
                truth: truth.skips,
                comparison: outcome.skips.clone(),
            },
            dropped: prediction.dropped,
            damage: [prediction.damage, truth.damage].concat(),
            prediction: prediction.origin,
            truth: truth.origin,
            outcome,
        }
    }
}
