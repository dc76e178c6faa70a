//! Truths and predictions of all kinds, good and bad.

use posemoe::msg::type_info;
use std::fs;
use std::path::Path;

use posemoe::msg::posemoe::{Joint3D, People3D, Person3D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, encode};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Qos, Topic};
use posemoe_stamp::Stamp;

use crate::program::walk;
use crate::{bags, evaluate, report, text, truth, walks};

const JOINTS: [(&str, [f64; 3]); 4] = [
    ("left_hip", [0.1, 0.0, 3.0]),
    ("right_hip", [-0.1, 0.0, 3.0]),
    ("nose", [0.0, -0.8, 3.0]),
    ("left_wrist", [0.4, -0.2, 2.8]),
];

/// Somebody who stands still, at these times (s), all joints so far to the right (m).
fn table(path: &Path, times_s: &[f64], right_m: f64) -> String {
    let mut table = "stamp_s,person,joint,x_m,y_m,z_m\n".to_owned();
    for time_s in times_s {
        for (name, [x, y, z]) in JOINTS {
            table += &format!("{time_s},a,{name},{},{y},{z}\n", x + right_m);
        }
    }
    fs::write(path, table).unwrap();
    text(path)
}

/// The same person in a message.
fn people(stamp: Stamp, state: u8) -> People3D {
    let mut message = People3D::default();
    (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
    message.header.frame_id = "camera".to_owned();
    let mut person = Person3D {
        id: "1".to_owned(),
        state,
        ..Person3D::default()
    };
    for (name, [x, y, z]) in JOINTS {
        message.joint_names.push(name.to_owned());
        let mut joint = Joint3D {
            sigma_m: 0.1,
            score: 0.9,
            ..Joint3D::default()
        };
        (joint.position.x, joint.position.y, joint.position.z) = (x, y, z);
        person.joints.push(joint);
    }
    message.people.push(person);
    message
}

/// A bag with these messages on these topics, in this order.
fn bag(path: &Path, messages: &[(&str, Vec<u8>)]) -> String {
    let mut bus = BagBus::open(&walk(1), Some(path), BagOptions::new(type_info)).unwrap();
    let mut names: Vec<&str> = messages.iter().map(|(name, _)| *name).collect();
    names.dedup();
    for name in names {
        let topic = Topic {
            name: name.to_owned(),
            type_name: People3D::TYPE_NAME,
            qos: Qos::reliable(10),
        };
        let publisher = bus.advertise(&topic).unwrap();
        for (_, payload) in messages.iter().filter(|(on, _)| *on == name) {
            let now = bus.now();
            bus.publish(publisher, now, payload);
        }
    }
    bus.close().unwrap();
    text(path)
}

fn at(seconds: f64) -> Stamp {
    Stamp::default().plus_seconds(seconds)
}

#[test]
fn time_that_runs_backwards_is_put_in_order_and_what_is_damaged_counted() {
    let folder = tempfile::tempdir().unwrap();
    let truth = table(&folder.path().join("truth.csv"), &[0.0, 0.1, 0.2], 0.0);
    let times = [0.2, 0.1, 0.0];
    let good: Vec<(&str, Vec<u8>)> = times
        .iter()
        .map(|t| ("/people", encode(&people(at(*t), Person3D::TRACKED))))
        .collect();
    let words = |bag: &str| [bag, "--truth", &truth, "--truth-frame", "camera"].map(str::to_owned);
    let clean = report(&words(&bag(&folder.path().join("good.mcap"), &good)), 0);
    assert_eq!(
        (&clean["overall"]["mpjpe_mm"], &clean["overall"]["poses"]),
        (&0.0.into(), &3.into())
    );
    assert_eq!(clean["overall"]["mpjve_mm_s"], 0.0);

    let mut bad = good;
    let mut no_stamp = people(at(0.05), Person3D::TRACKED);
    no_stamp.header.stamp.nanosec = 1_000_000_000;
    let mut odd = people(at(0.15), Person3D::TRACKED);
    odd.people[0].joints[2].position.x = f64::NAN;
    odd.people.push(odd.people[0].clone());
    odd.people.push(Person3D {
        id: "2".to_owned(),
        state: Person3D::TRACKED,
        ..Person3D::default()
    });
    for message in [
        &no_stamp,
        &odd,
        &people(at(0.2), Person3D::TRACKED),
        &people(at(0.19), Person3D::LOST),
    ] {
        bad.push(("/people", encode(message)));
    }
    bad.push(("/people", vec![0, 1, 0, 0, 9]));
    let found = report(&words(&bag(&folder.path().join("bad.mcap"), &bad)), 3);
    let skipped = &found["sequences"][0]["skipped"]["prediction"];
    let expected = serde_json::json!({
        "undecodable_message": 1, "bad_stamp": 1, "duplicate_stamp": 1, "duplicate_id": 1,
        "person_not_tracked": 1, "joints_not_as_named": 1, "joint_not_finite": 2,
    });
    assert_eq!(skipped, &expected);
}

#[test]
fn several_topics_are_named_with_the_flag_that_chooses() {
    let folder = tempfile::tempdir().unwrap();
    let truth = table(&folder.path().join("truth.csv"), &[0.0], 0.0);
    let message = encode(&people(at(0.0), Person3D::TRACKED));
    let two = [("/a", message.clone()), ("/b", message)];
    let bag = bag(&folder.path().join("two.mcap"), &two);
    let words = [bag.as_str(), "--truth", &truth, "--truth-frame", "camera"];
    let ran = evaluate(&words, 2);
    assert!(
        ran.stderr.contains("/a (posemoe/msg/People3D), /b")
            && ran.stderr.contains("--prediction-topic"),
        "{}",
        ran.stderr
    );
    evaluate(&[&words[..], &["--prediction-topic", "/b"]].concat(), 0);
    let ran = evaluate(&[&words[..], &["--prediction-topic", "/c"]].concat(), 2);
    assert!(
        ran.stderr
            .contains("no topic /c of type posemoe/msg/People3D"),
        "{}",
        ran.stderr
    );
}

#[test]
fn frames_that_nobody_connects_are_named_and_a_calibration_does() {
    let folder = tempfile::tempdir().unwrap();
    let truth = table(&folder.path().join("truth.csv"), &[0.0], 1.0);
    let message = encode(&people(at(0.0), Person3D::TRACKED));
    let bag = bag(&folder.path().join("one.mcap"), &[("/people", message)]);
    let ran = evaluate(&[bag.as_str(), "--truth", &truth], 2);
    assert!(
        ran.stderr.contains("\"camera\"") && ran.stderr.contains("--truth-frame"),
        "{}",
        ran.stderr
    );
    let words = [bag.as_str(), "--truth", &truth, "--truth-frame", "room"];
    let ran = evaluate(&words, 2);
    for expected in [
        "\"camera\"",
        "\"room\"",
        "--calibration",
        "/tf_static",
        "--align rigid",
    ] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    let calibration = text(&folder.path().join("calibration.json"));
    let place = r#"{"frame_id": "camera", "child_frame_id": "room",
        "rotation_xyzw": [0, 0, 0, 1], "translation_m": [-1, 0, 0]}"#;
    fs::write(&calibration, place).unwrap();
    let found = report(&[&words[..], &["--calibration", &calibration]].concat(), 0);
    let root_error_mm = found["overall"]["root_error_mm"].as_f64().unwrap();
    assert!(root_error_mm < 1e-9, "{root_error_mm}");
}

