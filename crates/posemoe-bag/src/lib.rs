//! Bags as a bus: replays one of rosbag2's and writes another.
//!
//! A bag is one file or several, in MCAP or SQLite, compressed or not ([`BagBus::open`]); all give
//! the same. Messages come in the order of their log times, also from files that have them in
//! another order. The clock is the bag's own, so the same input gives the same output, to the byte.
//! What cannot be read is in [`BagBus::damage`] and [`Bus::losses`]; the rest arrives.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod batches;
mod channels;
mod chunk;
mod clock;
pub mod definition;
mod file;
mod info;
mod kind;
mod layout;
mod losses;
mod mcap_file;
mod open;
mod output;
mod pace;
mod read_ahead;
mod record;
mod replay;
mod source;
mod sqlite;
mod steps;
mod storage;
mod summary;
mod target;
mod unpack;
mod write_behind;
pub mod yaml;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Duration;

pub use info::{BagFile, BagInfo, TopicInfo, describe};
pub use open::{BagTopic, ENDINGS};
pub use output::{Compression, Output};
pub use pace::{SystemTimer, Timer};

use clock::{Clock, SECOND_NS};
use pace::{Pace, is_of};
use posemoe_bus::{
    Bus, BusError, EndpointError, Event, Events, KnownTypes, Loss, PublisherId, RequestId, Service,
    ServiceId, SubscriptionId, Topic,
};
use posemoe_stamp::Stamp;
use read_ahead::Reader;
use steps::Step;
use write_behind::Writer;

/// How to replay and write.
#[derive(Clone, Copy, Debug)]
pub struct BagOptions {
    /// The types that the program reads and writes.
    pub types: KnownTypes,
    /// Of the written bag.
    pub compression: Compression,
    /// Copies every message of the input into the output, with its own times.
    pub keep_input: bool,
}

impl BagOptions {
    /// Writes uncompressed what is published, and nothing else.
    pub fn new(types: KnownTypes) -> Self {
        Self {
            types,
            compression: Compression::default(),
            keep_input: false,
        }
    }
}

/// Replays one bag and writes another.
pub struct BagBus {
    reader: Reader,
    topics: Vec<BagTopic>,
    subscriptions: BTreeMap<SubscriptionId, Topic>,
    subscribed: usize,
    advertised: usize,
    served: usize,
    output: Option<Writer>,
    types: KnownTypes,
    keeps_input: bool,
    clock: Clock,
    /// The node's own.
    timer: Option<Clock>,
    now: Stamp,
    steps: VecDeque<Step>,
    /// One message for several subscriptions.
    ready: VecDeque<Event>,
    /// Messages are handed over when they are due, not as fast as the node takes them.
    pace: Option<Pace>,
    has_ended: bool,
    /// Why the output could not be written, until somebody is told.
    failed: Option<BusError>,
    losses: Vec<Loss>,
}

/// How long the threads of a bag were at work, each beside the node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Reading, decompressing and sorting the input.
    pub read: Duration,
    /// Compressing and writing the output.
    pub write: Duration,
}

impl BagBus {
    /// Opens `input`, and starts `output`: a file if it ends in `.mcap`, else a folder. Without an
    /// output, publications go nowhere.
    ///
    /// The input is an MCAP or SQLite file, either may be compressed by zstd; or a folder with such
    /// files: those that its `metadata.yaml` names, or all where there is none.
    ///
    /// # Errors
    /// [`BusError`] when nothing of the input is readable, or the output cannot be written or is
    /// the input.
    pub fn open(
        input: &Path,
        output: Option<&Path>,
        options: BagOptions,
    ) -> Result<Self, BusError> {
        let replay = open::open(input, options.types)?;
        let inputs = || replay.sources.iter().map(|source| source.path.as_path());
        let output = output
            .map(|path| Output::create(path, inputs(), options.compression))
            .transpose()?
            .map(Writer::start)
            .transpose()?;
        Ok(Self {
            topics: open::topics(&replay),
            reader: Reader::new(replay),
            subscriptions: BTreeMap::new(),
            subscribed: 0,
            advertised: 0,
            served: 0,
            keeps_input: options.keep_input && output.is_some(),
            output,
            types: options.types,
            clock: Clock::every(SECOND_NS),
            timer: None,
            now: Stamp::default(),
            steps: VecDeque::new(),
            ready: VecDeque::new(),
            pace: None,
            has_ended: false,
            failed: None,
            losses: Vec::new(),
        })
    }

    /// The topics that the input has, by name and type.
    pub fn topics(&self) -> &[BagTopic] {
        &self.topics
    }

    /// Whether any file of the input was written here, by a replay: its log times are not the
    /// moments at which anything was published. To be asked when the bus has ended.
    pub fn is_replayed(&self) -> bool {
        let sources = self.reader.replay().map(|replay| replay.sources.iter());
        let libraries = sources.into_iter().flatten();
        let libraries = libraries.filter_map(|source| source.contents.library.as_ref());
        let mut first_words = libraries.map(|library| library.split(' ').next());
        first_words.any(|word| word == Some(output::LIBRARY))
    }

