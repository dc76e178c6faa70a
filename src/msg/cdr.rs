//! The wire format: XCDR1 with its 4-byte encapsulation header, as DDS and rosbag2 carry it.
//!
//! Alignment counts from the end of the header. We write little endian and read both. Nothing that
//! a length in the input claims is allocated before its bytes have been seen.

use byteorder::{BigEndian, ByteOrder, LittleEndian};
use cdr_encoding::CdrDeserializer;

use super::Message;

/// Bytes of the encapsulation header: two name the representation, two are options.
const HEADER_LEN: usize = 4;
const CDR_BE: [u8; 2] = [0x00, 0x00];
const CDR_LE: [u8; 2] = [0x00, 0x01];
/// Middleware may fill the last 4-byte word.
const MAX_PADDING: usize = 3;

/// Why bytes are not a message of the expected type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CdrError {
    /// There is not even a header.
    #[error("found {found} bytes, expected at least the {HEADER_LEN} of the CDR header")]
    NoHeader {
        /// Bytes that were there.
        found: usize,
    },
    /// The header names another representation.
    #[error(
        "found representation {:02x} {:02x}, expected plain CDR, 00 00 (big endian) or 00 01 \
         (little endian)", .found[0], .found[1]
    )]
    Representation {
        /// The first two bytes of the header.
        found: [u8; 2],
    },
    /// The bytes do not follow the type's definition.
    #[error("{type_name}, byte {offset} of {len}: {reason}")]
    Body {
        /// The type that was expected.
        type_name: &'static str,
        /// Where decoding stopped, counted from the start of the header.
        offset: usize,
        /// Length of the message with its header.
        len: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// The message ended before the bytes did.
    #[error(
        "{type_name}: found {found} bytes after the message's end at byte {offset}, expected at \
         most {MAX_PADDING} of padding"
    )]
    TrailingBytes {
        /// The type that was expected.
        type_name: &'static str,
        /// Where the message ended, counted from the start of the header.
        offset: usize,
        /// Bytes behind it.
        found: usize,
    },
}

/// The message as bytes, header included.
pub fn encode<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(message, &mut bytes);
    bytes
}

/// Replaces what is in `bytes` by the message, header included; keeps the memory for the next one.
pub fn encode_into<M: Message>(message: &M, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend_from_slice(&CDR_LE);
    bytes.extend_from_slice(&[0, 0]);
    let written = cdr_encoding::to_writer::<M, LittleEndian, _>(&mut *bytes, message);
    // A Vec takes every write, and a generated struct holds no map, the only thing that CDR lacks.
    debug_assert!(written.is_ok(), "{}: {written:?}", M::TYPE_NAME);
}

