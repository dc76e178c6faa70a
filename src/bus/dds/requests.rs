//! Who asked: the mark by which a client knows the answer to its own request.
//!
//! DDS has topics only; each ROS middleware marks requests and replies in its own way. Cyclone DDS
//! puts a client's number and that of the request before the message; Fast DDS (and `rustdds`) send
//! them beside it. The vendor, which begins every GUID, tells which it is.

use rustdds::bytes::Bytes;
use rustdds::no_key::DeserializedCacheChange;
use rustdds::{GUID, SampleIdentity, SequenceNumber, Timestamp, WriteOptions, WriteOptionsBuilder};

use super::raw::HEADER_CDR_LE;
use crate::bus::RequestId;

const CYCLONE: [u8; 2] = [1, 16];
/// Cyclone's mark: eight bytes for the client, eight for the number, in the message's byte order.
const CYCLONE_MARK: usize = 16;

/// Takes the mark off a request; `None` when it has none, or the bytes are not little-endian.
pub(super) fn open(sample: DeserializedCacheChange<Vec<u8>>) -> Option<(RequestId, Vec<u8>)> {
    let sender = sample.writer_guid.to_bytes();
    if sender.starts_with(&CYCLONE) {
        return open_cyclone(sender, &sample.into_value());
    }
    let number = i64::from(sample.sequence_number);
    // A client of Fast DDS says which reader of its own waits for the answer.
    let told = sample.related_sample_identity();
    let waiting = told.map(|told| told.writer_guid);
    let client = waiting
        .filter(|guid| *guid != GUID::GUID_UNKNOWN)
        .unwrap_or(sample.writer_guid)
        .to_bytes();
    let request = RequestId {
        client,
        number,
        sender,
    };
    Some((request, sample.into_value()))
}

fn open_cyclone(sender: [u8; 16], payload: &[u8]) -> Option<(RequestId, Vec<u8>)> {
    let marked = payload.strip_prefix(&HEADER_CDR_LE)?;
    let (mark, body) = marked.split_at_checked(CYCLONE_MARK)?;
    let (name, number) = mark.split_at(8);
    let mut client = [0; 16];
    client[..8].copy_from_slice(name);
    let number = i64::from_le_bytes(number.try_into().ok()?);
    let request = RequestId {
        client,
        number,
        sender,
    };
    Some((request, [&HEADER_CDR_LE, body].concat()))
}

/// What is to be sent beside a reply; `None` where the mark goes before the message.
pub(super) fn mark_beside(request: &RequestId) -> Option<SampleIdentity> {
    // The second half of a GUID ends in what kind of endpoint it is, which is never 0.
    (request.client[8..] != [0; 8]).then(|| SampleIdentity {
        writer_guid: GUID::from_bytes(request.client),
        sequence_number: SequenceNumber::from(request.number),
    })
}

/// A reply without its CDR header, and what is to be sent beside it.
pub(super) fn seal(request: &RequestId, body: &[u8]) -> (Bytes, WriteOptions) {
    let options = WriteOptionsBuilder::new().source_timestamp(Timestamp::now());
    match mark_beside(request) {
        Some(identity) => {
            let options = options.related_sample_identity(identity);
            (Bytes::copy_from_slice(body), options.build())
        }
        None => {
            let (name, number) = (&request.client[..8], request.number.to_le_bytes());
            (Bytes::from([name, &number, body].concat()), options.build())
        }
    }
}
