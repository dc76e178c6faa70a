//! Where the truth is in the frames of the predictions.

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Vector3};

use super::align;
use super::sequence::Sequence;
use crate::geometry::frames::{FrameError, Frames};
use crate::stamp::Stamp;

/// Points without which a rotation is not known.
const FEWEST_POINTS: usize = 3;

/// Why the truth cannot be given in a prediction's frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingError {
    /// One of both names its frame.
    #[error(
        "the predictions are in frame {prediction:?}, the truth in {truth:?} (an empty name: it says none); \
         name it with --prediction-frame or --truth-frame, or let --align rigid find it"
    )]
    Unnamed {
        /// The prediction's frame.
        prediction: String,
        /// The truth's frame.
        truth: String,
    },
    /// No way leads from one to the other.
    #[error(
        "the predictions are in frame {prediction:?}, the truth in {truth:?}, and nothing says where that is: \
         {why}; give --calibration FILE, a /tf_static in one of the bags, or --align rigid"
    )]
    NotKnown {
        /// The prediction's frame.
        prediction: String,
        /// The truth's frame.
        truth: String,
        /// What is missing.
        why: Box<FrameError>,
    },
    /// The truth is here and there.
    #[error("the truth is in several frames: {0}; expected one")]
    SeveralTruths(String),
    /// The alignment finds nobody.
    #[error(
        "nothing to align by in frame {0:?}: expected moments at which prediction and truth have one person \
         each, with at least {FEWEST_POINTS} joints in common"
    )]
    NobodyToAlign(String),
}

/// For each frame of the predictions, where the truth is in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places(BTreeMap<String, Isometry3<f64>>);

impl Places {
    /// Takes them from what is known of frames at rest.
    ///
    /// # Errors
    /// Names both frames and what is missing.
    pub fn known(
        predictions: &Sequence,
        truth: &Sequence,
        frames: &Frames,
    ) -> Result<Self, PlacingError> {
        let true_frame = one_frame(truth)?;
        let place = |prediction: &str| {
            if prediction == true_frame {
                return Ok(Isometry3::identity());
            }
            let (prediction, truth) = (prediction.to_owned(), true_frame.to_owned());
            if prediction.is_empty() || truth.is_empty() {
                return Err(PlacingError::Unnamed { prediction, truth });
            }
            let found = frames.lookup(&prediction, &truth, Stamp::default());
            found.map_err(|why| PlacingError::NotKnown {
                prediction,
                truth,
                why: Box::new(why),
            })
        };
        Self::each(predictions, place)
    }

    /// Takes, for each frame of the predictions, the one that brings the truth closest to them over all
    /// moments at which there is one person on either side.
    ///
    /// # Errors
    /// When there are no such moments.
    pub fn aligned(
        predictions: &Sequence,
        truth: &Sequence,
        max_gap_s: f64,
    ) -> Result<Self, PlacingError> {
        one_frame(truth)?;
        let place = |frame_id: &str| {
            let (mut from, mut to) = (Vec::<Vector3<f64>>::new(), Vec::new());
            for frame in predictions
                .frames()
                .iter()
                .filter(|f| f.frame_id == frame_id)
            {
                let people = truth.at(frame.stamp, max_gap_s).unwrap_or_default();
                if let ([predicted], [true_person]) = (frame.people.as_slice(), people.as_slice()) {
                    for (_, predicted, truth) in predicted.common(true_person) {
                        from.push(truth.position_m);
                        to.push(predicted.position_m);
                    }
                }
            }
            let enough = from.len() >= FEWEST_POINTS;
            let found = enough.then(|| align::rigid(&from, &to)).flatten();
            found.ok_or_else(|| PlacingError::NobodyToAlign(frame_id.to_owned()))
        };
        Self::each(predictions, place)
    }

    /// Takes coordinates of the truth to those of this frame (m).
    pub fn prediction_from_truth(&self, frame_id: &str) -> Isometry3<f64> {
        self.0
            .get(frame_id)
            .copied()
            .unwrap_or_else(Isometry3::identity)
    }

