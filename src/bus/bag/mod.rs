//! Bags as a bus: replays one of rosbag2's and writes another.
//!
//! A bag is one file or several, in MCAP or SQLite, compressed or not ([`BagBus::open`]); all give
//! the same. Messages come in the order of their log times, also from files that have them in
//! another order. The clock is the bag's own, so the same input gives the same output, to the byte.
//! What cannot be read is in [`BagBus::damage`] and [`Bus::losses`]; the rest arrives.

mod channels;
mod chunk;
mod clock;
mod file;
mod info;
mod layout;
mod mcap_file;
mod open;
mod output;
mod reckoning;
mod record;
mod replay;
mod sqlite;
mod storage;
mod summary;
mod target;
mod unpack;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

pub use info::{BagFile, BagInfo, TopicInfo, describe};
pub use open::{BagTopic, ENDINGS};
pub use output::{Compression, Output};

use super::{
    Bus, BusError, Event, Events, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic,
};
use crate::msg::TypeInfo;
use crate::stamp::Stamp;
use channels::Channel;
use clock::Clock;
use replay::{Recorded, Replay};

/// How to replay and write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BagOptions {
    /// Of the written bag.
    pub compression: Compression,
    /// Copies every message of the input into the output, with its own times.
    pub keep_input: bool,
}

/// Replays one bag and writes another.
pub struct BagBus {
    replay: Replay,
    topics: Vec<BagTopic>,
    subscriptions: BTreeMap<SubscriptionId, Topic>,
    subscribed: usize,
    advertised: usize,
    served: usize,
    output: Option<Output>,
    keeps_input: bool,
    clock: Clock,
    now: Stamp,
    steps: VecDeque<Step>,
    has_ended: bool,
    losses: Vec<Loss>,
}

enum Step {
    Tick(Stamp),
    Message(Recorded),
}

impl BagBus {
    /// Opens `input`, and starts `output` in place of the bag that is there: a file if it ends in
    /// `.mcap`, else a folder. Without an output, publications go nowhere.
    ///
    /// The input is an MCAP or SQLite file, either may be compressed by zstd; or a folder with such
    /// files: those that its `metadata.yaml` names, or all where there is none.
    ///
    /// # Errors
    /// When nothing of the input is readable, or the output cannot be written or is the input.
    pub fn open(
        input: &Path,
        output: Option<&Path>,
        options: BagOptions,
    ) -> Result<Self, BusError> {
        let replay = open::open(input)?;
        let inputs = || replay.sources.iter().map(|source| source.path.as_path());
        let output = output
            .map(|path| Output::create(path, inputs(), options.compression))
            .transpose()?;
        Ok(Self {
            topics: open::topics(&replay),
            replay,
            subscriptions: BTreeMap::new(),
            subscribed: 0,
            advertised: 0,
            served: 0,
            keeps_input: options.keep_input && output.is_some(),
            output,
            clock: Clock::default(),
            now: Stamp::default(),
            steps: VecDeque::new(),
            has_ended: false,
            losses: Vec::new(),
        })
    }

    /// The topics that the input has, by name and type.
    pub fn topics(&self) -> &[BagTopic] {
        &self.topics
    }

    /// Whether any file of the input was written here, by a replay: its log times are not the moments at
    /// which anything was published.
    pub fn is_replayed(&self) -> bool {
        let libraries = self
            .replay
            .sources
            .iter()
            .map(|source| &source.contents.library);
        let mut first_words = libraries.flatten().map(|library| library.split(' ').next());
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
        &self.replay.damage
    }