#[test]
fn markers_and_shifted_clocks_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let prediction = table(&folder.path().join("prediction.csv"), &[100.0, 100.05], 0.0);
    let truth = text(&folder.path().join("truth.trc"));
    let mut rows = "PathFileType\t4\t(X/Y/Z)\ttruth.trc\n\
        DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\n\
        10\t10\t2\t3\tmm\n\
        Frame#\tTime\tLHip\t\t\tRHip\t\t\tLWrist\t\t\n\
        \t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\n\n"
        .to_owned();
    for (number, time) in [(1, "0.0"), (2, "0.1")] {
        rows += &format!("{number}\t{time}\t100\t0\t3000\t-100\t0\t3000\t430\t-200\t2800\n");
    }
    fs::write(&truth, &rows).unwrap();
    let ran = evaluate(&[&prediction, "--truth", &truth], 2);
    assert!(
        ran.stderr
            .contains("2 frames from 100.000000000 to 100.050000000 s")
            && ran
                .stderr
                .contains("2 frames from 0.000000000 to 0.100000000 s"),
        "{}",
        ran.stderr
    );
    let found = report(
        &[&prediction, "--truth", &truth, "--truth-offset-s", "100"],
        0,
    );
    assert_eq!(found["overall"]["poses"], 2);
    // The hips fit, the wrist is 30 mm off.
    assert!((found["overall"]["mpjpe_mm"].as_f64().unwrap() - 10.0).abs() < 1e-9);
    // A file that was cut is compared as far as it goes.
    let words = [&prediction, "--truth", &truth, "--truth-offset-s", "100"];
    let end = rows.len() - "430\t-200\t2800\n".len();
    for (cut, expected) in [
        (
            rows.replace("10\t10\t2", "10\t10\t40"),
            "found 2 rows, expected 40 (NumFrames)",
        ),
        (rows[..end].to_owned(), "line 8: found 9 cells, expected 11"),
    ] {
        fs::write(&truth, cut).unwrap();
        let ran = evaluate(&words, 3);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn where_nothing_can_be_compared_the_reason_is_not_kept_back() {
    let folder = tempfile::tempdir().unwrap();
    let keypoints = DetectionArray::default(); // without a frame
    let messages = [
        bags::logged("/yolo/tracking", at(1.0), &keypoints),
        bags::logged("/camera/camera_info", at(1.0), &CameraInfo::default()),
    ];
    let bag = bags::write(&folder.path().join("in.mcap"), bags::RECORDER, &messages);
    let ran = evaluate(&[&*bag, "--truth", &truth()], 2);
    let expected = "in.mcap has no frames";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("; dropped 1 x bad header"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_truth_of_another_release_is_named_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let truth = bags::logged("/truth/people3d", at(1.0), &people(at(1.0), 1));
    let truth = truth.defined_otherwise("float32 confidence", "float32 belief");
    let truth = bags::write(&folder.path().join("old.mcap"), bags::RECORDER, &[truth]);
    let ran = evaluate(&[&walks()[0], "--truth", &truth], 2);
    for expected in [
        "old.mcap has no frames",
        "1 messages of /truth/people3d",
        "float32 belief",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
}

#[test]
fn a_cut_bag_is_evaluated_as_far_as_it_goes_and_a_broken_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cut = text(&folder.path().join("cut.mcap"));
    let whole = fs::read(walk(1)).unwrap();
    fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let found = report(&[cut.as_str(), "--truth", &truth()], 3);
    let sequence = &found["sequences"][0];
    assert!(!sequence["damage"].as_array().unwrap().is_empty());
    let frames = sequence["counts"]["frames_compared"].as_u64().unwrap();
    let unanswered = sequence["skipped"]["comparison"]["truth_without_frame"]
        .as_u64()
        .unwrap();
    // Up to 0.1 s, 6 frames, after the last.
    assert!(
        frames > 20 && frames < 100 && frames + unanswered >= 94,
        "{frames}, {unanswered}"
    );
    for content in [&b""[..], b"SQLite format 3\0", b"stamp_s"] {
        fs::write(&cut, content).unwrap();
        let ran = evaluate(&[cut.as_str(), "--truth", &truth()], 2);
        assert!(ran.stderr.contains("cut.mcap"), "{}", ran.stderr);
    }
}

#[test]
fn a_truth_without_people_and_a_wrong_count_of_truths_are_refused() {
    let (bag, other) = (walks().swap_remove(0), walks().swap_remove(1));
    let ran = evaluate(&[bag.as_str(), "--truth", &other], 2);
    assert!(
        ran.stderr.contains("no topic of type posemoe/msg/People3D"),
        "{}",
        ran.stderr
    );
    let truth = truth();
    let ran = evaluate(&[bag.as_str(), "--truth", &truth, "--truth", &truth], 2);
    assert!(
        ran.stderr.contains("found 2 x --truth, expected one"),
        "{}",
        ran.stderr
    );
}
