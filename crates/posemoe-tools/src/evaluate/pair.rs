//! Each predicted pose with its truth: the same moment, the same frame, the same person.

use std::collections::BTreeMap;

use nalgebra::Vector3;

use super::Settings;
use super::found::Parts;
use super::matching::{Detection, Identities, assign};
use super::metrics;
use super::place::Places;
use super::sequence::{Frame, Name, Person, Sequence};
use super::skips::{Skip, Skips};
use posemoe_stamp::Stamp;

/// Joints without which a pose is not compared: fewer always fit.
const FEWEST_JOINTS: usize = 3;

/// A predicted pose and the true one, in the frame of the prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The place of the prediction's frame in its sequence.
    pub place: usize,
    /// When.
    pub stamp: Stamp,
    /// The coordinate frame of both.
    pub frame_id: Name,
    /// The predicted person's id.
    pub predicted_id: String,
    /// The true person's id.
    pub truth_id: String,
    /// The joints that both have.
    pub names: Vec<Name>,
    /// Their predicted positions (m).
    pub predicted_m: Vec<Vector3<f64>>,
    /// Their true positions (m).
    pub truth_m: Vec<Vector3<f64>>,
    /// Their predicted sigmas (m).
    pub sigma_m: Vec<Option<f64>>,
    /// The predicted and the true root (m).
    pub roots_m: (Vector3<f64>, Vector3<f64>),
    /// The predicted root's standard deviation along each axis (m).
    pub root_sigma_m: Option<Vector3<f64>>,
}

impl Pair {
    fn of(place: usize, frame: &Frame, predicted: &Person, truth: &Person) -> Option<Self> {
        let mut pair = Self {
            place,
            stamp: frame.stamp,
            frame_id: frame.frame_id.as_str().into(),
            predicted_id: predicted.id.clone(),
            truth_id: truth.id.clone(),
            names: Vec::new(),
            predicted_m: Vec::new(),
            truth_m: Vec::new(),
            sigma_m: Vec::new(),
            roots_m: predicted.roots_m(truth)?,
            root_sigma_m: predicted.root_sigma_m,
        };
        for (name, predicted, truth) in predicted.common(truth) {
            pair.names.push(name.clone());
            pair.predicted_m.push(predicted.position_m);
            pair.truth_m.push(truth.position_m);
            pair.sigma_m.push(predicted.sigma_m);
        }
        (pair.names.len() >= FEWEST_JOINTS).then_some(pair)
    }

    /// The predicted joints from their root (m).
    pub fn predicted_from_root_m(&self) -> Vec<Vector3<f64>> {
        self.predicted_m
            .iter()
            .map(|joint| joint - self.roots_m.0)
            .collect()
    }

    /// The true joints from their root (m).
    pub fn truth_from_root_m(&self) -> Vec<Vector3<f64>> {
        self.truth_m
            .iter()
            .map(|joint| joint - self.roots_m.1)
            .collect()
    }
}

/// All pairs of a sequence.
#[derive(Clone, Debug, Default)]
pub struct Paired {
    /// In the order of the prediction's frames.
    pub pairs: Vec<Pair>,
    /// Who was found.
    pub detection: Detection,
    /// The same by person and by distance.
    pub parts: Parts,
    /// What was not compared.
    pub skips: Skips,
}

/// Finds the truth of each prediction.
pub fn pair(
    predictions: &Sequence,
    truth: &Sequence,
    places: &Places,
    settings: &Settings,
) -> Paired {
    let mut paired = Paired::default();
    let mut identities = BTreeMap::<&str, Identities>::new();
    for (place, frame) in predictions.frames().iter().enumerate() {
        let Some(people) = truth.at(frame.stamp, settings.max_gap_s) else {
            paired.skips.note(Skip::FrameWithoutTruth);
            continue;
        };
        let place_then = places.prediction_from_truth(&frame.frame_id, frame.stamp);
        let Some(prediction_from_truth) = place_then else {
            paired.skips.note(Skip::FrameWithoutTransform);
            continue;
        };
        let people: Vec<Person> = people
            .iter()
            .map(|p| p.moved(&prediction_from_truth))
            .collect();
        let ids = identities.entry(&frame.frame_id).or_default();
        pair_frame((place, frame), &people, settings.gate_m, ids, &mut paired);
    }
    paired.detection.id_true_positives = identities.values().map(Identities::true_positives).sum();
    note_unanswered(predictions, truth, settings.max_gap_s, &mut paired.skips);
    paired
}

fn pair_frame(
    (place, frame): (usize, &Frame),
    truth: &[Person],
    gate_m: f64,
    ids: &mut Identities,
    paired: &mut Paired,
) {
    let detection = &mut paired.detection;
    detection.frames += 1;
    detection.true_people += truth.len() as u64;
    detection.predicted_people += frame.people.len() as u64;
    let distance_m = |row: usize, column: usize| distance_m(&frame.people[row], &truth[column]);
    for (row, predicted) in frame.people.iter().enumerate() {
        for (column, person) in truth.iter().enumerate() {
            if distance_m(row, column) <= gate_m {
                ids.note_near(&predicted.id, &person.id);
            }
        }
    }
    let predicted_ids: Vec<&str> = frame.people.iter().map(|p| p.id.as_str()).collect();
    let true_ids: Vec<&str> = truth.iter().map(|p| p.id.as_str()).collect();
    let go_on = ids.go_on(&predicted_ids, &true_ids, distance_m, gate_m);
    let pairs = assign(frame.people.len(), truth.len(), &go_on, distance_m, gate_m);
    let parts = &mut paired.parts;
    parts.note(&frame.people, truth, &pairs, distance_m, gate_m);
    for (row, column) in pairs {
        let (predicted, person) = (&frame.people[row], &truth[column]);
        detection.found += 1;
        detection.id_switches += u64::from(ids.note_match(&predicted.id, &person.id));
        match Pair::of(place, frame, predicted, person) {
            Some(pair) => paired.pairs.push(pair),
            None => paired.skips.note(Skip::TooFewCommonJoints),
        }
    }
}

