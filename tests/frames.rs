//! The buffer of frames, whatever the tree and the motion: algebra, bounds, velocities.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
use posemoe::input::transforms::take_in;
use posemoe::msg::geometry_msgs::{Quaternion, TransformStamped};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_core::frames::{Frames, Link};
use posemoe_core::health::{Cause, Drops};
use posemoe_stamp::Stamp;
use proptest::prelude::*;

fn at(seconds: f64) -> Stamp {
    Stamp::from_nanos(1_700_000_000_000_000_000).plus_seconds(seconds)
}

fn vector(most: f64) -> impl Strategy<Value = Vector3<f64>> {
    prop::array::uniform3(-most..most).prop_map(Vector3::from)
}

fn pose() -> impl Strategy<Value = Isometry3<f64>> {
    (vector(5.0), vector(3.0)).prop_map(|(place, turn)| Isometry3::new(place, turn))
}

/// How a frame goes through its parent: smooth, never faster than a few m/s and rad/s.
#[derive(Clone, Copy, Debug)]
struct Way {
    start: Isometry3<f64>,
    swing_m: Vector3<f64>,
    turn_rad: Vector3<f64>,
    is_static: bool,
}

fn way() -> impl Strategy<Value = Way> {
    (pose(), vector(1.0), vector(0.7), any::<bool>()).prop_map(
        |(start, swing_m, turn_rad, is_static)| Way {
            start,
            swing_m,
            turn_rad,
            is_static,
        },
    )
}

impl Way {
    fn pose(&self, seconds: f64) -> Isometry3<f64> {
        if self.is_static {
            return self.start;
        }
        let place = self.start.translation.vector + self.swing_m * (1.3 * seconds).sin();
        let turn = UnitQuaternion::from_scaled_axis(self.turn_rad * (0.9 * seconds).sin());
        Isometry3::from_parts(place.into(), turn * self.start.rotation)
    }
}

/// f0 in root, f1 in f0 or root, f2 in f1, f0 or root, and so on, told over 2 s at `rate_hz`.
fn tree(ways: &[Way], parents: &[usize], rate_hz: f64) -> Frames {
    let mut frames = Frames::default();
    for (i, (way, parent)) in ways.iter().zip(parents).enumerate() {
        let parent = match parent % (i + 1) {
            0 => "root".to_owned(),
            above => format!("f{}", above - 1),
        };
        for tick in 0..=(2.0 * rate_hz) as usize {
            let seconds = tick as f64 / rate_hz;
            let link = Link {
                parent: parent.clone(),
                child: format!("f{i}"),
                stamp: at(seconds),
                parent_from_child: way.pose(seconds),
                is_static: way.is_static,
            };
            frames.insert(link).expect("kept");
        }
    }
    frames
}

fn frames_of_four() -> impl Strategy<Value = Frames> {
    let parents = prop::collection::vec(any::<usize>(), 4);
    (prop::collection::vec(way(), 4), parents)
        .prop_map(|(ways, parents)| tree(&ways, &parents, 50.0))
}

const NAMES: [&str; 5] = ["root", "f0", "f1", "f2", "f3"];

fn distance(a: &Isometry3<f64>, b: &Isometry3<f64>) -> f64 {
    let apart = a.inv_mul(b);
    apart.translation.vector.norm() + apart.rotation.angle()
}

