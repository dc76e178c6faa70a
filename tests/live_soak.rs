//! The node on the wire for long, among peers that hang, flood and die: ten people at 60 Hz, memory
//! flat, and every frame that was not answered counted.
//!
//! Takes ten minutes (or `POSEMOE_SOAK_S` seconds), so it runs when asked for:
//! `cargo test --release --test live_soak -- --ignored --nocapture`
#![cfg(feature = "dds")]

mod dds_support;
#[path = "support/fast_dds.rs"]
mod fast_dds;
#[path = "support/live_crowd.rs"]
mod live_crowd;

use std::time::{Duration, Instant};

use dds_support::{domain, node, until};
use fast_dds::{Peer, is_left_out};
use live_crowd::{Node, crowd, recorded, topic};
use posemoe::bus::dds::DdsBus;
use posemoe::bus::{Bus, Event, Events, Qos};
use posemoe::msg::diagnostic_msgs::DiagnosticArray;
use posemoe::msg::posemoe::People3D;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};
use posemoe::output::time;

const RATE_HZ: u32 = 60;
/// Trouble comes again and again: first the memory of people (8 s) fills up, and what one round of
/// trouble needs.
const ROUND_S: u64 = 60;
const FILLING_S: u64 = ROUND_S + 10;
/// What memory may grow by after that: what messages take that wait for peers that hang (2048 of
/// each topic), and the allocator.
const FLAT_KB: u64 = 48 * 1024;
const FLOOD: u64 = 1000;

/// Peers that do wrong.
struct Trouble {
    domain: u16,
    hearer: Option<Peer>,
    flooder: Option<Peer>,
    asker: Option<Peer>,
    /// Messages that the node cannot read.
    garbage: u64,
    /// Requests that it cannot read, at most.
    requests: u64,
}

impl Trouble {
    /// What goes wrong at that second.
    fn at(&mut self, second: u64) {
        let flood = FLOOD.to_string();
        match second % ROUND_S {
            5 => {
                let rest = [
                    "/posemoe/people3d",
                    "posemoe::msg::dds_::People3D_",
                    "1000000",
                ];
                self.hearer = Some(Peer::start("hear", self.domain, &rest));
            }
            10 => self.hearer.iter().for_each(|peer| peer.signal("-STOP")),
            15 => {
                let rest = [
                    "/yolo/tracking",
                    "yolo_msgs::msg::dds_::DetectionArray_",
                    &flood,
                    "5000",
                ];
                self.flooder = Some(Peer::start("say", self.domain, &rest));
                self.garbage += FLOOD;
            }
            35 => self.hearer.iter().for_each(|peer| peer.signal("-CONT")),
            40 => self.hearer.iter().for_each(|peer| peer.signal("-KILL")),
            // Three clients whose requests are not ones.
            45 => {
                let kind = "rcl_interfaces::srv::dds_::GetParameters";
                let rest = ["/posemoe/get_parameters", kind, "3", "5000"];
                self.requests += 3;
                self.asker = Some(Peer::start("ask", self.domain, &rest));
            }
            // The last of them dies while it waits.
            58 => {
                self.asker = None;
                let flooder = self.flooder.take();
                assert!(
                    flooder.is_none_or(|mut peer| peer.has_ended()),
                    "it floods still"
                );
            }
            _ => {}
        }
    }
}

/// What the node counts.
#[derive(Debug, Default)]
struct Counts {
    received: u64,
    answered: u64,
    published: u64,
    /// Received, and not answered.
    dropped: u64,
    /// Before they were received.
    lost: u64,
    /// Answers that some subscriber did not get.
    unheard: u64,
}

fn counts(message: &DiagnosticArray) -> Counts {
    let mut counts = Counts::default();
    for value in message.status.iter().flat_map(|status| &status.values) {
        let first = value.value.split(' ').next().unwrap_or_default();
        let number = first.parse().unwrap_or_default();
        match value.key.as_str() {
            "received" => counts.received = number,
            "answered" => counts.answered = number,
            "published" => counts.published = number,
            key if key.starts_with("dropped: ") => counts.dropped += number,
            key if key.starts_with("lost: /yolo/tracking") => counts.lost += number,
            key if key.starts_with("lost: /posemoe/people3d") => counts.unheard += number,
            _ => {}
        }
    }
    counts
}

/// A detector, and who listens to the node.
struct Robot {
    bus: DdsBus,
    people: u64,
    diagnostics: DiagnosticArray,
}

