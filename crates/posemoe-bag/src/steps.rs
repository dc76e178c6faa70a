//! From messages and ticks to the events that the node gets, at once or when they are due.

use std::sync::Arc;

use super::channels::Channel;
use super::pace::Pace;
use super::read_ahead::{Described, Read};
use super::replay::Recorded;
use super::{BagBus, losses, stamp};
use posemoe_bus::{BusError, Event, SubscriptionId, Topic};
use posemoe_stamp::Stamp;

/// What happens on a bag's clock.
pub enum Step {
    /// A second has passed.
    Tick(Stamp),
    /// The node's timer is due.
    Timer(Stamp),
    /// A message was recorded.
    Message(Read),
}

impl Step {
    /// When it happens, on the bag's clock.
    pub fn moment(&self) -> Stamp {
        match self {
            Self::Tick(now) | Self::Timer(now) => *now,
            Self::Message(read) => stamp(read.message.header.log_time),
        }
    }
}

impl BagBus {
    /// What happens next, waiting for it only when the bag is played at a pace.
    ///
    /// # Errors
    /// [`BusError`] when the input cannot be read or the output cannot be written.
    pub fn next_event(&mut self) -> Result<Option<Event>, BusError> {
        self.check()?;
        if let Some(mut pace) = self.pace.take() {
            let event = self.next_due(&mut pace);
            self.pace = Some(pace);
            return event;
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.next_moment()?.is_none() {
                return Ok(None);
            }
            let Some(step) = self.steps.pop_front() else {
                return Ok(None);
            };
            self.now = self.now.max(step.moment());
            match step {
                Step::Tick(_) => return Ok(Some(Event::Tick { now: self.now })),
                // It was taken back meanwhile.
                Step::Timer(_) if self.timer.is_none() => {}
                Step::Timer(_) => return Ok(Some(Event::Timer { now: self.now })),
                Step::Message(read) => self.ready = self.deliver(read)?.into(),
            }
        }
    }

    fn next_due(&mut self, pace: &mut Pace) -> Result<Option<Event>, BusError> {
        loop {
            let moment = self.next_moment()?;
            if moment.is_some_and(|moment| pace.is_due(moment)) {
                self.arrive(pace)?;
                continue;
            }
            match (pace.next(), moment) {
                (Some(mut event), _) => {
                    match &mut event {
                        Event::Message { received, .. } => self.now = self.now.max(*received),
                        Event::Tick { now } | Event::Timer { now } => {
                            self.now = self.now.max(*now);
                            *now = self.now;
                        }
                        Event::Request { .. } => {}
                    }
                    return Ok(Some(event));
                }
                (None, Some(moment)) => pace.wait_until(moment),
                (None, None) => return Ok(None),
            }
        }
    }

    /// Queues what happens next.
    fn arrive(&mut self, pace: &mut Pace) -> Result<(), BusError> {
        match self.steps.pop_front() {
            Some(Step::Tick(now)) => pace.tick(now),
            Some(Step::Timer(now)) if self.timer.is_some() => pace.be_due(now),
            Some(Step::Timer(_)) => {}
            Some(Step::Message(read)) => {
                for event in self.deliver(read)? {
                    if let Event::Message { subscription, .. } = &event
                        && let Some(topic) = self.subscriptions.get(subscription)
                    {
                        pace.arrive(event, &topic.name, topic.qos.depth);
                    }
                }
            }
            None => {}
        }
        Ok(())
    }

    /// When the next step happens; `None` at the end.
    fn next_moment(&mut self) -> Result<Option<Stamp>, BusError> {
        while self.steps.is_empty() && !self.has_ended {
            self.read_on()?;
        }
        Ok(self.steps.front().map(Step::moment))
    }

    fn read_on(&mut self) -> Result<(), BusError> {
        let Some(read) = self.reader.next(self.keeps_input)? else {
            self.has_ended = true;
            let found = self.reader.replay().and_then(|replay| replay.found());
            if let Some(until) = found.map(|found| stamp(found.last_ns)) {
                self.pass(until);
            }
            let Some(replay) = self.reader.replay_mut() else {
                return Ok(());
            };
            let is_subscribed = |channel: &Channel| {
                let mut topics = self.subscriptions.values();
                topics.any(|topic| carries(channel, topic))
            };
            self.losses = losses::count(replay, is_subscribed);
            return Ok(());
        };
        self.pass(stamp(read.message.header.log_time));
        self.steps.push_back(Step::Message(read));
        Ok(())
    }

    /// Lets the bag's clock reach `until`: seconds before the timer, where both are due at once.
    fn pass(&mut self, until: Stamp) {
        let seconds = self.clock.advance(until).into_iter().map(Step::Tick);
        let periods = self.timer.iter_mut().flat_map(|timer| timer.advance(until));
        let mut due: Vec<Step> = seconds.chain(periods.map(Step::Timer)).collect();
        due.sort_by_key(Step::moment);
        self.steps.extend(due);
    }

    /// A message as each of its subscriptions gets it.
    fn deliver(&mut self, read: Read) -> Result<Vec<Event>, BusError> {
        let received = stamp(read.message.header.log_time);
        let subscriptions = self.subscriptions_to(&read);
        let Read { message, channel } = read;
        let event = |subscription, payload| Event::Message {
            subscription,
            received,
            payload,
        };
        let Some((&last, others)) = subscriptions.split_last() else {
            self.keep(channel, message)?;
            return Ok(Vec::new());
        };
        let mut events: Vec<Event> = others
            .iter()
            .map(|&subscription| event(subscription, message.data.clone()))
            .collect();
        let payload = match self.keeps_input {
            true => {
                let payload = message.data.clone();
                self.keep(channel, message)?;
                payload
            }
            false => message.data,
        };
        events.push(event(last, payload));
        Ok(events)
    }

    fn keep(&mut self, channel: Option<Arc<Described>>, message: Recorded) -> Result<(), BusError> {
        let output = self.output.as_mut().filter(|_| self.keeps_input);
        match (output, channel) {
            (Some(output), Some(channel)) => output.keep(channel, message),
            _ => Ok(()),
        }
    }

    /// The subscriptions that get a message.
    fn subscriptions_to(&self, read: &Read) -> Vec<SubscriptionId> {
        let described = read.channel.as_ref().filter(|channel| channel.is_readable);
        let Some(described) = described else {
            return Vec::new();
        };
        let subscriptions = self.subscriptions.iter();
        let fitting = subscriptions.filter(|(_, topic)| carries(&described.channel, topic));
        fitting.map(|(&id, _)| id).collect()
    }
}

/// Whether a channel has the messages of a topic: others may be called the same and have another
/// type.
fn carries(channel: &Channel, topic: &Topic) -> bool {
    channel.topic == topic.name && channel.type_name == topic.type_name
}
