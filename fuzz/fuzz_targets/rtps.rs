//! Datagrams of peers, as they come from the network: the node goes on.
//!
//! They reach the node's own sockets on the loopback interface, where the threads of DDS read them.
#![no_main]

use std::net::UdpSocket;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use posemoe::bus::dds::{DdsBus, DdsOptions, DiscoveryRange};
use posemoe::bus::{Bus, Events, Qos, Topic};
use tokio::runtime::Runtime;

/// RTPS 2.4, as every datagram begins.
const BEGINNING: [u8; 6] = [b'R', b'T', b'P', b'S', 2, 4];
/// As long as the threads of DDS may take for a datagram before the next one is made.
const HEED: Duration = Duration::from_micros(300);

struct Target {
    runtime: Runtime,
    bus: DdsBus,
    socket: UdpSocket,
    /// Of discovery, and of topics.
    ports: [u16; 2],
}

impl Target {
    fn start() -> Self {
        let domain_id = 21 + (std::process::id() % 80) as u16;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        let entered = runtime.enter();
        let options = DdsOptions {
            domain_id,
            range: DiscoveryRange::Localhost,
            ..DdsOptions::default()
        };
        let mut bus = DdsBus::start("fuzzed", "/", &options).expect("the bus");
        for (name, qos) in [
            ("/best_effort", Qos::SENSOR_DATA),
            ("/reliable", Qos::reliable(10)),
        ] {
            let (name, type_name) = (name.to_owned(), "std_msgs/msg/String");
            let topic = Topic {
                name,
                type_name,
                qos,
            };
            bus.subscribe(&topic).expect("a subscription");
            bus.advertise(&topic).expect("a publisher");
        }
        drop(entered);
        // RTPS 9.6.1.1, for the first participant of a machine.
        let first_port = 7400 + 250 * domain_id;
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        Self {
            runtime,
            bus,
            socket,
            ports: [first_port + 10, first_port + 11],
        }
    }
}

fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<Mutex<Target>> = OnceLock::new();
    let target = TARGET.get_or_init(|| Mutex::new(Target::start()));
    let mut target = target.lock().expect("one at a time");
    let Some((port, data)) = data.split_first() else {
        return;
    };
    let port = target.ports[usize::from(port % 2)];
    let mut datagram = data.to_vec();
    datagram.resize(data.len().max(BEGINNING.len()), 0);
    datagram[..BEGINNING.len()].copy_from_slice(&BEGINNING);
    if target
        .socket
        .send_to(&datagram, ("127.0.0.1", port))
        .is_err()
    {
        return;
    }
    let Target { runtime, bus, .. } = &mut *target;
    // A panic of a thread of DDS ends the fuzzing, as any does.
    let event = runtime.block_on(async { tokio::time::timeout(HEED, bus.next()).await });
    if let Ok(event) = event {
        assert!(matches!(event, Ok(Some(_))), "the bus has ended: {event:?}");
    }
});
