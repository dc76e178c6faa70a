//! `sensor_msgs/PointCloud2`: the bodies of everyone as points on their surface, for whoever takes
//! obstacles as points.

use super::header;
use crate::msg::sensor_msgs::{PointCloud2, PointField};
use posemoe_core::geometry::surface;
use posemoe_core::person::extrapolate::carried;
use posemoe_core::person::pose::{Poses, State};
use posemoe_core::separation::body::{Body, Unseen};
use posemoe_stamp::Stamp;

/// Between the bodies of somebody at several moments (s): a step at a brisk walk is half as long as
/// a body is broad.
const STEP_S: f64 = 0.2;
const FLOAT32: u8 = 7;
const AXES: [&str; 3] = ["x", "y", "z"];
const POINT_BYTES: u32 = 4 * AXES.len() as u32;

/// How densely, and how far ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// No point of a body is farther from one of the cloud (m).
    pub spacing_m: f64,
    /// Where people will be until so much later (s) is filled as well.
    pub horizon_s: f64,
}

/// The message of tracked and predicted people. It bears `stamp`, which is the moment of
/// publication where people are given for a later one: TF does not know the future.
pub fn message(poses: &Poses, stamp: Stamp, look: &Look) -> PointCloud2 {
    let mut data = Vec::new();
    let steps = (look.horizon_s / STEP_S).ceil() as u32;
    for person in poses.people.iter().filter(|p| p.state != State::Lost) {
        for step in 0..=steps {
            let share = f64::from(step) / f64::from(steps.max(1));
            let body = Body::of(&carried(person, share * look.horizon_s), Unseen::Inferred);
            for capsule in &body.capsules {
                surface::points(capsule, look.spacing_m, |point| {
                    point
                        .iter()
                        .for_each(|axis| data.extend((*axis as f32).to_le_bytes()));
                });
            }
        }
    }
    let width = u32::try_from(data.len()).unwrap_or(u32::MAX) / POINT_BYTES;
    PointCloud2 {
        header: header(stamp, &poses.frame_id),
        height: 1,
        width,
        fields: (0..)
            .zip(AXES)
            .map(|(place, name)| field(place, name))
            .collect(),
        is_bigendian: false,
        point_step: POINT_BYTES,
        row_step: POINT_BYTES * width,
        data,
        is_dense: true,
    }
}

fn field(place: u32, name: &str) -> PointField {
    PointField {
        name: name.to_owned(),
        offset: 4 * place,
        datatype: FLOAT32,
        count: 1,
    }
}
