//! From messages and ticks to the events that the node gets, at once or when they are due.

use super::pace::Pace;
use super::read_ahead::Read;
use super::{BagBus, reckoning, stamp};
use crate::bus::{BusError, Event, SubscriptionId};
use crate::stamp::Stamp;

/// What happens on a bag's clock.
pub enum Step {
    /// A second has passed.
    Tick(Stamp),
    /// A message was recorded.
    Message(Read),
}

impl Step {
    /// When it happens, on the bag's clock.
    pub fn moment(&self) -> Stamp {
        match self {
            Self::Tick(now) => *now,
            Self::Message(read) => stamp(read.message.header.log_time),
        }
    }
}

impl BagBus {
    /// What happens next, waiting for it only when the bag is played at a pace.
    ///
    /// # Errors
    /// When the input cannot be read or the output cannot be written.
    pub fn next_event(&mut self) -> Result<Option<Event>, BusError> {
        self.check()?;
        if let Some(mut pace) = self.pace.take() {
            let event = self.next_due(&mut pace);
            self.pace = Some(pace);
            return event;
        }
        while self.next_moment()?.is_some() {
            let Some(step) = self.steps.pop_front() else {
                break;
            };
            self.now = self.now.max(step.moment());
            match step {
                Step::Tick(_) => return Ok(Some(Event::Tick { now: self.now })),
                Step::Message(read) => {
                    if let Some(event) = self.deliver(read)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
        Ok(None)
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
                        Event::Tick { now } => {
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
            Some(Step::Message(read)) => {
                let event = self.deliver(read)?;
                if let Some(Event::Message { subscription, .. }) = &event
                    && let Some(topic) = self.subscriptions.get(subscription)
                {
                    let (name, depth) = (&topic.name, topic.qos.depth);
                    event
                        .into_iter()
                        .for_each(|event| pace.arrive(event, name, depth));
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
            let Some(replay) = self.reader.replay_mut() else {
                return Ok(());
            };
            if let Some(found) = replay.found() {
                let ticks = self.clock.advance(stamp(found.last_ns));
                self.steps.extend(ticks.into_iter().map(Step::Tick));
            }
            let is_subscribed = |name: &str| self.subscriptions.values().any(|t| t.name == name);
            self.losses = reckoning::reckon(replay, is_subscribed);
            return Ok(());
        };
        let ticks = self.clock.advance(stamp(read.message.header.log_time));
        self.steps.extend(ticks.into_iter().map(Step::Tick));
        self.steps.push_back(Step::Message(read));
        Ok(())
    }

    fn deliver(&mut self, read: Read) -> Result<Option<Event>, BusError> {
        let received = stamp(read.message.header.log_time);
        let subscription = self.subscription(&read);
        let Read { message, channel } = read;
        let output = self.output.as_mut().filter(|_| self.keeps_input);
        let payload = match (output, channel) {
            (Some(output), Some(channel)) => {
                let payload = subscription.map(|_| message.data.clone());
                output.keep(channel, message)?;
                payload.unwrap_or_default()
            }
            _ => message.data,
        };
        Ok(subscription.map(|subscription| Event::Message {
            subscription,
            received,
            payload,
        }))
    }

    /// The subscription that gets a message.
    fn subscription(&self, read: &Read) -> Option<SubscriptionId> {
        let described = read.channel.as_ref()?;
        let mut subscriptions = self.subscriptions.iter();
        let (id, _) = subscriptions.find(|(_, t)| t.name == described.channel.topic)?;
        described.is_readable.then_some(*id)
    }
}
