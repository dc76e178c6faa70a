//! A bag in its own time, by a clock that the test winds.

use posemoe::msg::type_info;
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use posemoe::msg::std_msgs;
use posemoe_bag::{BagBus, BagOptions, Compression, Timer};
use posemoe_bus::{Bus, Event, Loss, Qos, Topic};
use posemoe_stamp::Stamp;

use crate::common::*;

const MS: Duration = Duration::from_millis(1);

/// Time that passes only while somebody waits, or when the test says so.
#[derive(Clone, Default)]
struct ManualClock(Rc<Cell<Duration>>);

impl ManualClock {
    fn pass(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }
}

impl Timer for ManualClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn wait_until(&mut self, moment: Duration) {
        self.0.set(self.0.get().max(moment));
    }
}

/// A bag that is played by this clock, which has gone for an hour; messages of `/text` wait in a
/// queue of this depth.
fn played(path: &Path, depth: usize) -> (BagBus, ManualClock) {
    let mut bus = BagBus::open(path, None, BagOptions::new(type_info)).unwrap();
    let qos = Qos {
        depth,
        ..Qos::SENSOR_DATA
    };
    bus.subscribe(&Topic {
        qos,
        ..topic::<std_msgs::String>("/text")
    })
    .unwrap();
    let clock = ManualClock::default();
    clock.pass(Duration::from_secs(3600));
    bus.pace(Box::new(clock.clone()));
    (bus, clock)
}

/// A message: when it was handed over (ms since the bag began), how late that was (ms), and what it
/// says.
type Delivered = (u128, u128, Vec<u8>);

/// What a node gets that takes so long for each message.
fn delivered(path: &Path, depth: usize, work: Duration) -> (Vec<Delivered>, Vec<Loss>) {
    let (mut bus, clock) = played(path, depth);
    let began = clock.now();
    let mut delivered = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message {
            received, payload, ..
        } = event
        {
            assert_eq!(bus.now(), received, "the bag's clock is the message's");
            let late = bus.since(received).unwrap();
            delivered.push(((clock.now() - began).as_millis(), late.as_millis(), payload));
            clock.pass(work);
        }
    }
    (delivered, bus.losses())
}

fn bag(folder: &Folder, moments_ms: impl IntoIterator<Item = i64>) -> std::path::PathBuf {
    let path = folder.file("in.mcap");
    let messages: Vec<_> = moments_ms
        .into_iter()
        .map(|ms| ("/text", START_NS + ms * 1_000_000, text(ms.to_string())))
        .collect();
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &messages);
    path
}

#[test]
fn a_fast_node_gets_each_message_when_it_is_due() {
    let folder = Folder::new();
    let path = bag(&folder, [0, 100, 150, 1400]);
    let (delivered, losses) = delivered(&path, 1, 20 * MS);
    let expected = [0, 100, 150, 1400].map(|ms| (ms, 0, text(ms.to_string())));
    assert_eq!(delivered, expected);
    assert_eq!(losses, []);
}

#[test]
fn what_is_late_follows_at_once_and_a_queue_that_is_deep_enough_drops_nothing() {
    let folder = Folder::new();
    let path = bag(&folder, (0..5).map(|i| 10 * i));
    let (delivered, losses) = delivered(&path, 5, 30 * MS);
    let expected = [(0, 0), (30, 20), (60, 40), (90, 60), (120, 80)];
    let found: Vec<_> = delivered.iter().map(|(at, late, _)| (*at, *late)).collect();
    assert_eq!(found, expected);
    assert_eq!(losses, []);
}

#[test]
fn a_slow_node_gets_the_newest_and_the_others_are_counted() {
    let folder = Folder::new();
    let path = bag(&folder, (0..10).map(|i| 10 * i));
    let (delivered, losses) = delivered(&path, 2, 35 * MS);
    let found: Vec<_> = delivered
        .into_iter()
        .map(|(_, _, payload)| payload)
        .collect();
    let expected = [0, 20, 60, 80, 90].map(|ms| text(ms.to_string()));
    assert_eq!(found, expected);
    let lost = Loss {
        topic: "/text".to_owned(),
        cause: "queue full",
        count: 5,
    };
    assert_eq!(losses, [lost]);
}