/// How far apart two people are (m): their roots, else their common joints in the mean.
fn distance_m(predicted: &Person, truth: &Person) -> f64 {
    let apart = |(a, b): (Vector3<f64>, Vector3<f64>)| (a - b).norm();
    let roots = predicted.roots_m(truth).map(apart);
    let joints = || {
        let common = predicted.common(truth);
        metrics::mean(common.map(|(_, a, b)| (a.position_m - b.position_m).norm()))
    };
    roots.or_else(joints).unwrap_or(f64::INFINITY)
}

/// Counts true frames to which no prediction is near in time.
fn note_unanswered(predictions: &Sequence, truth: &Sequence, max_gap_s: f64, skips: &mut Skips) {
    let mut stamps: Vec<Stamp> = predictions
        .frames()
        .iter()
        .map(|frame| frame.stamp)
        .collect();
    stamps.sort_unstable();
    for frame in truth.frames() {
        let after = stamps.partition_point(|stamp| *stamp < frame.stamp);
        let is_near = |stamp: &Stamp| stamp.seconds_since(frame.stamp).abs() <= max_gap_s;
        let neighbours = [after.checked_sub(1), Some(after)];
        let mut near = neighbours
            .into_iter()
            .flatten()
            .filter_map(|place| stamps.get(place));
        if !near.any(is_near) {
            skips.note(Skip::TruthWithoutFrame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::sequence::tests::{frame, person};

    /// Hips and nose about a place (m).
    fn somebody(id: &str, x: f64) -> Person {
        let joints = [
            ("left_hip", [x + 0.1, 0.0, 3.0]),
            ("right_hip", [x - 0.1, 0.0, 3.0]),
            ("nose", [x, -0.8, 3.0]),
        ];
        person(id, &joints)
    }

    fn paired(predictions: Vec<Frame>, truth: Vec<Frame>) -> Paired {
        let mut skips = Skips::default();
        let sequences = (
            Sequence::new(predictions, &mut skips),
            Sequence::new(truth, &mut skips),
        );
        pair(
            &sequences.0,
            &sequences.1,
            &Places::default(),
            &Settings::default(),
        )
    }

    #[test]
    fn people_cross_and_ids_are_counted() {
        let truth = vec![
            frame(0.0, vec![somebody("a", 0.0), somebody("b", 2.0)]),
            frame(0.1, vec![somebody("a", 0.0), somebody("b", 2.0)]),
        ];
        let predictions = vec![
            frame(0.0, vec![somebody("1", 2.1), somebody("2", 0.1)]),
            // The detector has swapped them, and sees somebody who is not there.
            frame(
                0.1,
                vec![somebody("1", 0.1), somebody("2", 1.9), somebody("3", 9.0)],
            ),
        ];
        let found = paired(predictions, truth);
        let who: Vec<(&str, &str)> = found
            .pairs
            .iter()
            .map(|p| (p.predicted_id.as_str(), p.truth_id.as_str()))
            .collect();
        assert_eq!(who, [("1", "b"), ("2", "a"), ("1", "a"), ("2", "b")]);
        let expected = Detection {
            frames: 2,
            true_people: 4,
            predicted_people: 5,
            found: 4,
            id_switches: 2,
            // Each id is near each of the two once.
            id_true_positives: 2,
        };
        assert_eq!(found.detection, expected);
        assert_eq!(found.detection.recall(), Some(1.0));
        assert_eq!(found.detection.precision(), Some(0.8));
    }

    #[test]
    fn an_id_is_theirs_only_where_it_is_near_them() {
        // Within a metre in the first two frames, beyond it in the last two.
        let off_m = [0.5, 0.99, 1.01, 5.0];
        let at = |place: usize| place as f64 * 0.1;
        let truth = (0..4).map(|i| frame(at(i), vec![somebody("a", 0.0)]));
        let predictions = (0..4).map(|i| frame(at(i), vec![somebody("1", off_m[i])]));
        let found = paired(predictions.collect(), truth.collect()).detection;
        assert_eq!((found.found, found.id_true_positives), (2, 2));
        assert_eq!(found.idf1(), Some(0.5));
    }

    #[test]
    fn what_has_no_counterpart_is_counted() {
        let nose_only = person("1", &[("nose", [0.0, -0.8, 3.0])]);
        let predictions = vec![
            frame(0.0, vec![somebody("1", 0.0)]),
            frame(0.05, vec![nose_only]),
            frame(5.0, vec![somebody("1", 0.0)]),
        ];
        let truth = [0.0, 0.1, 1.0].map(|seconds| frame(seconds, vec![somebody("a", 0.0)]));
        let found = paired(predictions, truth.to_vec());
        assert_eq!((found.pairs.len(), found.detection.found), (1, 2));
        let count = |why| found.skips.count(why);
        assert_eq!(count(Skip::FrameWithoutTruth), 1);
        assert_eq!(count(Skip::TruthWithoutFrame), 1);
        assert_eq!(count(Skip::TooFewCommonJoints), 1);
    }
}
