//! One topic that the node publishes on.

use std::time::Duration;

use rustdds::Timestamp;
use rustdds::bytes::Bytes;
use rustdds::dds::result::WriteError;

use super::raw::{HEADER_CDR_LE, RawWriter};
use super::refused;
use super::watch::Endpoint;
use crate::bus::{BusError, Topic};

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
        let name = &self.endpoint.topic.name;
        let publishing =
            |reason: &dyn std::fmt::Display| refused(&format!("publishing on {name}"), reason);
        let Some(body) = payload.strip_prefix(&HEADER_CDR_LE) else {
            return Err(publishing(
                &"the message does not begin with a little-endian CDR header",
            ));
        };
        if payload.len() >= LARGE_MESSAGE_BYTES && !self.warned_of_size {
            self.warned_of_size = true;
            tracing::warn!(
                "{name}: a message of {} bytes is sent in pieces; Cyclone DDS and Fast DDS receive \
                 them, others may not",
                payload.len()
            );
        }
        match self
            .writer
            .write(Bytes::copy_from_slice(body), Some(Timestamp::now()))
        {
            Ok(()) => Ok(()),
            Err(WriteError::WouldBlock { .. }) => {
                if self.refused == 0 {
                    tracing::warn!("{name}: a subscriber does not keep up, messages are dropped");
                }
                self.refused += 1;
                Ok(())
            }
            Err(error) => Err(publishing(&error)),
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
    pub fn retire(self) -> (Topic, u64) {
        (self.endpoint.topic, self.refused)
    }
}
