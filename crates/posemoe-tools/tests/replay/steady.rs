//! What comes at a steady rate of the recorded walk: people, distances and points, by the bag's own
//! clock.

use posemoe::msg::posemoe::{People3D, Person3D, Separation};
use serde_json::Value;

use crate::bags::timed;
use crate::program::{replay_with, walk};
use crate::python::{printed, script};

const STEADY: [&str; 23] = [
    "--ros-args",
    "-p",
    "output_rate_hz:=100.0",
    "-p",
    "lead_s:=0.1",
    "-p",
    "publish_cloud:=true",
    "-p",
    "cloud_spacing_m:=0.2",
    "-p",
    "robot_parts:=[camera]",
    "-p",
    "camera.from:=cam01_optical_frame",
    "-p",
    "camera.to:=cam01_optical_frame",
    "-p",
    "camera.radius_m:=0.1",
    "-p",
    "unseen_limbs:=inferred",
    "-p",
    "stale_s:=0.2",
    "-p",
    "frames_together:=8",
];

#[test]
fn the_same_bag_gives_the_same_bytes_at_the_bags_own_times() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.mcap"), folder.path().join("b.mcap"));
    replay_with(&walk(1), &a, 0, &STEADY);
    replay_with(&walk(1), &b, 0, &STEADY);
    assert!(std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap());
    let people = timed::<People3D>(&a, "/posemoe/people3d");
    let separations = timed::<Separation>(&a, "/posemoe/separation");
    // 100 frames at 60 Hz are 1.65 s; before the first image is answered there are no people.
    assert!((160..=166).contains(&people.len()), "{}", people.len());
    assert!(separations.len() >= people.len());
    let times: Vec<i64> = people
        .iter()
        .map(|(published, _)| published.nanos())
        .collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 10_000_000));
    for (published, message) in &people {
        let stamp = &message.header.stamp;
        let stamp_ns = i64::from(stamp.sec) * 1_000_000_000 + i64::from(stamp.nanosec);
        assert_eq!(stamp_ns - published.nanos(), 100_000_000, "the lead");
        assert!(message.age_s < 0.1, "{}", message.age_s);
        assert_eq!(message.people[0].state, Person3D::TRACKED);
    }
}

#[test]
fn another_implementation_reads_the_points_on_the_body() {
    let Some(mut script) = script("read_cloud.py") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    replay_with(&walk(1), &output, 0, &STEADY);
    let read = printed(script.arg(&output).arg("/posemoe/cloud"));
    let clouds: Vec<Value> = serde_json::from_str(&read).unwrap();
    let people = timed::<People3D>(&output, "/posemoe/people3d");
    assert_eq!(clouds.len(), people.len());
    for (cloud, (published, message)) in clouds.iter().zip(&people) {
        assert_eq!(
            cloud["stamp_ns"].as_i64(),
            Some(published.nanos()),
            "not of the future"
        );
        assert_eq!(cloud["frame_id"], message.header.frame_id.as_str());
        assert_eq!(cloud["fields"], serde_json::json!(["x", "y", "z"]));
        let points: Vec<[f64; 3]> = serde_json::from_value(cloud["points"].clone()).unwrap();
        assert!((250..2000).contains(&points.len()), "{}", points.len());
        // All of the body is inside: each joint has points on all sides, and none is farther than a
        // hand from a bone.
        let joints = &message.people[0].joints;
        for axis in 0..3 {
            let of = |joint: &posemoe::msg::posemoe::Joint3D| {
                let position = &joint.position;
                [position.x, position.y, position.z][axis]
            };
            let (least, most) = points
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| {
                    (a.min(p[axis]), b.max(p[axis]))
                });
            let lowest = joints.iter().map(of).fold(f64::INFINITY, f64::min);
            let highest = joints.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
            assert!(least < lowest && most > highest, "axis {axis}");
            assert!(
                lowest - least < 0.35 && most - highest < 0.35,
                "axis {axis}"
            );
        }
    }
}
