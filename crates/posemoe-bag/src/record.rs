//! MCAP records: an opcode, a length and a body, in the file and again inside each chunk.

use mcap::records::{MessageHeader, Record, op};

/// Bytes before a record's body.
pub const HEAD_LEN: u64 = 1 + 8;
/// Bytes of a message record's body before the message itself.
const MESSAGE_HEAD_LEN: usize = 2 + 4 + 8 + 8;

/// Opcode and body length from the first bytes of a record.
pub fn head(bytes: &[u8]) -> Option<(u8, u64)> {
    let (&opcode, rest) = bytes.split_first()?;
    Some((opcode, take_u64(&mut &*rest)?))
}

/// The records of a chunk's content or of a run of records in the file, until one does not fit.
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes behind the last whole record.
    pub fn left_over(&self) -> usize {
        self.rest.len()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (opcode, len) = head(self.rest)?;
        let body = self.rest.get(HEAD_LEN as usize..)?;
        let (body, rest) = body.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some((opcode, body))
    }
}

/// A message record's fields and the message.
pub fn message(body: &[u8]) -> Option<(MessageHeader, &[u8])> {
    let (mut head, data) = body.split_at_checked(MESSAGE_HEAD_LEN)?;
    let header = MessageHeader {
        channel_id: u16::from_le_bytes(take(&mut head)?),
        sequence: u32::from_le_bytes(take(&mut head)?),
        log_time: take_u64(&mut head)?,
        publish_time: take_u64(&mut head)?,
    };
    Some((header, data))
}

/// A header, schema, channel or summary record.
pub fn parse(opcode: u8, body: &[u8]) -> Result<Record<'_>, String> {
    let unusable = |why: &dyn std::fmt::Display| {
        format!("record with opcode {opcode:#04x} does not parse: {why}")
    };
    // mcap believes a text's length, up to 4 GiB, and makes room for it before it reads.
    if texts_fit(opcode, body).is_none() {
        return Err(unusable(&"a length in it exceeds its own"));
    }
    mcap::parse_record(opcode, body).map_err(|error| unusable(&error))
}

/// Whether the texts of a record lie within it.
fn texts_fit(opcode: u8, mut body: &[u8]) -> Option<()> {
    match opcode {
        op::HEADER => {
            skip_counted(&mut body)?; // profile
            skip_counted(&mut body) // library
        }
        op::SCHEMA => {
            skip(&mut body, 2)?; // id
            skip_counted(&mut body)?; // name
            skip_counted(&mut body) // encoding
        }
        op::CHANNEL => {
            skip(&mut body, 2 + 2)?; // id, schema
            skip_counted(&mut body)?; // topic
            skip_counted(&mut body)?; // encoding
            let len = usize::try_from(take_u32(&mut body)?).ok()?;
            let mut metadata = body.get(..len)?;
            while !metadata.is_empty() {
                skip_counted(&mut metadata)?; // key, then value
            }
            Some(())
        }
        op::CHUNK_INDEX => {
            skip(&mut body, 4 * 8)?; // times, place
            skip_counted(&mut body)?; // message index offsets
            skip(&mut body, 8)?; // length of the message indexes
            skip_counted(&mut body) // compression
        }
        _ => Some(()),
    }
}

fn skip(bytes: &mut &[u8], count: usize) -> Option<()> {
    *bytes = bytes.get(count..)?;
    Some(())
}

/// Skips a text or a map: a length and as many bytes.
fn skip_counted(bytes: &mut &[u8]) -> Option<()> {
    let len = take_u32(bytes)?;
    skip(bytes, usize::try_from(len).ok()?)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_le_bytes)
}

/// The next `N` bytes, taken off the front.
pub fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// The next 8 bytes as a number, taken off the front.
pub fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    take(bytes).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of fields, each text behind its length.
    fn body(head: &[u8], texts: &[&str]) -> Vec<u8> {
        let mut body = head.to_vec();
        for text in texts {
            body.extend((text.len() as u32).to_le_bytes());
            body.extend(text.as_bytes());
        }
        body
    }

    #[test]
    fn records_with_texts_that_fit_parse() {
        let schema = body(&[1, 0], &["std_msgs/msg/String", "ros2msg", "string data"]);
        assert!(matches!(
            parse(op::SCHEMA, &schema),
            Ok(Record::Schema { .. })
        ));
        let mut channel = body(&[7, 0, 1, 0], &["/chatter", "cdr"]);
        let metadata = body(&[], &["key", "value"]);
        channel.extend((metadata.len() as u32).to_le_bytes());
        channel.extend(metadata);
        assert!(matches!(
            parse(op::CHANNEL, &channel),
            Ok(Record::Channel(_))
        ));
    }

    #[test]
    fn a_text_longer_than_its_record_is_refused_before_room_is_made_for_it() {
        let mut schema = body(&[1, 0], &["std_msgs/msg/String", "ros2msg", ""]);
        schema[2..6].copy_from_slice(&0x9000_0000_u32.to_le_bytes());
        let error = parse(op::SCHEMA, &schema).map(|_| ()).unwrap_err();
        assert!(error.contains("a length in it exceeds its own"), "{error}");
        let mut channel = body(&[7, 0, 1, 0], &["/chatter", "cdr", "\u{3}\0\0\0key\u{ff}"]);
        let end = channel.len();
        channel[end - 2..].copy_from_slice(&[0xff, 0xff]);
        assert!(parse(op::CHANNEL, &channel).is_err());
    }
}