/// The message that the bytes, header included, hold.
///
/// # Errors
/// [`CdrError`]: what was found, what was expected and where, when the bytes are not exactly one
/// such message (and up to 3 bytes of padding).
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, CdrError> {
    let Some((&[kind, endianness, _, _], body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(CdrError::NoHeader { found: bytes.len() });
    };
    match [kind, endianness] {
        CDR_LE => decode_body::<M, LittleEndian>(body),
        CDR_BE => decode_body::<M, BigEndian>(body),
        found => Err(CdrError::Representation { found }),
    }
}

fn decode_body<M: Message, Order: ByteOrder>(body: &[u8]) -> Result<M, CdrError> {
    let mut deserializer = CdrDeserializer::<Order>::new(body);
    let decoded = M::deserialize(&mut deserializer);
    let offset = HEADER_LEN + deserializer.bytes_consumed();
    let len = HEADER_LEN + body.len();
    let message = decoded.map_err(|error| CdrError::Body {
        type_name: M::TYPE_NAME,
        offset,
        len,
        reason: reason(error),
    })?;
    match len - offset {
        0..=MAX_PADDING => Ok(message),
        found => Err(CdrError::TrailingBytes {
            type_name: M::TYPE_NAME,
            offset,
            found,
        }),
    }
}

fn reason(error: cdr_encoding::Error) -> String {
    use cdr_encoding::Error;
    match error {
        Error::Eof => "found the end, expected more bytes".to_owned(),
        Error::BadBoolean(found) => format!("found {found}, expected a bool, 0 or 1"),
        Error::BadUTF8(error) => format!("expected a string in UTF-8, found {error}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::{geometry_msgs, posemoe, sensor_msgs, std_msgs};

    #[test]
    fn layout_is_little_endian_and_aligned_after_the_header() {
        let message = std_msgs::String {
            data: "abc".to_owned(),
        };
        assert_eq!(encode(&message), b"\x00\x01\x00\x00\x04\x00\x00\x00abc\x00");
        let header = std_msgs::Header {
            frame_id: "camera".to_owned(),
            ..Default::default()
        };
        let info = sensor_msgs::CameraInfo {
            header,
            ..Default::default()
        };
        // stamp 8, frame 4 + 7 (+1), height and width 8, model 4 + 1 (+3), d 4, k aligned to 8.
        let bytes = encode(&info);
        let k_offset = HEADER_LEN + 40;
        let mut with_k = info.clone();
        with_k.k[0] = 1.0;
        assert_eq!(
            encode(&with_k)[k_offset..k_offset + 8],
            1.0_f64.to_le_bytes()
        );
        assert_eq!(bytes[k_offset..k_offset + 8], [0; 8]);
    }

    #[test]
    fn big_endian_is_read() {
        let bytes = b"\x00\x00\x00\x00\x00\x00\x00\x02a\x00";
        assert_eq!(
            decode(bytes),
            Ok(std_msgs::String {
                data: "a".to_owned()
            })
        );
    }

    #[test]
    fn other_representations_are_named() {
        let error = decode::<std_msgs::String>(&[0, 7, 0, 0, 0]).unwrap_err();
        assert_eq!(error, CdrError::Representation { found: [0, 7] });
        assert!(error.to_string().contains("00 07"), "{error}");
        let error = decode::<std_msgs::String>(&[0, 1]).unwrap_err();
        assert_eq!(error, CdrError::NoHeader { found: 2 });
    }

    #[test]
    fn an_absurd_length_fails_without_allocating_it() {
        let mut bytes = encode(&posemoe::People3D::default());
        let names = bytes.len() - 8;
        bytes[names..names + 4].copy_from_slice(&[0xff; 4]);
        assert!(matches!(
            decode::<posemoe::People3D>(&bytes),
            Err(CdrError::Body { .. })
        ));
        let mut bytes = encode(&sensor_msgs::Image::default());
        let data = bytes.len() - 4;
        bytes[data..].copy_from_slice(&[0xff; 4]);
        assert!(matches!(
            decode::<sensor_msgs::Image>(&bytes),
            Err(CdrError::Body { .. })
        ));
    }

    #[test]
    fn up_to_three_bytes_of_padding_are_fine() {
        let message = std_msgs::String {
            data: "abc".to_owned(),
        };
        let mut bytes = encode(&message);
        for _ in 0..MAX_PADDING {
            bytes.push(0);
            assert_eq!(decode(&bytes), Ok(message.clone()));
        }
        bytes.push(0);
        let error = decode::<std_msgs::String>(&bytes).unwrap_err();
        assert!(
            matches!(error, CdrError::TrailingBytes { found: 4, .. }),
            "{error}"
        );
    }

    #[test]
    fn invalid_text_and_booleans_are_errors() {
        let bytes = b"\x00\x01\x00\x00\x03\x00\x00\x00\xff\xfe\x00";
        let error = decode::<std_msgs::String>(bytes).unwrap_err().to_string();
        assert!(
            error.contains("std_msgs/msg/String") && error.contains("UTF-8"),
            "{error}"
        );
        let error = decode::<std_msgs::Bool>(&[0, 1, 0, 0, 2])
            .unwrap_err()
            .to_string();
        assert!(error.contains("found 2"), "{error}");
    }

    #[test]
    fn defaults_are_those_of_the_definition() {
        assert_eq!(geometry_msgs::Quaternion::default().w, 1.0);
        assert_eq!(posemoe::Person3D::LOST, 3);
    }

    #[test]
    fn definitions_contain_every_nested_type_once() {
        use crate::msg::Message;
        let text = posemoe::People3D::DEFINITION;
        for inner in ["posemoe/Person3D", "posemoe/Joint3D", "geometry_msgs/Point"] {
            assert_eq!(
                text.matches(&format!("MSG: {inner}\n")).count(),
                1,
                "{inner}"
            );
        }
        assert_eq!(
            std_msgs::String::TYPE_HASH,
            "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18"
        );
    }
}
