//! The node on the wire under load: ten people at 60 Hz for a minute, nothing lost, memory flat.
//!
//! Takes a minute, so it runs when asked for:
//! `cargo test --release --test live_load -- --ignored --nocapture`
#![cfg(feature = "dds")]

mod dds_support;
#[path = "support/live_crowd.rs"]
mod live_crowd;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dds_support::{domain, node, until};
use live_crowd::{Node, crowd, recorded, topic};
use posemoe::bus::{Bus, Event, Events, Qos, SubscriptionId};
use posemoe::msg::posemoe::People3D;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, encode};
use posemoe::output::time;

const RATE_HZ: u32 = 60;
const LASTS: Duration = Duration::from_secs(60);
/// The memory of people (8 s) fills up in this time.
const FILLING: Duration = Duration::from_secs(10);
/// What memory may grow by after that: 2 % of what the process holds, for the allocator.
const FLAT_KB: u64 = 2048;

#[tokio::test]
#[ignore = "takes a minute"]
async fn ten_people_at_60_hz_for_a_minute() {
    let domain = domain();
    let tested = Node::start(domain);
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
