//! The node on the wire, as another process: Eclipse Cyclone DDS feeds it and steers it.
#![cfg(feature = "dds")]

#[path = "support/live_node.rs"]
mod live_node;
#[path = "support/python.rs"]
mod python;

use live_node::Node;
use serde_json::Value;

#[test]
fn a_foreign_peer_gets_people_and_transforms_for_99_percent_of_the_frames() {
    let Some(mut player) = python::script("play_walk.py") else {
        return;
    };
    let node = Node::start("");
    player
        .args(["--domain", &node.domain])
        .args(["--bag", "tests/data/walk_cam01.mcap"])
        .args(["--rate-hz", "60", "--repeat", "5", "--unanswered", "3"]);
    let played = python::printed(&mut player);
    println!("{played}");
    let counts: Value = serde_json::from_str(&played).unwrap();
    let count = |key: &str| {
        counts[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} in {counts}"))
    };
    assert_eq!(count("sent"), 500);
    for key in ["people_received", "tf_received"] {
        assert!(count(key) * 100 >= count("sent") * 99, "{key}: {counts}");
    }
    node.end("-INT");
}

/// What came of a pass over the walk, at 30 Hz.
fn played(player: &mut std::process::Command, node: &Node, more: &[&str]) -> Value {
    player
        .args(["--domain", &node.domain, "--rate-hz", "30"])
        .args(["--unanswered", "3"]);
    serde_json::from_str(&python::printed(player.args(more))).unwrap()
}

#[test]
fn transforms_that_a_foreign_peer_has_latched_carry_people_into_the_target_frame() {
    let Some(mut player) = python::script("play_walk.py") else {
        return;
    };
    let node = Node::start("--ros-args -p target_frame:=base");
    let counts = played(&mut player, &node, &["--parent", "base"]);
    let frames = counts["people_frames"].as_object().unwrap();
    let names: Vec<&String> = frames.keys().collect();
    assert_eq!(names, ["base"], "{counts}");
    assert!(frames["base"].as_u64() >= Some(99), "{counts}");
    node.end("-INT");
}

#[test]
fn bodies_that_one_node_publishes_another_lifts() {
    let Some(mut player) = python::script("play_walk.py") else {
        return;
    };
    let detector = Node::start("--ros-args -p publish_hri:=true");
    let lifter = Node::start_on(
        detector.domain.clone(),
        "--ros-args -r __node:=lifter -p keypoints_type:=hri_msgs/msg/Skeleton2D \
        -p publish_tf:=false",
    );
    let again = [
        "--people-topic",
        "/lifter/people3d",
        "--no-tf",
        "--repeat",
        "3",
    ];
    let counts = played(&mut player, &lifter, &again);
    // The topics of a body are found when it appears; the first images are missed by that.
    let received = counts["people_received"].as_u64().unwrap();
    assert!(received >= 250, "{counts}");
    let ids = counts["person_ids"].as_object().unwrap();
    assert_eq!(ids.keys().collect::<Vec<_>>(), ["p1"], "{counts}");
    lifter.end("-INT");
    detector.end("-INT");
}

#[test]
fn a_foreign_peer_reads_and_sets_parameters_and_steers_the_lifecycle() {
    let Some(mut steering) = python::script("steer.py") else {
        return;
    };
    let node = Node::start("--ros-args -r __ns:=/robot -p predict_s:=0.6");
    steering.args(["--domain", &node.domain, "--node", "/robot/posemoe"]);
    let said = python::printed(&mut steering);
    let said: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [listed, before, set, steered, back] = &said[..] else {
        panic!("{said:?}")
    };
    let names = listed["names"].as_array().unwrap();
    assert!(names.contains(&"predict_s".into()), "{names:?}");
    assert_eq!(before["before"], 0.6);
    let outcome = |n: usize| (&set["set"][n][0], set["set"][n][1].as_str().unwrap());
    assert_eq!(outcome(0), (&true.into(), ""));
    assert_eq!(outcome(1).0, false);
    assert!(outcome(1).1.contains("from 0 to 10"), "{set}");
    assert_eq!(outcome(2).0, false, "{set}");
    assert_eq!(set["after"], 0.75);
    assert_eq!(
        (&steered["state"], &steered["then"]),
        (&"active".into(), &"inactive".into())
    );
    assert_eq!(
        (&steered["away"], &steered["wrong"]),
        (&true.into(), &false.into())
    );
    assert_eq!(
        (&back["back"], &back["finally_"]),
        (&true.into(), &"active".into())
    );
    node.end("-TERM");
}
