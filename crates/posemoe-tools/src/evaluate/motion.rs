//! How people move: errors of velocity and acceleration, jitter and delay, from one frame to the
//! next.

use std::collections::BTreeMap;

use nalgebra::Vector3;

use super::errors::PoseErrors;
use super::metrics;
use super::pair::Pair;

/// Frames further apart (s), and further than truth is interpolated, are not one motion.
const LONGEST_STEP_S: f64 = 0.5;

/// Adds to each pose what it and the poses just before it say of motion. Those are poses of the
/// same two people, with the same joints, in neighbouring frames.
pub fn add(pairs: &[Pair], max_gap_s: f64, poses: &mut [PoseErrors]) {
    let longest_s = max_gap_s.max(LONGEST_STEP_S);
    let mut runs = BTreeMap::<(&str, &str), Vec<usize>>::new();
    for (index, pair) in pairs.iter().enumerate() {
        let run = runs
            .entry((&pair.predicted_id, &pair.truth_id))
            .or_default();
        let goes_on = run.last().is_some_and(|last| {
            let (last, step_s) = (&pairs[*last], pair.stamp.seconds_since(pairs[*last].stamp));
            let is_next = pair.place == last.place + 1 && step_s > 0.0 && step_s <= longest_s;
            is_next && pair.names == last.names
        });
        if !goes_on {
            run.clear();
        }
        run.push(index);
        if run.len() > 4 {
            run.remove(0);
        }
        let last: Vec<&Pair> = run.iter().map(|index| &pairs[*index]).collect();
        let Some(pose) = poses.get_mut(index) else {
            return;
        };
        let error = |(predicted, truth): Derivatives| metrics::mean_distance_m(&predicted, &truth);
        let size = |joints: Vec<Vector3<f64>>| metrics::mean(joints.iter().map(Vector3::norm));
        pose.velocity_m_s = derivatives(&last, 1).and_then(error);
        pose.behind = behind(&last);
        pose.acceleration_m_s2 = derivatives(&last, 2).and_then(error);
        if let Some((predicted, truth)) = derivatives(&last, 3) {
            (pose.jitter_m_s3, pose.truth_jitter_m_s3) = (size(predicted), size(truth));
        }
    }
}

/// Those of each joint, predicted and true (m/s^order).
type Derivatives = (Vec<Vector3<f64>>, Vec<Vector3<f64>>);

/// From the root, over the last `order` + 1 poses; `None` where there are fewer.
fn derivatives(run: &[&Pair], order: usize) -> Option<Derivatives> {
    let run = run.get(run.len().checked_sub(order + 1)?..)?;
    let times: Vec<f64> = run
        .iter()
        .map(|pair| pair.stamp.seconds_since(run[0].stamp))
        .collect();
    let predicted = run.iter().map(|pair| pair.predicted_from_root_m());
    let truth = run.iter().map(|pair| pair.truth_from_root_m());
    Some((
        derivative(predicted.collect(), &times),
        derivative(truth.collect(), &times),
    ))
}

/// The error of a position that is late by d is -d times the velocity. Of the last step: error
/// against velocity, and velocity against itself, the truth's, summed over the joints; `None` where
/// there is no step.
fn behind(run: &[&Pair]) -> Option<[f64; 2]> {
    let (_, velocities) = derivatives(run, 1)?;
    let [before, after] = run.get(run.len().checked_sub(2)?..)? else {
        return None;
    };
    let errors = |pair: &Pair| -> Vec<Vector3<f64>> {
        let (found, truth) = (pair.predicted_from_root_m(), pair.truth_from_root_m());
        found.iter().zip(&truth).map(|(a, b)| a - b).collect()
    };
    let ends = errors(before).into_iter().zip(errors(after));
    let against = |((a, b), velocity): ((Vector3<f64>, Vector3<f64>), &Vector3<f64>)| {
        -((a + b) / 2.0).dot(velocity)
    };
    let late = ends.zip(&velocities).map(against).sum();
    Some([late, velocities.iter().map(Vector3::norm_squared).sum()])
}

