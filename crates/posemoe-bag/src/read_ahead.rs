//! Reads a bag in a thread of its own, a bounded way ahead of the node.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::batches::Batches;
use super::channels::{Channel, Schema};
use super::replay::{Recorded, Replay};
use posemoe_bus::BusError;

/// A message, and what the file says of its channel.
pub struct Read {
    /// The message.
    pub message: Recorded,
    /// `None` when the file never describes it.
    pub channel: Option<Arc<Described>>,
}

/// A channel with all that is to be known of it.
pub struct Described {
    /// Topic, type and encoding.
    pub channel: Channel,
    /// The definition of its type.
    pub schema: Option<Schema>,
    /// Whether its messages can be read.
    pub is_readable: bool,
}

/// A bag that is being read, or is yet to be.
pub struct Reader {
    /// Here before the first message and after the last, else with the thread.
    replay: Option<Replay>,
    thread: Option<Thread>,
    /// What was wrong with the bag before the first message.
    first_damage: Vec<String>,
    busy: Duration,
}

type Found = Result<Read, BusError>;

struct Thread {
    batches: Receiver<Vec<Found>>,
    batch: std::vec::IntoIter<Found>,
    handle: JoinHandle<(Replay, Duration)>,
}

impl Reader {
    /// Reads nothing yet.
    pub fn new(replay: Replay) -> Self {
        Self {
            first_damage: replay.damage.clone(),
            replay: Some(replay),
            thread: None,
            busy: Duration::ZERO,
        }
    }

    /// What is wrong with the bag: complete after its last message.
    pub fn damage(&self) -> &[String] {
        let replay = self.replay.as_ref();
        replay.map_or(&self.first_damage, |replay| &replay.damage)
    }

    /// The bag, before its first and after its last message.
    pub fn replay(&self) -> Option<&Replay> {
        self.replay.as_ref()
    }

    /// The same, for the count of losses at its end.
    pub fn replay_mut(&mut self) -> Option<&mut Replay> {
        self.replay.as_mut()
    }

    /// How long reading took, once it has ended.
    pub fn busy(&self) -> Duration {
        self.busy
    }

    /// The next message of a type that the node knows, or of any with `wants_all`; `None` at the
    /// end.
    ///
    /// # Errors
    /// [`BusError`] when the operating system cannot read a file, or has no thread to spare.
    pub fn next(&mut self, wants_all: bool) -> Result<Option<Read>, BusError> {
        let mut thread = match (self.thread.take(), self.replay.take()) {
            (Some(thread), _) => thread,
            (None, Some(replay)) => Thread::start(replay, wants_all)?,
            (None, None) => return Ok(None),
        };
        if let Some(found) = thread.next() {
            self.thread = Some(thread);
            return found.map(Some);
        }
        let (replay, busy) = thread.end();
        self.replay = Some(replay);
        self.busy += busy;
        Ok(None)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Files that were unpacked go with the bag, which must not outlive the program.
        self.thread.take().map(Thread::end);
    }
}

impl Thread {
    fn start(mut replay: Replay, wants_all: bool) -> Result<Self, BusError> {
        let (mut sender, batches) = Batches::new();
        let read = move || {
            let mut described = BTreeMap::new();
            let began = Instant::now();
            let mut waited = Duration::ZERO;
            loop {
                let found = read_one(&mut replay, wants_all, &mut described).transpose();
                let asked = Instant::now();
                let sent = match found {
                    Some(Ok(read)) => {
                        let len = read.message.data.len();
                        sender.push(Ok(read), len).is_ok()
                    }
                    Some(Err(error)) => {
                        // There is no more to be had: the next read would fail alike.
                        let _ = sender.push(Err(error), 0).and_then(|()| sender.flush());
                        false
                    }
                    None => {
                        let _ = sender.flush();
                        false
                    }
                };
                waited += asked.elapsed();
                if !sent {
                    return (replay, began.elapsed().saturating_sub(waited));
                }
            }
        };
        let handle = Builder::new().name("bag reader".to_owned()).spawn(read);
        let handle = handle.map_err(|error| BusError::Middleware {
            action: "starting the thread that reads the bag".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            batches,
            batch: Vec::new().into_iter(),
            handle,
        })
    }

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.batch.next() {
                return Some(found);
            }
            self.batch = self.batches.recv().ok()?.into_iter();
        }
    }

    /// Ends the thread, also in the middle of the bag.
    fn end(self) -> (Replay, Duration) {
        drop(self.batches);
        self.handle
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    }
}

type Channels = BTreeMap<(usize, u16), Arc<Described>>;

fn read_one(
    replay: &mut Replay,
    wants_all: bool,
    described: &mut Channels,
) -> Result<Option<Read>, BusError> {
    // The node may subscribe in the middle of what is read at once.
    let types = replay.types;
    let wants = |channel: &Channel| wants_all || types(&channel.type_name).is_some();
    let message = replay.next(wants)?;
    Ok(message.map(|message| Read {
        channel: describe(replay, &message, described),
        message,
    }))
}

fn describe(
    replay: &Replay,
    message: &Recorded,
    described: &mut Channels,
) -> Option<Arc<Described>> {
    let id = (message.source, message.header.channel_id);
    if let Some(known) = described.get(&id) {
        return Some(Arc::clone(known));
    }
    let channels = &replay.contents(id.0)?.channels;
    let channel = channels.get(id.1)?;
    let found = Arc::new(Described {
        schema: channels.schema(channel).cloned(),
        is_readable: channels.why_unreadable(channel, replay.types).is_none(),
        channel: channel.clone(),
    });
    // A schema that is not there may still come.
    if found.schema.is_some() {
        described.insert(id, Arc::clone(&found));
    }
    Some(found)
}
