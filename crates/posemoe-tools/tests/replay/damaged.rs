//! Bags that are cut, corrupt, empty, of another kind, or lack the topics.

use posemoe::msg::type_info;
use std::fs;

use posemoe::msg::{Message, encode, std_msgs};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Qos, Topic};

use crate::program::{posemoe, replay, walk};

#[test]
fn a_cut_bag_gives_what_can_be_read_and_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, output) = (
        folder.path().join("cut.mcap"),
        folder.path().join("out.mcap"),
    );
    let whole = fs::read(walk(1)).unwrap();
    fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let ran = replay(&cut, &output, 3);
    let mut lines = ran.stdout.lines();
    let frames = lines.find(|line| line.starts_with("frames")).unwrap();
    assert!(!frames.starts_with("frames        0 in"), "{frames}");
    assert!(ran.stderr.contains("damage: "), "{}", ran.stderr);
}

#[test]
fn a_corrupt_chunk_is_reported_with_the_messages_it_cost() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, output) = (
        folder.path().join("bad.mcap"),
        folder.path().join("out.mcap"),
    );
    let mut bytes = fs::read(walk(1)).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 64] {
        *byte ^= 0x5a;
    }
    fs::write(&bad, bytes).unwrap();
    let ran = replay(&bad, &output, 3);
    assert!(ran.stderr.contains("lost: "), "{}", ran.stderr);
}

#[test]
fn what_is_no_bag_is_refused_with_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("x.mcap"), folder.path().join("out.mcap"));
    for (bytes, case) in [
        (&b""[..], "empty"),
        (&b"SQLite format 3\0"[..], "another format"),
    ] {
        fs::write(&file, bytes).unwrap();
        let ran = replay(&file, &output, 2);
        assert!(
            ran.stderr.contains("not a usable bag"),
            "{case}: {}",
            ran.stderr
        );
    }
    let ran = replay(&folder.path().join("missing.mcap"), &output, 2);
    assert!(ran.stderr.contains("missing.mcap"), "{}", ran.stderr);
}

/// A bag that has these topics of strings, copied from nothing.
fn bag_of_strings(path: &std::path::Path, scratch: &std::path::Path, names: &[&str]) {
    let mut bus = BagBus::open(&walk(1), Some(scratch), BagOptions::new(type_info)).unwrap();
    let text = encode(&std_msgs::String {
        data: "hello".into(),
    });
    for name in names {
        let topic = Topic {
            name: (*name).to_owned(),
            type_name: std_msgs::String::TYPE_NAME,
            qos: Qos::SENSOR_DATA,
        };
        let publisher = bus.advertise(&topic).unwrap();
        let now = bus.now();
        bus.publish(publisher, now, &text);
    }
    bus.close().unwrap();
    fs::copy(scratch, path).unwrap();
}

#[test]
fn missing_topics_are_named_with_what_the_bag_has() {
    let folder = tempfile::tempdir().unwrap();
    let (bag, scratch) = (
        folder.path().join("in.mcap"),
        folder.path().join("scratch.mcap"),
    );
    bag_of_strings(&bag, &scratch, &["/chatter"]);
    let ran = replay(&bag, &folder.path().join("out.mcap"), 2);
    assert!(
        ran.stderr
            .contains("no topic of type yolo_msgs/msg/DetectionArray")
            && ran.stderr.contains("/chatter (std_msgs/msg/String)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_topic_of_another_type_is_named_with_both_types() {
    let folder = tempfile::tempdir().unwrap();
    let (bag, scratch) = (
        folder.path().join("in.mcap"),
        folder.path().join("scratch.mcap"),
    );
    bag_of_strings(&bag, &scratch, &["/yolo/tracking", "/camera/camera_info"]);
    let ran = replay(&bag, &folder.path().join("out.mcap"), 2);
    assert!(
        ran.stderr
            .contains("/yolo/tracking carries std_msgs/msg/String")
            && ran.stderr.contains("expected yolo_msgs/msg/DetectionArray"),
        "{}",
        ran.stderr
    );
}

#[test]
fn parameters_out_of_range_or_unknown_stop_the_program() {
    let bag = walk(1);
    let bag = bag.to_str().unwrap();
    let ran = posemoe(&["replay", bag, "--ros-args", "-p", "predict_s:=-1"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("parameter predict_s: found -1, expected a number from 0 to 10"),
        "{}",
        ran.stderr
    );
    let folder = tempfile::tempdir().unwrap();
    let params = folder.path().join("p.yaml");
    fs::write(
        &params,
        "posemoe:\n  ros__parameters:\n    predikt_s: 1.0\n",
    )
    .unwrap();
    let ran = posemoe(&["replay", bag, "--params", params.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("unknown parameter \"predikt_s\""),
        "{}",
        ran.stderr
    );
}
