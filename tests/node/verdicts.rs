//! Diagnostics are OK only while people come out, or nobody is there; else they say what keeps
//! them.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::encode;
use posemoe::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe::msg::yolo_msgs::DetectionArray;

use crate::bus::{Answer, Diagnosis, Rig};
use crate::managed::change;
use crate::messages::{CAMERA_INFO, KEYPOINTS, camera_info, detections, header, ms, person, ready};

const ERROR: u8 = DiagnosticStatus::ERROR;
const WARN: u8 = DiagnosticStatus::WARN;
const OK: u8 = DiagnosticStatus::OK;

/// A second of frames, 20 of them, each as `make` makes it; and what is said of it.
fn second(rig: &mut Rig, from_ms: i64, make: impl Fn(i64) -> DetectionArray) -> Diagnosis {
    for at_ms in (from_ms..from_ms + 1000).step_by(50) {
        rig.bus.now = ms(at_ms);
        rig.send(KEYPOINTS, &make(at_ms));
    }
    rig.diagnose(ms(from_ms + 999), vec![])
}

fn good(at_ms: i64) -> DetectionArray {
    detections(ms(at_ms), vec![person("7", 0.0)])
}

fn counts(diagnosis: &Diagnosis) -> [&str; 4] {
    ["received", "accepted", "answered", "published"].map(|key| diagnosis.get(key))
}

#[track_caller]
fn assert_says(diagnosis: &Diagnosis, level: u8, text: &str) {
    let message = &diagnosis.message;
    assert!(
        diagnosis.level == level && message.contains(text),
        "{}: {message}",
        diagnosis.level
    );
}

#[test]
fn what_comes_out_is_counted_from_message_to_message() {
    let mut rig = ready("");
    let diagnosis = second(&mut rig, 0, good);
    assert_says(&diagnosis, OK, "publishing");
    assert_eq!(counts(&diagnosis), ["20"; 4]);
    let diagnosis = second(&mut rig, 1000, |at_ms| detections(ms(at_ms), vec![]));
    assert_says(&diagnosis, OK, "publishing");
    assert_eq!(
        counts(&diagnosis),
        ["40"; 4],
        "nobody is there, and that is said"
    );
}

#[test]
fn frames_of_which_none_is_answered_are_an_error_with_its_cause() {
    type Make = fn(i64) -> DetectionArray;
    let nameless: Make = |at_ms| {
        let mut message = good(at_ms);
        message.header.frame_id.clear();
        message
    };
    let elsewhere: Make = |at_ms| {
        let mut message = good(at_ms);
        message.header.frame_id = "rear".into();
        message
    };
    let not_finite: Make = |at_ms| {
        let mut message = good(at_ms);
        for keypoint in &mut message.detections[0].keypoints.data {
            keypoint.point.x = f64::NAN;
        }
        message
    };
    for (make, accepted, text) in [
        (
            nameless,
            "20",
            "none of 20 frames answered: bad header (frame_id is empty",
        ),
        (
            elsewhere,
            "20",
            "frame_id differs from camera_info (keypoints are in \"rear\"",
        ),
        (not_finite, "40", "keypoint not finite (right_wrist at (NaN"),
    ] {
        let mut rig = ready("");
        second(&mut rig, 0, good);
        let diagnosis = second(&mut rig, 1000, make);
        assert_says(&diagnosis, ERROR, text);
        assert_eq!(counts(&diagnosis)[..3], ["40", accepted, "20"], "{text}");
        let healed = second(&mut rig, 2000, good);
        assert_says(&healed, OK, "publishing");
    }
}

#[test]
fn bytes_that_are_no_message_are_an_error() {
    let mut rig = ready("");
    for at_ms in (0..1000).step_by(50) {
        rig.bus.now = ms(at_ms);
        rig.send_bytes(KEYPOINTS, encode(&good(at_ms))[..40].to_vec());
    }
    let diagnosis = rig.diagnose(ms(999), vec![]);
    assert_says(
        &diagnosis,
        ERROR,
        "none of 20 frames answered: undecodable message (",
    );
    assert_eq!(counts(&diagnosis), ["20", "0", "0", "0"]);
}

#[test]
fn a_stamp_that_never_changes_is_an_error_from_the_second_second_on() {
    let mut rig = ready("");
    let constant = |_| good(0);
    let diagnosis = second(&mut rig, 0, constant);
    assert_says(
        &diagnosis,
        WARN,
        "19 of 20 frames not answered: duplicate stamp (",
    );
    let diagnosis = second(&mut rig, 1000, constant);
    assert_says(
        &diagnosis,
        ERROR,
        "none of 20 frames answered: duplicate stamp (",
    );
}

