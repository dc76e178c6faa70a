//! The DDS bus against Cyclone DDS, the middleware under `rmw_cyclonedds`, on loopback.
//!
//! Needs a Python with the PyPI package `cyclonedds`, such as `scripts/setup` makes.
#![cfg(feature = "dds")]

mod dds_support;
#[path = "support/python.rs"]
mod python;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use dds_support::{ASK, PATIENCE, domain, fresh_clients, node_in, unanswered_of, until};
use posemoe::bus::{Bus, Event, Events, Qos, Topic};
use posemoe_stamp::Stamp;

const COUNT: usize = 60;

fn chatter(qos: Qos) -> Topic {
    Topic {
        name: "/chatter".to_owned(),
        type_name: "std_msgs/msg/String",
        qos,
    }
}

/// A script of `tests/interop/` as another process, killed when it is still there at the end.
struct Peer {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(domain: u16, arguments: &str) -> Option<Self> {
        Self::of("dds_peer.py", domain, arguments)
    }

    fn of(script: &str, domain: u16, arguments: &str) -> Option<Self> {
        let mut script = python::script(script)?;
        script
            .args(arguments.split_whitespace())
            .args(["--domain", &domain.to_string()])
            .env_remove("CYCLONEDDS_URI")
            .stdout(Stdio::piped());
        let mut process = script
            .spawn()
            .unwrap_or_else(|error| panic!("{script:?}: {error}"));
        let output = BufReader::new(process.stdout.take().unwrap());
        Some(Self { process, output })
    }

    /// The next JSON line.
    fn says(&mut self) -> String {
        let mut line = String::new();
        let bytes = self.output.read_line(&mut line).unwrap();
        assert_ne!(bytes, 0, "the peer ended early: {:?}", self.process.wait());
        line
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            self.process.kill().ok();
        }
        self.process.wait().ok();
    }
}

/// `std_msgs/String` in CDR.
fn string(number: usize, length: usize) -> Vec<u8> {
    let mut text = format!("{number}:");
    text.extend(std::iter::repeat_n('x', length.saturating_sub(text.len())));
    let mut message = vec![0, 1, 0, 0];
    message.extend(u32::try_from(text.len() + 1).unwrap().to_le_bytes());
    message.extend(text.as_bytes());
    message.push(0);
    message
}

/// The number that follows `"key": ` in a JSON line.
fn value(json: &str, key: &str) -> f64 {
    let (_, rest) = json
        .split_once(&format!("\"{key}\": "))
        .unwrap_or_else(|| panic!("{json}"));
    rest[..rest.find([',', '}']).unwrap()]
        .parse()
        .unwrap_or_else(|_| panic!("{json}"))
}

#[tokio::test]
async fn cyclone_hears_us_whole_and_in_order_and_knows_when_we_leave() {
    for (qos, name) in [
        (Qos::reliable(100), "reliable"),
        (Qos::SENSOR_DATA, "sensor"),
    ] {
        let domain = domain();
        let arguments = format!("listen --until-gone --qos {name} --count {COUNT}");
        let Some(mut peer) = Peer::start(domain, &arguments) else {
            return;
        };
        let mut bus = node_in("/robot", "posemoe", domain);
        let publisher = bus.advertise(&chatter(qos)).unwrap();
        until("Cyclone is there", || bus.subscribers_of(publisher) == 1).await;
        assert!(peer.says().contains("\"matched\": 1"));
        let lengths: Vec<_> = (0..COUNT).map(|number| 5 + number * 2_000).collect();
        for (number, length) in lengths.iter().enumerate() {
            bus.publish(publisher, Stamp::default(), &string(number, *length));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let heard = peer.says();
        let numbers: Vec<_> = (0..COUNT).collect();
        assert!(
            heard.contains(&format!("\"received\": {numbers:?}")),
            "{heard}"
        );
        assert!(
            heard.contains(&format!("\"lengths\": {lengths:?}")),
            "{heard}"
        );
        assert_eq!(value(&heard, "intact"), COUNT as f64);
        assert_eq!(bus.losses(), []);
        bus.close();
        let gone = peer.says();
        assert!(value(&gone, "gone_secs") < 2.0, "{gone}");
    }
}

#[tokio::test]
async fn we_hear_cyclone_whole_and_in_order() {
    for (asked, offered) in [
        (Qos::reliable(100), "reliable"),
        (Qos::SENSOR_DATA, "reliable"),
        (Qos::SENSOR_DATA, "sensor"),
    ] {
        for bytes in [9, 2_100, 30_000] {
            let domain = domain();
            let arguments = format!("talk --qos {offered} --count {COUNT} --bytes {bytes}");
            let Some(mut peer) = Peer::start(domain, &arguments) else {
                return;
            };
            let mut bus = node_in("/robot", "posemoe", domain);
            bus.subscribe(&chatter(asked)).unwrap();
            let mut received = Vec::new();
            while received.len() < COUNT {
                let next = tokio::time::timeout(PATIENCE, bus.next()).await;
                if let Some(Event::Message { payload, .. }) = next.unwrap().unwrap() {
                    received.push(payload);
                }
                assert_eq!(bus.losses(), [], "{asked:?} from {offered}, {bytes} bytes");
            }
            for (number, payload) in received.iter().enumerate() {
                let sent = string(number, bytes);
                assert_eq!(
                    payload[..sent.len()],
                    sent[..],
                    "message {number} of {bytes} bytes"
                );
                assert!(payload.len() < sent.len() + 4);
            }
            let said = peer.says();
            assert!(said.contains("\"acknowledged\": true"), "{said}");
            bus.close();
        }
    }
}

/// Whether every thread of a process is stopped: the signal takes its time on a busy machine.
fn has_stopped(pid: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.flatten().all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.contains("\nState:\tT")
    })
}

