//! Two nodes on loopback exchange raw messages through the DDS bus.
#![cfg(feature = "dds")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use posemoe::bus::dds::{DdsBus, DdsOptions, DiscoveryRange, LARGE_MESSAGE_BYTES};
use posemoe::bus::{Bus, BusError, Event, PublisherId, Qos, SubscriptionId, Topic};
use posemoe::stamp::Stamp;

const PATIENCE: Duration = Duration::from_secs(15);
const STRING: &str = "std_msgs/msg/String";

/// A domain for each test. Above 101 the ports overlap with those that Linux gives to clients.
fn domain() -> u16 {
    static TESTS: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id().wrapping_mul(7) + TESTS.fetch_add(1, Ordering::Relaxed);
    21 + u16::try_from(number % 80).unwrap()
}

fn localhost(domain_id: u16) -> DdsOptions {
    DdsOptions {
        domain_id,
        range: DiscoveryRange::Localhost,
        ..DdsOptions::default()
    }
}

fn node(name: &str, domain_id: u16) -> DdsBus {
    DdsBus::start(name, "/", &localhost(domain_id)).unwrap()
}

fn topic(name: &str, qos: Qos) -> Topic {
    Topic {
        name: format!("/posemoe_test_{}/{name}", std::process::id()),
        type_name: STRING,
        qos,
    }
}

fn message(number: u32, body_bytes: usize) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend((0..body_bytes).map(|index| (index as u32).wrapping_mul(31) as u8));
    message[4..8].copy_from_slice(&number.to_le_bytes());
    message
}

fn number(payload: &[u8]) -> u32 {
    u32::from_le_bytes(payload[4..8].try_into().unwrap())
}

async fn until(what: &str, mut happened: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

async fn connected(
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
async fn receive(bus: &mut DdsBus, count: usize) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while messages.len() < count {
        match tokio::time::timeout(Duration::from_secs(3), next_message(bus)).await {
            Ok(payload) => messages.push(payload),
            Err(_) => break,
        }
    }
    messages
}

async fn next_message(bus: &mut DdsBus) -> Vec<u8> {
    loop {
        match bus.next().await.unwrap() {
            Some(Event::Message { payload, .. }) => return payload,
            Some(Event::Tick { .. }) => {}
            None => panic!("the bus ended"),
        }
    }
}

#[tokio::test]
async fn reliable_messages_arrive_unchanged_and_in_order() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("reliable", Qos::Reliable { depth: 100 });
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    let lengths = [
        4,
        5,
        6,
        7,
        8,
        100,
        1_449,
        2_100,
        10_001,
        30_000,
        LARGE_MESSAGE_BYTES + 4,
    ];
    let sent: Vec<_> = (0..55)
        .map(|i| message(i, lengths[i as usize % lengths.len()]))
        .collect();
    for payload in &sent {
        talker
            .publish(publisher, Stamp::default(), payload)
            .unwrap();
    }
    let received = receive(&mut listener, sent.len()).await;
    assert_eq!(received.len(), sent.len(), "{:?}", listener.losses());
    for (received, sent) in received.iter().zip(&sent) {
        let padding = received.len().checked_sub(sent.len());
        assert!(
            padding.is_some_and(|bytes| bytes < 4),
            "{} for {}",
            received.len(),
            sent.len()
        );
        assert_eq!(
            received[..sent.len()],
            sent[..],
            "a message changed on its way"
        );
    }
    assert_eq!((talker.losses(), listener.losses()), (vec![], vec![]));
}

