//! From angles to the places and orientations of the links.

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Translation3, Unit, UnitQuaternion, Vector3};

use super::Angles;
use super::tree::{Motion, ROOT_LINK, UNITS_IN_HEIGHT, joints};

/// Pose of each link in the body frame (m), by name without `_<id>`, for a person of this height
/// (m).
pub fn links(angles_rad: &Angles, height_m: f64) -> BTreeMap<&'static str, Isometry3<f64>> {
    let unit_m = height_m / UNITS_IN_HEIGHT;
    let mut poses = BTreeMap::from([(ROOT_LINK, Isometry3::identity())]);
    let mut angles_rad = angles_rad.iter();
    for joint in joints() {
        let turn = match joint.motion {
            Motion::Fixed => UnitQuaternion::identity(),
            Motion::Turns { axis, .. } => UnitQuaternion::from_axis_angle(
                &Unit::new_unchecked(Vector3::from(axis)),
                angles_rad.next().copied().unwrap_or_default(),
            ),
        };
        let origin = Translation3::from(Vector3::from(joint.origin_u) * unit_m);
        let parent = poses.get(joint.parent).copied().unwrap_or_default();
        poses.insert(joint.child, parent * Isometry3::from_parts(origin, turn));
    }
    poses
}
