//! What can be drawn: the far end of the world cannot.

use super::super::compared::Compared;
use crate::evaluate::{PoseErrors, WorstPose};

/// Nothing farther away or farther off than this is drawn (m).
const MOST_M: f64 = 1e5;

/// The poses of a sequence that can be drawn.
pub fn poses(one: &Compared) -> Vec<&PoseErrors> {
    let all = one.outcome.poses.iter();
    all.filter(|pose| is_drawable(pose)).collect()
}

/// How many poses cannot.
pub fn left_out(sequences: &[Compared]) -> usize {
    let all = sequences.iter().flat_map(|one| &one.outcome.poses);
    all.filter(|pose| !is_drawable(pose)).count()
}

/// Whether the joints of a pose can be drawn.
pub fn has_picture(worst: &WorstPose) -> bool {
    let joints = worst.predicted_m.iter().chain(&worst.truth_m);
    joints
        .flatten()
        .all(|length_m| is_near(f64::from(*length_m)))
}

fn is_drawable(pose: &PoseErrors) -> bool {
    let roots_m = pose.predicted_root_m.iter().chain(&pose.true_root_m);
    let joints = pose.joints.iter();
    let errors_m = joints.flat_map(|joint| {
        [
            joint.relative_m,
            joint.absolute_m,
            joint.sigma_m.unwrap_or(0.0),
        ]
    });
    roots_m
        .map(|length_m| f64::from(*length_m))
        .chain(errors_m)
        .all(is_near)
}

/// Not so for infinity, nor for NaN.
fn is_near(length_m: f64) -> bool {
    length_m.abs() <= MOST_M
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_farther_than_any_robot_sees_is_not_drawn() {
        let at = |x: f32| PoseErrors {
            true_root_m: [x, 0.0, 3.0],
            ..PoseErrors::default()
        };
        let found = [9e4, 2e5, f32::INFINITY, f32::NAN].map(|x| is_drawable(&at(x)));
        assert_eq!(found, [true, false, false, false]);
        let joints = |x: f32| WorstPose {
            pose: 0,
            predicted_m: vec![[0.0, x, 0.0]],
            truth_m: vec![[0.0; 3]],
        };
        assert!(has_picture(&joints(1.0)) && !has_picture(&joints(f32::INFINITY)));
    }
}