#[tokio::test]
async fn a_sensor_subscriber_hears_reliable_and_best_effort_publishers() {
    for offered in [Qos::Reliable { depth: 10 }, Qos::SensorData] {
        let domain = domain();
        let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
        let publisher = talker.advertise(&topic("sensor", offered)).unwrap();
        let subscription = listener
            .subscribe(&topic("sensor", Qos::SensorData))
            .unwrap();
        connected((&mut talker, publisher), (&mut listener, subscription)).await;
        for count in 0..20 {
            talker
                .publish(publisher, Stamp::default(), &message(count, 3_000))
                .unwrap();
            assert_eq!(number(&next_message(&mut listener).await), count);
        }
        assert_eq!((talker.losses(), listener.losses()), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_slow_node_gets_the_freshest_and_knows_what_it_missed() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let busy = topic("busy", Qos::Reliable { depth: 3 });
    let quiet = topic("quiet", Qos::Reliable { depth: 3 });
    let busy_publisher = talker.advertise(&busy).unwrap();
    let quiet_publisher = talker.advertise(&quiet).unwrap();
    let busy_subscription = listener.subscribe(&busy).unwrap();
    let quiet_subscription = listener.subscribe(&quiet).unwrap();
    connected(
        (&mut talker, busy_publisher),
        (&mut listener, busy_subscription),
    )
    .await;
    connected(
        (&mut talker, quiet_publisher),
        (&mut listener, quiet_subscription),
    )
    .await;
    talker
        .publish(quiet_publisher, Stamp::default(), &message(1000, 8))
        .unwrap();
    for count in 0..40 {
        talker
            .publish(busy_publisher, Stamp::default(), &message(count, 8))
            .unwrap();
    }
    until("37 messages were dropped", || {
        listener
            .losses()
            .iter()
            .any(|loss| loss.cause == "queue full" && loss.count == 37)
    })
    .await;
    let mut received = BTreeMap::<_, Vec<_>>::new();
    for _ in 0..4 {
        if let Some(Event::Message {
            subscription,
            payload,
            ..
        }) = listener.next().await.unwrap()
        {
            received
                .entry(subscription.0)
                .or_default()
                .push(number(&payload));
        }
    }
    assert_eq!(received[&busy_subscription.0], [37, 38, 39]);
    assert_eq!(received[&quiet_subscription.0], [1000]);
    assert_eq!(listener.losses().len(), 1);
    assert_eq!(listener.losses()[0].topic, busy.name);
}

#[tokio::test]
async fn every_message_of_a_best_effort_burst_arrives_or_is_counted() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("burst", Qos::SensorData);
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    talker
        .publish(publisher, Stamp::default(), &message(0, 8))
        .unwrap();
    assert_eq!(receive(&mut listener, 1).await.len(), 1);
    for number in 1..5_000 {
        talker
            .publish(publisher, Stamp::default(), &message(number, 20_000))
            .unwrap();
    }
    // What is lost at the very end shows in the numbers of the next message.
    tokio::time::sleep(Duration::from_millis(500)).await;
    talker
        .publish(publisher, Stamp::default(), &message(5_000, 8))
        .unwrap();
    let mut received: u64 = 1;
    while number(&next_message(&mut listener).await) != 5_000 {
        received += 1;
    }
    received += 1;
    let losses = listener.losses();
    println!("{received} received, {losses:?}");
    assert_eq!(
        received + losses.iter().map(|loss| loss.count).sum::<u64>(),
        5_001
    );
    assert!(losses.iter().all(|loss| loss.topic == topic.name));
}

#[tokio::test]
async fn a_tick_comes_every_second_even_while_messages_pour_in() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("flood", Qos::SensorData);
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    let (start, mut ticks) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_millis(2_500) {
        talker
            .publish(publisher, Stamp::default(), &message(0, 100))
            .unwrap();
        if let Some(Event::Tick { now }) = listener.next().await.unwrap() {
            assert!(listener.now().seconds_since(now).abs() < 0.1);
            ticks += 1;
        }
    }
    assert!((2..=3).contains(&ticks), "{ticks} ticks in 2.5 s");
}

