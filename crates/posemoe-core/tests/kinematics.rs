//! Angles show every pose, stay within their limits, and never are NaN.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use nalgebra::{Isometry3, Point3, Vector3};
use posemoe_core::geometry::kinematics::forward::links;
use posemoe_core::geometry::kinematics::inverse::angles;
use posemoe_core::geometry::kinematics::{ANGLE_COUNT, Angles, tree};
use posemoe_core::geometry::segments::Orientations;
use posemoe_core::skeleton::{JOINT_COUNT, JOINTS};
use proptest::prelude::*;

const HEIGHT_M: f64 = 1.65;

/// Where the joints of a person are who stands as these angles say, in the body frame (m).
fn stand(angles_rad: &Angles) -> [Vector3<f64>; JOINT_COUNT] {
    let links = links(angles_rad, HEIGHT_M);
    let at = |link: &str| links[link].translation.vector;
    JOINTS.map(|joint| match joint {
        "pelvis" => at("body"),
        "spine" => at("torso") / 2.0,
        "thorax" => at("torso"),
        // The head's own axis.
        "nose" => at("p_head"),
        "head" => (links["p_head"] * Point3::new(0.0, 0.0, 0.1)).coords,
        limb => {
            let (side, part) = limb.split_once('_').unwrap();
            // The links after the first of a shoulder or hip sit in the same place.
            let link = if ["shoulder", "hip"].contains(&part) {
                format!("{}_y_{part}", &side[..1])
            } else {
                format!("{}_{part}", &side[..1])
            };
            at(&link)
        }
    })
}

fn index(joint: &str) -> usize {
    JOINTS.iter().position(|name| *name == joint).unwrap()
}

fn direction(joints_m: &[Vector3<f64>; JOINT_COUNT], from: &str, to: &str) -> Vector3<f64> {
    (joints_m[index(to)] - joints_m[index(from)]).normalize()
}

