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

use dds_support::{
    ASK, PATIENCE, domain, fresh_clients, message, node, number, receive, unanswered_of, until,
};
use fast_dds::{Peer, is_left_out};
use posemoe::bus::{Bus, Qos, Topic};

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
    let rest = [ASK, SERVICE, &clients.to_string(), "100"];
    let mut peer = Peer::start("ask", domain, &rest);
    unanswered_of(domain, bytes, clients, move || peer.says()).await
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
