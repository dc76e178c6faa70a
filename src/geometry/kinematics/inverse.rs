//! From a person's joints to the angles that show them best.

use nalgebra::{Rotation3, Vector3};

use super::limb::{Directions, Kind, Limb, within};
use super::tree::turning;
use super::{ANGLE_COUNT, Angles};
use crate::person::skeleton::{JOINT_COUNT, LEFT_HIP, PELVIS, RIGHT_HIP, THORAX};

const NECK: usize = 9;
const HEAD: usize = 10;
const LEFT_SHOULDER: usize = 11;
const RIGHT_SHOULDER: usize = 14;
/// Kind, side, first joint of the person and first angle of each limb; the others follow in both.
const LIMBS: [(Kind, f64, usize, usize); 4] = [
    (Kind::Arm, 1.0, LEFT_SHOULDER, 4),
    (Kind::Arm, -1.0, RIGHT_SHOULDER, 8),
    (Kind::Leg, 1.0, LEFT_HIP, 12),
    (Kind::Leg, -1.0, RIGHT_HIP, 16),
];
/// Joints nearer to each other than this (m) show no direction.
const SHORTEST_M: f64 = 1e-4;

/// The angles (rad, within the limits of the tree) of a person whose joints are given in the body frame (m).
///
/// They give the directions of upper arms, forearms, thighs and shanks, exactly where the limits let them,
/// else with about the least sum of squared errors. What the joints do not show stays at rest: the head's yaw
/// always (they show its axis, not its face), and whatever hangs on a joint that is not finite or lies on its
/// neighbour. The waist bends as the line from pelvis to thorax does, which is the body frame's own z.
pub fn angles(joints_m: &[Vector3<f64>; JOINT_COUNT]) -> Angles {
    let mut limits_rad = [[0.0; 2]; ANGLE_COUNT];
    for (limits, (_, _, of_tree)) in limits_rad.iter_mut().zip(turning()) {
        *limits = of_tree;
    }
    angles_within(joints_m, &limits_rad)
}

/// The same within other limits (smallest and largest of each angle, rad).
pub fn angles_within(
    joints_m: &[Vector3<f64>; JOINT_COUNT],
    limits_rad: &[[f64; 2]; ANGLE_COUNT],
) -> Angles {
    let mut angles = [0.0; ANGLE_COUNT];
    if let Some(trunk) = direction(joints_m, PELVIS, THORAX) {
        angles[0] = within(trunk.x.atan2(trunk.z), limits_rad[0]);
    }
    let torso_from_body = Rotation3::from_axis_angle(&Vector3::y_axis(), -angles[0]);
    if let Some(axis) = direction(joints_m, NECK, HEAD) {
        let axis = torso_from_body * axis;
        let roll = within((-axis.y).atan2(axis.z), limits_rad[1]);
        let axis = Rotation3::from_axis_angle(&Vector3::x_axis(), -roll) * axis;
        angles[1] = roll;
        angles[3] = within((-axis.x).atan2(axis.z), limits_rad[3]);
    }
    for (kind, side, joint, angle) in LIMBS {
        let carrier_from_body = match kind {
            Kind::Arm => torso_from_body,
            Kind::Leg => Rotation3::identity(),
        };
        let Some(upper) = direction(joints_m, joint, joint + 1) else {
            continue;
        };
        let lower = direction(joints_m, joint + 1, joint + 2);
        let limb = Limb {
            kind,
            side,
            limits_rad: std::array::from_fn(|i| limits_rad[angle + i]),
        };
        let found = limb.angles(&Directions {
            upper: carrier_from_body * upper,
            lower: lower.map(|lower| carrier_from_body * lower),
        });
        angles[angle..angle + 4].copy_from_slice(&found);
    }
    angles
}

/// Unit vector from one joint to another.
fn direction(
    joints_m: &[Vector3<f64>; JOINT_COUNT],
    from: usize,
    to: usize,
) -> Option<Vector3<f64>> {
    let unit = (joints_m[to] - joints_m[from]).try_normalize(SHORTEST_M)?;
    unit.iter().all(|v| v.is_finite()).then_some(unit)
}