/// Central difference of position and orientation, over a time so short that it stays between
/// stamps.
fn slope(pose: impl Fn(f64) -> Isometry3<f64>, seconds: f64) -> (Vector3<f64>, Vector3<f64>) {
    const STEP_S: f64 = 1e-4;
    let (before, after) = (pose(seconds - STEP_S), pose(seconds + STEP_S));
    let shift = after.translation.vector - before.translation.vector;
    let turn = (after.rotation * before.rotation.inverse()).scaled_axis();
    (shift / (2.0 * STEP_S), turn / (2.0 * STEP_S))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn there_and_back_is_nowhere_and_a_way_is_the_sum_of_its_parts(
        frames in frames_of_four(),
        a in 0..5usize,
        b in 0..5usize,
        c in 0..5usize,
        s in 0.0..2.0f64,
    ) {
        let look = |target: usize, source: usize| {
            frames.lookup(NAMES[target], NAMES[source], at(s)).expect("known")
        };
        prop_assert!(distance(&look(a, b), &look(b, a).inverse()) < 1e-9);
        prop_assert!(distance(&look(a, c), &(look(a, b) * look(b, c))) < 1e-9);
        prop_assert!((look(a, b).rotation.norm() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_motion_is_the_pose_and_its_slope(
        frames in frames_of_four(),
        a in 0..5usize,
        b in 0..5usize,
        tick in 0..100usize,
        share in 0.1..0.9f64,
    ) {
        let s = (tick as f64 + share) / 50.0;
        let look = |s| frames.lookup(NAMES[a], NAMES[b], at(s)).expect("known");
        let motion = frames.motion(NAMES[a], NAMES[b], at(s)).expect("known");
        prop_assert!(distance(&motion.target_from_source, &look(s)) < 1e-9);
        let (linear, angular) = slope(look, s);
        prop_assert!((motion.linear_m_s - linear).norm() < 1e-4, "{motion:?}, expected {linear}");
        prop_assert!((motion.angular_rad_s - angular).norm() < 1e-4, "{motion:?}, not {angular}");
    }

    #[test]
    fn a_motion_is_near_that_of_the_smooth_way_behind_it(
        ways in prop::collection::vec(way(), 2), tick in 1..200usize,
    ) {
        let frames = tree(&ways, &[0, 0], 100.0);
        let s = tick as f64 / 100.0;
        let truth = |s| ways[0].pose(s).inv_mul(&ways[1].pose(s));
        let motion = frames.motion("f0", "f1", at(s)).expect("known");
        let (linear, angular) = slope(truth, s);
        prop_assert!((motion.linear_m_s - linear).norm() < 0.01, "{motion:?}, expected {linear}");
        prop_assert!((motion.angular_rad_s - angular).norm() < 0.01, "{motion:?}, not {angular}");
    }

    #[test]
    fn a_person_at_rest_stays_at_rest_seen_from_a_moving_camera(
        frames in frames_of_four(),
        camera in 1..5usize,
        person in vector(5.0),
        tick in 0..100usize,
        share in 0.1..0.9f64,
    ) {
        let s = (tick as f64 + share) / 50.0;
        let seen_m = |s| {
            let camera_from_root = frames.lookup(NAMES[camera], "root", at(s)).expect("known");
            camera_from_root * Translation3::from(person)
        };
        let (apparent_m_s, _) = slope(seen_m, s);
        let motion = frames.motion("root", NAMES[camera], at(s)).expect("known");
        let place_m = seen_m(s).translation.vector;
        prop_assert!((motion.position_m(&place_m) - person).norm() < 1e-9);
        let velocity_m_s = motion.velocity_m_s(&place_m, &apparent_m_s);
        prop_assert!(velocity_m_s.norm() < 1e-4, "{velocity_m_s}");
    }

    #[test]
    fn between_two_poses_it_is_between_them(start in pose(), end in pose(), share in 0.0..=1.0f64) {
        let mut frames = Frames::default();
        for (seconds, parent_from_child) in [(1.0, end), (0.9, start)] {
            let (parent, child) = ("root".to_owned(), "f0".to_owned());
            let stamp = at(seconds);
        let link = Link { parent, child, stamp, parent_from_child, is_static: false };
            frames.insert(link).expect("kept");
        }
        let found = frames.lookup("root", "f0", at(0.9 + 0.1 * share)).expect("known");
        let (place, turn) = (found.translation.vector, found.rotation);
        let (first, last) = (start.translation.vector, end.translation.vector);
        let detour_m = (place - first).norm() + (last - place).norm() - (last - first).norm();
        prop_assert!(detour_m.abs() < 1e-6);
        let whole_rad = start.rotation.angle_to(&end.rotation);
        let detour_rad = start.rotation.angle_to(&turn) + turn.angle_to(&end.rotation) - whole_rad;
        prop_assert!(detour_rad.abs() < 1e-6, "{detour_rad}");
        prop_assert!((turn.norm() - 1.0).abs() < 1e-9);
        prop_assert!((start.rotation.angle_to(&turn) - share * whole_rad).abs() < 1e-6);
        prop_assert!(frames.lookup("root", "f0", at(1.001)).is_err());
        prop_assert!(frames.lookup("root", "f0", at(0.899)).is_err());
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -2.0..2.0f64, 1 => any::<f64>(), 1 => Just(0.0), 1 => Just(1.0)]
}

fn any_transform() -> impl Strategy<Value = TransformStamped> {
    let name = || prop_oneof![6 => "/?[a-d]", 1 => any::<String>()];
    let time = (
        any::<i32>(),
        prop_oneof![0..1_000_000_000_u32, any::<u32>()],
    );
    let turn = prop_oneof![Just([0.0, 0.0, 0.0, 1.0]), prop::array::uniform4(number())];
    let place = prop::array::uniform3(number());
    (name(), name(), time, place, turn).prop_map(
        |(parent, child, (sec, nanosec), [x, y, z], turn)| {
            let mut message = TransformStamped::default();
            message.header.frame_id = parent;
            (message.header.stamp.sec, message.header.stamp.nanosec) = (sec, nanosec);
            message.child_frame_id = child;
            let place = &mut message.transform.translation;
            (place.x, place.y, place.z) = (x, y, z);
            let [x, y, z, w] = turn;
            message.transform.rotation = Quaternion { x, y, z, w };
            message
        },
    )
}

proptest! {
    #[test]
    fn whatever_comes_it_is_kept_or_counted_and_every_answer_is_a_rotation(
        messages in prop::collection::vec((any::<bool>(), any_transform()), 0..40),
        wanted in any::<i32>(),
    ) {
        let (mut frames, mut drops) = (Frames::default(), Drops::default());
        let mut moments = vec![Stamp::from_nanos(i64::from(wanted) * 1_000_000_000)];
        for (is_static, transform) in messages {
            let time = &transform.header.stamp;
            moments.extend(Stamp::from_parts(time.sec, time.nanosec));
            let transforms = vec![transform];
            take_in(&TFMessage { transforms }, is_static, &mut frames, &mut drops);
        }
        let pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("a", "a"), ("d", "e")];
        for (target, source) in pairs {
            for moment in &moments {
                match frames.lookup(target, source, *moment) {
                    Ok(found) => prop_assert!((found.rotation.norm() - 1.0).abs() < 1e-6),
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                }
                if let Err(error) = frames.motion(target, source, *moment) {
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn a_transform_that_is_not_finite_is_never_kept(
        transform in any_transform(),
        which in 0..7usize,
        bad in 0..3usize,
    ) {
        let mut transform = transform;
        let transform_fields = &mut transform.transform;
        let (t, r) = (&mut transform_fields.translation, &mut transform_fields.rotation);
        *[&mut t.x, &mut t.y, &mut t.z, &mut r.x, &mut r.y, &mut r.z, &mut r.w][which] =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][bad];
        let child = transform.child_frame_id.clone();
        let (mut frames, mut drops) = (Frames::default(), Drops::default());
        take_in(&TFMessage { transforms: vec![transform] }, true, &mut frames, &mut drops);
        prop_assert!(frames.lookup(&child, &child, at(0.0)).is_err());
        prop_assert_eq!(drops.count(Cause::BadTransform) + drops.count(Cause::BadHeader), 1);
    }
}
