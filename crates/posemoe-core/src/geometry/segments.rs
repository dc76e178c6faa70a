//! Orientations of the body's segments: x forward, y left, z up when a person stands with hanging
//! arms (`training/posemoe_training/segments.py` says the same).
//!
//! Where a bone lies joints show: a limb's z is along its bone, the pelvis' y along the hips. What
//! a network says is turned as little as that takes; without one each segment turns least against
//! its parent.

use nalgebra::{UnitQuaternion, Vector3};

use super::axes::{direction, of_left, of_up};
use crate::skeleton::{
    HEAD, JOINT_COUNT, LEFT_HIP, PELVIS, Pose, RIGHT_HIP, SHOULDERS, SPINE, THORAX,
};

/// Number of segments.
pub const SEGMENT_COUNT: usize = 11;

/// Names of the segments, in the order of everything that is said of them.
pub const SEGMENTS: [&str; SEGMENT_COUNT] = [
    "pelvis",
    "chest",
    "head",
    "left_upper_arm",
    "left_forearm",
    "right_upper_arm",
    "right_forearm",
    "left_thigh",
    "left_shank",
    "right_thigh",
    "right_shank",
];

/// The pelvis' place among them.
pub const PELVIS_SEGMENT: usize = 0;
/// The chest's.
pub const CHEST: usize = 1;
/// The head's.
pub const HEAD_SEGMENT: usize = 2;

/// The segment that begins in each joint; where none does, the one that ends there.
pub const OF_JOINT: [usize; JOINT_COUNT] = [0, 9, 10, 10, 7, 8, 8, 1, 1, 2, 2, 3, 4, 4, 5, 6, 6];

/// Of each limb's segment, from the third on: the segment that carries it, and its lower and upper
/// joint.
const LIMBS: [(usize, usize, usize); SEGMENT_COUNT - 3] = [
    (CHEST, 12, 11),
    (3, 13, 12),
    (CHEST, 15, 14),
    (5, 16, 15),
    (PELVIS_SEGMENT, 5, 4),
    (7, 6, 5),
    (PELVIS_SEGMENT, 2, 1),
    (9, 3, 2),
];
const NOSE: usize = 9;

/// How one segment is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orientation {
    /// Takes directions of the segment to the frame in which the joints are.
    pub frame_from_segment: UnitQuaternion<f64>,
    /// Angle from the truth within which 68 % of segments lie (rad); `None` where it is not known,
    /// as when joints alone speak.
    pub sigma_rad: Option<f64>,
}

impl Default for Orientation {
    /// Of whom nothing is known.
    fn default() -> Self {
        Self {
            frame_from_segment: UnitQuaternion::identity(),
            sigma_rad: None,
        }
    }
}

/// Every segment of one person.
pub type Orientations = [Orientation; SEGMENT_COUNT];

/// The same orientations, turned as little as it takes for bones to lie between these joints (m).
pub fn aligned(orientations: &Orientations, joints_m: &Pose) -> Orientations {
    std::array::from_fn(|segment| {
        let was = orientations[segment];
        let (axis, bone) = match segment {
            PELVIS_SEGMENT => (Vector3::y(), direction(joints_m, RIGHT_HIP, LEFT_HIP)),
            CHEST | HEAD_SEGMENT => return was,
            limb => {
                let (_, lower, upper) = LIMBS[limb - 3];
                (Vector3::z(), direction(joints_m, lower, upper))
            }
        };
        let Some(bone) = bone else {
            return was;
        };
        Orientation {
            frame_from_segment: least(&(was.frame_from_segment * axis), &bone)
                * was.frame_from_segment,
            ..was
        }
    })
}

/// What joints (m) alone show. A segment whose joints show no direction is turned as its parent.
pub fn least_turn(joints_m: &Pose) -> Orientations {
    let identity = UnitQuaternion::identity();
    let mut turns = [identity; SEGMENT_COUNT];
    turns[PELVIS_SEGMENT] = pelvis(joints_m).unwrap_or(identity);
    turns[CHEST] = chest(joints_m).unwrap_or(turns[PELVIS_SEGMENT]);
    let mut carry = |segment: usize, parent: usize, bone: Option<Vector3<f64>>| {
        let parent = turns[parent];
        let least = bone.map(|bone| least(&(parent * Vector3::z()), &bone));
        turns[segment] = least.map_or(parent, |least| least * parent);
    };
    carry(HEAD_SEGMENT, CHEST, direction(joints_m, NOSE, HEAD));
    for (limb, (parent, lower, upper)) in LIMBS.into_iter().enumerate() {
        carry(limb + 3, parent, direction(joints_m, lower, upper));
    }
    turns.map(|frame_from_segment| Orientation {
        frame_from_segment,
        sigma_rad: None,
    })
}

/// The same orientations as another frame has them.
pub fn turned(orientations: &Orientations, turn: &UnitQuaternion<f64>) -> Orientations {
    orientations.map(|was| Orientation {
        frame_from_segment: turn * was.frame_from_segment,
        ..was
    })
}

/// Of each segment what is surest.
pub fn surest(one: &Orientations, other: &Orientations) -> Orientations {
    let doubt = |of: &Orientation| of.sigma_rad.unwrap_or(f64::INFINITY);
    std::array::from_fn(|segment| {
        let (one, other) = (one[segment], other[segment]);
        if doubt(&other) < doubt(&one) {
            other
        } else {
            one
        }
    })
}

