//! The node on the wire: Eclipse Cyclone DDS plays the walk at 60 Hz and counts what comes back.
#![cfg(feature = "dds")]

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
    let Ok(python) = std::env::var("POSEMOE_TEST_PYTHON") else {
        eprintln!("not run: POSEMOE_TEST_PYTHON names no interpreter (scripts/test sets it)");
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
    let played = Command::new(&python)
        .current_dir(root)
        .args([
            "tests/interop/play_walk.py",
            "--domain",
            &domain,
            "--bag",
            "tests/data/walk_cam01.mcap",
        ])
        .args(["--rate-hz", "60", "--repeat", "5", "--seconds", "30"])
        .output()
        .unwrap_or_else(|error| panic!("POSEMOE_TEST_PYTHON={python}: {error}"));
    assert!(
        played.status.success(),
        "{}",
        String::from_utf8_lossy(&played.stderr)
    );
    println!("{}", String::from_utf8_lossy(&played.stdout));
    let counts: serde_json::Value = serde_json::from_slice(&played.stdout).unwrap();
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
