//! What the tests of the DDS bus share. Everything stays on the loopback interface.
#![allow(dead_code)] // each test binary uses its own part

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use posemoe::bus::dds::{DdsBus, DdsOptions, DiscoveryRange};
use posemoe::bus::{Event, Events, PublisherId, Qos, SubscriptionId, Topic};

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
