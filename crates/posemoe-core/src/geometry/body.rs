//! The body frame of REP-155 (origin at mid-hip, x forward out of the body, z toward the head), and
//! how tall the body is.

use nalgebra::{UnitQuaternion, Vector3};

use super::axes::of_up;
use crate::skeleton::{JOINT_COUNT, LEFT_HIP, PELVIS, RIGHT_HIP, THORAX};

/// Orientation of the body in the frame of `joints_m`; `None` when hips and spine are degenerate.
pub fn camera_from_body(joints_m: &[Vector3<f64>; JOINT_COUNT]) -> Option<UnitQuaternion<f64>> {
    const SHORTEST_M: f64 = 1e-4;
    let z = (joints_m[THORAX] - joints_m[PELVIS]).try_normalize(SHORTEST_M)?;
    of_up(&z, &(joints_m[LEFT_HIP] - joints_m[RIGHT_HIP]))
}

/// How high a person stands upright (m): shank, thigh (mean of both sides), trunk, neck and head
/// one after the other, and the foot below the ankle. `None` for what is not finite or no person's
/// height.
pub fn height_m(joints_m: &[Vector3<f64>; JOINT_COUNT]) -> Option<f64> {
    /// Height of the ankle as a share of the whole (Drillis and Contini 1966).
    const ANKLE_SHARE: f64 = 0.039;
    const ONCE: [(usize, usize); 3] = [(PELVIS, THORAX), (THORAX, 9), (9, 10)];
    const TWICE: [(usize, usize); 4] = [(1, 2), (2, 3), (4, 5), (5, 6)];
    let length_m = |(a, b): (usize, usize)| (joints_m[a] - joints_m[b]).norm();
    let once_m: f64 = ONCE.into_iter().map(length_m).sum();
    let twice_m: f64 = TWICE.into_iter().map(length_m).sum();
    let height_m = (once_m + twice_m / 2.0) / (1.0 - ANKLE_SHARE);
    (0.3..3.0).contains(&height_m).then_some(height_m)
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

    #[test]
    fn hips_aslant_do_not_tilt_the_body() {
        let mut joints = [Vector3::zeros(); JOINT_COUNT];
        joints[LEFT_HIP] = Vector3::new(0.1, 0.05, 0.0);
        joints[RIGHT_HIP] = -joints[LEFT_HIP];
        joints[THORAX] = Vector3::new(0.0, -0.5, 0.0);
        let body = camera_from_body(&joints).unwrap();
        assert!((body * Vector3::y() - Vector3::x()).norm() < 1e-9);
        assert!((body * Vector3::z() + Vector3::y()).norm() < 1e-9);
    }

    #[test]
    fn what_is_too_small_or_too_tall_is_nobodys_height() {
        // Twelve even parts from head to ankle: 0.961 of a height.
        let upright = |part_m: f64| {
            let mut joints = [Vector3::zeros(); JOINT_COUNT];
            for (joint, parts) in [(2, -4.0), (3, -7.0), (5, -4.0), (6, -7.0)] {
                joints[joint].z = parts * part_m;
            }
            for (joint, parts) in [(THORAX, 3.0), (9, 4.0), (10, 5.0)] {
                joints[joint].z = parts * part_m;
            }
            height_m(&joints)
        };
        let height_m = upright(0.14).unwrap();
        assert!((height_m - 12.0 * 0.14 / 0.961).abs() < 1e-9, "{height_m}");
        assert_eq!((upright(0.02), upright(0.25)), (None, None));
    }

    #[test]
    fn bent_knees_make_nobody_shorter() {
        let mut joints = [Vector3::zeros(); JOINT_COUNT];
        for (hip, knee, ankle) in [(1, 2, 3), (4, 5, 6)] {
            joints[hip] = Vector3::new(0.1 * (hip as f64 - 2.5), 0.0, 0.0);
            joints[knee] = joints[hip] + Vector3::new(0.4, 0.0, 0.0);
            joints[ankle] = joints[knee] - Vector3::new(0.0, 0.0, 0.45);
        }
        for (joint, z) in [(THORAX, 0.5), (9, 0.65), (10, 0.8)] {
            joints[joint].z = z;
        }
        let height_m = height_m(&joints).unwrap();
        assert!((height_m * (1.0 - 0.039) - 1.65).abs() < 1e-9, "{height_m}");
        joints[10].z = f64::NAN;
        assert_eq!(super::height_m(&joints), None);
    }
}
