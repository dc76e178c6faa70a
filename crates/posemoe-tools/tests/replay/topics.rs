//! Which topics of a bag a replay takes, and that it never ends well where nothing came of it.

use std::fs;
use std::path::Path;

use posemoe::msg::std_msgs;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe_stamp::Stamp;

use crate::bags::{CAMERA_INFO, KEYPOINTS, NewBag, recorded, stamp};
use crate::program::{people, posemoe, replay, replay_with};

fn moment(frame: &DetectionArray) -> Stamp {
    stamp(&frame.header.stamp)
}

/// The first images of the walk, with these names.
fn bag(path: &Path, keypoints: &str, camera_info: &str) -> usize {
    let (info, mut frames) = recorded(1);
    frames.truncate(10);
    let mut bag = NewBag::create(path);
    bag.put(camera_info, moment(&frames[0]), &info);
    for frame in &frames {
        bag.put(keypoints, moment(frame), frame);
    }
    bag.finish();
    frames.len()
}

#[test]
fn remappings_of_the_robot_do_not_hide_the_topics_of_a_bag() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    let rules = "--ros-args -r /yolo/tracking:=/front/tracking -r /camera/camera_info:=/front/info";
    let rules: Vec<_> = rules.split(' ').collect();
    for [keypoints, camera_info] in [[KEYPOINTS, CAMERA_INFO], ["/front/tracking", "/front/info"]] {
        let frames = bag(&input, keypoints, camera_info);
        let ran = replay_with(&input, &output, 0, &rules);
        assert_eq!(people(&output).len(), frames);
        for line in [
            format!("keypoints     {keypoints} (yolo_msgs/msg/DetectionArray)\n"),
            format!("camera info   {camera_info} (sensor_msgs/msg/CameraInfo)\n"),
        ] {
            let told = posemoe(&[&["info", input.to_str().unwrap()], &*rules].concat());
            assert!(
                ran.stdout.contains(&line) && told.stdout.contains(&line),
                "{line}"
            );
        }
    }
}

#[test]
fn of_two_types_on_one_topic_the_right_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    let (info, frames) = recorded(1);
    let mut bag = NewBag::create(&input);
    bag.put(CAMERA_INFO, moment(&frames[0]), &info);
    for frame in &frames[..5] {
        bag.put(KEYPOINTS, moment(frame), &std_msgs::String::default());
        bag.put(KEYPOINTS, moment(frame), frame);
    }
    bag.finish();
    let ran = replay(&input, &output, 0);
    assert_eq!(people(&output).len(), 5);
    let expected = "not std_msgs/msg/String of the same name";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}

#[test]
fn nothing_that_came_out_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    let (info, frames) = recorded(1);
    let at = moment(&frames[0]);
    let nothing: &dyn Fn(&mut NewBag) = &|_| {};
    // Bytes that are no detections; detections of another camera; none at all.
    let undecodable: &dyn Fn(&mut NewBag) =
        &|bag| bag.put_bytes::<DetectionArray>(KEYPOINTS, at, &[0, 1, 0, 0, 9]);
    let of_another: &dyn Fn(&mut NewBag) = &|bag| {
        let mut frame = frames[0].clone();
        frame.header.frame_id = "elsewhere".to_owned();
        bag.put(KEYPOINTS, at, &frame);
    };
    for (put, expected) in [
        (undecodable, "see what was dropped above"),
        (of_another, "see what was dropped above"),
        (nothing, "no topic of type"),
    ] {
        let mut bag = NewBag::create(&input);
        bag.put(CAMERA_INFO, at, &info);
        put(&mut bag);
        bag.finish();
        let ran = replay(&input, &output, 2);
        assert!(
            ran.stderr.contains(expected),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }
    // Some of it came out.
    let mut bag = NewBag::create(&input);
    bag.put(CAMERA_INFO, at, &info);
    undecodable(&mut bag);
    bag.put(KEYPOINTS, moment(&frames[1]), &frames[1]);
    bag.finish();
    replay(&input, &output, 3);
    assert_eq!(people(&output).len(), 1);
}

#[test]
fn a_start_that_fails_leaves_the_earlier_output() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    bag(&input, KEYPOINTS, CAMERA_INFO);
    fs::write(&output, "an earlier bag").unwrap();
    for words in [
        &["--onnxruntime", "/nowhere/lib.so"][..],
        &[
            "--ros-args",
            "-p",
            "keypoints_type:=hri_msgs/msg/Skeleton2D",
        ],
        &["--ros-args", "-p", "predict_s:=99"],
    ] {
        replay_with(&input, &output, 2, words);
        assert_eq!(fs::read(&output).unwrap(), b"an earlier bag");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

#[test]
fn two_sources_may_look_through_one_camera() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    let (info, frames) = recorded(1);
    let mut bag = NewBag::create(&input);
    bag.put(CAMERA_INFO, moment(&frames[0]), &info);
    for frame in &frames[..5] {
        bag.put("/near/tracking", moment(frame), frame);
        bag.put("/far/tracking", moment(frame), frame);
    }
    bag.finish();
    let words = "--ros-args -p sources:=[near,far] -p near.keypoints_topic:=/near/tracking \
        -p far.keypoints_topic:=/far/tracking";
    let words: Vec<_> = words.split_whitespace().collect();
    replay_with(&input, &output, 0, &words);
    let ids = people(&output)
        .into_iter()
        .flat_map(|message| message.people);
    let ids: Vec<String> = ids.map(|person| person.id).collect();
    assert_eq!(ids.len(), 10);
    assert!(
        ["near", "far"]
            .iter()
            .all(|name| ids.iter().any(|id| id.starts_with(name)))
    );
}
