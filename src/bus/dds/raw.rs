//! Lets `rustdds` carry messages that are already serialized, and maps our terms onto its own.

use std::convert::Infallible;

use rustdds::bytes::Bytes;
use rustdds::no_key::{Decode, DefaultDecoder, DeserializerAdapter, SerializerAdapter};
use rustdds::policy::{History, ResourceLimits};
use rustdds::{Duration, QosPolicies, QosPolicyBuilder, RepresentationIdentifier, no_key, policy};

use crate::bus::{Durability, Qos, Reliability};

/// A reader of serialized messages.
pub(super) type RawReader = no_key::SimpleDataReader<Vec<u8>, RawCdr>;
/// A writer of serialized messages, given without their encapsulation header.
pub(super) type RawWriter = no_key::DataWriter<Bytes, RawCdr>;

/// The encapsulation header of everything that we publish: plain CDR, little-endian.
pub(super) const HEADER_CDR_LE: [u8; 4] = [0, 1, 0, 0];

/// Samples kept inside `rustdds` for the moment until its network thread or our reader thread takes
/// them over; beyond it the oldest are lost there.
const CACHE: usize = 64;

/// Unacknowledged messages after which a reliable writer refuses new ones.
///
/// `rustdds` keeps every message for a reader that does not acknowledge, whatever the history
/// depth, and refuses new ones *for all readers* once this window is full. Before that a
/// new writer takes the topic over (`Publication::is_far_behind`). A peer that hangs as a whole is
/// forgotten before that, when its lease ends (10 s under Cyclone DDS, 20 s under Fast DDS).
pub(super) const WRITER_WINDOW: usize = 2048;

/// Hands bytes through unchanged, with their 4-byte encapsulation header.
#[derive(Clone)]
pub(super) struct RawCdr;

impl DeserializerAdapter<Vec<u8>> for RawCdr {
    type Error = Infallible;
    type Decoded = Vec<u8>;

    fn supported_encodings() -> &'static [RepresentationIdentifier] {
        &[
            RepresentationIdentifier::CDR_LE,
            RepresentationIdentifier::CDR_BE,
        ]
    }

    fn transform_decoded(decoded: Vec<u8>) -> Vec<u8> {
        decoded
    }
}

impl DefaultDecoder<Vec<u8>> for RawCdr {
    type Decoder = Self;
    const DECODER: Self = Self;
}

impl Decode<'_, Vec<u8>> for RawCdr {
    type Error = Infallible;

    fn decode_bytes(
        self,
        body: &[u8],
        encoding: RepresentationIdentifier,
    ) -> Result<Vec<u8>, Infallible> {
        let [kind_high, kind_low] = encoding.to_bytes();
        let mut message = Vec::with_capacity(4 + body.len());
        message.extend_from_slice(&[kind_high, kind_low, 0, 0]);
        message.extend_from_slice(body);
        Ok(message)
    }
}

impl SerializerAdapter<Bytes> for RawCdr {
    type Error = Infallible;

    fn output_encoding() -> RepresentationIdentifier {
        RepresentationIdentifier::CDR_LE
    }

    fn to_bytes(body: &Bytes) -> Result<Bytes, Infallible> {
        Ok(body.clone())
    }
}

fn builder(qos: Qos) -> QosPolicyBuilder {
    QosPolicyBuilder::new()
        .durability(match qos.durability {
            Durability::Volatile => policy::Durability::Volatile,
            Durability::TransientLocal => policy::Durability::TransientLocal,
        })
        .reliability(match qos.reliability {
            Reliability::BestEffort => policy::Reliability::BestEffort,
            // Zero: a full window refuses at once, and never blocks the node.
            Reliability::Reliable => policy::Reliability::Reliable {
                max_blocking_time: Duration::ZERO,
            },
        })
}

fn keep_last(depth: usize) -> History {
    History::KeepLast {
        depth: i32::try_from(depth).unwrap_or(i32::MAX),
    }
}

/// What a reader asks for. History is no part of matching: here it only sizes the cache.
pub(super) fn reader_policies(qos: Qos) -> QosPolicies {
    builder(qos)
        .history(keep_last(qos.depth.max(CACHE)))
        .build()
}

/// What a writer offers. The history is no part of matching here either, but of what it keeps for
/// those who come late.
pub(super) fn writer_policies(qos: Qos) -> QosPolicies {
    let window = qos.depth.max(WRITER_WINDOW);
    let max_samples = i32::try_from(window).unwrap_or(i32::MAX);
    builder(qos)
        .history(keep_last(match qos.durability {
            Durability::Volatile => qos.depth.max(CACHE),
            Durability::TransientLocal => qos.depth,
        }))
        .resource_limits(ResourceLimits {
            max_samples,
            max_instances: 1,
            max_samples_per_instance: max_samples,
        })
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_with_the_header_of_their_encoding() {
        let big = RawCdr
            .decode_bytes(&[7, 8], RepresentationIdentifier::CDR_BE)
            .unwrap();
        let little = RawCdr
            .decode_bytes(&[7, 8], RepresentationIdentifier::CDR_LE)
            .unwrap();
        assert_eq!(
            (big, little),
            (vec![0, 0, 0, 0, 7, 8], vec![0, 1, 0, 0, 7, 8])
        );
    }
}
