//! From a person's joints to the angles that show them.

use std::f64::consts::FRAC_PI_2;

use nalgebra::{UnitQuaternion, Vector3};

use super::limb::Limb;
use super::{ANGLE_COUNT, Angles};
use crate::geometry::axes::direction;
use crate::geometry::segments::Orientations;
use crate::skeleton::{JOINT_COUNT, LEFT_HIP, RIGHT_HIP};

const NECK: usize = 9;
const HEAD: usize = 10;
const LEFT_SHOULDER: usize = 11;
const RIGHT_SHOULDER: usize = 14;
/// First angle of the head, which are roll, yaw and pitch.
const HEAD_ANGLE: usize = 1;
type AnglesOf = fn(&Limb, f64) -> [f64; 4];
/// Each limb's angles, its side, first joint of the person and first angle, of which the others
/// follow; and its upper segment.
const LIMBS: [(AnglesOf, f64, usize, usize, usize); 4] = [
    (Limb::arm, 1.0, LEFT_SHOULDER, 4, 3),
    (Limb::arm, -1.0, RIGHT_SHOULDER, 8, 5),
    (Limb::leg, 1.0, LEFT_HIP, 12, 7),
    (Limb::leg, -1.0, RIGHT_HIP, 16, 9),
];

/// The angles (rad, within the limits of the tree) of a person whose joints are given in the body
/// frame (m).
///
/// They give the directions of upper arms, forearms, thighs, shanks and the head's axis, whatever
/// these are; the head has its whole turn where that is known (x where it points). What nothing
/// shows stays at rest: the waist, since the body frame's own z is the line from pelvis to thorax;
/// the yaw of a head of which only the axis is known; and whatever hangs on a joint that is not
/// finite or lies on its neighbour.
///
/// `segments` in the body frame, where a network says how they are turned, tell where elbows and
/// knees of limbs point that are so straight (17 degrees) that their planes do not; these are shown
/// bent as far as they are, if not quite the way.
pub fn angles(
    joints_m: &[Vector3<f64>; JOINT_COUNT],
    body_from_head: Option<&UnitQuaternion<f64>>,
    segments: Option<&Orientations>,
) -> Angles {
    let mut angles = [0.0; ANGLE_COUNT];
    let by_turn = body_from_head.and_then(head_of_turn);
    let by_axis = || direction(joints_m, NECK, HEAD).map(|axis| head_of_axis(&axis));
    if let Some(found) = by_turn.or_else(by_axis) {
        angles[HEAD_ANGLE..HEAD_ANGLE + 3].copy_from_slice(&found);
    }
    for (angles_of, side, joint, angle, segment) in LIMBS {
        let Some(upper) = direction(joints_m, joint, joint + 1) else {
            continue;
        };
        let lower = direction(joints_m, joint + 1, joint + 2);
        let hinge = segments.map(|all| all[segment].frame_from_segment * Vector3::y());
        let limb = Limb {
            upper,
            lower,
            hinge,
        };
        let found = angles_of(&limb, side);
        angles[angle..angle + 4].copy_from_slice(&found);
    }
    angles
}

/// Roll, yaw and pitch of a head, Rx(r) Rz(y) Ry(-p); `None` where it looks farther back than over
/// a shoulder.
fn head_of_turn(body_from_head: &UnitQuaternion<f64>) -> Option<[f64; 3]> {
    let turn = body_from_head.to_rotation_matrix();
    let yaw = (-turn[(0, 1)]).clamp(-1.0, 1.0).asin();
    let roll = turn[(2, 1)].atan2(turn[(1, 1)]);
    let pitch = (-turn[(0, 2)]).atan2(turn[(0, 0)]);
    let is_ahead = roll.abs() < FRAC_PI_2 && pitch.abs() < FRAC_PI_2;
    is_ahead.then_some([roll, yaw, pitch])
}

/// Roll, yaw and pitch that point the head's axis; of both rolls, half a turn apart, the smaller
/// one.
fn head_of_axis(axis: &Vector3<f64>) -> [f64; 3] {
    let roll = (-axis.y * axis.z.signum()).atan2(axis.z.abs());
    let axis = UnitQuaternion::new(Vector3::x() * -roll) * axis;
    [roll, 0.0, (-axis.x).atan2(axis.z)]
}
