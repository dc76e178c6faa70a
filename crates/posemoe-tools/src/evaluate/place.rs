//! Where the truth is in the frames of the predictions, at each moment: either may move.

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Vector3};

use super::align;
use super::sequence::Sequence;
use posemoe_core::frames::{FrameError, Frames};
use posemoe_stamp::Stamp;

/// Points without which a rotation is not known.
const FEWEST_POINTS: usize = 3;

/// Why the truth cannot be given in a prediction's frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingError {
    /// One of both names its frame.
    #[error(
        "the predictions are in frame {prediction:?}, the truth in {truth:?} (an empty name: it \
         says none); name it with --prediction-frame or --truth-frame, or let --align rigid find it"
    )]
    Unnamed {
        /// The prediction's frame.
        prediction: String,
        /// The truth's frame.
        truth: String,
    },
    /// No way leads from one to the other.
    #[error(
        "the predictions are in frame {prediction:?}, the truth in {truth:?}, and nothing says \
         where that is: {why}; give --calibration FILE, /tf_static or /tf in one of the bags, or \
         --align rigid"
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
        "nothing to align by in frame {0:?}: expected moments at which prediction and truth have \
         one person each, with at least {FEWEST_POINTS} joints in common"
    )]
    NobodyToAlign(String),
}

/// For each frame of the predictions, where the truth is in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places(BTreeMap<String, Place>);

/// Takes coordinates of the truth to those of a prediction's frame (m).
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// At any moment.
    Always(Isometry3<f64>),
    /// At the moments of the predictions; not at those that are missing.
    At(BTreeMap<Stamp, Isometry3<f64>>),
}

impl Places {
    /// Takes them from what is known of frames, at the stamp of each prediction. A moment at which
    /// nothing is known has no place.
    ///
    /// # Errors
    /// [`PlacingError`]: names both frames and what is missing, where no moment has a place.
    pub fn known(
        predictions: &Sequence,
        truth: &Sequence,
        frames: &Frames,
    ) -> Result<Self, PlacingError> {
        let true_frame = one_frame(truth)?;
        let place = |prediction: &str| {
            if prediction == true_frame {
                return Ok(Place::Always(Isometry3::identity()));
            }
            if prediction.is_empty() || true_frame.is_empty() {
                let (prediction, truth) = (prediction.to_owned(), true_frame.to_owned());
                return Err(PlacingError::Unnamed { prediction, truth });
            }
            let found = at_each_moment(predictions, prediction, true_frame, frames);
            found.map_err(|why| PlacingError::NotKnown {
                prediction: prediction.to_owned(),
                truth: true_frame.to_owned(),
                why: Box::new(why),
            })
        };
        Self::each(predictions, place)
    }

    /// Takes, for each frame of the predictions, the one that brings the truth closest to them over
    /// all moments at which there is one person on either side.
    ///
    /// # Errors
    /// [`PlacingError`] when there are no such moments.
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
            let found = found.map(Place::Always);
            found.ok_or_else(|| PlacingError::NobodyToAlign(frame_id.to_owned()))
        };
        Self::each(predictions, place)
    }

    /// Takes coordinates of the truth to those of this frame of the predictions at one of their
    /// moments (m); `None` where it is not known then.
    pub fn prediction_from_truth(&self, frame_id: &str, stamp: Stamp) -> Option<Isometry3<f64>> {
        match self.0.get(frame_id) {
            None => Some(Isometry3::identity()),
            Some(Place::Always(place)) => Some(*place),
            Some(Place::At(places)) => places.get(&stamp).copied(),
        }
    }

    fn each(
        predictions: &Sequence,
        place: impl Fn(&str) -> Result<Place, PlacingError>,
    ) -> Result<Self, PlacingError> {
        let ids = predictions.frame_ids();
        let places = ids.into_iter().map(|id| Ok((id.to_owned(), place(id)?)));
        places.collect::<Result<_, _>>().map(Self)
    }
}

/// Where the truth is at the stamps of the predictions in one frame.
fn at_each_moment(
    predictions: &Sequence,
    prediction: &str,
    truth: &str,
    frames: &Frames,
) -> Result<Place, FrameError> {
    let (mut places, mut first_miss) = (BTreeMap::new(), None);
    let all = predictions.frames().iter();
    for frame in all.filter(|frame| frame.frame_id == prediction) {
        match frames.lookup(prediction, truth, frame.stamp) {
            Ok(place) => {
                places.insert(frame.stamp, place);
            }
            Err(miss) if miss.is_for_all_time() => return Err(miss),
            Err(miss) => {
                first_miss.get_or_insert(miss);
            }
        }
    }
    match first_miss {
        Some(miss) if places.is_empty() => Err(miss),
        _ => Ok(Place::At(places)),
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
    use crate::evaluate::Frame;
    use crate::evaluate::sequence::tests::{frame, person};
    use crate::evaluate::skips::Skips;
    use nalgebra::{Point3, UnitQuaternion};
    use posemoe_core::frames::Link;

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
            places.prediction_from_truth("camera", Stamp::default()),
            Some(parent_from_child.inverse())
        );
        let unnamed = Places::known(&camera, &sequence("", 1), &frames).unwrap_err();
        assert!(unnamed.to_string().contains("--truth-frame"), "{unnamed}");
        let same = Places::known(&camera, &sequence("camera", 1), &Frames::default()).unwrap();
        let at_any_time = same.prediction_from_truth("camera", Stamp::from_nanos(7));
        assert_eq!(at_any_time, Some(Isometry3::identity()));
    }

    #[test]
    fn a_camera_that_moves_is_where_it_was_and_at_times_nowhere() {
        let at = |seconds: f64| Stamp::default().plus_seconds(seconds);
        let of = |seconds: f64| Frame {
            stamp: at(seconds),
            frame_id: "camera".to_owned(),
            people: Vec::new(),
        };
        let predictions = Sequence::new([0.5, 1.5, 2.5].map(of).to_vec(), &mut Skips::default());
        let mut frames = Frames::recorded();
        for (seconds, x_m) in [(0.0, 0.0), (1.0, 2.0), (2.0, 2.5)] {
            let link = Link {
                parent: "map".to_owned(),
                child: "camera".to_owned(),
                stamp: at(seconds),
                parent_from_child: Isometry3::translation(x_m, 0.0, 0.0),
                is_static: false,
            };
            frames.insert(link).unwrap();
        }
        let truth = sequence("map", 1);
        let places = Places::known(&predictions, &truth, &frames).unwrap();
        let x_m = |seconds: f64| {
            let place = places.prediction_from_truth("camera", at(seconds))?;
            Some(place.translation.x)
        };
        assert_eq!(
            (x_m(0.5), x_m(1.5), x_m(2.5)),
            (Some(-1.0), Some(-2.25), None)
        );
        let late = Sequence::new(vec![of(2.5)], &mut Skips::default());
        let error = Places::known(&late, &truth, &frames).unwrap_err();
        assert!(error.to_string().contains("newest is of 2.0"), "{error}");
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
        let found = found.prediction_from_truth("camera", Stamp::default());
        let off = found.unwrap() * point - known * point;
        assert!(off.norm() < 1e-12, "{off}");
    }

    #[test]
    fn nobody_is_aligned_by_who_might_be_another() {
        let error = Places::aligned(&sequence("camera", 2), &sequence("", 2), 0.1).unwrap_err();
        assert_eq!(error, PlacingError::NobodyToAlign("camera".to_owned()));
    }
}