    fn each(
        predictions: &Sequence,
        place: impl Fn(&str) -> Result<Isometry3<f64>, PlacingError>,
    ) -> Result<Self, PlacingError> {
        let ids = predictions.frame_ids();
        let places = ids.into_iter().map(|id| Ok((id.to_owned(), place(id)?)));
        places.collect::<Result<_, _>>().map(Self)
    }
}

/// The name of the one frame that a sequence is in; empty where it has no frames at all.
fn one_frame(truth: &Sequence) -> Result<&str, PlacingError> {
    match truth.frame_ids().as_slice() {
        [] => Ok(""),
        [one] => Ok(one),
        several => Err(PlacingError::SeveralTruths(several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::sequence::tests::{frame, person};
    use crate::evaluate::skips::Skips;
    use crate::geometry::frames::Link;
    use nalgebra::{Point3, UnitQuaternion};

    const JOINTS: [(&str, [f64; 3]); 3] = [
        ("nose", [0.0, 0.0, 1.0]),
        ("left_hip", [0.2, 0.0, 2.0]),
        ("right_hip", [-0.2, 0.5, 3.0]),
    ];

    fn sequence(frame_id: &str, people: usize) -> Sequence {
        let names = ["a", "b"];
        let mut one = frame(
            0.0,
            names[..people]
                .iter()
                .map(|id| person(id, &JOINTS))
                .collect(),
        );
        one.frame_id = frame_id.to_owned();
        Sequence::new(vec![one], &mut Skips::default())
    }

    #[test]
    fn a_way_between_frames_is_taken_and_a_missing_one_named() {
        let (camera, world) = (sequence("camera", 1), sequence("world", 1));
        let mut frames = Frames::default();
        let error = Places::known(&camera, &world, &frames)
            .unwrap_err()
            .to_string();
        for part in ["\"camera\"", "\"world\"", "--calibration", "--align rigid"] {
            assert!(error.contains(part), "{error}");
        }
        let parent_from_child = Isometry3::translation(1.0, 2.0, 3.0);
        let link = Link {
            parent: "world".to_owned(),
            child: "camera".to_owned(),
            stamp: Stamp::default(),
            parent_from_child,
            is_static: true,
        };
        frames.insert(link).unwrap();
        let places = Places::known(&camera, &world, &frames).unwrap();
        assert_eq!(
            places.prediction_from_truth("camera"),
            parent_from_child.inverse()
        );
        let unnamed = Places::known(&camera, &sequence("", 1), &frames).unwrap_err();
        assert!(unnamed.to_string().contains("--truth-frame"), "{unnamed}");
        let same = Places::known(&camera, &sequence("camera", 1), &Frames::default()).unwrap();
        assert_eq!(same.prediction_from_truth("camera"), Isometry3::identity());
    }

    #[test]
    fn an_alignment_finds_how_the_truth_was_turned() {
        let turn = UnitQuaternion::from_euler_angles(0.3, -1.0, 2.0);
        let known = Isometry3::from_parts([1.0, -2.0, 5.0].into(), turn);
        let camera = sequence("camera", 1);
        let moved = camera.frames()[0].people[0].moved(&known.inverse());
        let truth = Sequence::new(vec![frame(0.0, vec![moved])], &mut Skips::default());
        let found = Places::aligned(&camera, &truth, 0.1).unwrap();
        let point = Point3::new(1.0, 1.0, 1.0);
        let off = found.prediction_from_truth("camera") * point - known * point;
        assert!(off.norm() < 1e-12, "{off}");
    }

    #[test]
    fn nobody_is_aligned_by_who_might_be_another() {
        let error = Places::aligned(&sequence("camera", 2), &sequence("", 2), 0.1).unwrap_err();
        assert_eq!(error, PlacingError::NobodyToAlign("camera".to_owned()));
    }
}
