//! One topic that the node publishes on.

use std::time::Duration;

use rustdds::bytes::Bytes;
use rustdds::dds::result::WriteError;
use rustdds::{Timestamp, WriteOptions, WriteOptionsBuilder};

use super::raw::{HEADER_CDR_LE, RawWriter};
use super::watch::Endpoint;
use super::{refused, requests};
use crate::bus::{BusError, RequestId};

/// From this size on (with the header) not every DDS implementation has been seen to receive our
/// messages; Cyclone DDS and Fast DDS do.
pub const LARGE_MESSAGE_BYTES: usize = 64 * 1024;

/// A writer, and what it could not send.
pub(super) struct Publication {
    pub endpoint: Endpoint,
    writer: RawWriter,
    refused: u64,
    warned_of_size: bool,
}

impl Publication {
    pub fn new(endpoint: Endpoint, writer: RawWriter, refused: u64) -> Self {
        Self {
            endpoint,
            writer,
            refused,
            warned_of_size: false,
        }
    }

    /// Sends a message, or counts why it could not. Never blocks.
    ///
    /// # Errors
    /// When the message is not little-endian CDR, or the participant is gone.
    pub fn publish(&mut self, payload: &[u8]) -> Result<(), BusError> {
        let body = self.body(payload)?;
        let options = WriteOptionsBuilder::new().source_timestamp(Timestamp::now());
        self.send(Bytes::copy_from_slice(body), options.build())
    }

    /// Sends the reply to a request, or counts why it could not. Never blocks.
    ///
    /// # Errors
    /// As for [`Self::publish`].
    pub fn reply(&mut self, request: &RequestId, payload: &[u8]) -> Result<(), BusError> {
        let (body, options) = requests::seal(request, self.body(payload)?);
        self.send(body, options)
    }

    fn body<'a>(&self, payload: &'a [u8]) -> Result<&'a [u8], BusError> {
        payload.strip_prefix(&HEADER_CDR_LE).ok_or_else(|| {
            self.error(&"the message does not begin with a little-endian CDR header")
        })
    }

    fn error(&self, reason: &dyn std::fmt::Display) -> BusError {
        refused(
            &format!("publishing on {}", self.endpoint.topic.name),
            reason,
        )
    }

    fn send(&mut self, body: Bytes, options: WriteOptions) -> Result<(), BusError> {
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
            Ok(_) => Ok(()),
            Err(WriteError::WouldBlock { .. }) => {
                if self.refused == 0 {
                    tracing::warn!("{name}: a subscriber does not keep up, messages are dropped");
                }
                self.refused += 1;
                Ok(())
            }
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Messages that never left because a subscriber did not acknowledge earlier ones.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Gives the last messages until the end of `patience` to arrive, then closes the writer.
    pub fn finish(self, patience: Duration) {
        if !matches!(self.writer.wait_for_acknowledgments(patience), Ok(true)) {
            tracing::debug!(
                "{}: last messages not acknowledged",
                self.endpoint.topic.name
            );
        }
    }

    /// Closes the writer without a farewell; what is needed to open it again stays.
    pub fn retire(self) -> (Endpoint, u64) {
        (self.endpoint, self.refused)
    }
}
