//! One topic that the node publishes on.

use std::time::Duration;

use rustdds::bytes::Bytes;
use rustdds::dds::result::WriteError;
use rustdds::{Timestamp, WriteOptions, WriteOptionsBuilder};

use super::raw::{HEADER_CDR_LE, RawWriter};
use super::requests;
use super::watch::Endpoint;
use crate::bus::RequestId;

/// From this size on (with the header) not every DDS implementation has been seen to receive our
/// messages; Cyclone DDS and Fast DDS do.
pub const LARGE_MESSAGE_BYTES: usize = 64 * 1024;

/// A writer, and what it could not send.
pub(super) struct Publication {
    pub endpoint: Endpoint,
    writer: RawWriter,
    lost: Lost,
    warned_of_size: bool,
}

/// Messages that never left.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    /// A subscriber did not acknowledge earlier ones.
    reader_behind: u64,
    /// They were no messages, or the middleware refused them.
    refused: u64,
}

impl Publication {
    pub fn new(endpoint: Endpoint, writer: RawWriter, lost: Lost) -> Self {
        Self {
            endpoint,
            writer,
            lost,
            warned_of_size: false,
        }
    }

    /// Sends a message, or counts why it could not. Never blocks.
    pub fn publish(&mut self, payload: &[u8]) {
        if let Some(body) = self.body(payload) {
            let options = WriteOptionsBuilder::new().source_timestamp(Timestamp::now());
            self.send(Bytes::copy_from_slice(body), options.build());
        }
    }

    /// Sends the reply to a request, or counts why it could not. Never blocks.
    pub fn reply(&mut self, request: &RequestId, payload: &[u8]) {
        if let Some(body) = self.body(payload) {
            let (body, options) = requests::seal(request, body);
            self.send(body, options);
        }
    }

    fn body<'a>(&mut self, payload: &'a [u8]) -> Option<&'a [u8]> {
        let body = payload.strip_prefix(&HEADER_CDR_LE);
        if body.is_none() {
            self.refuse(&"it does not begin with a little-endian CDR header");
        }
        body
    }

    fn refuse(&mut self, reason: &dyn std::fmt::Display) {
        if self.lost.refused == 0 {
            let name = &self.endpoint.topic.name;
            tracing::warn!("{name}: a message could not be sent: {reason}");
        }
        self.lost.refused += 1;
    }

    fn send(&mut self, body: Bytes, options: WriteOptions) {
        let name = &self.endpoint.topic.name;
        let length = HEADER_CDR_LE.len() + body.len();
        if length >= LARGE_MESSAGE_BYTES && !self.warned_of_size {
            self.warned_of_size = true;
            tracing::warn!(
                "{name}: a message of {length} bytes is sent in pieces; Cyclone DDS and Fast DDS \
                 receive them, others may not"
            );
        }
        match self.writer.write_with_options(body, options) {
            Ok(_) => {}
            Err(WriteError::WouldBlock { .. }) => {
                if self.lost.reader_behind == 0 {
                    tracing::warn!("{name}: a subscriber does not keep up, messages are dropped");
                }
                self.lost.reader_behind += 1;
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// What never left, by cause.
    pub fn losses(&self) -> [(&'static str, u64); 2] {
        [
            ("reader not keeping up", self.lost.reader_behind),
            ("refused by the middleware", self.lost.refused),
        ]
    }

    /// Gives the last messages until the end of `patience` to arrive, then closes the writer.
    pub fn flush(self, patience: Duration) {
        if !matches!(self.writer.wait_for_acknowledgments(patience), Ok(true)) {
            tracing::debug!(
                "{}: last messages not acknowledged",
                self.endpoint.topic.name
            );
        }
    }

    /// Closes the writer without a disposal; what is needed to open it again stays.
    pub fn retire(self) -> (Endpoint, Lost) {
        (self.endpoint, self.lost)
    }
}
