//! Lets `rustdds` carry messages that are already serialized, and maps our terms onto its own.

use std::convert::Infallible;

use rustdds::bytes::Bytes;
use rustdds::no_key::{Decode, DefaultDecoder, DeserializerAdapter, SerializerAdapter};
use rustdds::policy::{Durability, History, Reliability, ResourceLimits};
use rustdds::{Duration, QosPolicies, QosPolicyBuilder, RepresentationIdentifier, no_key};

use crate::bus::{BusError, Qos};

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
/// depth, and refuses new ones *for all readers* once this window is full. A peer that hangs is
/// forgotten when its lease ends (10 s under Cyclone DDS, 20 s under Fast DDS): at 60 Hz this
/// window outlasts both, so one hung peer does not silence the node for the others.
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

/// Messages of one topic that wait for the node before the oldest is dropped.
pub(super) fn depth(qos: Qos) -> usize {
    match qos {
        Qos::SensorData => 5,
        Qos::Reliable { depth } => depth.max(1),
    }
}

fn builder(qos: Qos) -> QosPolicyBuilder {
    QosPolicyBuilder::new()
        .durability(Durability::Volatile)
        .reliability(match qos {
            Qos::SensorData => Reliability::BestEffort,
            // Zero: a full window refuses at once, and never blocks the node.
            Qos::Reliable { .. } => Reliability::Reliable {
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
        .history(keep_last(depth(qos).max(CACHE)))
        .build()
}

/// What a writer offers. The history is no part of matching here either.
pub(super) fn writer_policies(qos: Qos) -> QosPolicies {
    let window = depth(qos).max(WRITER_WINDOW);
    let max_samples = i32::try_from(window).unwrap_or(i32::MAX);
    builder(qos)
        .history(keep_last(depth(qos).max(CACHE)))
        .resource_limits(ResourceLimits {
            max_samples,
            max_instances: 1,
            max_samples_per_instance: max_samples,
        })
        .build()
}

/// `/yolo/tracking` becomes `rt/yolo/tracking`.
///
/// # Errors
/// When `name` is not a fully qualified ROS 2 topic name.
pub(super) fn dds_topic(name: &str) -> Result<String, BusError> {
    match name.strip_prefix('/') {
        Some(rest) if rest.split('/').all(is_name) => Ok(format!("rt{name}")),
        _ => Err(BusError::Setting {
            name: "topic name",
            value: name.to_owned(),
            expected: "a fully qualified ROS 2 name such as /yolo/tracking",
        }),
    }
}

/// `yolo_msgs/msg/DetectionArray` becomes `yolo_msgs::msg::dds_::DetectionArray_`.
///
/// # Errors
/// When `name` is not `package/msg/Type`.
pub(super) fn dds_type(name: &str) -> Result<String, BusError> {
    match name.split('/').collect::<Vec<_>>()[..] {
        [package, kind, kind_of_message]
            if [package, kind, kind_of_message].into_iter().all(is_name) =>
        {
            Ok(format!("{package}::{kind}::dds_::{kind_of_message}_"))
        }
        _ => Err(BusError::Setting {
            name: "message type",
            value: name.to_owned(),
            expected: "a name such as yolo_msgs/msg/DetectionArray",
        }),
    }
}

/// Letters, digits and underscores, not beginning with a digit.
pub(super) fn is_name(token: &str) -> bool {
    !token.is_empty()
        && !token.starts_with(|first: char| first.is_ascii_digit())
        && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mangled_as_ros_does() {
        assert_eq!(dds_topic("/tf").unwrap(), "rt/tf");
        assert_eq!(
            dds_topic("/humans/bodies/b1/roi").unwrap(),
            "rt/humans/bodies/b1/roi"
        );
        assert_eq!(
            dds_type("tf2_msgs/msg/TFMessage").unwrap(),
            "tf2_msgs::msg::dds_::TFMessage_"
        );
    }

    #[test]
    fn names_that_ros_would_refuse_are_refused() {
        for bad in ["", "/", "tf", "/tf/", "//tf", "/1st", "/a b", "/~/x", "/é"] {
            assert!(dds_topic(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "TFMessage",
            "tf2_msgs/TFMessage",
            "a/msg/B/C",
            "a//B",
            "a::msg::B",
        ] {
            assert!(dds_type(bad).is_err(), "{bad:?}");
        }
    }

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