/// n! times Newton's divided difference of n + 1 poses at `times` (s): the n-th derivative of the
/// polynomial through them, and with even steps the usual difference.
fn derivative(mut poses: Vec<Vec<Vector3<f64>>>, times: &[f64]) -> Vec<Vector3<f64>> {
    for order in 1..times.len() {
        let difference = |place: usize| -> Vec<Vector3<f64>> {
            let factor = order as f64 / (times[place + order] - times[place]);
            let joints = poses[place].iter().zip(&poses[place + 1]);
            joints
                .map(|(before, after)| (after - before) * factor)
                .collect()
        };
        poses = (0..poses.len() - 1).map(difference).collect();
    }
    poses.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::sequence::Name;
    use posemoe_stamp::Stamp;

    /// A pose whose nose is at these heights (m) above the root.
    fn pair(place: usize, seconds: f64, predicted: f64, truth: f64) -> Pair {
        let at = |y: f64| vec![Vector3::new(0.0, y, 0.0)];
        Pair {
            place,
            stamp: Stamp::default().plus_seconds(seconds),
            frame_id: "camera".into(),
            predicted_id: "1".to_owned(),
            truth_id: "a".to_owned(),
            names: vec![Name::from("nose")],
            predicted_m: at(predicted),
            truth_m: at(truth),
            sigma_m: vec![None],
            roots_m: (Vector3::zeros(), Vector3::zeros()),
            root_sigma_m: None,
        }
    }

    fn added(pairs: &[Pair]) -> Vec<PoseErrors> {
        let mut poses = vec![PoseErrors::default(); pairs.len()];
        add(pairs, 0.1, &mut poses);
        poses
    }

    #[test]
    fn a_cubic_has_the_derivatives_of_a_cubic() {
        // y = t³ against y = 0, at uneven steps: the third derivative is 6 everywhere.
        let times = [0.0, 0.1, 0.3, 0.4];
        let pairs: Vec<Pair> = times
            .iter()
            .enumerate()
            .map(|(i, t)| pair(i, *t, t.powi(3), 0.0))
            .collect();
        let poses = added(&pairs);
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-9;
        assert_eq!(
            (poses[0].velocity_m_s, poses[1].acceleration_m_s2),
            (None, None)
        );
        assert!(near(poses[1].velocity_m_s, 0.01)); // 0.001 / 0.1
        assert!(near(poses[2].velocity_m_s, 0.13)); // (0.027 - 0.001) / 0.2
        assert!(near(poses[2].acceleration_m_s2, 0.8)); // 2 (0.13 - 0.01) / 0.3
        assert_eq!(poses[2].jitter_m_s3, None);
        assert!(near(poses[3].jitter_m_s3, 6.0));
        assert_eq!(poses[3].truth_jitter_m_s3, Some(0.0));
    }

    #[test]
    fn who_is_late_is_so_by_as_much_at_any_speed_and_step() {
        let times = [0.0, 0.1, 0.3, 0.4];
        let late = times.iter().enumerate();
        let late = late.map(|(i, t)| pair(i, *t, 2.0 * (t - 0.03), 2.0 * t));
        let poses = added(&late.collect::<Vec<_>>());
        assert_eq!(poses[0].behind, None);
        for pose in &poses[1..] {
            let [against, all] = pose.behind.unwrap();
            assert!((against / all - 0.03).abs() < 1e-12 && (all - 4.0).abs() < 1e-12);
        }
    }

    #[test]
    fn even_steps_give_the_usual_differences() {
        let heights = [0.0, 1.0, 4.0, 4.5];
        let pairs: Vec<Pair> = heights
            .iter()
            .enumerate()
            .map(|(i, y)| pair(i, 0.1 * i as f64, *y, 0.0))
            .collect();
        let last = added(&pairs)[3].clone();
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-6;
        assert!(near(last.velocity_m_s, 5.0));
        assert!(near(last.acceleration_m_s2, 250.0)); // |4.5 - 8 + 1| / 0.01
        assert!(near(last.jitter_m_s3, 4500.0)); // |4.5 - 12 + 3 - 0| / 0.001
    }

    #[test]
    fn each_persons_motion_is_their_own_and_the_truth_may_move_too() {
        // Of two people in each frame one is followed well, the other half as fast as they go.
        let people = |place: usize| {
            let (seconds, y) = (0.1 * place as f64, place as f64);
            let mut other = pair(place, seconds, 0.5 * y, y);
            (other.predicted_id, other.truth_id) = ("2".to_owned(), "b".to_owned());
            [pair(place, seconds, 3.0 * y, 3.0 * y + 1.0), other]
        };
        let pairs: Vec<Pair> = (0..4).flat_map(people).collect();
        let poses = added(&pairs);
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-6;
        assert!(near(poses[6].velocity_m_s, 0.0) && near(poses[7].velocity_m_s, 5.0));
        assert!(near(poses[7].acceleration_m_s2, 0.0));
        // Another id for the same person is another motion.
        let mut renamed = pairs;
        renamed[6].predicted_id = "3".to_owned();
        assert_eq!(added(&renamed)[6].velocity_m_s, None);
    }

    #[test]
    fn half_a_second_is_one_motion() {
        let poses = added(&[pair(0, 0.0, 0.0, 0.0), pair(1, 0.5, 1.0, 0.0)]);
        assert_eq!(poses[1].velocity_m_s, Some(2.0));
    }

    #[test]
    fn a_frame_left_out_a_pause_or_another_joint_begins_anew() {
        let mut other = pair(1, 0.1, 0.0, 0.0);
        other.names = vec![Name::from("head")];
        for second in [pair(2, 0.1, 0.0, 0.0), pair(1, 0.6, 0.0, 0.0), other] {
            let poses = added(&[pair(0, 0.0, 0.0, 0.0), second]);
            assert_eq!(poses[1].velocity_m_s, None);
        }
    }
}
