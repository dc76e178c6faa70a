//! The thread that takes messages from `rustdds` the moment they arrive.
//!
//! The node may think for milliseconds over one message. Were it to read for itself, the messages
//! that come meanwhile would be dropped inside `rustdds`, which does not say so. This thread is
//! always ready, moves them to the [`Inbox`], and sees from the writers' sequence numbers what was
//! lost before it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rustdds::GUID;
use rustdds::dds::result::ReadError;
use rustdds::mio1::{Events, Interest, Poll, Registry, Token, Waker};

use super::inbox::{Arrival, Inbox};
use super::lifetime::wall_clock;
use super::raw::RawReader;
use super::refused;
use crate::bus::{BusError, SubscriptionId};

const ORDERS: Token = Token(usize::MAX);
/// Writers whose sequence numbers are remembered for one topic before all are forgotten.
const REMEMBERED_WRITERS: usize = 1024;

/// What went wrong with one topic's messages before they reached the inbox.
#[derive(Default)]
pub(super) struct Faults {
    /// Missing from a writer's sequence: lost on the network or overrun inside `rustdds`.
    pub missing: AtomicU64,
    /// Arrived in an encoding that is not plain CDR.
    pub unreadable: AtomicU64,
    /// Kept over a rejoin, so that what went by in the meantime is counted too.
    sequences: Mutex<Sequences>,
}

impl Faults {
    fn note(&self, writer: GUID, number: i64) {
        let mut sequences = self
            .sequences
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.missing
            .store(sequences.note(writer, number), Ordering::Relaxed);
    }
}

/// The receiving thread.
pub(super) struct Reception {
    inbox: Arc<Inbox>,
    orders: Option<mpsc::Sender<Reading>>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

/// One topic that the thread reads.
struct Reading {
    subscription: SubscriptionId,
    reader: RawReader,
    faults: Arc<Faults>,
}

impl Reception {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread or no poll to give.
    pub fn start(inbox: Arc<Inbox>) -> Result<Self, BusError> {
        let starting = |error: std::io::Error| refused("starting to receive", &error);
        let poll = Poll::new().map_err(starting)?;
        let waker = Waker::new(poll.registry(), ORDERS).map_err(starting)?;
        let (orders, new_readings) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("dds reception".to_owned())
            .spawn({
                let inbox = Arc::clone(&inbox);
                move || receive(poll, &new_readings, &inbox)
            })
            .map_err(starting)?;
        Ok(Self {
            inbox,
            orders: Some(orders),
            waker,
            thread: Some(thread),
        })
    }

    /// Hands a reader to the thread, which keeps `depth` of its messages for the node.
    pub fn add(
        &self,
        subscription: SubscriptionId,
        depth: usize,
        reader: RawReader,
        faults: Arc<Faults>,
    ) {
        self.inbox.open(subscription, depth);
        let reading = Reading {
            subscription,
            reader,
            faults,
        };
        // Should the thread be gone, `is_running` tells.
        self.orders.as_ref().map(|orders| orders.send(reading).ok());
        self.wake();
    }

    /// Whether messages can still arrive.
    pub fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!("cannot wake the DDS reception thread: {error}");
        }
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        self.orders = None;
        self.wake();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the DDS reception thread had panicked");
        }
    }
}

/// Runs until the [`Reception`] is dropped.
fn receive(mut poll: Poll, new_readings: &mpsc::Receiver<Reading>, inbox: &Inbox) {
    let mut readings: Vec<Reading> = Vec::new();
    let mut events = Events::with_capacity(64);
    loop {
        if let Err(error) = poll.poll(&mut events, None) {
            if error.kind() == std::io::ErrorKind::Interrupted {
                continue;
            }
            tracing::error!("DDS reception cannot poll: {error}");
            return;
        }
        for event in &events {
            if event.token() == ORDERS {
                match accept(poll.registry(), new_readings, &mut readings, inbox) {
                    Continue::Yes => {}
                    Continue::No => return,
                }
            } else if let Some(reading) = readings.get_mut(event.token().0) {
                reading.drain(inbox);
            }
        }
    }
}

enum Continue {
    Yes,
    No,
}

fn accept(
    registry: &Registry,
    new_readings: &mpsc::Receiver<Reading>,
    readings: &mut Vec<Reading>,
    inbox: &Inbox,
) -> Continue {
    loop {
        match new_readings.try_recv() {
            Ok(mut reading) => {
                let token = Token(readings.len());
                let registered = registry.register(&mut reading.reader, token, Interest::READABLE);
                if let Err(error) = registered {
                    tracing::error!("a DDS reader cannot be polled: {error}");
                }
                reading.drain(inbox); // what came before it was registered
                readings.push(reading);
            }
            Err(mpsc::TryRecvError::Empty) => return Continue::Yes,
            Err(mpsc::TryRecvError::Disconnected) => return Continue::No,
        }
    }
}

impl Reading {
    fn drain(&mut self, inbox: &Inbox) {
        self.reader.drain_read_notifications();
        loop {
            match self.reader.try_take_one() {
                Ok(Some(sample)) => {
                    let number = i64::from(sample.sequence_number);
                    self.faults.note(sample.writer_guid, number);
                    inbox.push(Arrival {
                        subscription: self.subscription,
                        received: wall_clock(),
                        payload: sample.into_value(),
                    });
                }
                Ok(None) => return,
                Err(ReadError::Deserialization { reason }) => {
                    if self.faults.unreadable.fetch_add(1, Ordering::Relaxed) == 0 {
                        tracing::warn!("a message is not in plain CDR: {reason}");
                    }
                }
                Err(error) => {
                    tracing::error!("reading {:?} from DDS: {error}", self.reader.guid());
                    return;
                }
            }
        }
    }
}

/// Follows the sequence numbers of every writer of a topic.
#[derive(Default)]
struct Sequences {
    last_seen: HashMap<GUID, i64>,
    missing: u64,
}

impl Sequences {
    /// Messages missing so far, now that this one has come. The first of a writer counts for
    /// nothing, and one that comes late after all is no longer missing.
    fn note(&mut self, writer: GUID, number: i64) -> u64 {
        if self.last_seen.len() >= REMEMBERED_WRITERS && !self.last_seen.contains_key(&writer) {
            self.last_seen.clear();
        }
        let last = self
            .last_seen
            .entry(writer)
            .or_insert(number.saturating_sub(1));
        if number > *last {
            self.missing += (number - *last - 1).unsigned_abs();
            *last = number;
        } else {
            self.missing = self.missing.saturating_sub(1);
        }
        self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_for_each_writer() {
        let (a, b) = (GUID::from_bytes([1; 16]), GUID::from_bytes([2; 16]));
        let mut sequences = Sequences::default();
        let mut missing = |writer, number| sequences.note(writer, number);
        assert_eq!([missing(a, 100), missing(a, 101), missing(b, 7)], [0, 0, 0]);
        assert_eq!([missing(a, 103), missing(b, 10)], [1, 3]);
        assert_eq!(missing(b, 9), 2, "late, but here");
        assert_eq!(missing(b, 11), 2);
    }

    #[test]
    fn many_short_lived_writers_take_bounded_room() {
        let mut sequences = Sequences::default();
        for number in 0..10_000_u32 {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            assert_eq!(sequences.note(GUID::from_bytes(bytes), 5), 0);
        }
        assert!(sequences.last_seen.len() <= REMEMBERED_WRITERS);
    }
}
