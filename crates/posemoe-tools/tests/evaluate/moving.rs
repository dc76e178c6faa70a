//! A camera that drives and turns, and a truth in `map`.

use nalgebra::{Isometry3, Point3, Vector3};
use posemoe::msg::posemoe::{Joint3D, People3D, Person3D};
use posemoe_stamp::Stamp;
use serde_json::Value;

use crate::bags::{Logged, RECORDER, logged, transform, write};
use crate::{evaluate, report};

/// When it begins (s), by the robot's clock; that of the truth began so much later.
const START_S: f64 = 1_000.0;
const CLOCK_OFFSET_S: f64 = 900.0;
/// How long it goes on (s): longer than a live buffer of transforms remembers.
const LENGTH_S: f64 = 60.0;
const JOINTS: [(&str, [f64; 3]); 4] = [
    ("left_hip", [0.1, 0.0, 0.0]),
    ("right_hip", [-0.1, 0.0, 0.0]),
    ("nose", [0.0, 0.1, 0.8]),
    ("left_wrist", [0.4, 0.2, 0.2]),
];

fn at(seconds: f64) -> Stamp {
    Stamp::default().plus_seconds(START_S + seconds)
}

/// The camera in `odom`: it drives straight on and turns evenly, as between any two transforms.
fn camera_in_odom(seconds: f64) -> ([f64; 3], f64) {
    ([0.05 * seconds, -0.02 * seconds, 0.0], 0.03 * seconds)
}

/// `odom` in `map` drifts slowly.
fn odom_in_map(seconds: f64) -> ([f64; 3], f64) {
    ([5.0 + 0.001 * seconds, 7.0, 0.0], 1.0)
}

fn isometry((place_m, yaw_rad): ([f64; 3], f64)) -> Isometry3<f64> {
    Isometry3::new(place_m.into(), Vector3::z() * yaw_rad)
}

/// Somebody who walks evenly through `map` (m).
fn in_map(joint: [f64; 3], seconds: f64) -> Point3<f64> {
    Point3::from(joint) + Vector3::new(6.0 + 0.1 * seconds, 9.0, 0.0)
}

fn message(stamp: Stamp, frame_id: &str, place: impl Fn([f64; 3]) -> Point3<f64>) -> People3D {
    let mut message = People3D::default();
    (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
    message.header.frame_id = frame_id.to_owned();
    let mut person = Person3D {
        id: "1".to_owned(),
        state: Person3D::TRACKED,
        ..Person3D::default()
    };
    for (name, joint) in JOINTS {
        message.joint_names.push(name.to_owned());
        let mut found = Joint3D::default();
        let position = place(joint);
        (found.position.x, found.position.y, found.position.z) =
            (position.x, position.y, position.z);
        person.joints.push(found);
    }
    message.people.push(person);
    message
}

fn moments(every_s: f64, from_s: f64, to_s: f64) -> impl Iterator<Item = f64> {
    let count = ((to_s - from_s) / every_s).round() as i32;
    (0..=count).map(move |i| from_s + every_s * f64::from(i))
}

/// People in the camera's frame, true to the last digit, and where the camera was, each 0.1 s.
fn robot() -> Vec<Logged> {
    let mut messages = Vec::new();
    for seconds in moments(0.1, 0.0, LENGTH_S) {
        let (place_m, yaw_rad) = camera_in_odom(seconds);
        let camera = transform("odom", "camera", at(seconds), place_m, yaw_rad);
        messages.push(logged("/tf", at(seconds), &camera));
    }
    // 0.3 s before the first transform until 0.3 s after the last.
    for seconds in moments(0.075, -0.3, LENGTH_S + 0.3) {
        let map_from_camera = isometry(odom_in_map(seconds)) * isometry(camera_in_odom(seconds));
        let people = message(at(seconds), "camera", |joint| {
            map_from_camera.inverse() * in_map(joint, seconds)
        });
        messages.push(logged("/people", at(seconds), &people));
    }
    messages
}

/// The truth in `map` and where `odom` is, by another clock; and a camera that is not where the
/// robot's is.
fn lab() -> Vec<Logged> {
    let by_clock = |seconds: f64| at(seconds - CLOCK_OFFSET_S);
    let mut messages = Vec::new();
    for seconds in moments(0.5, -1.0, LENGTH_S + 1.0) {
        let stamp = by_clock(seconds);
        let (place_m, yaw_rad) = odom_in_map(seconds);
        messages.push(logged(
            "/tf",
            stamp,
            &transform("map", "odom", stamp, place_m, yaw_rad),
        ));
        let wrong = transform("odom", "camera", stamp, [1.0; 3], 2.0);
        messages.push(logged("/tf", stamp, &wrong));
    }
    for seconds in moments(0.04, -1.0, LENGTH_S + 1.0) {
        let people = message(by_clock(seconds), "map", |joint| in_map(joint, seconds));
        messages.push(logged("/truth", by_clock(seconds), &people));
    }
    messages
}

fn bags(folder: &std::path::Path) -> [String; 2] {
    [
        write(&folder.join("robot.mcap"), RECORDER, &robot()),
        write(&folder.join("lab.mcap"), RECORDER, &lab()),
    ]
}

fn figure(report: &Value, key: &str) -> f64 {
    report["overall"][key].as_f64().unwrap()
}

#[test]
fn truth_in_map_is_where_the_moving_camera_saw_it() {
    let folder = tempfile::tempdir().unwrap();
    let [robot, lab] = bags(folder.path());
    let offset_s = CLOCK_OFFSET_S.to_string();
    let words = [
        robot.as_str(),
        "--truth",
        &lab,
        "--truth-offset-s",
        &offset_s,
    ];
    let found = report(&words, 0);
    for key in ["abs_mpjpe_mm", "p99_9_error_mm", "root_error_mm"] {
        assert!(figure(&found, key) < 1e-6, "{key}: {}", figure(&found, key));
    }
    // Four before the first transform and as many after the last, of 809: counted, and not guessed.
    let skipped = &found["sequences"][0]["skipped"]["comparison"];
    assert_eq!(skipped["frame_without_transform"], 8);
    assert_eq!(found["overall"]["counts"]["frames_compared"], 801);
    assert_eq!(found["overall"]["recall_pct"], 100.0);
    // Distance is that from the camera, which drives away from them.
    let bands = found["overall"]["per_distance"].as_object().unwrap();
    let true_people = bands
        .values()
        .map(|band| band["counts"]["true_people"].as_u64().unwrap());
    assert_eq!((true_people.sum::<u64>(), bands.len() > 1), (801, true));
}

#[test]
fn a_camera_that_nobody_places_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [robot, lab] = bags(folder.path());
    // Without the offset the clocks never meet.
    let ran = evaluate(&[robot.as_str(), "--truth", &lab], 2);
    for expected in [
        "\"camera\"",
        "\"map\"",
        "\"odom\" in \"map\" is not known yet",
    ] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
