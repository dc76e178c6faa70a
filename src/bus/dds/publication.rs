//! One topic that the node publishes on.

use std::time::Duration;

use rustdds::bytes::Bytes;
use rustdds::dds::result::WriteError;
use rustdds::{GUID, SampleIdentity, SequenceNumber, Timestamp, WriteOptions, WriteOptionsBuilder};

use super::raw::{HEADER_CDR_LE, RawWriter, WRITER_WINDOW};
use super::requests;
use super::watch::Endpoint;
use super::whole::{self, Route};
use crate::bus::{Durability, RequestId};

/// From this size on (with the header) not every DDS implementation has been seen to receive our
/// messages; Cyclone DDS and Fast DDS do.
pub const LARGE_MESSAGE_BYTES: usize = 64 * 1024;

/// So many messages that not every subscriber has acknowledged: of what a writer keeps, enough is
/// left for as long as handing over takes.
const FAR_BEHIND: u64 = WRITER_WINDOW as u64 * 3 / 8;
/// In so many calls, of one each second, subscribers find another writer, on a busy machine too.
const FINDING: u32 = 3;
/// How long acknowledgements of the last messages may take.
const UNDER_WAY: Duration = Duration::from_millis(10);

/// A writer, and what it could not send.
pub(super) struct Publication {
    pub endpoint: Endpoint,
    writer: RawWriter,
    lost: Lost,
    warned_of_size: bool,
    /// Number of the last message, from 1.
    last_number: i64,
    /// Messages since every subscriber had acknowledged all of them.
    unacknowledged: u64,
    /// The writer that takes over, while subscribers find it; after so many calls.
    next: Option<(u32, Box<Publication>)>,
    /// The writer before this one, while its last messages arrive.
    former: Option<Box<Publication>>,
}

/// Messages that never left.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    /// A subscriber did not acknowledge them, or earlier ones.
    reader_behind: u64,
    /// They were no messages, or the middleware refused them.
    refused: u64,
    /// Answers to clients whose reader was not found in time.
    client_unknown: u64,
}

impl Publication {
    pub fn new(endpoint: Endpoint, writer: RawWriter, lost: Lost) -> Self {
        Self {
            endpoint,
            writer,
            lost,
            warned_of_size: false,
            last_number: 0,
            unacknowledged: 0,
            next: None,
            former: None,
        }
    }

    /// The writers that there are for this topic.
    pub fn guids(&self) -> impl Iterator<Item = GUID> {
        let next = self.next.iter().map(|(_, next)| next);
        let others = next.chain(&self.former);
        std::iter::once(self.endpoint.guid).chain(others.map(|other| other.endpoint.guid))
    }

    /// Whether some subscriber has long acknowledged nothing, so that soon none would get anything.
    /// Waits for acknowledgements under way, where it seems so.
    pub fn is_far_behind(&mut self) -> bool {
        let acknowledged = |patience| {
            let all = self.writer.wait_for_acknowledgments(patience);
            matches!(all, Ok(true))
        };
        let is_far = self.unacknowledged > FAR_BEHIND;
        if acknowledged(Duration::ZERO) || is_far && acknowledged(UNDER_WAY) {
            self.unacknowledged = 0;
        }
        // Those who come late get the history of a writer that keeps one.
        let is_volatile = self.endpoint.topic.qos.durability == Durability::Volatile;
        is_volatile && self.next.is_none() && self.unacknowledged > FAR_BEHIND
    }

    /// Begins to hand over to another writer of the same topic.
    pub fn prepare(&mut self, next: Self) {
        let (name, unheard) = (&self.endpoint.topic.name, self.unacknowledged);
        tracing::warn!(
            "{name}: a subscriber has acknowledged none of {unheard} messages: it loses them, so \
             that others go on"
        );
        self.next = Some((FINDING, Box::new(next)));
    }

    /// Goes on with handing over, a step with each call; the writer that is no longer needed, at
    /// the end.
    pub fn step_down(&mut self) -> Option<Self> {
        if let Some(former) = self.former.take() {
            return Some(*former);
        }
        let (calls, mut next) = self.next.take()?;
        if calls > 1 {
            self.next = Some((calls - 1, next));
            return None;
        }
        next.lost = self.lost;
        next.lost.reader_behind += self.unacknowledged;
        next.warned_of_size = self.warned_of_size;
        let former = std::mem::replace(self, *next);
        self.former = Some(Box::new(former));
        None
    }

    /// Sends a message, or counts why it could not. Never blocks.
    pub fn publish(&mut self, payload: &[u8]) {
        if let Some(body) = self.body(payload) {
            let options = WriteOptionsBuilder::new().source_timestamp(Timestamp::now());
            self.send(Bytes::copy_from_slice(body), options.build());
        }
    }

    /// Sends the reply to a request, by this `route` where it is too long otherwise, or counts why
    /// it could not. Never blocks.
    pub fn reply(&mut self, request: &RequestId, payload: &[u8], route: Option<&Route>) {
        let Some(body) = self.body(payload) else {
            return;
        };
        match (route, requests::mark_beside(request)) {
            (Some(route), Some(mark)) => {
                // Before `rustdds` knows the number: it tells readers that it is for nobody.
                let next = SampleIdentity {
                    writer_guid: self.endpoint.guid,
                    sequence_number: SequenceNumber::from(self.last_number + 1),
                };
                let message = whole::encode(route, next, mark, body);
                let sent = message.and_then(|message| route.send(&message).map(|()| message));
                let for_nobody = WriteOptionsBuilder::new().to_single_reader(GUID::GUID_UNKNOWN);
                self.send(Bytes::new(), for_nobody.build());
                // Nobody sends it again when it gets lost.
                if let Err(reason) = sent.and_then(|message| route.send(&message)) {
                    self.refuse(&reason);
                }
            }
            _ => {
                let (body, options) = requests::seal(request, body);
                self.send(body, options);
            }
        }
    }

    /// Counts an answer that is sent although nobody is known to hear it.
    pub fn note_unknown_client(&mut self) {
        if self.lost.client_unknown == 0 {
            let name = &self.endpoint.topic.name;
            tracing::warn!("{name}: whoever asked has no reader for the answer, or has gone");
        }
        self.lost.client_unknown += 1;
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
            Ok(sent) => {
                self.unacknowledged += 1;
                self.last_number = i64::from(sent.sequence_number);
            }
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
    pub fn losses(&self) -> [(&'static str, u64); 3] {
        [
            ("reader not keeping up", self.lost.reader_behind),
            ("refused by the middleware", self.lost.refused),
            ("client not found", self.lost.client_unknown),
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
