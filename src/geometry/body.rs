//! The body frame of REP-155: origin at mid-hip, x forward out of the body, z toward the head.

use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};

use crate::person::skeleton::{JOINT_COUNT, LEFT_HIP, PELVIS, RIGHT_HIP, THORAX};

/// Orientation of the body in the frame of `joints_m`; `None` when hips and spine are degenerate.
pub fn camera_from_body(joints_m: &[Vector3<f64>; JOINT_COUNT]) -> Option<UnitQuaternion<f64>> {
    const SHORTEST_M: f64 = 1e-4;
    let z = (joints_m[THORAX] - joints_m[PELVIS]).try_normalize(SHORTEST_M)?;
    let left = joints_m[LEFT_HIP] - joints_m[RIGHT_HIP];
    let y = (left - z * left.dot(&z)).try_normalize(SHORTEST_M)?;
    let x = y.cross(&z);
    let rotation = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[x, y, z]));
    Some(UnitQuaternion::from_rotation_matrix(&rotation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_facing_the_camera_has_x_towards_it() {
        // Camera optical frame: x right, y down, z away. Facing us, their left is on our right.
        let mut joints = [Vector3::zeros(); JOINT_COUNT];
        joints[LEFT_HIP] = Vector3::new(0.1, 0.0, 0.0);
        joints[RIGHT_HIP] = Vector3::new(-0.1, 0.0, 0.0);
        joints[THORAX] = Vector3::new(0.0, -0.5, 0.0);
        let body = camera_from_body(&joints).unwrap();
        assert!((body * Vector3::x() - Vector3::new(0.0, 0.0, -1.0)).norm() < 1e-9);
        assert!((body * Vector3::z() - Vector3::new(0.0, -1.0, 0.0)).norm() < 1e-9);
    }

    #[test]
    fn a_collapsed_pose_has_no_orientation() {
        assert_eq!(camera_from_body(&[Vector3::zeros(); JOINT_COUNT]), None);
    }
}