    /// Completes the output. Dropping the bus does so too, but keeps a full disk to itself.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(&mut self) -> Result<(), BusError> {
        self.output.take().map_or(Ok(()), Output::finish)
    }

    /// What happens next, without waiting: a bag is always ready.
    ///
    /// # Errors
    /// When the input cannot be read or the output cannot be written.
    pub fn next_event(&mut self) -> Result<Option<Event>, BusError> {
        loop {
            match self.steps.pop_front() {
                Some(Step::Tick(now)) => {
                    self.now = self.now.max(now);
                    return Ok(Some(Event::Tick { now: self.now }));
                }
                Some(Step::Message(message)) => {
                    if let Some(event) = self.deliver(message)? {
                        return Ok(Some(event));
                    }
                }
                None if self.has_ended => return Ok(None),
                None => self.read_on()?,
            }
        }
    }

    fn read_on(&mut self) -> Result<(), BusError> {
        // Many messages are read at once, and the node may subscribe in the middle of them.
        let keeps_input = self.keeps_input;
        let wants =
            |channel: &Channel| keeps_input || TypeInfo::by_name(&channel.type_name).is_some();
        let Some(message) = self.replay.next(wants)? else {
            self.has_ended = true;
            if let Some(found) = self.replay.found() {
                let ticks = self.clock.advance(stamp(found.last_ns));
                self.steps.extend(ticks.into_iter().map(Step::Tick));
            }
            let is_subscribed = |name: &str| self.subscriptions.values().any(|t| t.name == name);
            self.losses = reckoning::reckon(&mut self.replay, is_subscribed);
            return Ok(());
        };
        let ticks = self.clock.advance(stamp(message.header.log_time));
        self.steps.extend(ticks.into_iter().map(Step::Tick));
        self.steps.push_back(Step::Message(message));
        Ok(())
    }

    fn deliver(&mut self, message: Recorded) -> Result<Option<Event>, BusError> {
        let received = stamp(message.header.log_time);
        self.now = self.now.max(received);
        if let Some(output) = self.output.as_mut().filter(|_| self.keeps_input)
            && let Some(contents) = self.replay.contents(message.source)
        {
            output.keep(&contents.channels, &message)?;
        }
        let Some(subscription) = self.subscription(&message) else {
            return Ok(None);
        };
        let payload = message.data;
        Ok(Some(Event::Message {
            subscription,
            received,
            payload,
        }))
    }

    /// The subscription that gets a message.
    fn subscription(&self, message: &Recorded) -> Option<SubscriptionId> {
        let contents = self.replay.contents(message.source)?;
        let channel = contents.channels.get(message.header.channel_id)?;
        let mut subscriptions = self.subscriptions.iter();
        let (id, _) = subscriptions.find(|(_, topic)| topic.name == channel.topic)?;
        let is_readable = contents.channels.why_unreadable(channel).is_none();
        is_readable.then_some(*id)
    }
}

fn stamp(nanos: u64) -> Stamp {
    Stamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

impl Bus for BagBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, BusError> {
        let same_name = |known: &&BagTopic| known.name == topic.name;
        let other = |known: &&BagTopic| known.type_name != topic.type_name;
        if let Some(wrong) = self.topics.iter().filter(same_name).find(other) {
            let found = match wrong.type_name.as_str() {
                "" => "no type that the bag names",
                type_name => type_name,
            };
            return Err(BusError::WrongType {
                topic: topic.name.clone(),
                found: found.to_owned(),
                expected: topic.type_name,
            });
        }
        if self
            .subscriptions
            .values()
            .any(|known| known.name == topic.name)
        {
            return Err(BusError::Middleware {
                action: format!("subscribing to {}", topic.name),
                reason: "this bus has a subscription to it already".to_owned(),
            });
        }
        let id = SubscriptionId(self.subscribed);
        self.subscribed += 1;
        self.subscriptions.insert(id, topic.clone());
        Ok(id)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.subscriptions.remove(&subscription);
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, BusError> {
        if let Some(output) = &mut self.output {
            output.advertise(topic)?;
        }
        self.advertised += 1;
        Ok(PublisherId(self.advertised - 1))
    }

    fn unadvertise(&mut self, _: PublisherId) {} // what is written stays

    fn publish(
        &mut self,
        publisher: PublisherId,
        stamp: Stamp,
        payload: &[u8],
    ) -> Result<(), BusError> {
        if publisher.0 >= self.advertised {
            return Err(BusError::Middleware {
                action: format!("publishing as publisher {}", publisher.0),
                reason: format!("expected one of the {} advertised", self.advertised),
            });
        }
        match &mut self.output {
            Some(output) => output.publish(publisher.0, self.now, stamp, payload),
            None => Ok(()),
        }
    }

    fn serve(&mut self, _: &Service) -> Result<ServiceId, BusError> {
        self.served += 1;
        Ok(ServiceId(self.served - 1))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, _: &[u8]) -> Result<(), BusError> {
        Ok(())
    }

    fn now(&self) -> Stamp {
        self.now
    }

    fn losses(&self) -> Vec<Loss> {
        self.losses.clone()
    }
}

impl Events for BagBus {
    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        self.next_event()
    }
}
