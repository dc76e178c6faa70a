//! What the doctor says of an environment that the DDS bus does not follow.
#![cfg(feature = "dds")]

use std::process::{Command, Output};

fn doctor(variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_posemoe"))
        .arg("doctor")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn settings_that_are_not_honoured_are_named() {
    let asked_for = [
        ("RMW_IMPLEMENTATION", "rmw_zenoh_cpp"),
        ("ROS_DISCOVERY_SERVER", "127.0.0.1:11811"),
        ("CYCLONEDDS_URI", "file:///cyclone.xml"),
        ("FASTRTPS_DEFAULT_PROFILES_FILE", "/profiles.xml"),
    ];
    let ran = doctor(&asked_for);
    let said = String::from_utf8_lossy(&ran.stdout);
    for (name, value) in asked_for {
        let line = format!("{name}={value:?} is not honoured");
        assert!(said.contains(&line), "{line}: {said}");
    }
}

#[test]
fn security_that_is_enforced_makes_it_fail() {
    let ran = doctor(&[
        ("ROS_SECURITY_ENABLE", "true"),
        ("ROS_SECURITY_STRATEGY", "Enforce"),
    ]);
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("ROS_SECURITY_STRATEGY=\"Enforce\""), "{said}");
}
