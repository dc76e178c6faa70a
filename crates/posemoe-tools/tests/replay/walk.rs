//! The recorded walk: real detections of one person by four cameras at 60 Hz.

use posemoe::msg::posemoe::{People3D, Person3D};

use crate::bags::timed;
use crate::program::{people, replay, replay_with, walk};
use crate::python::{printed, script};

/// Words that choose each way of using the past.
const MODES: [&[&str]; 3] = [
    &[],
    &["--ros-args", "-p", "mode:=window"],
    &["--ros-args", "-p", "mode:=window", "-p", "lookahead_s:=0.2"],
];

/// Each camera in each mode.
fn every_walk() -> impl Iterator<Item = (u32, &'static [&'static str])> {
    let modes = MODES.iter().copied();
    modes.flat_map(|mode| (1..=4).map(move |camera| (camera, mode)))
}

#[test]
fn the_same_bag_twice_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for (camera, mode) in every_walk() {
        let (a, b) = (folder.path().join("a.mcap"), folder.path().join("b.mcap"));
        replay_with(&walk(camera), &a, 0, mode);
        replay_with(&walk(camera), &b, 0, mode);
        assert!(
            std::fs::read(a).unwrap() == std::fs::read(b).unwrap(),
            "camera {camera} {mode:?}"
        );
    }
}

#[test]
fn frames_that_are_lifted_together_come_out_as_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let alone = ["--ros-args", "-p", "frames_together:=1"];
    for camera in 1..=4 {
        replay(&walk(camera), &file("together.mcap"), 0);
        replay_with(&walk(camera), &file("alone.mcap"), 0, &alone);
        let [together, alone] = ["together.mcap", "alone.mcap"]
            .map(|name| timed::<People3D>(&file(name), "/posemoe/people3d"));
        assert_eq!((together.len(), alone.len()), (100, 100));
        for ((published, together), (expected, alone)) in together.iter().zip(&alone) {
            assert_eq!(published, expected);
            assert_eq!(together.header, alone.header);
            for (ours, theirs) in together.people[0]
                .joints
                .iter()
                .zip(&alone.people[0].joints)
            {
                let (ours, theirs) = (&ours.position, &theirs.position);
                let apart_m = [ours.x - theirs.x, ours.y - theirs.y, ours.z - theirs.z];
                assert!(apart_m.iter().all(|m| m.abs() < 1e-5), "{apart_m:?} m");
            }
        }
    }
}

#[test]
fn every_frame_has_the_walker_in_front_of_the_camera() {
    let folder = tempfile::tempdir().unwrap();
    for (camera, mode) in every_walk() {
        let output = folder.path().join("out.mcap");
        replay_with(&walk(camera), &output, 0, mode);
        let messages = people(&output);
        assert_eq!(messages.len(), 100);
        for message in &messages {
            assert_eq!(
                message.header.frame_id,
                format!("cam0{camera}_optical_frame")
            );
            let [person] = message.people.as_slice() else {
                panic!("one person walks")
            };
            assert_eq!((person.id.as_str(), person.state), ("1", Person3D::TRACKED));
            // The cameras stand 2-5 m away; a stature that is off moves the person along the ray.
            let root = &person.root_position;
            let distance_m = (root.x * root.x + root.y * root.y + root.z * root.z).sqrt();
            assert!((1.5..7.0).contains(&distance_m), "{distance_m} m");
            assert!(
                person
                    .joints
                    .iter()
                    .all(|j| j.sigma_m > 0.0 && j.sigma_m < 1.0)
            );
        }
    }
}

#[test]
fn another_implementation_reads_the_output() {
    let Some(mut script) = script("count_messages.py") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    replay(&walk(1), &output, 0);
    let counts = printed(script.arg(&output));
    for expected in [
        "/posemoe/people3d posemoe/msg/People3D 100",
        "/posemoe/markers visualization_msgs/msg/MarkerArray 100",
        "/tf tf2_msgs/msg/TFMessage 100",
        "/diagnostics diagnostic_msgs/msg/DiagnosticArray 1",
    ] {
        assert!(counts.contains(expected), "{counts}");
    }
}
