//! Ten people before the camera of a node on the wire.
#![allow(dead_code)] // each test binary uses its own part

use std::process::{Child, Command};

use posemoe::bus::{Bus, Event, Qos, Topic};
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, type_info};
use posemoe_bag::{BagBus, BagOptions};

const PEOPLE: usize = 10;

pub fn topic(name: &str, type_name: &'static str, qos: Qos) -> Topic {
    Topic {
        name: name.to_owned(),
        type_name,
        qos,
    }
}

/// The messages of one topic of the recorded walk.
pub fn recorded<M: Message>(name: &str) -> Vec<M> {
    let bag = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/walk_cam01.mcap");
    let mut bus = BagBus::open(bag.as_ref(), None, BagOptions::new(type_info)).unwrap();
    bus.subscribe(&topic(name, M::TYPE_NAME, Qos::SENSOR_DATA))
        .unwrap();
    let mut messages = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message { payload, .. } = event {
            messages.push(decode(&payload).unwrap());
        }
    }
    messages
}

/// The walker ten times, side by side.
pub fn crowd(one: &DetectionArray) -> DetectionArray {
    let mut crowd = one.clone();
    crowd.detections.clear();
    for number in 0..PEOPLE {
        let mut person = one.detections[0].clone();
        person.id = (number + 1).to_string();
        for keypoint in &mut person.keypoints.data {
            keypoint.point.x += 20.0 * number as f64;
        }
        crowd.detections.push(person);
    }
    crowd
}

/// `posemoe_node` on the loopback interface; ended if the test fails.
pub struct Node(Child);

impl Node {
    /// The one that was built with the test, or another that `POSEMOE_NODE` names (a release
    /// build).
    pub fn start(domain: u16) -> Self {
        let built = env!("CARGO_BIN_EXE_posemoe_node");
        let program = std::env::var_os("POSEMOE_NODE").unwrap_or(built.into());
        let process = Command::new(program)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("ROS_DOMAIN_ID", domain.to_string())
            .env("ROS_LOCALHOST_ONLY", "1")
            .spawn();
        Self(process.unwrap())
    }

    /// Memory that the process holds (kB).
    pub fn rss_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
