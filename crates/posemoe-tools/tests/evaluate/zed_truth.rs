//! Skeletons in 3D of a ZED as truth and as predictions.

use std::fs;

use posemoe::msg::zed_msgs::{Object, ObjectsStamped};
use posemoe_stamp::Stamp;

use crate::bags::{RECORDER, logged, write};
use crate::{evaluate, report, text};

const TOPIC: &str = "/zed/zed_node/body_trk/skeletons";
/// Left and right hip, nose, left wrist: their numbers among the 38, and where they are (m).
const JOINTS: [(usize, &str, [f32; 3]); 4] = [
    (18, "left_hip", [3.0, 0.125, 0.0]),
    (19, "right_hip", [3.0, -0.125, 0.0]),
    (5, "nose", [3.0, 0.0, 0.75]),
    (16, "left_wrist", [2.75, 0.5, 0.25]),
];

/// A body of 38 keypoints of which four were seen.
fn message(seconds: f64) -> ObjectsStamped {
    let mut message = ObjectsStamped::default();
    let stamp = Stamp::default().plus_seconds(seconds);
    (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
    message.header.frame_id = "zed_left_camera_frame".to_owned();
    let mut body = Object {
        label_id: 3,
        tracking_available: true,
        tracking_state: 1,
        skeleton_available: true,
        body_format: 2,
        ..Object::default()
    };
    for point in &mut body.skeleton_3d.keypoints {
        point.kp = [f32::NAN; 3];
    }
    for (number, _, place_m) in JOINTS {
        body.skeleton_3d.keypoints[number].kp = place_m;
    }
    message.objects.push(body);
    message
}

/// The bag; and the same person 0.1 m further to the left, in a table.
fn both(folder: &std::path::Path) -> [String; 2] {
    let (mut messages, mut table) = (Vec::new(), "stamp_s,person,joint,x_m,y_m,z_m\n".to_owned());
    for seconds in [1.0, 1.0625, 1.125] {
        let log_time = Stamp::default().plus_seconds(seconds + 0.025);
        messages.push(logged(TOPIC, log_time, &message(seconds)));
        for (_, joint, [x, y, z]) in JOINTS {
            table += &format!("{seconds},a,{joint},{x},{},{z}\n", f64::from(y) + 0.1);
        }
    }
    let path = folder.join("table.csv");
    fs::write(&path, table).unwrap();
    let bag = write(&folder.join("zed.mcap"), RECORDER, &messages);
    [bag, text(&path)]
}

fn is_near(found: &serde_json::Value, expected: f64) -> bool {
    (found.as_f64().unwrap() - expected).abs() < 1e-9
}

#[test]
fn a_zed_is_truth_or_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let [bag, table] = both(folder.path());
    let frame = "zed_left_camera_frame";
    let as_truth = [&*table, "--truth", &bag, "--prediction-frame", frame];
    let as_prediction = [
        &*bag,
        "--truth",
        &table,
        "--truth-frame",
        frame,
        "--prediction-topic",
        TOPIC,
    ];
    for (words, side) in [(&as_truth[..], "truth"), (&as_prediction[..], "prediction")] {
        let found = report(words, 0);
        let (overall, sequence) = (&found["overall"], &found["sequences"][0]);
        assert!(is_near(&overall["root_error_mm"], 100.0), "{overall}");
        assert!(is_near(&overall["mpjpe_mm"], 0.0) && is_near(&overall["abs_mpjpe_mm"], 100.0));
        assert_eq!(
            (&overall["poses"], &overall["within_1_sigma_pct"]),
            (&3.into(), &serde_json::Value::Null)
        );
        assert_eq!(sequence[side]["topic"], TOPIC);
        // 34 of 38 were not seen in each of three messages: no damage.
        assert_eq!(
            sequence["skipped"][side],
            serde_json::json!({"joint_not_seen": 102})
        );
        let latency = &sequence["latency"]["stamp_to_publish_ms"];
        match side {
            "prediction" => assert!(is_near(&latency["p99"], 25.0), "{latency}"),
            _ => assert!(latency.is_null(), "a table does not know"),
        }
    }
}

#[test]
fn without_being_asked_for_a_zed_is_keypoints_for_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let [bag, table] = both(folder.path());
    let ran = evaluate(
        &[
            &*bag,
            "--truth",
            &table,
            "--truth-frame",
            "zed_left_camera_frame",
        ],
        2,
    );
    assert!(
        ran.stderr
            .contains("no topic of type sensor_msgs/msg/CameraInfo"),
        "{}",
        ran.stderr
    );
}
