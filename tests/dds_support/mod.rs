//! What the tests of the DDS bus share. Everything stays on the loopback interface.
#![allow(dead_code)] // each test binary uses its own part

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use posemoe::bus::dds::{DdsBus, DdsOptions, DiscoveryRange};
use posemoe::bus::{Bus, Event, Events, PublisherId, Qos, Service, SubscriptionId, Topic};
use serde_json::Value;

pub const PATIENCE: Duration = Duration::from_secs(15);
pub const STRING: &str = "std_msgs/msg/String";

/// A domain for each test. Above 101 the ports overlap with those that Linux gives to clients.
pub fn domain() -> u16 {
    static TESTS: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id().wrapping_mul(7) + TESTS.fetch_add(1, Ordering::Relaxed);
    21 + u16::try_from(number % 80).unwrap()
}

pub fn localhost(domain_id: u16) -> DdsOptions {
    DdsOptions {
        domain_id,
        range: DiscoveryRange::Localhost,
        ..DdsOptions::default()
    }
}

pub fn node(name: &str, domain_id: u16) -> DdsBus {
    node_in("/", name, domain_id)
}

pub fn node_in(namespace: &str, name: &str, domain_id: u16) -> DdsBus {
    DdsBus::start(name, namespace, &localhost(domain_id)).unwrap()
}

pub fn topic(name: &str, qos: Qos) -> Topic {
    Topic {
        name: format!("/posemoe_test_{}/{name}", std::process::id()),
        type_name: STRING,
        qos,
    }
}

pub fn message(number: u32, body_bytes: usize) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend((0..body_bytes).map(|index| (index as u32).wrapping_mul(31) as u8));
    message[4..8].copy_from_slice(&number.to_le_bytes());
    message
}

pub fn number(payload: &[u8]) -> u32 {
    u32::from_le_bytes(payload[4..8].try_into().unwrap())
}

pub async fn until(what: &str, mut happened: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

pub async fn connected(
    publisher: (&mut DdsBus, PublisherId),
    subscriber: (&mut DdsBus, SubscriptionId),
) {
    until("the publisher sees the subscriber", || {
        publisher.0.subscribers_of(publisher.1) == 1
    })
    .await;
    until("the subscriber sees the publisher", || {
        subscriber.0.publishers_of(subscriber.1) == 1
    })
    .await;
}

/// Messages until there are `count` of them or none has come for a while.
pub async fn receive(bus: &mut DdsBus, count: usize) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while messages.len() < count {
        match tokio::time::timeout(Duration::from_secs(3), next_message(bus)).await {
            Ok(payload) => messages.push(payload),
            Err(_) => break,
        }
    }
    messages
}

pub async fn next_message(bus: &mut DdsBus) -> Vec<u8> {
    loop {
        match bus.next().await.unwrap() {
            Some(Event::Message { payload, .. }) => return payload,
            Some(Event::Tick { .. } | Event::Timer { .. } | Event::Request { .. }) => {}
            None => panic!("the bus ended"),
        }
    }
}

/// The service that fresh clients ask.
pub const ASK: &str = "/server/ask";

/// So many clients, each of which comes and asks at once.
pub fn fresh_clients() -> usize {
    let told = std::env::var("POSEMOE_FRESH_CLIENTS").ok();
    told.map_or(20, |clients| clients.parse().unwrap())
}

/// How many of so many fresh clients, of which a peer says one after the other what became of its
/// request, have no answer of so many bytes from a node of ours.
pub async fn unanswered_of(
    domain: u16,
    bytes: usize,
    clients: usize,
    mut says: impl FnMut() -> Value + Send + 'static,
) -> usize {
    let mut bus = node("server", domain);
    let service = Service {
        name: ASK.to_owned(),
        type_name: "std_srvs/srv/Ask",
    };
    bus.serve(&service).unwrap();
    let answers = std::thread::spawn(move || {
        let answers: Vec<Value> = (0..clients).map(|_| says()).collect();
        answers
    });
    let mut asked = 0;
    while !answers.is_finished() {
        asked += usize::from(answer(&mut bus, bytes).await);
    }
    let answers = answers.join().unwrap();
    let slowest_ms = answers.iter().filter_map(|answer| answer["ms"].as_f64());
    println!(
        "{clients} clients, {bytes} bytes: the slowest answer took {:.1} ms; {asked} asked; {:?}",
        slowest_ms.fold(0.0, f64::max),
        bus.losses(),
    );
    assert!(answers.iter().all(|answer| answer["found"] == true));
    let unanswered = answers.iter().filter(|answer| answer["answered"] != true);
    unanswered.count()
}

/// Answers what is asked within a moment, if anything is.
async fn answer(bus: &mut DdsBus, bytes: usize) -> bool {
    let event = tokio::time::timeout(Duration::from_millis(20), bus.next()).await;
    if let Ok(Ok(Some(Event::Request {
        service,
        request,
        payload,
    }))) = event
    {
        bus.respond(service, &request, &message(number(&payload), bytes));
        return true;
    }
    false
}