#[test]
fn a_network_that_fails_on_each_frame_is_an_error() {
    for answer in [Answer::Fail, Answer::NotFinite] {
        let mut rig = Rig::answering("", answer);
        rig.send(CAMERA_INFO, &camera_info());
        let diagnosis = second(&mut rig, 0, good);
        assert_says(
            &diagnosis,
            ERROR,
            "none of 20 frames answered: network failed (",
        );
    }
}

#[test]
fn stamps_ahead_of_the_clock_are_named_by_how_much() {
    for (ahead_s, level, text) in [
        (
            3600.0,
            ERROR,
            "stamps are up to 3600.0 s ahead of the node's clock",
        ),
        (
            0.4,
            WARN,
            "stamps are up to 0.4 s ahead of the node's clock",
        ),
        (0.05, OK, "publishing"),
    ] {
        let mut rig = ready("");
        let ahead_ms = (ahead_s * 1e3) as i64;
        let diagnosis = second(&mut rig, 0, |at_ms| good(at_ms + ahead_ms));
        assert_says(&diagnosis, level, text);
    }
}

#[test]
fn people_whom_the_detector_hardly_sees_are_no_fault_but_not_ok() {
    let mut rig = ready("");
    let legs = |at_ms| {
        let mut message = good(at_ms);
        message.detections[0].keypoints.data.truncate(2);
        message
    };
    let diagnosis = second(&mut rig, 0, legs);
    assert_says(
        &diagnosis,
        WARN,
        "none of 20 frames answered: too few keypoints (",
    );
}

#[test]
fn frames_that_wait_are_not_taken_for_published() {
    let mut rig = ready("-p mode:=window -p lookahead_s:=1.5");
    let diagnosis = second(&mut rig, 0, good);
    assert_says(&diagnosis, WARN, "nothing published yet: frames wait");
    assert_eq!(counts(&diagnosis), ["20", "20", "0", "0"]);
    second(&mut rig, 1000, good);
    let diagnosis = second(&mut rig, 2000, good);
    assert!(!diagnosis.message.contains("yet"), "{}", diagnosis.message);
}

#[test]
fn a_camera_among_several_is_named() {
    let mut rig = Rig::new(
        "-p sources:=[front,rear] -p rear.keypoints_topic:=/rear \
        -p rear.camera_info_topic:=/rear_info",
    );
    rig.send(CAMERA_INFO, &camera_info());
    rig.send("/rear_info", &camera_info());
    for at_ms in (0..1000).step_by(50) {
        rig.bus.now = ms(at_ms);
        rig.send(KEYPOINTS, &good(at_ms));
        rig.send_bytes("/rear", vec![1, 2, 3]);
    }
    let diagnosis = rig.diagnose(ms(999), vec![]);
    assert_says(
        &diagnosis,
        ERROR,
        "rear: none of 20 frames answered: undecodable message (",
    );
    assert_eq!(diagnosis.get("front: published"), "20");
    assert_eq!(
        (
            diagnosis.get("rear: received"),
            diagnosis.get("rear: published")
        ),
        ("20", "0")
    );
}

#[test]
fn bodies_that_cannot_be_used_are_not_taken_for_no_bodies() {
    let mut rig = Rig::new("-p keypoints_type:=hri_msgs/msg/Skeleton2D");
    rig.send(CAMERA_INFO, &camera_info());
    rig.bus.now = ms(0);
    let ids = vec!["ab".to_owned()];
    let header = header(ms(0));
    rig.send("/humans/bodies/tracked", &IdsList { header, ids });
    // Its header has no frame.
    rig.send("/humans/bodies/ab/skeleton2d", &Skeleton2D::default());
    let diagnosis = rig.diagnose(ms(500), vec![]);
    assert_says(
        &diagnosis,
        ERROR,
        "none of 1 frames answered: bad header (frame_id is empty",
    );
}

#[test]
fn a_calibration_that_is_missing_is_all_that_is_said() {
    let mut rig = Rig::new("");
    let diagnosis = second(&mut rig, 0, good);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (ERROR, "no camera_info yet")
    );
    assert_eq!(counts(&diagnosis), ["20", "0", "0", "0"]);
}

#[test]
fn what_comes_while_the_node_is_inactive_is_not_held_against_it() {
    let mut rig = ready("");
    assert!(change(&mut rig, "deactivate"));
    assert_says(&second(&mut rig, 0, good), WARN, "the node is inactive");
    assert!(change(&mut rig, "activate"));
    let diagnosis = second(&mut rig, 1000, good);
    assert_says(&diagnosis, OK, "publishing");
    assert_eq!(counts(&diagnosis), ["20"; 4]);
}