impl Robot {
    /// Listens until then.
    async fn listen(&mut self, until: Instant) {
        while let Ok(event) = tokio::time::timeout_at(until.into(), self.bus.next()).await {
            if let Some(Event::Message { payload, .. }) = event.unwrap() {
                match decode::<DiagnosticArray>(&payload) {
                    Ok(message) if !message.status.is_empty() => self.diagnostics = message,
                    _ => self.people += 1,
                }
            }
        }
    }
}

#[tokio::test]
#[ignore = "takes ten minutes"]
async fn ten_minutes_among_peers_that_hang_flood_and_die() {
    if is_left_out() {
        return;
    }
    fast_dds::program(); // compiled before the detector starts
    let told = std::env::var("POSEMOE_SOAK_S").map(|seconds| seconds.parse().unwrap());
    let lasts_s: u64 = told.unwrap_or(600);
    let domain = domain();
    let tested = Node::start(domain);
    let mut bus = node("robot", domain);
    let reliable = Qos::reliable(1000);
    let detections = topic("/yolo/tracking", DetectionArray::TYPE_NAME, reliable);
    let keypoints = bus.advertise(&detections).unwrap();
    let calibration = topic("/camera/camera_info", CameraInfo::TYPE_NAME, reliable);
    let camera = bus.advertise(&calibration).unwrap();
    let people = topic("/posemoe/people3d", People3D::TYPE_NAME, reliable);
    let heard = bus.subscribe(&people).unwrap();
    let diagnostics = topic("/diagnostics", DiagnosticArray::TYPE_NAME, reliable);
    bus.subscribe(&diagnostics).unwrap();
    until("the node is there", || {
        bus.subscribers_of(keypoints) == 1 && bus.publishers_of(heard) == 1
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let calibration = recorded::<CameraInfo>("/camera/camera_info").remove(0);
    bus.publish(camera, bus.now(), &encode(&calibration));
    let walk = recorded::<DetectionArray>("/yolo/tracking");
    let frames: Vec<DetectionArray> = walk.iter().map(crowd).collect();
    let mut robot = Robot {
        bus,
        people: 0,
        diagnostics: DiagnosticArray::default(),
    };
    let mut trouble = Trouble {
        domain,
        hearer: None,
        flooder: None,
        asker: None,
        garbage: 0,
        requests: 0,
    };
    let (start, mut rss_kb, mut sent) = (Instant::now(), Vec::new(), 0_u32);
    while u64::from(sent) < lasts_s * u64::from(RATE_HZ) {
        robot
            .listen(start + Duration::from_secs(1) * sent / RATE_HZ)
            .await;
        let mut frame = frames[sent as usize % frames.len()].clone();
        frame.header.stamp = time(robot.bus.now());
        robot
            .bus
            .publish(keypoints, robot.bus.now(), &encode(&frame));
        sent += 1;
        if sent.is_multiple_of(RATE_HZ) {
            trouble.at(u64::from(sent / RATE_HZ));
            rss_kb.push(tested.rss_kb());
        }
    }
    robot.listen(Instant::now() + Duration::from_secs(4)).await;

    let counts = counts(&robot.diagnostics);
    let flat = rss_kb.get(FILLING_S as usize..).unwrap_or_default();
    let (low, high) = (flat.iter().min(), flat.iter().max());
    let each_half_minute: Vec<_> = rss_kb.iter().step_by(30).map(|kb| kb / 1024).collect();
    println!(
        "sent {sent} and {} that are none, heard {} answers; {counts:?}\n\
         resident (MB) each half minute: {each_half_minute:?}, after the first round {low:?} to \
         {high:?} kB\n\
         {:?}\nof the robot: {:?}",
        trouble.garbage,
        robot.people,
        robot.diagnostics.status,
        robot.bus.losses(),
    );
    assert_eq!(
        counts.received + counts.lost,
        u64::from(sent) + trouble.garbage
    );
    let dropped_requests = counts.answered + counts.dropped - counts.received;
    assert!(dropped_requests <= trouble.requests, "{dropped_requests}");
    assert_eq!(counts.answered, counts.published);
    // Those that hang lose some of these; the robot may, where the machine is that busy.
    let missed = counts.published - robot.people;
    assert!(missed <= counts.unheard, "{missed} answers are nowhere");
    if let Some((low, high)) = low.zip(high) {
        assert!(high - low < FLAT_KB, "{rss_kb:?}");
    }
}
