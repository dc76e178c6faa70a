//! Two nodes on loopback exchange raw messages through the DDS bus.
#![cfg(feature = "dds")]

mod dds_support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dds_support::*;
use posemoe::bus::dds::{DdsBus, LARGE_MESSAGE_BYTES};
use posemoe::bus::{Bus, BusError, EndpointError, Event, Events, Loss, PublisherId, Qos, Topic};
use posemoe_stamp::Stamp;

#[tokio::test]
async fn reliable_messages_arrive_unchanged_and_in_order() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("reliable", Qos::reliable(100));
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
        talker.publish(publisher, Stamp::default(), payload);
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
    for offered in [Qos::reliable(10), Qos::SENSOR_DATA] {
        let domain = domain();
        let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
        let publisher = talker.advertise(&topic("sensor", offered)).unwrap();
        let subscription = listener
            .subscribe(&topic("sensor", Qos::SENSOR_DATA))
            .unwrap();
        connected((&mut talker, publisher), (&mut listener, subscription)).await;
        for count in 0..20 {
            talker.publish(publisher, Stamp::default(), &message(count, 3_000));
            assert_eq!(number(&next_message(&mut listener).await), count);
        }
        assert_eq!((talker.losses(), listener.losses()), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_slow_node_gets_the_freshest_and_knows_what_it_missed() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let busy = topic("busy", Qos::reliable(3));
    let quiet = topic("quiet", Qos::reliable(3));
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
    talker.publish(quiet_publisher, Stamp::default(), &message(1000, 8));
    for count in 0..40 {
        talker.publish(busy_publisher, Stamp::default(), &message(count, 8));
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
    let topic = topic("burst", Qos::SENSOR_DATA);
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    talker.publish(publisher, Stamp::default(), &message(0, 8));
    assert_eq!(receive(&mut listener, 1).await.len(), 1);
    for number in 1..5_000 {
        talker.publish(publisher, Stamp::default(), &message(number, 20_000));
    }
    // What is lost at the very end shows in the numbers of the next message.
    tokio::time::sleep(Duration::from_millis(500)).await;
    talker.publish(publisher, Stamp::default(), &message(5_000, 8));
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
    let topic = topic("flood", Qos::SENSOR_DATA);
    let publisher = talker.advertise(&topic).unwrap();
    let subscription = listener.subscribe(&topic).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;
    let (start, mut ticks) = (Instant::now(), 0);
    let flood = std::thread::spawn(move || {
        while start.elapsed() < Duration::from_millis(2_600) {
            talker.publish(publisher, Stamp::default(), &message(0, 100));
            std::thread::sleep(Duration::from_millis(1));
        }
        talker
    });
    while start.elapsed() < Duration::from_millis(2_500) {
        if let Some(Event::Tick { now }) = listener.next().await.unwrap() {
            assert!(listener.now().seconds_since(now).abs() < 0.1);
            ticks += 1;
        }
        std::thread::sleep(Duration::from_millis(5)); // slower than the flood: some always wait
    }
    flood.join().unwrap().close();
    assert!((2..=3).contains(&ticks), "{ticks} ticks in 2.5 s");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let string = topic("typed", Qos::reliable(1));
    let publisher = talker.advertise(&string).unwrap();
    let subscription = listener.subscribe(&string).unwrap();
    connected((&mut talker, publisher), (&mut listener, subscription)).await;

    let other = Topic {
        type_name: "tf2_msgs/msg/TFMessage",
        ..string.clone()
    };
    let refusal = listener.subscribe(&other).unwrap_err();
    assert!(
        matches!(&refusal, EndpointError::WrongType { found, .. } if found == STRING),
        "{refusal}"
    );

    let relative = Topic {
        name: "tf".to_owned(),
        ..string.clone()
    };
    assert!(matches!(
        talker.advertise(&relative),
        Err(EndpointError::Name { .. })
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
    talker.publish(publisher, Stamp::default(), &big_endian);
    talker.publish(PublisherId(9), Stamp::default(), &message(0, 4)); // nobody's
    let refused = Loss {
        topic: string.name.clone(),
        cause: "refused by the middleware",
        count: 1,
    };
    assert_eq!(talker.losses(), [refused]);
}

#[tokio::test]
async fn topics_come_and_go_while_others_stay() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let [leaving, staying] = ["leaving", "staying"].map(|name| topic(name, Qos::reliable(10)));
    let publishers = [&leaving, &staying].map(|topic| talker.advertise(topic).unwrap());
    let subscriptions = [&leaving, &staying].map(|topic| listener.subscribe(topic).unwrap());
    for (publisher, subscription) in publishers.into_iter().zip(subscriptions) {
        connected((&mut talker, publisher), (&mut listener, subscription)).await;
    }
    listener.unsubscribe(subscriptions[0]);
    until("the publisher sees that the subscriber left", || {
        talker.subscribers_of(publishers[0]) == 0
    })
    .await;
    talker.publish(publishers[0], Stamp::default(), &message(1, 20));
    talker.publish(publishers[1], Stamp::default(), &message(2, 20));
    let heard = receive(&mut listener, 1).await;
    assert_eq!(
        heard
            .iter()
            .map(|payload| number(payload))
            .collect::<Vec<_>>(),
        [2]
    );

    let again = listener.subscribe(&leaving).unwrap();
    assert!(!subscriptions.contains(&again), "an id is never used again");
    connected((&mut talker, publishers[0]), (&mut listener, again)).await;
    talker.publish(publishers[0], Stamp::default(), &message(3, 20));
    let heard = receive(&mut listener, 1).await;
    assert_eq!(
        heard
            .iter()
            .map(|payload| number(payload))
            .collect::<Vec<_>>(),
        [3]
    );

    talker.unadvertise(publishers[0]);
    until("the subscriber sees that the publisher left", || {
        listener.publishers_of(again) == 0
    })
    .await;
    talker.publish(publishers[0], Stamp::default(), &message(4, 20)); // goes nowhere
    assert_eq!(listener.publishers_of(subscriptions[1]), 1);
}
