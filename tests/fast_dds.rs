//! The DDS bus against Fast DDS, the middleware under `rmw_fastrtps`, on loopback.
//!
//! What that needs: `support/fast_dds.rs`.
#![cfg(feature = "dds")]

mod dds_support;
#[path = "support/fast_dds.rs"]
mod fast_dds;
#[path = "support/namespace.rs"]
mod namespace;

use std::time::Duration;

use dds_support::{PATIENCE, domain, message, node, number, receive, until};
use fast_dds::{Peer, is_left_out};
use posemoe::bus::dds::DdsBus;
use posemoe::bus::{Bus, Event, Events, Qos, Service, Topic};
use serde_json::Value;

const STRING: &str = "std_msgs::msg::dds_::String_";
const SERVICE: &str = "std_srvs::srv::dds_::Ask";
/// One datagram, and many fragments where datagrams are as long as on Ethernet.
const SIZES: [usize; 2] = [100, 20_000];

fn chatter() -> Topic {
    Topic {
        name: "/chatter".to_owned(),
        type_name: "std_msgs/msg/String",
        qos: Qos::reliable(100),
    }
}

#[tokio::test]
async fn it_is_heard() {
    if is_left_out() {
        return;
    }
    for bytes in SIZES {
        let domain = domain();
        let mut bus = node("listener", domain);
        let heard = bus.subscribe(&chatter()).unwrap();
        let rest = ["/chatter", STRING, "50", &bytes.to_string()];
        let mut peer = Peer::start("say", domain, &rest);
        assert_eq!(peer.says()["found"], true);
        let messages = receive(&mut bus, 50).await;
        let numbers: Vec<u32> = messages.iter().map(|message| number(message)).collect();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>());
        assert!(messages.iter().all(|message| message.len() == 4 + bytes));
        until("it has left", || bus.publishers_of(heard) == 0).await;
    }
}

#[tokio::test]
async fn it_hears_and_sees_us_leave() {
    if is_left_out() {
        return;
    }
    for bytes in SIZES {
        let domain = domain();
        let mut bus = node("talker", domain);
        let publisher = bus.advertise(&chatter()).unwrap();
        let mut peer = Peer::start("hear", domain, &["/chatter", STRING, "50"]);
        assert_eq!(peer.says()["found"], true);
        until("it listens", || bus.subscribers_of(publisher) == 1).await;
        for number in 0..50 {
            bus.publish(publisher, bus.now(), &message(number, bytes));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for number in 0..50 {
            let heard = peer.says();
            assert_eq!(
                (&heard["number"], &heard["bytes"]),
                (&number.into(), &(4 + bytes).into())
            );
        }
        bus.close();
        assert_eq!(peer.says()["left"], true);
    }
}

/// How many of so many fresh clients have no answer of so many bytes.
async fn unanswered(clients: usize, bytes: usize) -> usize {
    let domain = domain();
    let mut bus = node("server", domain);
    let service = Service {
        name: "/server/ask".to_owned(),
        type_name: "std_srvs/srv/Ask",
    };
    bus.serve(&service).unwrap();
    let rest = [&service.name, SERVICE, &clients.to_string(), "100"];
    let mut peer = Peer::start("ask", domain, &rest);
    let answers = std::thread::spawn(move || {
        let answers: Vec<Value> = (0..clients).map(|_| peer.says()).collect();
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

#[tokio::test]
async fn fresh_clients_have_their_answers() {
    if is_left_out() {
        return;
    }
    for bytes in SIZES {
        assert_eq!(unanswered(fresh_clients(), bytes).await, 0, "{bytes} bytes");
    }
}

fn fresh_clients() -> usize {
    let told = std::env::var("POSEMOE_FRESH_CLIENTS").ok();
    told.map_or(20, |clients| clients.parse().unwrap())
}

#[test]
fn answers_in_fragments_arrive() {
    if !is_left_out() {
        // Where datagrams are as long as on Ethernet.
        namespace::run(
            "in_fragments",
            "ip link set lo up && ip link set lo mtu 1500",
        );
    }
}

#[tokio::test]
#[ignore = "run by answers_in_fragments_arrive, in a network of its own"]
async fn in_fragments() {
    let unanswered = tokio::time::timeout(10 * PATIENCE, unanswered(5, SIZES[1])).await;
    assert_eq!(unanswered, Ok(0));
}
