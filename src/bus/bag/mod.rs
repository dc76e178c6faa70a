//! Bags as a bus: replays one MCAP file and writes another.
//!
//! Messages come in the order of their log times, also from a file that has them in another order.
//! The clock is the file's own, so the same input gives the same output, to the byte. What cannot
//! be read is described by [`BagBus::damage`] and counted under [`Bus::losses`]; the rest arrives.

mod channels;
mod chunk;
mod clock;
mod file;
mod layout;
mod open;
mod output;
mod reckoning;
mod record;
mod replay;
mod summary;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

pub use output::Compression;

use super::{
    Bus, BusError, Event, Events, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic,
};
use crate::msg::TypeInfo;
use crate::stamp::Stamp;
use channels::Channels;
use clock::Clock;
use output::Output;
use replay::{Recorded, Replay};

/// How to replay and write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BagOptions {
    /// Of the written bag.
    pub compression: Compression,
    /// Copies every message of the input into the output, with its own times.
    pub keep_input: bool,
}

/// A topic that the input has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagTopic {
    /// Its name.
    pub name: String,
    /// Its type, such as `yolo_msgs/msg/DetectionArray`; empty when the file does not say.
    pub type_name: String,
    /// Messages that the file says it has; counted where it does not say.
    pub message_count: u64,
}

/// Replays one bag and writes another.
pub struct BagBus {
    replay: Replay,
    /// Messages by channel that the file's own statistics promise.
    promised: Option<BTreeMap<u16, u64>>,
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
    /// Opens `input` (an `.mcap` file, or a folder with one) and starts `output`, in place of the
    /// file that is there. Without an output, publications go nowhere.
    ///
    /// # Errors
    /// When nothing of the input is readable, or the output cannot be written or is the input.
    pub fn open(
        input: &Path,
        output: Option<&Path>,
        options: BagOptions,
    ) -> Result<Self, BusError> {
        let opened = open::open(input)?;
        if let Some(output) = output {
            open::refuse_same_file(opened.replay.path(), output)?;
        }
        let output = output
            .map(|path| Output::create(path, options.compression))
            .transpose()?;
        Ok(Self {
            replay: opened.replay,
            promised: opened.promised,
            topics: opened.topics,
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
        // A whole chunk is read at once, and the node may subscribe in the middle of it.
        let wants = |channels: &Channels, id| {
            let type_name = channels.get(id).map(|channel| channel.type_name.as_str());
            self.keeps_input || type_name.and_then(TypeInfo::by_name).is_some()
        };
        let Some(message) = self.replay.next(wants)? else {
            self.has_ended = true;
            let end = stamp(self.replay.end_ns);
            if !self.replay.found.is_empty() {
                self.steps
                    .extend(self.clock.advance(end).into_iter().map(Step::Tick));
            }
            let is_subscribed = |name: &str| self.subscriptions.values().any(|t| t.name == name);
            self.losses =
                reckoning::reckon(&mut self.replay, self.promised.as_ref(), is_subscribed);
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
        if let Some(output) = self.output.as_mut().filter(|_| self.keeps_input) {
            output.keep(&self.replay.channels, &message)?;
        }
        let id = message.header.channel_id;
        let Some(subscription) = subscription(&self.subscriptions, &self.replay.channels, id)
        else {
            return Ok(None);
        };
        let payload = message.data;
        Ok(Some(Event::Message {
            subscription,
            received,
            payload,
        }))
    }
}

/// The subscription that gets the messages of a channel.
fn subscription(
    subscriptions: &BTreeMap<SubscriptionId, Topic>,
    channels: &Channels,
    channel_id: u16,
) -> Option<SubscriptionId> {
    let channel = channels.get(channel_id)?;
    let (id, _) = subscriptions
        .iter()
        .find(|(_, topic)| topic.name == channel.topic)?;
    channels.why_unreadable(channel).is_none().then_some(*id)
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
                "" => "no type that the bag names".to_owned(),
                type_name => type_name.to_owned(),
            };
            let topic = (topic.name.clone(), topic.type_name);
            return Err(BusError::WrongType {
                topic: topic.0,
                found,
                expected: topic.1,
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
