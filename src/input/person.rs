//! What is asked of every detector's people alike: scores.
//!
//! A score is a number from 0 to 1. Where it is 0 or below, the detector says "not seen". Where it
//! is no number, nothing was said: not seen, and counted. Where a score of a person is beyond 1,
//! all of theirs are of some other kind (percent, logits), and weights and thresholds would make
//! nonsense of them: the person is not taken, and counted.

use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::person::observation::Sighting;
use posemoe_core::skeleton::JointSet;

/// Peaks of heat maps and rounding reach a little beyond 1: up to here they are taken as 1.
const MOST: f64 = 1.1;

/// One person as a message has them.
pub struct Detected {
    /// The detector's track id; `None` when it does not track.
    pub track_id: Option<String>,
    /// The detector's score of the whole person.
    pub score: f64,
    /// What the keypoints are.
    pub set: JointSet,
    /// In the set's order; `None` where the message says in its own way that they were not seen.
    pub keypoints: Vec<Option<Keypoint>>,
    /// The detector's box, top left and bottom right (px).
    pub box_px: Option<[[f64; 2]; 2]>,
    /// How far away the detector measured the person to be (m).
    pub distance_m: Option<f64>,
}

impl Detected {
    /// The person with scores that are scores; `None` where they are none.
    pub fn judge(mut self, drops: &mut Drops) -> Option<Sighting> {
        let keypoints = self.keypoints.iter().flatten();
        let all = keypoints.map(|k| k.score).chain([self.score]);
        if let Some(found) = all.clone().find(|score| *score > MOST) {
            let name = self.name();
            drops.note(
                Cause::BadScore,
                format!(
                    "{name}: found {found}, expected 0 to 1 (percent? logits?); the person is not \
                     taken"
                ),
            );
            return None;
        }
        match all.filter(|score| score.is_nan()).count() {
            0 => {}
            count => drops.note(
                Cause::BadScore,
                format!(
                    "{}: found {count} that are NaN, expected 0 to 1; taken as 0",
                    self.name()
                ),
            ),
        }
        for keypoint in &mut self.keypoints {
            *keypoint = keypoint.filter(|k| k.score > 0.0).map(|k| Keypoint {
                score: k.score.min(1.0),
                ..k
            });
        }
        Some(Sighting {
            score: if self.score > 0.0 {
                self.score.min(1.0)
            } else {
                0.0
            },
            joints: self.set.to_joints(&self.keypoints),
            face: self.set.to_face(&self.keypoints),
            track_id: self.track_id,
            box_px: self.box_px,
            distance_m: self.distance_m,
        })
    }

    fn name(&self) -> String {
        named(self.track_id.as_deref())
    }
}

/// A person as they are called in what is said of them.
pub fn named(track_id: Option<&str>) -> String {
    match track_id {
        Some(id) => format!("person {}", excerpt(id)),
        None => "a person without id".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(score: f64, keypoint_scores: [f64; 3]) -> (Option<Sighting>, Drops) {
        let mut drops = Drops::default();
        let scores = keypoint_scores.iter().chain([&0.5; 14]);
        let person = Detected {
            track_id: Some("7".into()),
            score,
            set: JointSet::H36m17,
            keypoints: scores
                .map(|score| {
                    Some(Keypoint {
                        x_px: 1.0,
                        y_px: 2.0,
                        score: *score,
                        depth_m: None,
                    })
                })
                .collect(),
            box_px: None,
            distance_m: None,
        };
        (person.judge(&mut drops), drops)
    }

    #[test]
    fn what_is_no_score_is_not_seen_and_counted_once_a_person() {
        let (person, drops) = judged(f64::NAN, [f64::NAN, 0.4, f64::NAN]);
        let person = person.unwrap();
        let seen = [0, 1, 2].map(|i: usize| person.joints[i].map(|k| k.score));
        assert_eq!((person.score, seen), (0.0, [None, Some(0.4), None]));
        let (cause, tally) = drops.iter().next().unwrap();
        assert_eq!((cause, tally.count), (Cause::BadScore, 1));
        assert!(
            tally.last.contains("person \"7\": found 3 that are NaN"),
            "{}",
            tally.last
        );
    }

    #[test]
    fn percent_and_logits_cost_the_person_and_are_counted() {
        for (score, keypoints) in [
            (0.9, [37.7, 44.5, 0.5]),
            (0.9, [0.2, -1.5, 3.4]),
            (85.0, [0.5; 3]),
            (0.9, [f64::INFINITY, 0.5, 0.5]),
        ] {
            let (person, drops) = judged(score, keypoints);
            assert_eq!((person, drops.count(Cause::BadScore)), (None, 1));
        }
    }

    #[test]
    fn not_seen_is_no_loss_and_a_peak_a_little_beyond_one_is_one() {
        let (person, drops) = judged(1.0004, [0.0, -1.0, 1.08]);
        let person = person.unwrap();
        assert_eq!(person.joints[..2], [None, None]);
        assert_eq!(
            (person.score, person.joints[2].map(|k| k.score)),
            (1.0, Some(1.0))
        );
        assert!(drops.is_empty());
    }
}
