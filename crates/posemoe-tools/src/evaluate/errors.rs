//! The errors of one pose.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::metrics;
use super::pair::Pair;
use super::sequence::Name;
use posemoe_core::skeleton::{BONES, JOINTS};
use posemoe_stamp::Stamp;

/// The errors of one joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointErrors {
    /// Which joint.
    pub name: Name,
    /// Distance from the truth, each from its own root (m).
    pub relative_m: f64,
    /// Distance from the truth where it stands (m).
    pub absolute_m: f64,
    /// What the relative distance was said to be (m).
    pub sigma_m: Option<f64>,
}

/// The errors of one pose; `None` where the pose does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoseErrors {
    /// When.
    pub stamp: Stamp,
    /// The coordinate frame of the prediction.
    pub frame_id: Name,
    /// The predicted person.
    pub predicted_id: String,
    /// The true person.
    pub truth_id: String,
    /// Where the predicted root is, in the frame of the prediction (m).
    pub predicted_root_m: [f32; 3],
    /// Where the true root is, in the same frame (m).
    pub true_root_m: [f32; 3],
    /// From the origin of the prediction's frame, the camera, to the true root (m).
    pub distance_m: f64,
    /// Mean distance of the joints, each side from its root (m).
    pub mpjpe_m: Option<f64>,
    /// The same after the best similarity (m).
    pub p_mpjpe_m: Option<f64>,
    /// The same after the best scale (m).
    pub n_mpjpe_m: Option<f64>,
    /// Distance between the roots (m).
    pub root_m: f64,
    /// Predicted less true root along each axis, in sigmas of that axis.
    pub root_in_sigmas: Option<[f64; 3]>,
    /// Mean difference in the lengths of bones (m).
    pub bone_length_m: Option<f64>,
    /// Mean difference of the joints' velocities since the frame before (m/s).
    pub velocity_m_s: Option<f64>,
    /// How far positions are behind, in parts: mean error over the last step against the true
    /// velocity then, and the square of that (m²/s, m²/s²).
    pub behind: Option<[f64; 2]>,
    /// Mean difference of the joints' accelerations over the last three frames (m/s²).
    pub acceleration_m_s2: Option<f64>,
    /// Mean predicted jerk over the last four frames (m/s³).
    pub jitter_m_s3: Option<f64>,
    /// The same of the truth (m/s³).
    pub truth_jitter_m_s3: Option<f64>,
    /// Each joint.
    pub joints: Vec<JointErrors>,
}

/// The errors that a pose has by itself, without the frames before.
pub fn of(pair: &Pair) -> PoseErrors {
    let (predicted, truth) = (pair.predicted_from_root_m(), pair.truth_from_root_m());
    let joint = |place: usize, name: &Name| JointErrors {
        name: name.clone(),
        relative_m: (predicted[place] - truth[place]).norm(),
        absolute_m: (pair.predicted_m[place] - pair.truth_m[place]).norm(),
        sigma_m: pair.sigma_m[place],
    };
    let (predicted_root_m, true_root_m) = pair.roots_m;
    PoseErrors {
        stamp: pair.stamp,
        frame_id: pair.frame_id.clone(),
        predicted_id: pair.predicted_id.clone(),
        truth_id: pair.truth_id.clone(),
        predicted_root_m: predicted_root_m.cast::<f32>().into(),
        true_root_m: true_root_m.cast::<f32>().into(),
        distance_m: true_root_m.norm(),
        mpjpe_m: metrics::mean_distance_m(&predicted, &truth),
        p_mpjpe_m: metrics::aligned_distance_m(&predicted, &truth),
        n_mpjpe_m: metrics::scaled_distance_m(&predicted, &truth),
        root_m: (predicted_root_m - true_root_m).norm(),
        root_in_sigmas: pair.root_sigma_m.map(|sigma_m| {
            (predicted_root_m - true_root_m)
                .component_div(&sigma_m)
                .into()
        }),
        bone_length_m: bone_length_m(pair),
        joints: pair
            .names
            .iter()
            .enumerate()
            .map(|(place, name)| joint(place, name))
            .collect(),
        ..PoseErrors::default()
    }
}

/// Mean | |bone found| - |bone true| | over the bones both of whose ends are on both sides.
fn bone_length_m(pair: &Pair) -> Option<f64> {
    let place = |joint: usize| pair.names.iter().position(|name| **name == *JOINTS[joint]);
    let ends = BONES
        .iter()
        .filter_map(|(parent, child)| place(*parent).zip(place(*child)));
    let length = |joints: &[Vector3<f64>], (a, b): (usize, usize)| (joints[a] - joints[b]).norm();
    metrics::mean(
        ends.map(|ends| (length(&pair.predicted_m, ends) - length(&pair.truth_m, ends)).abs()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_by_hand() {
        let names = ["left_elbow", "left_shoulder", "left_wrist"];
        let predicted: [[f64; 3]; 3] = [[0.0, 0.3, 3.0], [0.0, 0.0, 3.0], [0.0, 0.5, 3.0]];
        let truth: [[f64; 3]; 3] = [[0.1, 0.25, 3.0], [0.1, 0.0, 3.0], [0.1, 0.55, 3.0]];
        let pair = Pair {
            place: 0,
            stamp: Stamp::default(),
            frame_id: "camera".into(),
            predicted_id: "1".to_owned(),
            truth_id: "a".to_owned(),
            names: names.map(Name::from).to_vec(),
            predicted_m: predicted.map(Vector3::from).to_vec(),
            truth_m: truth.map(Vector3::from).to_vec(),
            sigma_m: vec![None, Some(0.02), None],
            roots_m: ([0.0, 0.0, 4.0].into(), [0.1, 0.0, 4.0].into()),
            root_sigma_m: Some([0.05, 0.02, 0.4].into()),
        };
        let errors = of(&pair);
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-12;
        assert!(near(errors.mpjpe_m, 0.1 / 3.0)); // 0.05, 0 and 0.05 once the roots coincide
        assert!(near(Some(errors.root_m), 0.1));
        assert_eq!(
            (errors.predicted_root_m, errors.true_root_m),
            ([0.0, 0.0, 4.0], [0.1, 0.0, 4.0])
        );
        assert!(near(Some(errors.distance_m), 16.01f64.sqrt()));
        assert_eq!(errors.root_in_sigmas, Some([-2.0, 0.0, 0.0]));
        // Upper arm 0.3 for 0.25, forearm 0.2 for 0.3.
        assert!(near(errors.bone_length_m, 0.075));
        let absolute = errors.joints.iter().map(|joint| joint.absolute_m);
        let expected = [(0.01f64 + 0.0025).sqrt(), 0.1, (0.01f64 + 0.0025).sqrt()];
        assert!(
            absolute
                .zip(expected)
                .all(|(found, expected)| (found - expected).abs() < 1e-12)
        );
        assert_eq!(errors.joints[1].sigma_m, Some(0.02));
        assert_eq!(errors.velocity_m_s, None);
    }
}
