//! Answers that `rustdds` cannot send in fragments.
//!
//! What is longer than its datagrams `rustdds` cuts in pieces. With the mark of a request beside
//! the message, it writes a byte too many into each of them (0.15.1, `DataFrag`), and whoever reads
//! the mark there, as Fast DDS does, drops them all. Such an answer goes out here, in one
//! datagram, which the system cuts as IP has it. It bears the next number of the very writer that
//! `rustdds` has, which then is told that the message with that number was for nobody.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use rustdds::{DomainParticipant, GUID, SampleIdentity};

use super::environment::DiscoveryRange;
use super::raw::HEADER_CDR_LE;

/// Up to here (body, bytes) an answer fits into a datagram of `rustdds` on every network.
pub(super) const SHORT: usize = 1200;
/// What UDP carries, without the headers.
const MOST: usize = 65_000;
/// One for each interface of a client's machine; who names more is not believed.
const MOST_ADDRESSES: usize = 8;
/// Where a client hears answers.
pub(super) struct Route {
    participant: [u8; 12],
    addresses: BTreeSet<SocketAddr>,
    source: Ipv4Addr,
}

impl Route {
    /// To the participant of `client`, an end of a peer, and of these readers.
    pub fn to(
        ours: &DomainParticipant,
        range: DiscoveryRange,
        client: GUID,
        readers: &[GUID],
    ) -> Self {
        let found = ours.discovered_readers().into_iter();
        let locators = found
            .map(|found| found.reader_proxy)
            .filter(|end| readers.contains(&end.remote_reader_guid))
            .flat_map(|end| end.unicast_locator_list);
        let is_in_reach = |address: &SocketAddr| match range {
            DiscoveryRange::Localhost => address.ip().is_loopback(),
            DiscoveryRange::Subnet => true,
        };
        let mut participant = [0; 12];
        participant.copy_from_slice(&client.to_bytes()[..12]);
        Self {
            participant,
            addresses: locators
                .map(SocketAddr::from)
                .filter(|address| address.is_ipv4() && address.port() > 0)
                .filter(is_in_reach)
                .take(MOST_ADDRESSES)
                .collect(),
            source: match range {
                DiscoveryRange::Localhost => Ipv4Addr::LOCALHOST, // the kernel keeps it on lo
                DiscoveryRange::Subnet => Ipv4Addr::UNSPECIFIED,
            },
        }
    }

    /// Sends what [`encode`] made.
    ///
    /// # Errors
    /// In words, where it cannot be sent to any address.
    pub fn send(&self, message: &[u8]) -> Result<(), String> {
        let socket = UdpSocket::bind((self.source, 0)).map_err(|error| error.to_string())?;
        let mut reached = Err("the address of the client is not known".to_owned());
        for address in &self.addresses {
            match socket.send_to(message, address) {
                Ok(_) => reached = Ok(()),
                Err(error) if reached.is_err() => reached = Err(format!("{address}: {error}")),
                Err(_) => {}
            }
        }
        reached
    }
}

/// An RTPS message of one DATA with inline QoS, for the readers of the participant at the end of
/// the route: that message of a writer, with the mark of its request.
///
/// # Errors
/// In words, where it is too long.
pub(super) fn encode(
    to: &Route,
    sent: SampleIdentity,
    mark: SampleIdentity,
    body: &[u8],
) -> Result<Vec<u8>, String> {
    if body.len() > MOST {
        return Err(format!(
            "it has {} bytes, more than UDP carries",
            body.len()
        ));
    }
    let writer = sent.writer_guid.to_bytes();
    let mut data = Vec::with_capacity(body.len() + 128);
    data.extend([0, 0, 16, 0]);
    data.extend([0; 4]); // to all that are connected
    data.extend(&writer[12..]);
    data.extend(number(sent));
    // The two parameters that there are for the mark: which one is read, depends on the version.
    for parameter in [[0x83, 0x00], [0x0f, 0x80]] {
        data.extend(parameter);
        data.extend([24, 0]);
        data.extend(mark.writer_guid.to_bytes());
        data.extend(number(mark));
    }
    data.extend([1, 0, 0, 0]);
    data.extend(HEADER_CDR_LE);
    data.extend(body);
    data.resize(data.len().next_multiple_of(4), 0);
    let mut out = Vec::with_capacity(data.len() + 64);
    out.extend(b"RTPS\x02\x03\x01\x12"); // version 2.3, as rustdds
    out.extend(&writer[..12]);
    out.extend([0x0e, 0b1, 12, 0]);
    out.extend(to.participant);
    out.extend([0x15, 0b111]); // DATA, little-endian with inline QoS and a message
    out.extend(u16::try_from(data.len()).unwrap_or(0).to_le_bytes()); // 0: to the end
    out.extend(data);
    Ok(out)
}

/// A sequence number: its upper half comes first.
fn number(of: SampleIdentity) -> [u8; 8] {
    let number = i64::from(of.sequence_number);
    let (high, low) = ((number >> 32) as i32, number as u32);
    let [a, b, c, d] = high.to_le_bytes();
    let [e, f, g, h] = low.to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustdds::SequenceNumber;

    #[test]
    fn the_message_is_as_long_as_it_says() {
        let identity = |guid: u8, number: i64| SampleIdentity {
            writer_guid: GUID::from_bytes([guid; 16]),
            sequence_number: SequenceNumber::from(number),
        };
        let route = Route {
            participant: [7; 12],
            addresses: BTreeSet::new(),
            source: Ipv4Addr::LOCALHOST,
        };
        assert!(encode(&route, identity(9, 1), identity(8, 5), &[0; MOST + 1]).is_err());
        assert!(route.send(&[]).is_err());
        for bytes in [1, 20_001, MOST] {
            let (sent, mark) = (identity(9, (3 << 32) + 2), identity(8, 5));
            let message = encode(&route, sent, mark, &vec![6; bytes]).unwrap();
            assert_eq!(message.len() % 4, 0);
            assert!(message.len() < 65_507, "{}", message.len());
            assert_eq!(&message[8..20], &[9; 12]);
            let says = u16::from_le_bytes([message[38], message[39]]);
            assert_eq!(usize::from(says), message.len() - 40);
            assert_eq!(&message[44..52], &[0, 0, 0, 0, 9, 9, 9, 9]);
            assert_eq!(&message[52..60], &[3, 0, 0, 0, 2, 0, 0, 0]);
            assert_eq!(&message[80..88], &[0, 0, 0, 0, 5, 0, 0, 0]);
        }
    }
}
