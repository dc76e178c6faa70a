//! How the node starts on the DDS bus: what its environment asks for, and a network that is not
//! there yet.
#![cfg(feature = "dds")]

mod dds_support;
#[path = "support/namespace.rs"]
mod namespace;

use std::process::{Command, Output};
use std::time::Duration;

use dds_support::{domain, message, next_message, node, number, topic};
use posemoe::bus::{Bus, Events, Qos};
use posemoe_stamp::Stamp;

const ASKED_FOR: [(&str, &str); 4] = [
    ("RMW_IMPLEMENTATION", "rmw_zenoh_cpp"),
    ("ROS_DISCOVERY_SERVER", "127.0.0.1:11811"),
    ("CYCLONEDDS_URI", "file:///cyclone.xml"),
    ("FASTRTPS_DEFAULT_PROFILES_FILE", "/profiles.xml"),
];

/// What a program says that is started so; it must end by itself.
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("ROS_DOMAIN_ID", domain().to_string())
        .env("ROS_LOCALHOST_ONLY", "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn settings_that_are_not_honoured_are_named() {
    let node = run(
        env!("CARGO_BIN_EXE_posemoe_node"),
        &["--model", "/nowhere.onnx"],
        &ASKED_FOR,
    );
    let said = String::from_utf8_lossy(&node.stderr);
    for (name, value) in ASKED_FOR {
        let line = format!("{name}={value:?} is not honoured");
        assert!(said.contains(&line), "{line}: {said}");
    }
}

#[test]
fn a_node_that_may_not_talk_unsecured_does_not_start() {
    let enforced = [
        ("ROS_SECURITY_ENABLE", "true"),
        ("ROS_SECURITY_STRATEGY", "Enforce"),
    ];
    let ran = run(env!("CARGO_BIN_EXE_posemoe_node"), &[], &enforced);
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("ROS_SECURITY_STRATEGY=\"Enforce\""), "{said}");
}

#[test]
fn a_node_that_started_before_the_network_joins_when_it_comes() {
    namespace::run("before_the_network", "ip link set lo down");
}

#[tokio::test]
#[ignore = "another test runs it in a network of its own"]
async fn before_the_network() {
    let (domain, topic) = (domain(), topic("late", Qos::reliable(10)));
    let mut early = node("early", domain);
    let publisher = early.advertise(&topic).unwrap();
    let up = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status();
    assert!(up.unwrap().success());
    let mut late = node("late", domain);
    late.subscribe(&topic).unwrap();
    let start = std::time::Instant::now();
    loop {
        assert!(start.elapsed() < dds_support::PATIENCE, "deaf for ever");
        tokio::time::timeout(Duration::from_millis(50), early.next())
            .await
            .ok(); // looks every second
        early.publish(publisher, Stamp::default(), &message(7, 8));
        let heard = tokio::time::timeout(Duration::from_millis(50), next_message(&mut late));
        if let Ok(heard) = heard.await {
            assert_eq!(number(&heard), 7);
            break;
        }
    }
}