/// y along the hips, z towards the thorax.
fn pelvis(joints_m: &Pose) -> Option<UnitQuaternion<f64>> {
    let left = direction(joints_m, RIGHT_HIP, LEFT_HIP)?;
    of_left(&left, &direction(joints_m, PELVIS, THORAX)?)
}

/// z along the upper half of the spine, y towards the left shoulder.
fn chest(joints_m: &Pose) -> Option<UnitQuaternion<f64>> {
    let z = direction(joints_m, SPINE, THORAX)?;
    of_up(&z, &direction(joints_m, SHOULDERS[1], SHOULDERS[0])?)
}

/// The least turn from one direction to another; half a turn about some axis where they are
/// opposite.
fn least(from: &Vector3<f64>, to: &Vector3<f64>) -> UnitQuaternion<f64> {
    let about_any = || {
        let across = from.cross(&Vector3::x()).try_normalize(0.1);
        let across = across.unwrap_or_else(|| from.cross(&Vector3::y()).normalize());
        UnitQuaternion::from_scaled_axis(across * std::f64::consts::PI)
    };
    UnitQuaternion::rotation_between(from, to).unwrap_or_else(about_any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Upright, arms hanging, facing +x (m).
    pub fn standing() -> Pose {
        [
            [0.0, 0.0, 0.0],
            [0.0, -0.1, 0.0],
            [0.0, -0.1, -0.45],
            [0.0, -0.1, -0.9],
            [0.0, 0.1, 0.0],
            [0.0, 0.1, -0.45],
            [0.0, 0.1, -0.9],
            [0.0, 0.0, 0.25],
            [0.0, 0.0, 0.5],
            [0.0, 0.0, 0.6],
            [0.0, 0.0, 0.7],
            [0.0, 0.18, 0.5],
            [0.0, 0.18, 0.2],
            [0.0, 0.18, -0.05],
            [0.0, -0.18, 0.5],
            [0.0, -0.18, 0.2],
            [0.0, -0.18, -0.05],
        ]
        .map(Vector3::from)
    }

    fn turn() -> impl Strategy<Value = UnitQuaternion<f64>> {
        [-3.0..3.0f64, -3.0..3.0f64, -3.0..3.0f64]
            .prop_map(|axis| UnitQuaternion::from_scaled_axis(Vector3::from(axis)))
    }

    #[test]
    fn who_stands_upright_and_faces_x_is_not_turned() {
        for of in least_turn(&standing()) {
            assert!(of.frame_from_segment.angle() < 1e-9);
            assert_eq!(of.sigma_rad, None);
        }
    }

    #[test]
    fn a_thigh_brought_forward_turns_about_y() {
        let mut joints_m = standing();
        joints_m[5] = joints_m[4] + Vector3::new(0.45, 0.0, 0.0);
        joints_m[6] = joints_m[5] - Vector3::new(0.0, 0.0, 0.45);
        let turns = least_turn(&joints_m);
        let thigh = turns[7].frame_from_segment.scaled_axis();
        assert!(
            (thigh + Vector3::y() * std::f64::consts::FRAC_PI_2).norm() < 1e-9,
            "{thigh}"
        );
        assert!(
            turns[8].frame_from_segment.angle() < 1e-9,
            "the shank hangs"
        );
    }

    #[test]
    fn joints_in_one_place_turn_nothing() {
        let nowhere = [Vector3::zeros(); JOINT_COUNT];
        let none = [Orientation::default(); SEGMENT_COUNT];
        assert_eq!(least_turn(&nowhere), none);
        assert_eq!(aligned(&none, &nowhere), none);
    }

    #[test]
    fn the_opposite_of_a_bone_is_half_a_turn_away() {
        for from in [Vector3::x(), Vector3::y(), Vector3::z()] {
            assert!((least(&from, &-from) * from + from).norm() < 1e-9);
        }
    }

    proptest! {
        #[test]
        fn bones_lie_where_joints_are(turns in prop::array::uniform11(turn())) {
            let joints_m = standing();
            let given = turns.map(|frame_from_segment| Orientation {
                frame_from_segment,
                sigma_rad: Some(0.2),
            });
            let there = aligned(&given, &joints_m);
            prop_assert_eq!(there[CHEST], given[CHEST]);
            prop_assert_eq!(there[HEAD_SEGMENT], given[HEAD_SEGMENT]);
            for (segment, of) in there.iter().enumerate().skip(3) {
                let (_, lower, upper) = LIMBS[segment - 3];
                let bone = direction(&joints_m, lower, upper).unwrap();
                prop_assert!((of.frame_from_segment * Vector3::z() - bone).norm() < 1e-9);
                prop_assert_eq!(of.sigma_rad, Some(0.2));
                let moved = of.frame_from_segment * given[segment].frame_from_segment.inverse();
                prop_assert!(moved.scaled_axis().dot(&bone).abs() < 1e-6, "no twist is added");
            }
            let y = there[PELVIS_SEGMENT].frame_from_segment * Vector3::y();
            prop_assert!((y - Vector3::y()).norm() < 1e-9);
        }

        #[test]
        fn what_is_turned_as_a_whole_turns_with_it(turn in turn()) {
            let joints_m = standing();
            let expected = turned(&least_turn(&joints_m), &turn);
            let found = least_turn(&joints_m.map(|joint_m| turn * joint_m));
            for (found, expected) in found.iter().zip(&expected) {
                let apart = found.frame_from_segment.angle_to(&expected.frame_from_segment);
                prop_assert!(apart < 1e-6);
            }
        }
    }
}
