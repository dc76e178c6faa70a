//! MCAP records: an opcode, a length and a body, in the file and again inside each chunk.

use mcap::records::{MessageHeader, Record};

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

/// A schema, channel or summary record.
pub fn parse(opcode: u8, body: &[u8]) -> Result<Record<'_>, String> {
    mcap::parse_record(opcode, body)
        .map_err(|error| format!("record with opcode {opcode:#04x} does not parse: {error}"))
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