#[tokio::test]
async fn a_closed_node_is_gone_at_once() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("goodbye", Qos::Reliable { depth: 10 });
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    talker.shutdown_handle().shut_down();
    assert_eq!(talker.next().await.unwrap(), None);
    assert_eq!(talker.next().await.unwrap(), None);
    let start = Instant::now();
    talker.close();
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "closing took {:?}",
        start.elapsed()
    );
    let gone = until("the talker is gone", || {
        listener.publishers_of(subscription) == 0
    })
    .await;
    assert!(
        gone < Duration::from_secs(1),
        "the listener knew after {gone:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let string = topic("typed", Qos::Reliable { depth: 1 });
    let publisher = talker.advertise(&string).unwrap();
    let subscription = listener.subscribe(&string).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;

    let other = Topic {
        type_name: "tf2_msgs/msg/TFMessage",
        ..string.clone()
    };
    let refusal = listener.subscribe(&other).unwrap_err();
    assert!(
        matches!(&refusal, BusError::WrongType { found, .. } if found == STRING),
        "{refusal}"
    );

    let relative = Topic {
        name: "tf".to_owned(),
        ..string.clone()
    };
    assert!(matches!(
        talker.advertise(&relative),
        Err(BusError::Setting { .. })
    ));
    for (name, namespace) in [
        ("1st", "/"),
        ("first", "robot"),
        ("first", "/robot/"),
        ("", "/"),
    ] {
        assert!(matches!(
            DdsBus::start(name, namespace, &localhost(domain)),
            Err(BusError::Setting { .. })
        ));
    }

    let big_endian = [0, 0, 0, 0, 1, 2, 3, 4];
    assert!(
        talker
            .publish(publisher, Stamp::default(), &big_endian)
            .is_err()
    );
    assert!(
        talker
            .publish(PublisherId(9), Stamp::default(), &message(0, 4))
            .is_err()
    );
    assert_eq!(talker.losses(), []);
}

/// Not a test: the process that the next two send signals to. It sends back what it hears.
#[tokio::test]
#[ignore = "started by other tests"]
async fn child() {
    let environment = |name| std::env::var(name).expect("started by another test");
    let mut bus = node("child", environment("POSEMOE_TEST_DOMAIN").parse().unwrap());
    let prefix = environment("POSEMOE_TEST_PREFIX");
    let qos = Qos::Reliable { depth: 100 };
    let topic = |end| Topic {
        name: format!("{prefix}/{end}"),
        type_name: STRING,
        qos,
    };
    bus.subscribe(&topic("heard")).unwrap();
    let said = bus.advertise(&topic("said")).unwrap();
    println!("ready");
    let end = tokio::time::timeout(2 * PATIENCE, async {
        while let Some(event) = bus.next().await.unwrap() {
            if let Event::Message { payload, .. } = event {
                bus.publish(said, Stamp::default(), &payload).unwrap();
            }
        }
    });
    end.await.expect("no signal came");
    println!("losses {:?}", bus.losses());
    bus.close();
}

fn start_child(domain: u16) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("POSEMOE_TEST_DOMAIN", domain.to_string())
        .env("POSEMOE_TEST_PREFIX", topic("child", Qos::SensorData).name)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert_ne!(
            output.read_line(&mut line).unwrap(),
            0,
            "the child ended early"
        );
    }
    (child, output)
}

fn send_signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn sigint_and_sigterm_end_the_process_with_0() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, mut output) = start_child(domain());
        let start = Instant::now();
        send_signal(&child, signal);
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        assert!(child.wait().unwrap().success(), "{signal}");
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{signal} took {:?}",
            start.elapsed()
        );
    }
}

/// The threads of rustdds 0.15.1 end at the first interrupted system call.
#[tokio::test]
async fn a_node_that_was_stopped_and_continued_talks_again() {
    let domain = domain();
    let (mut child, mut output) = start_child(domain);
    let mut bus = node("parent", domain);
    let qos = Qos::Reliable { depth: 100 };
    let heard = bus.advertise(&topic("child/heard", qos)).unwrap();
    let said = bus.subscribe(&topic("child/said", qos)).unwrap();
    until("both are connected", || {
        bus.subscribers_of(heard) + bus.publishers_of(said) == 2
    })
    .await;
    bus.publish(heard, Stamp::default(), &message(1, 8))
        .unwrap();
    assert_eq!(number(&next_message(&mut bus).await), 1);

    send_signal(&child, "-STOP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    send_signal(&child, "-CONT");
    let start = Instant::now();
    let mut count = 1;
    loop {
        assert!(start.elapsed() < PATIENCE, "the child never talked again");
        count += 1;
        bus.publish(heard, Stamp::default(), &message(count, 8))
            .unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(50), next_message(&mut bus)).await;
        if answer.is_ok_and(|answer| number(&answer) > 1) {
            break;
        }
    }
    println!("talks again after {:?}", start.elapsed());
    send_signal(&child, "-INT");
    let mut said = String::new();
    output.read_to_string(&mut said).unwrap();
    println!("{said}");
    assert!(child.wait().unwrap().success());
}
