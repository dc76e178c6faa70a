//! Frames of a body and its parts from two directions: x forward, y left, z up.

use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};

use crate::skeleton::Pose;

/// Joints nearer to each other than this (m) show no direction.
const SHORTEST_M: f64 = 1e-4;

/// Unit vector from one joint to another; `None` where they are not finite or too near.
pub fn direction(joints_m: &Pose, from: usize, to: usize) -> Option<Vector3<f64>> {
    let unit = (joints_m[to] - joints_m[from]).try_normalize(SHORTEST_M)?;
    unit.iter().all(|v| v.is_finite()).then_some(unit)
}

/// y along `left`, z as far as possible along `up`; `None` where they show no plane.
pub fn of_left(left: &Vector3<f64>, up: &Vector3<f64>) -> Option<UnitQuaternion<f64>> {
    let y = left.try_normalize(1e-9)?;
    let z = (up - y * up.dot(&y)).try_normalize(1e-9)?;
    Some(of_columns(y.cross(&z), y, z))
}

/// z along the unit vector `up`, y as far as possible along `left` (m); `None` where that lies
/// along `up`.
pub fn of_up(up: &Vector3<f64>, left: &Vector3<f64>) -> Option<UnitQuaternion<f64>> {
    let y = (left - up * left.dot(up)).try_normalize(SHORTEST_M)?;
    Some(of_columns(y.cross(up), y, *up))
}

fn of_columns(x: Vector3<f64>, y: Vector3<f64>, z: Vector3<f64>) -> UnitQuaternion<f64> {
    let rotation = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[x, y, z]));
    UnitQuaternion::from_rotation_matrix(&rotation)
}
