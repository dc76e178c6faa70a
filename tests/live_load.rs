//! The node on the wire under load: ten people at 60 Hz for a minute, nothing lost, memory flat.
//!
//! Takes a minute, so it runs when asked for:
//! `cargo test --release --test live_load -- --ignored --nocapture`
#![cfg(feature = "dds")]

mod dds_support;

use posemoe::msg::type_info;
use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use dds_support::{domain, node, until};
use posemoe::bus::{Bus, Event, Events, Qos, SubscriptionId, Topic};
use posemoe::msg::posemoe::People3D;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};
use posemoe::output::time;
use posemoe_bag::{BagBus, BagOptions};

const PEOPLE: usize = 10;
const RATE_HZ: u32 = 60;
const LASTS: Duration = Duration::from_secs(60);
/// The memory of people (8 s) fills up in this time.
const FILLING: Duration = Duration::from_secs(10);
/// What memory may grow by after that: 2 % of what the process holds, for the allocator.
const FLAT_KB: u64 = 2048;

fn topic(name: &str, type_name: &'static str, qos: Qos) -> Topic {
    Topic {
        name: name.to_owned(),
        type_name,
        qos,
    }
}

/// The messages of one topic of the recorded walk.
fn recorded<M: Message>(name: &str) -> Vec<M> {
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
fn crowd(one: &DetectionArray) -> DetectionArray {
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

/// `posemoe_node`; ended if the test fails.
struct Node(Child);

impl Node {
    /// Memory that the process holds (kB).
    fn rss_kb(&self) -> u64 {
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

#[tokio::test]
#[ignore = "takes a minute"]
async fn ten_people_at_60_hz_for_a_minute() {
    let domain = domain();
    let process = Command::new(env!("CARGO_BIN_EXE_posemoe_node"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("ROS_DOMAIN_ID", domain.to_string())
        .env("ROS_LOCALHOST_ONLY", "1")
        .spawn()
        .unwrap();
    let tested = Node(process);
    let mut peer = node("crowd", domain);
    let reliable = Qos::reliable(100);
    let publisher = |peer: &mut posemoe::bus::dds::DdsBus, name: &str, type_name| {
        peer.advertise(&topic(name, type_name, reliable)).unwrap()
    };
    let keypoints = publisher(&mut peer, "/yolo/tracking", DetectionArray::TYPE_NAME);
    let camera = publisher(&mut peer, "/camera/camera_info", CameraInfo::TYPE_NAME);
    let mut subscribe = |name: &str, type_name| {
        peer.subscribe(&topic(name, type_name, Qos::reliable(1000)))
            .unwrap()
    };
    let answers = [
        subscribe("/posemoe/people3d", People3D::TYPE_NAME),
        subscribe("/tf", TFMessage::TYPE_NAME),
    ];
    until("the node is there", || {
        peer.subscribers_of(keypoints) == 1 && answers.iter().all(|id| peer.publishers_of(*id) == 1)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;

    let calibration = recorded::<CameraInfo>("/camera/camera_info").remove(0);
    peer.publish(camera, peer.now(), &encode(&calibration));
    let walk = recorded::<DetectionArray>("/yolo/tracking");
    let frames: Vec<DetectionArray> = walk.iter().map(crowd).collect();
    let mut received = BTreeMap::<SubscriptionId, u32>::new();
    let mut rss_kb = Vec::new();
    let (mut sent, start) = (0, Instant::now());
    while start.elapsed() < LASTS {
        let due = start + Duration::from_secs(1) * sent / RATE_HZ;
        let waited = tokio::time::timeout_at(due.into(), peer.next()).await;
        match waited {
            Ok(event) => {
                if let Some(Event::Message { subscription, .. }) = event.unwrap() {
                    *received.entry(subscription).or_default() += 1;
                }
            }
            Err(_) => {
                let mut frame = frames[sent as usize % frames.len()].clone();
                frame.header.stamp = time(peer.now());
                peer.publish(keypoints, peer.now(), &encode(&frame));
                sent += 1;
                if sent % RATE_HZ == 0 {
                    rss_kb.push((start.elapsed(), tested.rss_kb()));
                }
            }
        }
    }
    let end = Instant::now() + Duration::from_secs(3);
    while let Ok(event) = tokio::time::timeout_at(end.into(), peer.next()).await {
        if let Some(Event::Message { subscription, .. }) = event.unwrap() {
            *received.entry(subscription).or_default() += 1;
        }
    }
    let later = rss_kb.iter().filter(|(at, _)| *at > FILLING);
    let (low, high) = later.clone().fold((u64::MAX, 0), |(low, high), (_, kb)| {
        (low.min(*kb), high.max(*kb))
    });
    println!(
        "sent {sent}, received {received:?}, resident {low} to {high} kB, {:?}",
        peer.losses()
    );
    assert!(
        sent >= 59 * RATE_HZ,
        "the peer could not keep the rate: {sent}"
    );
    for answer in answers {
        assert_eq!(received.get(&answer), Some(&sent), "{received:?}");
    }
    assert!(high - low < FLAT_KB, "{rss_kb:?}");
}