#[tokio::test]
async fn a_hung_subscriber_costs_counted_messages_but_never_time() {
    let domain = domain();
    let Some(mut peer) = Peer::start(domain, "listen --count 1000000") else {
        return;
    };
    let mut bus = node_in("/robot", "posemoe", domain);
    let publisher = bus.advertise(&chatter(Qos::reliable(10))).unwrap();
    until("Cyclone is there", || bus.subscribers_of(publisher) == 1).await;
    assert!(peer.says().contains("matched"));
    let pid = peer.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-STOP", &pid])
            .status()
            .unwrap()
            .success()
    );
    until("Cyclone has stopped", || has_stopped(&pid)).await;
    let (mut slowest, total) = (Duration::ZERO, 4_000);
    for number in 0..total {
        let start = Instant::now();
        bus.publish(publisher, Stamp::default(), &string(number, 1_000));
        slowest = slowest.max(start.elapsed());
    }
    let losses = bus.losses();
    println!("slowest publish {slowest:?}; {losses:?}");
    assert!(
        slowest < Duration::from_millis(100),
        "a publish took {slowest:?}"
    );
    assert_eq!(
        (losses[0].topic.as_str(), losses[0].cause),
        ("/chatter", "reader not keeping up")
    );
    assert!(
        (1_500..2_000).contains(&losses[0].count),
        "the window is 2048: {losses:?}"
    );
    let start = Instant::now();
    bus.close();
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "closing took {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_hung_subscriber_takes_nothing_from_another() {
    let domain = domain();
    let Some(mut peer) = Peer::start(domain, "listen --count 1000000") else {
        return;
    };
    let mut bus = node_in("/robot", "posemoe", domain);
    let publisher = bus.advertise(&chatter(Qos::reliable(10))).unwrap();
    let mut other = node_in("/other", "listener", domain);
    other.subscribe(&chatter(Qos::reliable(5_000))).unwrap();
    until("both are there", || bus.subscribers_of(publisher) == 2).await;
    assert!(peer.says().contains("matched"));
    let pid = peer.process.id().to_string();
    let stopped = Command::new("kill").args(["-STOP", &pid]).status();
    assert!(stopped.unwrap().success());
    until("Cyclone has stopped", || has_stopped(&pid)).await;
    // More than the window, before the hung peer's lease ends (10 s).
    let total = 2_300;
    for number in 0..total {
        bus.publish(publisher, Stamp::default(), &string(number, 100));
        let _ = tokio::time::timeout(Duration::from_millis(4), bus.next()).await;
    }
    let mut heard = 0;
    while let Ok(Ok(Some(event))) = tokio::time::timeout(PATIENCE / 5, other.next()).await {
        heard += usize::from(matches!(event, Event::Message { .. }));
        if heard == total {
            break;
        }
    }
    println!("{:?}", bus.losses());
    assert_eq!(heard, total);
    let losses = bus.losses();
    let lost = losses.iter().find(|loss| loss.topic == "/chatter");
    let lost = lost.expect("what the hung subscriber loses is counted");
    assert_eq!(lost.cause, "reader not keeping up");
    assert!(lost.count > 768, "{lost:?}");
}

#[tokio::test]
async fn fresh_clients_have_their_answers() {
    for bytes in [100, 20_000] {
        let (domain, clients) = (domain(), fresh_clients());
        let arguments = format!("--service {ASK} --clients {clients} --bytes {bytes}");
        let Some(mut peer) = Peer::of("ask.py", domain, &arguments) else {
            return;
        };
        let says = move || serde_json::from_str(&peer.says()).unwrap();
        let unanswered = unanswered_of(domain, bytes, clients, says).await;
        assert_eq!(unanswered, 0, "{bytes} bytes");
    }
}

#[tokio::test]
async fn the_ros_graph_shows_the_node_with_its_topics_and_forgets_it_at_once() {
    let domain = domain();
    let Some(mut peer) = Peer::start(domain, "graph --node /robot/posemoe --count 3") else {
        return;
    };
    let mut bus = node_in("/robot", "posemoe", domain);
    bus.subscribe(&chatter(Qos::SENSOR_DATA)).unwrap();
    let tf = Topic {
        name: "/tf".to_owned(),
        type_name: "tf2_msgs/msg/TFMessage",
        qos: Qos::reliable(100),
    };
    bus.advertise(&tf).unwrap();
    bus.advertise(&Topic {
        name: "/robot/posemoe/said".to_owned(),
        ..chatter(tf.qos)
    })
    .unwrap();
    let shown = peer.says();
    assert!(
        shown.contains(
            "\"publishes\": [[\"rt/robot/posemoe/said\", \"std_msgs::msg::dds_::String_\"], \
             [\"rt/tf\", \"tf2_msgs::msg::dds_::TFMessage_\"]], \
             \"subscribes\": [[\"rt/chatter\", \"std_msgs::msg::dds_::String_\"]]"
        ),
        "{shown}"
    );
    bus.close();
    let gone = peer.says();
    assert!(value(&gone, "gone_secs") < 2.0, "{gone}");
}
