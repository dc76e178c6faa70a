//! `posemoe info`: what is in a bag, and what the node would take of it.

use posemoe::msg::type_info;
use std::fs;
use std::path::Path;

use posemoe::msg::{Message, posemoe as pm, sensor_msgs, yolo_msgs};
use posemoe_bag::{BagBus, BagOptions, Compression};
use posemoe_bus::{Bus, Qos, Topic};
use posemoe_stamp::Stamp;

use crate::common::*;

fn info(input: &Path, more: &[&str]) -> (i32, String, String) {
    posemoe(&[&["info", input.to_str().unwrap()], more].concat())
}

/// The lines as words.
fn words(text: &str) -> Vec<String> {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect()
}

#[test]
fn a_walk_is_described_on_the_screen_and_as_json() {
    let folder = Folder::new();
    let json = folder.file("walk.json");
    let walk = Path::new("tests/data/walk_cam01.mcap");
    let (code, output, errors) = info(walk, &["--json", json.to_str().unwrap()]);
    assert_eq!((code, &*errors), (0, ""));
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let len = fs::metadata(checkout.join(walk)).unwrap().len();
    let size = format!("{:.3}", len as f64 * 1e-6);
    assert_eq!(
        words(&output),
        [
            &*format!("file tests/data/walk_cam01.mcap (mcap, {size} MB)"),
            "start 2025-10-09 08:53:20.001 UTC",
            "duration 1.669 s",
            "messages 200",
            "topic /camera/camera_info sensor_msgs/msg/CameraInfo 100 60.00 Hz -",
            "topic /yolo/tracking yolo_msgs/msg/DetectionArray 100 60.00 Hz -",
            "keypoints /yolo/tracking (yolo_msgs/msg/DetectionArray)",
            "camera info /camera/camera_info (sensor_msgs/msg/CameraInfo)",
        ]
    );
    let json: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(json["files"][0]["storage"], "mcap");
    assert_eq!(json["files"][0]["bytes"], len);
    assert_eq!(json["start_ns"], 1_760_000_000_001_000_000_i64);
    assert_eq!(json["topics"][1]["messages"], 100);
    assert_eq!(json["uses"][0]["topic"], "/yolo/tracking");
    assert_eq!(json["damage"], serde_json::json!([]));
}

/// A bag of ours that has these topics.
fn bag_of(topics: &[(&str, &'static str)], qos: Qos) -> (Folder, std::path::PathBuf) {
    let folder = Folder::new();
    let (scratch, output) = (folder.file("scratch.mcap"), folder.file("bag"));
    write_bag(
        &scratch,
        small_chunks(Compression::None),
        "cdr",
        &sample()[..1],
    );
    let mut bus = BagBus::open(&scratch, Some(&output), BagOptions::new(type_info)).unwrap();
    for (name, type_name) in topics {
        let name = (*name).to_owned();
        let publisher = bus
            .advertise(&Topic {
                name,
                type_name,
                qos,
            })
            .unwrap();
        bus.publish(publisher, Stamp::default(), &[0, 1, 0, 0]);
    }
    bus.close().unwrap();
    (folder, output)
}

#[test]
fn an_ambiguous_bag_names_the_flag_that_chooses() {
    let topics = [
        ("/a", yolo_msgs::DetectionArray::TYPE_NAME),
        ("/b", pm::People2D::TYPE_NAME),
        ("/left/info", sensor_msgs::CameraInfo::TYPE_NAME),
    ];
    let (_folder, bag) = bag_of(&topics, Qos::SENSOR_DATA);
    let (code, output, _) = info(&bag, &[]);
    let lines = words(&output);
    assert_eq!(code, 0);
    assert!(
        lines
            .iter()
            .any(|line| line == "topic /b posemoe/msg/People2D 1 - best_effort"),
        "{output}"
    );
    assert!(
        output.contains("keypoints     none: the bag has several topics"),
        "{output}"
    );
    assert!(
        output.contains("--ros-args -p keypoints_topic:=TOPIC"),
        "{output}"
    );
    assert!(output.contains("camera info   /left/info"), "{output}");
    let choice = ["--ros-args", "-p", "keypoints_topic:=/a"];
    let (_, output, _) = info(&bag, &choice);
    assert!(
        output.contains("keypoints     /a (yolo_msgs/msg/DetectionArray)"),
        "{output}"
    );
}

#[test]
fn a_bag_without_keypoints_says_what_it_has() {
    let (_folder, bag) = bag_of(
        &[("/info", sensor_msgs::CameraInfo::TYPE_NAME)],
        Qos::reliable(3),
    );
    let (_, output, _) = info(&bag, &[]);
    assert!(
        output.contains("keypoints     none: the bag has no topic of type"),
        "{output}"
    );
    assert!(
        output.contains("it has /info (sensor_msgs/msg/CameraInfo)"),
        "{output}"
    );
}

#[test]
fn exit_codes_tell_damaged_bags_from_unusable_ones() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    write_db3(&path, HUMBLE, &sample());
    assert_eq!(info(&path, &[]).0, 0);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
    let (code, output, errors) = info(&path, &[]);
    assert_eq!(code, 3, "{output}{errors}");
    assert!(
        errors.contains("damage: cut short by the end of the file"),
        "{errors}"
    );
    fs::write(&path, "SQLite format 3\0").unwrap();
    let (code, output, errors) = info(&path, &[]);
    assert_eq!((code, &*output), (2, ""));
    assert!(errors.contains("in.db3: not a usable bag"), "{errors}");
    let (code, _, errors) = info(&folder.file("none"), &[]);
    assert_eq!(code, 2);
    assert!(errors.contains("none"), "{errors}");
}