    /// The subscribed topics that the input does not have.
    pub fn missing_topics(&self) -> Vec<&str> {
        let is_there = |topic: &&Topic| self.topics.iter().any(|known| known.name == topic.name);
        let missing = self.subscriptions.values().filter(|topic| !is_there(topic));
        missing.map(|topic| topic.name.as_str()).collect()
    }

    /// What is wrong with the input, in words, each with its place in the file. Complete when the
    /// bus has ended.
    pub fn damage(&self) -> &[String] {
        self.reader.damage()
    }

    /// Completes the output, which only now takes the place of an earlier one: without this,
    /// nothing is left of it.
    ///
    /// # Errors
    /// [`BusError`] when the output cannot be written.
    pub fn close(&mut self) -> Result<(), BusError> {
        self.check()?;
        self.output.as_mut().map_or(Ok(()), Writer::close)
    }

    /// Whether all that was published could be written so far.
    fn check(&mut self) -> Result<(), BusError> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Keeps the first failure for who asks for the next event, or for the end.
    fn note_failure(&mut self, outcome: Result<(), BusError>) {
        if let Err(error) = outcome {
            self.failed.get_or_insert(error);
        }
    }

    /// Plays at the pace of the recording from now on, by the given clock: messages are handed over
    /// when they are due, or as soon as the node asks for them; until then they wait in a queue of
    /// their topic's depth, in which the oldest makes room and is counted.
    pub fn pace(&mut self, timer: Box<dyn Timer>) {
        self.pace = Some(Pace::new(timer));
    }

    /// How long ago `moment` was by the clock that the bag is played by; `None` when it is by none.
    pub fn since(&self, moment: Stamp) -> Option<Duration> {
        self.pace.as_ref().map(|pace| pace.since(moment))
    }

    /// From the first to the last message of the bag (s), once it has ended; else 0.
    pub fn played_s(&self) -> f64 {
        let found = self.reader.replay().filter(|_| self.has_ended);
        let found = found.and_then(|replay| replay.found());
        found.map_or(0.0, |tally| (tally.last_ns - tally.first_ns) as f64 * 1e-9)
    }

    /// How long reading and writing took; complete when both have ended.
    pub fn busy(&self) -> Busy {
        Busy {
            read: self.reader.busy(),
            write: self.output.as_ref().map_or(Duration::ZERO, Writer::busy),
        }
    }
}

fn stamp(nanos: u64) -> Stamp {
    Stamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

impl Bus for BagBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        let of_name = || self.topics.iter().filter(|known| known.name == topic.name);
        let is_there = of_name().any(|known| known.type_name == topic.type_name);
        if let Some(other) = of_name().next().filter(|_| !is_there) {
            let found = match other.type_name.as_str() {
                "" => "no type that the bag names",
                type_name => type_name,
            };
            return Err(EndpointError::WrongType {
                topic: topic.name.clone(),
                found: found.to_owned(),
                expected: topic.type_name,
            });
        }
        let id = SubscriptionId(self.subscribed);
        self.subscribed += 1;
        self.subscriptions.insert(id, topic.clone());
        Ok(id)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.subscriptions.remove(&subscription);
        self.ready.retain(|event| !is_of(event, subscription));
        self.pace
            .iter_mut()
            .for_each(|pace| pace.forget(subscription));
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        if let Some(output) = &mut self.output {
            let described = Output::definition(topic, self.types)?;
            let advertised = output.advertise(topic, described);
            self.note_failure(advertised);
        }
        self.advertised += 1;
        Ok(PublisherId(self.advertised - 1))
    }

    fn unadvertise(&mut self, _: PublisherId) {} // what is written stays

    fn publish(&mut self, publisher: PublisherId, stamp: Stamp, payload: &[u8]) {
        if let Some(output) = &mut self.output {
            let written = output.publish(publisher.0, self.now, stamp, payload);
            self.note_failure(written);
        }
    }

    fn serve(&mut self, _: &Service) -> Result<ServiceId, EndpointError> {
        self.served += 1;
        Ok(ServiceId(self.served - 1))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, _: &[u8]) {}

    fn date(&mut self, moment: Stamp) {
        if self.pace.is_none() {
            self.now = moment;
        }
    }

    fn set_timer(&mut self, period: Option<Duration>) {
        let period_ns = period.map(|period| i64::try_from(period.as_nanos()).unwrap_or(i64::MAX));
        self.timer = period_ns.map(Clock::every);
    }

    fn now(&self) -> Stamp {
        self.now
    }

    fn losses(&self) -> Vec<Loss> {
        let of_queues = self.pace.iter().flat_map(Pace::losses);
        self.losses.iter().cloned().chain(of_queues).collect()
    }
}

impl Events for BagBus {
    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        self.next_event()
    }
}
