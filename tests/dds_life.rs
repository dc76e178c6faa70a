//! How a node on the DDS bus ends, and how it survives being stopped.
#![cfg(feature = "dds")]

mod dds_support;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use dds_support::*;
use posemoe::bus::{Bus, Event, Events, Qos, Topic};
use posemoe_stamp::Stamp;

#[tokio::test]
async fn a_closed_node_is_gone_at_once() {
    let domain = domain();
    let (mut talker, mut listener) = (node("talker", domain), node("listener", domain));
    let topic = topic("goodbye", Qos::reliable(10));
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

/// Not a test: the process that the next two send signals to. It sends back what it hears.
#[tokio::test]
#[ignore = "started by other tests"]
async fn child() {
    let environment = |name| std::env::var(name).expect("started by another test");
    let mut bus = node("child", environment("POSEMOE_TEST_DOMAIN").parse().unwrap());
    let prefix = environment("POSEMOE_TEST_PREFIX");
    let qos = Qos::reliable(100);
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
                bus.publish(said, Stamp::default(), &payload);
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
        .env("POSEMOE_TEST_PREFIX", topic("child", Qos::SENSOR_DATA).name)
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
    let qos = Qos::reliable(100);
    let heard = bus.advertise(&topic("child/heard", qos)).unwrap();
    let said = bus.subscribe(&topic("child/said", qos)).unwrap();
    until("both are connected", || {
        bus.subscribers_of(heard) + bus.publishers_of(said) == 2
    })
    .await;
    bus.publish(heard, Stamp::default(), &message(1, 8));
    assert_eq!(number(&next_message(&mut bus).await), 1);

    send_signal(&child, "-STOP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    send_signal(&child, "-CONT");
    let start = Instant::now();
    let mut count = 1;
    loop {
        assert!(start.elapsed() < PATIENCE, "the child never talked again");
        count += 1;
        bus.publish(heard, Stamp::default(), &message(count, 8));
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
