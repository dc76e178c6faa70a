//! A goodbye that Fast DDS understands.
//!
//! Who leaves, `rustdds` says in the payload of its last message. Fast DDS looks for it in the
//! message's inline QoS alone, and would keep our topics until our lease ends, up to 50 s later. So
//! its participants are told once more, in their way, at their discovery ports. Where those are,
//! our side of `rustdds` does not tell; by the rules of RTPS each lies one below the participant's
//! port for messages. A participant with ports of its own choosing waits for the lease.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use rustdds::{DomainParticipant, GUID, RTPSEntity};

use super::environment::DiscoveryRange;

/// With these bytes every GUID of Fast DDS begins.
const FAST_DDS: [u8; 2] = [0x01, 0x0f];

/// The last message of a participant, ready to be sent.
pub(super) struct Disposal {
    message: Vec<u8>,
    peers: BTreeSet<SocketAddr>,
    source: Ipv4Addr,
}

impl Disposal {
    /// Notes who is to be told, as long as the participant knows.
    pub fn of(participant: &DomainParticipant, range: DiscoveryRange) -> Self {
        let readers = participant.discovered_readers().into_iter().map(|found| {
            let end = found.reader_proxy;
            (end.remote_reader_guid, end.unicast_locator_list)
        });
        let writers = participant.discovered_writers().into_iter().map(|found| {
            let end = found.writer_proxy;
            (end.remote_writer_guid, end.unicast_locator_list)
        });
        Self {
            message: encode(participant.guid()),
            peers: readers
                .chain(writers)
                .filter(|(guid, _)| guid.to_bytes().starts_with(&FAST_DDS))
                .flat_map(|(_, locators)| locators)
                .filter_map(|locator| discovery_port(locator.into()))
                .collect(),
            source: match range {
                DiscoveryRange::Localhost => Ipv4Addr::LOCALHOST, // the kernel keeps it on lo
                DiscoveryRange::Subnet => Ipv4Addr::UNSPECIFIED,
            },
        }
    }

    /// Tells them. Nothing else may follow, or they would take us for newly arrived.
    pub fn send(self) {
        let told = UdpSocket::bind((self.source, 0)).map(|socket| {
            let hears = |peer: &&SocketAddr| socket.send_to(&self.message, *peer).is_ok();
            self.peers.iter().filter(hears).count()
        });
        tracing::debug!(
            "told at {told:?} of {} addresses of Fast DDS that this node leaves",
            self.peers.len()
        );
    }
}

/// Where a participant that receives messages at `user` hears who comes and goes.
fn discovery_port(mut user: SocketAddr) -> Option<SocketAddr> {
    user.set_port(user.port().checked_sub(1)?);
    (user.is_ipv4() && user.port() > 0).then_some(user)
}

/// An RTPS message: this participant is disposed of and unregistered.
fn encode(participant: GUID) -> Vec<u8> {
    let guid = participant.to_bytes();
    let mut out = Vec::new();
    out.extend(b"RTPS\x02\x03\x01\x12"); // version 2.3, as rustdds
    out.extend(&guid[..12]);
    out.extend([0x15, 0b11, 52, 0]); // DATA, little-endian with inline QoS
    out.extend([0, 0, 16, 0]);
    out.extend([0x00, 0x01, 0x00, 0xc7]); // to the readers of participants
    out.extend([0x00, 0x01, 0x00, 0xc2]); // from our writer of participants
    out.extend([0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f]); // a number beyond all that rustdds has used
    out.extend([0x70, 0, 16, 0]); // key hash
    out.extend(guid);
    out.extend([0x71, 0, 4, 0, 0, 0, 0, 0b11]); // status: disposed, unregistered
    out.extend([0x01, 0, 0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_as_long_as_it_says() {
        let guid = GUID::from_bytes([9; 16]);
        let message = encode(guid);
        assert_eq!(&message[8..20], &[9; 12]);
        assert_eq!(message.len(), 20 + 4 + usize::from(message[22]));
        assert_eq!(&message[48..64], &[9; 16]);
    }

    #[test]
    fn the_discovery_port_lies_below_that_for_messages() {
        let port = |user: &str| discovery_port(user.parse().unwrap());
        assert_eq!(
            port("127.0.0.1:7411"),
            Some("127.0.0.1:7410".parse().unwrap())
        );
        assert_eq!(port("10.0.0.7:0"), None);
        assert_eq!(port("[::1]:7411"), None); // also what locators without an address become
    }
}
