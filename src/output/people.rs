//! `posemoe/msg/People3D`: everything that is known of everyone.

use std::iter::repeat;

use nalgebra::Matrix3;

use super::{header, point, quaternion, time, vector};
use crate::msg::posemoe::{Joint3D, People3D, Person3D};
use posemoe_core::geometry::segments::OF_JOINT;
use posemoe_core::person::pose::{PersonPose, Poses, State};
use posemoe_core::skeleton::JOINTS;
use posemoe_stamp::Stamp;

/// How plausible each person's pose is, in their order; of whom there is none that is not known.
pub type Plausibilities = [Option<f64>];

/// The message of one frame.
pub fn message(poses: &Poses, plausibilities: &Plausibilities) -> People3D {
    message_at(poses, plausibilities, poses.stamp, poses.stamp)
}

/// The message of people whose newest image is of `source`, as they are known at `now`.
pub fn message_at(
    poses: &Poses,
    plausibilities: &Plausibilities,
    source: Stamp,
    now: Stamp,
) -> People3D {
    let plausibilities = plausibilities.iter().copied().chain(repeat(None));
    People3D {
        header: header(poses.stamp, &poses.frame_id),
        source_stamp: time(source),
        age_s: now.seconds_since(source),
        joint_names: JOINTS.map(str::to_owned).to_vec(),
        people: poses
            .people
            .iter()
            .zip(plausibilities)
            .map(|(pose, plausibility)| person(pose, plausibility, now))
            .collect(),
        unplaced: u32::try_from(poses.unplaced).unwrap_or(u32::MAX),
    }
}

fn person(pose: &PersonPose, plausibility: Option<f64>, now: Stamp) -> Person3D {
    let seen = pose.forecast.seen;
    Person3D {
        id: pose.id.clone(),
        source_stamp: time(seen),
        age_s: now.seconds_since(seen),
        state: match pose.state {
            State::Tracked => Person3D::TRACKED,
            State::Predicted => Person3D::PREDICTED,
            State::Lost => Person3D::LOST,
        },
        confidence: pose.confidence as f32,
        plausibility: plausibility.map_or(f32::NAN, |share| share as f32),
        root_position: point(&pose.root_m),
        root_sigma: vector(&pose.root_sigma_m()),
        root_covariance: row_by_row(&pose.root_covariance_m2),
        root_velocity: vector(&pose.root_velocity_m_s),
        joints: pose
            .joints
            .iter()
            .zip(OF_JOINT.map(|segment| pose.segments[segment]))
            .map(|(joint, segment)| Joint3D {
                position: point(&joint.position_m),
                velocity: vector(&joint.velocity_m_s),
                sigma_m: joint.sigma_m,
                orientation: quaternion(&segment.frame_from_segment),
                orientation_sigma_rad: segment.sigma_rad.unwrap_or(0.0),
                score: joint.score as f32,
            })
            .collect(),
    }
}

/// As ROS has matrices; nalgebra has them column by column.
fn row_by_row(matrix: &Matrix3<f64>) -> [f64; 9] {
    std::array::from_fn(|place| matrix[(place / 3, place % 3)])
}
