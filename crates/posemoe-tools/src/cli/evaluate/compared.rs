//! A sequence compared with the truth, as the result has it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::found::{Found, Skipped};
use super::source::Origin;
use crate::evaluate::figures::{self, Figures};
use crate::evaluate::{Detection, Latency, Outcome, Parts, PoseErrors};

/// Of the schema; a file of another is refused.
pub const FORMAT: u64 = 1;

/// Figures of a set of poses, and of its parts.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Of all.
    #[serde(flatten)]
    pub figures: Figures,
    /// What was compared.
    pub counts: Counts,
    /// How long people took to be told of.
    pub latency: Latencies,
    /// Of each joint.
    pub per_joint: BTreeMap<String, Figures>,
    /// Of each band of distance.
    #[serde(serialize_with = "in_order")]
    pub per_distance: Vec<(&'static str, Figures)>,
}

/// How long people took to be told of.
#[derive(Clone, Debug, Serialize)]
pub struct Latencies {
    /// From the stamp of each message to its publication; `None` where that is not known.
    pub stamp_to_publish_ms: Option<Latency>,
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counts {
    /// Frames of the predictions that have a truth.
    pub frames_compared: u64,
    /// True people in them.
    pub true_people: u64,
    /// Predicted people in them.
    pub predicted_people: u64,
    /// True people who were found.
    pub found_people: u64,
}

/// One sequence.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Its name, by which another result knows it.
    pub name: String,
    /// Where the predictions are from.
    pub prediction: Origin,
    /// Where the truth is from.
    pub truth: Origin,
    /// Its figures.
    #[serde(flatten)]
    pub section: Section,
    /// Of each true person.
    pub per_person: BTreeMap<String, Figures>,
    /// Joints that one of both sides only has.
    pub joints_not_in_both: Vec<String>,
    /// What was left out, and why.
    pub skipped: Skipped,
    /// What the node did not use, by cause.
    pub dropped: BTreeMap<String, u64>,
    /// What is wrong with the files, in words.
    pub damage: Vec<String>,
    /// What the figures are made of.
    #[serde(skip)]
    pub outcome: Outcome,
}

/// A prediction of which nothing came.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The prediction.
    pub file: String,
    /// Why, in words.
    pub error: String,
}

fn in_order<S: serde::Serializer>(
    pairs: &[(&'static str, Figures)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, figures)| (name, figures)))
}

impl Section {
    /// Of all these together.
    pub fn of(outcomes: &[&Outcome]) -> Self {
        let (mut detection, mut bands) = (Detection::default(), Parts::default().bands);
        let (mut poses, mut latencies_s) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            detection.add(&outcome.detection);
            let of_outcome = bands.iter_mut().zip(&outcome.parts.bands);
            of_outcome.for_each(|(sum, found)| sum.add(found));
            poses.extend(&outcome.poses);
            latencies_s.extend(&outcome.latencies_s);
        }
        let poses: &[&PoseErrors] = &poses;
        Self {
            figures: Figures::of(poses, &detection),
            latency: Latencies {
                stamp_to_publish_ms: Latency::of(&latencies_s),
            },
            counts: Counts {
                frames_compared: detection.frames,
                true_people: detection.true_people,
                predicted_people: detection.predicted_people,
                found_people: detection.found,
            },
            per_joint: figures::by_joint(poses),
            per_distance: figures::by_distance(poses, &bands),
        }
    }
}

impl Failed {
    /// Why, with the file's name.
    pub fn text(&self) -> String {
        if self.error.contains(&self.file) {
            self.error.clone()
        } else {
            format!("{}: {}", self.file, self.error)
        }
    }
}

impl Compared {
    /// Figures of what was found.
    pub fn of(name: String, found: Found) -> Self {
        let outcome = found.outcome;
        let poses: Vec<&PoseErrors> = outcome.poses.iter().collect();
        Self {
            name,
            section: Section::of(&[&outcome]),
            per_person: figures::by_person(&poses, &outcome.parts),
            prediction: found.prediction,
            truth: found.truth,
            joints_not_in_both: found.joints_not_in_both,
            skipped: found.skipped,
            dropped: found.dropped,
            damage: found.damage,
            outcome,
        }
    }

    /// Whether part of the input was unreadable.
    pub fn is_data_loss(&self) -> bool {
        let skips = [&self.skipped.prediction, &self.skipped.truth];
        !self.damage.is_empty() || skips.iter().any(|skips| skips.is_data_loss())
    }
}
