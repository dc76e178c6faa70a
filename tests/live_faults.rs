//! Processes that die while others go on: the node itself, and the detector (Eclipse Cyclone DDS).
#![cfg(feature = "dds")]

#[path = "support/live_node.rs"]
mod live_node;
#[path = "support/python.rs"]
mod python;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use live_node::Node;
use serde_json::Value;

/// `endure.py`, line by line; ended if the test fails.
struct Peer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// `None` without a Python that can run it.
    fn start(command: &str, node: &Node) -> Option<Self> {
        let mut script = python::script("endure.py")?;
        script.args([command, "--domain", &node.domain]);
        let mut process = script.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Some(Self { process, lines })
    }

    /// The next step that it has made; it gives up by itself when that takes long.
    fn step(&mut self, key: &str) -> Value {
        let line = self.lines.next();
        let line = line.unwrap_or_else(|| panic!("the peer ended before {key:?}"));
        let step: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert!(step.get(key).is_some(), "{key} in {step}");
        step
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_node_that_was_killed_and_started_again_serves_the_same_peer() {
    let node = Node::start("");
    let Some(mut peer) = Peer::start("restart", &node) else {
        return;
    };
    peer.step("first");
    let domain = node.domain.clone();
    node.kill();
    peer.step("silent");
    let node = Node::start_on(domain, "");
    let again = peer.step("again_secs");
    assert_eq!(again["in_order"], true, "{again}");
    node.end("-INT");
}

#[test]
fn a_detector_that_died_and_returned_is_listened_to_again() {
    let node = Node::start("");
    let Some(mut peer) = Peer::start("return", &node) else {
        return;
    };
    peer.step("first");
    peer.step("missed");
    let again = peer.step("again_secs");
    assert_eq!(again["in_order"], true, "{again}");
    node.end("-INT");
}
