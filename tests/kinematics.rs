//! Angles show the poses that they came from, stay within their limits, and never are NaN.

use nalgebra::{Isometry3, Point3, Vector3};
use posemoe::geometry::kinematics::forward::links;
use posemoe::geometry::kinematics::inverse::angles;
use posemoe::geometry::kinematics::{ANGLE_COUNT, Angles, tree};
use posemoe::person::skeleton::{JOINT_COUNT, JOINTS};
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

/// Angles anywhere within their limits, but for the head's yaw, which no joint shows.
fn possible() -> impl Strategy<Value = Angles> {
    any::<[u32; ANGLE_COUNT]>().prop_map(|shares| {
        let limits = limits();
        let yaw = named("y_head");
        std::array::from_fn(|i| {
            let [lower, upper] = if i == yaw { [0.0; 2] } else { limits[i] };
            lower + (upper - lower) * f64::from(shares[i]) / f64::from(u32::MAX)
        })
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
    fn the_angles_of_a_possible_pose_show_it(truth in possible()) {
        let pose = stand(&truth);
        let found = angles(&pose);
        prop_assert!(are_within_limits(&found), "{found:?}");
        let off = worst_degrees(&pose, &stand(&found));
        prop_assert!(off < 0.1, "{off} degrees: {truth:?} became {found:?}");
    }

    #[test]
    fn whatever_the_joints_the_angles_are_within_their_limits(
        numbers in prop::collection::vec(number(), 3 * JOINT_COUNT),
    ) {
        let joints = std::array::from_fn(|j| Vector3::from_column_slice(&numbers[3 * j..3 * j + 3]));
        let found = angles(&joints);
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
    assert_eq!(angles(&pose), [0.0; ANGLE_COUNT]);
    let shoulder = pose[index("left_shoulder")];
    // Straight ahead: pitch, in the plane that yaw has turned to the front, and roll takes the yaw back.
    pose[index("left_elbow")] = shoulder + Vector3::new(0.3, 0.0, -0.3);
    pose[index("left_wrist")] = Vector3::repeat(f64::NAN);
    let found = angles(&pose);
    let [yaw, pitch, roll, elbow] = std::array::from_fn(|i| found[named("l_y_shoulder") + i]);
    assert!((yaw - std::f64::consts::FRAC_PI_2).abs() < 1e-9, "{yaw}");
    assert!(
        (pitch - std::f64::consts::FRAC_PI_4).abs() < 1e-9,
        "{pitch}"
    );
    assert_eq!((roll, elbow), (1.5, 0.0), "as far as it goes, and unbent");
}

#[test]
fn a_pose_beyond_the_limits_is_shown_about_as_nearly_as_they_allow() {
    let mut pose = stand(&[0.0; ANGLE_COUNT]);
    let mut hold = |limb: [&str; 3], upper: [f64; 3], lower: [f64; 3]| {
        let [first, middle, last] = limb.map(index);
        pose[middle] = pose[first] + Vector3::from(upper);
        pose[last] = pose[middle] + Vector3::from(lower);
    };
    // Seated: the roll of a hip ends at 40 degrees. Hands on the back: an arm goes back by 23.
    for (side, out) in [("left", 1.0), ("right", -1.0)] {
        let limb = |names: [&str; 3]| names.map(|name| format!("{side}_{name}"));
        let leg = limb(["hip", "knee", "ankle"]);
        let arm = limb(["shoulder", "elbow", "wrist"]);
        let [leg, arm] = [&leg, &arm].map(|limb| limb.each_ref().map(String::as_str));
        hold(leg, [0.4, 0.1 * out, 0.0], [0.0, 0.0, -0.4]);
        hold(arm, [-0.25, 0.0, -0.2], [0.05, -0.25 * out, 0.0]);
    }
    let found = angles(&pose);
    assert!(are_within_limits(&found));
    let mut seed = 1_u64;
    let mut share = || {
        // Knuth's MMIX generator: any will do.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let limits = limits();
    let mut best = [f64::INFINITY; 4];
    let of_limb = |other: &[Vector3<f64>; JOINT_COUNT], limb: usize| -> f64 {
        let parts = &PARTS[2 + 2 * limb..4 + 2 * limb];
        let apart = parts.iter().map(|(from, to)| {
            (direction(&pose, from, to) - direction(other, from, to)).norm_squared()
        });
        apart.sum()
    };
    for _ in 0..5_000 {
        let tried = stand(&std::array::from_fn(|i| match i {
            0..4 => 0.0,
            _ => limits[i][0] + (limits[i][1] - limits[i][0]) * share(),
        }));
        for (limb, best) in best.iter_mut().enumerate() {
            *best = best.min(of_limb(&tried, limb));
        }
    }
    let shown = stand(&found);
    for (limb, best) in best.into_iter().enumerate() {
        let ours = of_limb(&shown, limb);
        assert!(best > 0.01, "{limb}: the limits would not matter: {best}");
        assert!(ours < 1.05 * best, "{limb}: {ours}, by chance {best}");
    }
}
