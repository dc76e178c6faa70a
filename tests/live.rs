//! The node on the wire: Eclipse Cyclone DDS plays the walk at 60 Hz and counts what comes back.
#![cfg(feature = "dds")]

#[path = "support/python.rs"]
mod python;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ends the node if the test fails.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_foreign_peer_gets_people_and_transforms_for_99_percent_of_the_frames() {
    let Some(mut player) = python::script("play_walk.py") else {
        return;
    };
    let domain = (21 + std::process::id() % 80).to_string();
    let root = env!("CARGO_MANIFEST_DIR");
    let node = Command::new(env!("CARGO_BIN_EXE_posemoe_node"))
        .current_dir(root)
        .env("ROS_DOMAIN_ID", &domain)
        .env("ROS_LOCALHOST_ONLY", "1")
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut node = Node(node);
    player
        .args(["--domain", &domain, "--bag", "tests/data/walk_cam01.mcap"])
        .args(["--rate-hz", "60", "--repeat", "5", "--seconds", "30"]);
    let played = python::printed(&mut player);
    println!("{played}");
    let counts: serde_json::Value = serde_json::from_str(&played).unwrap();
    let count = |key: &str| {
        counts[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} in {counts}"))
    };
    assert_eq!(count("sent"), 500);
    for key in ["people_received", "tf_received"] {
        assert!(count(key) * 100 >= count("sent") * 99, "{key}: {counts}");
    }

    // A clean goodbye: SIGINT ends it with exit code 0.
    let pid = node.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let patience = Instant::now() + Duration::from_secs(10);
    let status = loop {
        if let Some(status) = node.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < patience, "the node does not end on SIGINT");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}