#[test]
fn seconds_that_a_slow_node_misses_are_told_once() {
    let folder = Folder::new();
    let path = bag(&folder, [0, 3500, 4600]);
    let (mut bus, clock) = played(&path, 5);
    let mut ticks = Vec::new();
    let mut is_first = true;
    while let Some(event) = bus.next_event().unwrap() {
        match event {
            Event::Tick { now } => ticks.push((now.nanos() - START_NS) / 1_000_000),
            Event::Message { .. } if is_first => clock.pass(3200 * MS),
            _ => {}
        }
        is_first = false;
    }
    assert_eq!(ticks, [3000, 4000]);
}

/// What happens, in order: the timer (t), seconds (s) and messages (m), each with its time (ms).
fn happenings(bus: &mut BagBus, mut at_each: impl FnMut()) -> Vec<String> {
    let since = |now: Stamp| (now.nanos() - START_NS) / 1_000_000;
    let mut found = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        found.push(match event {
            Event::Timer { now } => format!("t{}", since(now)),
            Event::Tick { now } => format!("s{}", since(now)),
            Event::Message { received, .. } => format!("m{}", since(received)),
            Event::Request { .. } => panic!("a bag asks nothing"),
        });
        at_each();
    }
    found
}

#[test]
fn a_timer_is_due_at_the_bags_own_times() {
    let folder = Folder::new();
    let path = bag(&folder, [0, 500, 1000, 1100]);
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    bus.subscribe(&topic::<std_msgs::String>("/text")).unwrap();
    bus.set_timer(Some(400 * MS));
    let expected = ["m0", "t400", "m500", "t800", "s1000", "m1000", "m1100"];
    assert_eq!(happenings(&mut bus, || {}), expected);
    // As fast as the node takes it, or in its own time.
    let (mut bus, _) = played(&path, 5);
    bus.set_timer(Some(400 * MS));
    assert_eq!(happenings(&mut bus, || {}), expected);
}

#[test]
fn periods_that_a_slow_node_misses_are_told_once() {
    let folder = Folder::new();
    let path = bag(&folder, [0, 900]);
    let (mut bus, clock) = played(&path, 5);
    bus.set_timer(Some(100 * MS));
    let found = happenings(&mut bus, || clock.pass(350 * MS));
    assert_eq!(found, ["m0", "t300", "t700", "t900", "m900"]);
}

#[test]
fn nobody_waits_for_a_clock_that_was_set_or_for_another_recording() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let moments = [
        0,
        1,
        START_NS,
        START_NS + 100_000_000,
        START_NS + 10_000 * SECOND_NS,
    ];
    let messages: Vec<_> = moments
        .map(|ns| ("/text", ns + 7, text(ns.to_string())))
        .to_vec();
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &messages);
    let (delivered, losses) = delivered(&path, 5, Duration::ZERO);
    let found: Vec<_> = delivered.iter().map(|(at, late, _)| (*at, *late)).collect();
    assert_eq!(found, [(0, 0), (0, 0), (0, 0), (100, 0), (100, 0)]);
    assert_eq!(losses, []);
    // An hour is waited for.
    let path = bag(&folder, [0, 3_600_000]);
    let (mut bus, clock) = played(&path, 5);
    let began = clock.now();
    while bus.next_event().unwrap().is_some() {}
    assert_eq!(clock.now() - began, Duration::from_secs(3600));
}

#[test]
fn what_waits_of_a_subscription_goes_with_it() {
    let folder = Folder::new();
    let path = bag(&folder, [0, 10, 20, 30]);
    let (mut bus, clock) = played(&path, 5);
    let Some(Event::Message { subscription, .. }) = bus.next_event().unwrap() else {
        panic!("a message comes first")
    };
    clock.pass(25 * MS);
    assert!(matches!(
        bus.next_event().unwrap(),
        Some(Event::Message { .. })
    ));
    bus.unsubscribe(subscription);
    assert_eq!(bus.next_event().unwrap(), None);
}

#[test]
fn a_bag_that_is_played_by_no_clock_is_never_late() {
    let folder = Folder::new();
    let bus = BagBus::open(&bag(&folder, [0]), None, BagOptions::new(type_info)).unwrap();
    assert_eq!(bus.since(Stamp::from_nanos(START_NS)), None);
}