/// Everything that the angles can be seen by.
const PARTS: [(&str, &str); 10] = [
    ("pelvis", "thorax"),
    ("nose", "head"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"),
    ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"),
    ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"),
];

fn worst_degrees(a: &[Vector3<f64>; JOINT_COUNT], b: &[Vector3<f64>; JOINT_COUNT]) -> f64 {
    let apart = PARTS.map(|(from, to)| direction(a, from, to).angle(&direction(b, from, to)));
    apart.into_iter().fold(0.0, f64::max).to_degrees()
}

fn limits() -> Vec<[f64; 2]> {
    tree::turning().map(|(_, _, limits)| limits).collect()
}

fn are_within_limits(angles_rad: &Angles) -> bool {
    let mut pairs = angles_rad.iter().zip(limits());
    pairs.all(|(angle, [lower, upper])| (lower..=upper).contains(angle))
}

/// The limits of human_description 2.0 (rad) for arms, then legs; what leaves a limb without
/// a plane, or an arm without a direction to the side, is left out.
const NARROW: [[f64; 2]; 8] = [
    [-1.1, 1.9],
    [0.1, 3.0],
    [-1.7, 1.5],
    [0.1, 2.5],
    [-0.1, 0.6],
    [-0.4, 3.1],
    [-0.4, 0.7],
    [-2.5, -0.1],
];

/// Angles within those, with trunk and head at rest.
fn allowed() -> impl Strategy<Value = Angles> {
    any::<[u32; 16]>().prop_map(|shares| {
        std::array::from_fn(|i| {
            let Some(of_limb) = i.checked_sub(4) else {
                return 0.0;
            };
            let [lower, upper] = NARROW[of_limb % 4 + of_limb / 8 * 4];
            lower + (upper - lower) * f64::from(shares[of_limb]) / f64::from(u32::MAX)
        })
    })
}

/// Any direction at all, now and then along an axis.
fn anywhere() -> impl Strategy<Value = Vector3<f64>> {
    let axis = prop::sample::select(vec![Vector3::x(), Vector3::y(), Vector3::z()]);
    prop_oneof![
        4 => (-1.0..1.0, -PI..PI).prop_map(|(z, turn): (f64, f64)| {
            let (sine, cosine) = turn.sin_cos();
            Vector3::new(cosine, sine, 0.0) * (1.0 - z * z).sqrt() + Vector3::z() * z
        }),
        1 => (axis, any::<bool>()).prop_map(|(axis, back)| if back { -axis } else { axis }),
    ]
}

/// Both parts of a limb: any two directions, now and then about the same or about opposite ones.
fn limb() -> impl Strategy<Value = [Vector3<f64>; 2]> {
    let along = prop::sample::select(vec![0.0, 1.0, -1.0]);
    let off = prop::sample::select(vec![0.0, 1e-9, 9e-5, 2e-4, 1e-2]);
    (anywhere(), anywhere(), along, off).prop_map(|(upper, other, along, off)| {
        let lower = if along == 0.0 {
            other
        } else {
            upper * along + other * off
        };
        [upper, lower.normalize()]
    })
}

/// Whom no joint would stop: head and limbs point wherever they like.
fn boneless() -> impl Strategy<Value = [Vector3<f64>; JOINT_COUNT]> {
    let limbs = [limb(), limb(), limb(), limb()];
    (anywhere(), limbs, 0.1..1.0).prop_map(|(head, limbs, length_m)| {
        let mut pose = stand(&[0.0; ANGLE_COUNT]);
        pose[index("head")] = pose[index("nose")] + head * length_m;
        for (part, direction) in PARTS[2..].iter().zip(limbs.as_flattened()) {
            pose[index(part.1)] = pose[index(part.0)] + direction * length_m;
        }
        pose
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -2.0..2.0,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, -1e300, 1e300]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_angles_of_any_pose_show_it(pose in boneless()) {
        let found = angles(&pose, None, None);
        prop_assert!(are_within_limits(&found), "{found:?}");
        let off = worst_degrees(&pose, &stand(&found));
        prop_assert!(off < 0.1, "{off} degrees: {pose:?} became {found:?}");
    }

    #[test]
    fn a_head_that_is_turned_has_the_angles_of_its_turn(truth in allowed(), yaw in -1.4..1.4f64) {
        let mut truth = truth;
        truth[2] = yaw;
        let links = links(&truth, HEIGHT_M);
        // The waist is at rest, so the trunk is the body frame.
        let body_from_head = links["p_head"].rotation;
        let found = angles(&stand(&truth), Some(&body_from_head), None);
        for angle in 1..4 {
            prop_assert!((found[angle] - truth[angle]).abs() < 1e-6, "{found:?} {truth:?}");
        }
    }

    #[test]
    fn a_pose_that_human_description_allows_has_one_set_of_angles(truth in allowed()) {
        let found = angles(&stand(&truth), None, None);
        for (i, (found, truth)) in found.iter().zip(truth).enumerate() {
            prop_assert!((found - truth).abs() < 1e-6, "{i}: {found} not {truth}");
        }
    }

    #[test]
    fn whatever_the_joints_the_angles_are_within_their_limits(
        numbers in prop::collection::vec(number(), 3 * JOINT_COUNT),
    ) {
        let joint = |j: usize| Vector3::from_column_slice(&numbers[3 * j..3 * j + 3]);
        let joints = std::array::from_fn(joint);
        let found = angles(&joints, None, None);
        prop_assert!(are_within_limits(&found), "{found:?}");
    }
}

fn named(name: &str) -> usize {
    tree::turning().position(|(of, ..)| of == name).unwrap()
}

/// Direction in which `of` goes from where it is at rest when one angle grows.
fn moved(angle: &str, of: &str) -> Vector3<f64> {
    let mut some = [0.0; ANGLE_COUNT];
    some[named(angle)] = 0.1;
    let place = |angles: &Angles| -> Isometry3<f64> { links(angles, HEIGHT_M)[of] };
    place(&some).translation.vector - place(&[0.0; ANGLE_COUNT]).translation.vector
}

#[test]
fn at_rest_a_person_stands_with_hanging_limbs_and_growing_angles_move_them_as_named() {
    let rest = stand(&[0.0; ANGLE_COUNT]);
    for (from, to) in &PARTS[2..] {
        let down = direction(&rest, from, to);
        assert!((down + Vector3::z()).norm() < 1e-12, "{from} to {to}");
    }
    let soles_to_crown =
        rest[index("thorax")].z + (0.25 + 1.0) * HEIGHT_M / 7.5 - rest[index("left_ankle")].z;
    assert!((soles_to_crown - HEIGHT_M).abs() < 1e-12);
    assert!(rest[index("left_hip")].y > 0.0 && rest[index("right_shoulder")].y < 0.0);

    assert!(moved("waist", "torso").x > 0.0, "bows");
    assert!(moved("p_head", "head").x < 0.0, "looks up");
    for (side, out) in [("l", 1.0), ("r", -1.0)] {
        let of =
            |angle: &str, link: &str| moved(&format!("{side}_{angle}"), &format!("{side}_{link}"));
        assert!(out * of("p_shoulder", "elbow").y > 0.0, "lifted outwards");
        assert!(of("elbow", "wrist").x > 0.0, "bent forwards");
        assert!(out * of("p_hip", "knee").y > 0.0, "spread");
        assert!(of("r_hip", "knee").x > 0.0, "lifted forwards");
        // At its largest angle, zero, the knee is straight.
        assert!(of("knee", "ankle").x > 0.0);
    }
}

#[test]
fn a_straight_or_half_seen_limb_is_not_twisted() {
    let mut pose = stand(&[0.0; ANGLE_COUNT]);
    assert_eq!(angles(&pose, None, None), [0.0; ANGLE_COUNT]);
    let shoulder = pose[index("left_shoulder")];
    // Straight ahead: pitch, in the plane that yaw has turned to the front, and roll takes the yaw
    // back.
    pose[index("left_elbow")] = shoulder + Vector3::new(0.3, 0.0, -0.3);
    pose[index("left_wrist")] = Vector3::repeat(f64::NAN);
    let found = angles(&pose, None, None);
    let first = named("l_y_shoulder");
    let expected = [FRAC_PI_2, FRAC_PI_4, FRAC_PI_2, 0.0];
    for (found, expected) in found[first..].iter().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{found} not {expected}");
    }
}

#[test]
fn a_seated_body_lifts_its_thighs_and_bends_its_knees() {
    let mut pose = stand(&[0.0; ANGLE_COUNT]);
    for side in ["left", "right"] {
        let [hip, knee, ankle] =
            ["hip", "knee", "ankle"].map(|joint| index(&format!("{side}_{joint}")));
        pose[knee] = pose[hip] + Vector3::new(0.4, 0.0, 0.0);
        pose[ankle] = pose[knee] - Vector3::new(0.0, 0.0, 0.4);
    }
    let found = angles(&pose, None, None);
    for side in ["l", "r"] {
        let first = named(&format!("{side}_y_hip"));
        let expected = [0.0, 0.0, FRAC_PI_2, -FRAC_PI_2];
        for (found, expected) in found[first..].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} not {expected}");
        }
    }
}

/// Arms that hang straight but for the network's noise of a degree: by the joints alone their roll
/// is anything.
#[test]
fn what_is_known_of_segments_steadies_hanging_arms() {
    let rolls = |noise_rad: f64, segments: Option<&Orientations>| {
        let mut pose = stand(&[0.0; ANGLE_COUNT]);
        let (elbow, wrist) = (index("left_elbow"), index("left_wrist"));
        let off_m = Vector3::new(-0.3, 1.0, 0.0).normalize() * noise_rad * 0.25;
        pose[wrist] = pose[elbow] + Vector3::new(0.0, 0.0, -0.25) + off_m;
        let found = angles(&pose, None, segments);
        (found[4] - found[6]).sin().abs()
    };
    let known = Orientations::default();
    assert!(rolls(0.02, None) > 0.9);
    assert!(rolls(0.02, Some(&known)) < 0.02);
}
