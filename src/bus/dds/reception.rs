//! The thread that takes messages from `rustdds` the moment they arrive.
//!
//! The node may think for milliseconds over one message. Were it to read for itself, the messages
//! that come meanwhile would be dropped inside `rustdds`, which does not say so. This thread is
//! always ready, moves them to the [`Inbox`], and sees from the writers' sequence numbers what was
//! lost before it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rustdds::dds::result::ReadError;
use rustdds::mio1::{Events, Interest, Poll, Registry, Token, Waker};
use rustdds::no_key::DeserializedCacheChange;

use super::faults::Faults;
use super::inbox::{Inbox, Receiver};
use super::raw::RawReader;
use super::requests;
use crate::bus::{BusError, Event, wall_clock};

const ORDERS: Token = Token(usize::MAX);

/// The receiving thread.
pub(super) struct Reception {
    inbox: Arc<Inbox>,
    orders: Option<mpsc::Sender<Order>>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Add(Box<Reading>),
    Remove(Receiver),
}

/// One topic that the thread reads.
struct Reading {
    receiver: Receiver,
    reader: RawReader,
    faults: Arc<Faults>,
}

impl Reception {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`BusError`] when the system has no thread or no poll to give.
    pub fn start(inbox: Arc<Inbox>) -> Result<Self, BusError> {
        let starting = |error: std::io::Error| BusError::refused("starting to receive", &error);
        let poll = Poll::new().map_err(starting)?;
        let waker = Waker::new(poll.registry(), ORDERS).map_err(starting)?;
        let (orders, taken) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("dds reception".to_owned())
            .spawn({
                let inbox = Arc::clone(&inbox);
                move || receive(poll, &taken, &inbox)
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
    pub fn add(&self, receiver: Receiver, depth: usize, reader: RawReader, faults: Arc<Faults>) {
        self.inbox.open(receiver, depth);
        self.order(Order::Add(Box::new(Reading {
            receiver,
            reader,
            faults,
        })));
    }

    /// Has the thread drop the reader of this receiver.
    pub fn remove(&self, receiver: Receiver) {
        self.inbox.close(receiver);
        self.order(Order::Remove(receiver));
    }

    fn order(&self, order: Order) {
        // Should the thread be gone, `is_running` tells.
        self.orders.as_ref().map(|orders| orders.send(order).ok());
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
fn receive(mut poll: Poll, orders: &mpsc::Receiver<Order>, inbox: &Inbox) {
    let mut readings = BTreeMap::new();
    let mut tokens = 0..ORDERS.0; // never the same twice: an event may still come for one that left
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
                match obey(poll.registry(), orders, &mut tokens, &mut readings, inbox) {
                    Continue::Yes => {}
                    Continue::No => return,
                }
            } else if let Some(reading) = readings.get_mut(&event.token()) {
                reading.drain(inbox);
            }
        }
    }
}

enum Continue {
    Yes,
    No,
}

fn obey(
    registry: &Registry,
    orders: &mpsc::Receiver<Order>,
    tokens: &mut Range<usize>,
    readings: &mut BTreeMap<Token, Box<Reading>>,
    inbox: &Inbox,
) -> Continue {
    loop {
        match orders.try_recv() {
            Ok(Order::Add(mut reading)) => {
                let Some(token) = tokens.next().map(Token) else {
                    return Continue::No;
                };
                let registered = registry.register(&mut reading.reader, token, Interest::READABLE);
                if let Err(error) = registered {
                    tracing::error!("a DDS reader cannot be polled: {error}");
                }
                reading.drain(inbox); // what came before it was registered
                readings.insert(token, reading);
            }
            Ok(Order::Remove(receiver)) => readings.retain(|_, reading| {
                let stays = reading.receiver != receiver;
                if !stays && let Err(error) = registry.deregister(&mut reading.reader) {
                    tracing::error!("a DDS reader cannot be let go: {error}");
                }
                stays
            }),
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
                    if self.faults.is_news(sample.writer_guid, number) {
                        match self.event(sample) {
                            Some(event) => inbox.push(event),
                            None => self.note_unreadable("a request without a client's mark"),
                        }
                    }
                }
                Ok(None) => return,
                Err(ReadError::Deserialization { reason }) => {
                    self.note_unreadable(&format!("a message that is not in plain CDR: {reason}"));
                }
                Err(error) => {
                    tracing::error!("reading {:?} from DDS: {error}", self.reader.guid());
                    return;
                }
            }
        }
    }
    fn event(&self, sample: DeserializedCacheChange<Vec<u8>>) -> Option<Event> {
        match self.receiver {
            Receiver::Topic(subscription) => Some(Event::Message {
                subscription,
                received: wall_clock(),
                payload: sample.into_value(),
            }),
            Receiver::Service(service) => {
                let (request, payload) = requests::open(sample)?;
                Some(Event::Request {
                    service,
                    request,
                    payload,
                })
            }
        }
    }

    fn note_unreadable(&self, what: &str) {
        if self.faults.unreadable.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("received {what}");
        }
    }
}
