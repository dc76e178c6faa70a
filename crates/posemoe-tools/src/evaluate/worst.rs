//! The moments to look at: the worst poses, and not the same one over and over.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::errors::PoseErrors;
use super::pair::Pair;

/// How many are kept of a sequence.
pub const KEPT: usize = 6;
/// The same person again only so much later or earlier (s).
pub const APART_S: f64 = 1.0;

/// A pose that is worth a look, with its joints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstPose {
    /// Its place among the poses of the outcome.
    pub pose: usize,
    /// The predicted joints in the order of the pose's, in the frame of the prediction (m).
    pub predicted_m: Vec<[f32; 3]>,
    /// The true joints, the same way.
    pub truth_m: Vec<[f32; 3]>,
}

/// The worst poses of a sequence, worst first; `poses` are the errors of `pairs`.
pub fn of(pairs: &[Pair], poses: &[PoseErrors]) -> Vec<WorstPose> {
    let lean = |joints: &[Vector3<f64>]| joints.iter().map(|p| p.cast::<f32>().into()).collect();
    let worst = |pose: usize| {
        let pair = pairs.get(pose)?;
        Some(WorstPose {
            pose,
            predicted_m: lean(&pair.predicted_m),
            truth_m: lean(&pair.truth_m),
        })
    };
    choose(poses, KEPT).into_iter().filter_map(worst).collect()
}

/// Where the poses with the greatest MPJPE are, at most so many, worst first; those of the same
/// person at least [`APART_S`] apart.
fn choose(poses: &[PoseErrors], most: usize) -> Vec<usize> {
    let mut places: Vec<(usize, f64)> = poses
        .iter()
        .enumerate()
        .filter_map(|(place, pose)| Some((place, pose.mpjpe_m?)))
        .collect();
    places.sort_by(|(_, a), (_, b)| b.total_cmp(a)); // stable: of equals the first
    let is_same = |a: &PoseErrors, b: &PoseErrors| {
        a.truth_id == b.truth_id && a.stamp.seconds_since(b.stamp).abs() < APART_S
    };
    let mut chosen = Vec::<usize>::new();
    for (place, _) in places {
        if chosen.len() == most {
            break;
        }
        if chosen
            .iter()
            .all(|other| !is_same(&poses[place], &poses[*other]))
        {
            chosen.push(place);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe_stamp::Stamp;

    fn pose(seconds: f64, who: &str, mpjpe_m: impl Into<Option<f64>>) -> PoseErrors {
        PoseErrors {
            stamp: Stamp::default().plus_seconds(seconds),
            truth_id: who.to_owned(),
            mpjpe_m: mpjpe_m.into(),
            ..PoseErrors::default()
        }
    }

    #[test]
    fn worst_first_and_no_moment_twice() {
        let poses = [
            pose(0.0, "a", 0.10),
            pose(0.5, "a", 0.30),
            pose(0.6, "a", 0.29), // of the same moment
            pose(0.6, "b", 0.20), // of another person
            pose(1.5, "a", 0.25), // a second later
            pose(3.0, "a", None),
        ];
        assert_eq!(choose(&poses, 6), [1, 4, 3]);
        assert_eq!(choose(&poses, 2), [1, 4]);
    }

    #[test]
    fn of_equals_the_first_and_of_none_nobody() {
        let same = [pose(0.0, "a", 0.1), pose(1.0, "a", 0.1)];
        assert_eq!(choose(&same, 1), [0]);
        assert_eq!(choose(&[pose(0.0, "a", None)], 6), [0; 0]);
    }
}
