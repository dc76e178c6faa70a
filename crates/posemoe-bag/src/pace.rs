//! Plays a bag at the pace at which it was recorded, and hands its messages over as a robot's bus
//! does: each topic has a queue of its depth, in which the oldest message makes room.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::clock::LONGEST_GAP_S;
use posemoe_bus::{Event, Loss, SubscriptionId};
use posemoe_stamp::Stamp;

/// A longer gap is two recordings in one, or a clock that was set: 1970 before, today behind.
const LONGEST_WAIT: Duration = Duration::from_secs(LONGEST_GAP_S.unsigned_abs());

/// Time that passes, from whatever beginning.
pub trait Timer {
    /// The time now.
    fn now(&self) -> Duration;

    /// Returns when it is `moment`, or later.
    fn wait_until(&mut self, moment: Duration);
}

/// The time of this machine.
pub struct SystemTimer(Instant);

impl Default for SystemTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Timer for SystemTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait_until(&mut self, moment: Duration) {
        std::thread::sleep(moment.saturating_sub(self.now()));
    }
}

/// What has arrived by now and waits for the node.
pub struct Pace {
    timer: Box<dyn Timer>,
    /// The bag's time and the timer's at the beginning.
    start: Option<(Stamp, Duration)>,
    arrived: VecDeque<Event>,
    dropped: BTreeMap<String, u64>,
}

impl Pace {
    /// The bag's time begins with its first message.
    pub fn new(timer: Box<dyn Timer>) -> Self {
        Self {
            timer,
            start: None,
            arrived: VecDeque::new(),
            dropped: BTreeMap::new(),
        }
    }

    /// Whether the bag's clock has come to `moment`.
    pub fn is_due(&mut self, moment: Stamp) -> bool {
        self.due(moment) <= self.timer.now()
    }

    /// Waits for the bag's clock to come to `moment`; over a gap that nobody would wait for, it
    /// jumps.
    pub fn wait_until(&mut self, moment: Stamp) {
        let (due, now) = (self.due(moment), self.timer.now());
        let wait = due.saturating_sub(now);
        if wait > LONGEST_WAIT {
            let hours = wait.as_secs_f64() / 3600.0;
            tracing::warn!("nothing for {hours:.1} h before log time {moment}: not waited for");
            self.start = Some((moment, now));
            return;
        }
        self.timer.wait_until(due);
    }

    /// How long ago the bag's clock came to `moment`.
    pub fn since(&self, moment: Stamp) -> Duration {
        let now = self.timer.now();
        now.saturating_sub(self.start.map_or(now, |start| at(start, moment)))
    }

    fn due(&mut self, moment: Stamp) -> Duration {
        let now = || (moment, self.timer.now());
        at(*self.start.get_or_insert_with(now), moment)
    }

    /// Takes in a message of a topic whose queue has this depth.
    pub fn arrive(&mut self, event: Event, topic: &str, depth: usize) {
        let Event::Message { subscription, .. } = &event else {
            return;
        };
        let same = |waiting: &Event| is_of(waiting, *subscription);
        if self.arrived.iter().filter(|event| same(event)).count() >= depth.max(1) {
            let oldest = self.arrived.iter().position(same);
            oldest.and_then(|index| self.arrived.remove(index));
            *self.dropped.entry(topic.to_owned()).or_default() += 1;
        }
        self.arrived.push_back(event);
    }

    /// A second of the bag's clock has passed. Who is too slow for that is told once.
    pub fn tick(&mut self, now: Stamp) {
        self.arrived
            .retain(|event| !matches!(event, Event::Tick { .. }));
        self.arrived.push_back(Event::Tick { now });
    }

    /// The node's timer is due. Likewise.
    pub fn be_due(&mut self, now: Stamp) {
        self.arrived
            .retain(|event| !matches!(event, Event::Timer { .. }));
        self.arrived.push_back(Event::Timer { now });
    }

    /// What has waited longest.
    pub fn next(&mut self) -> Option<Event> {
        self.arrived.pop_front()
    }

    /// Lets go what waits of a subscription.
    pub fn forget(&mut self, subscription: SubscriptionId) {
        self.arrived.retain(|event| !is_of(event, subscription));
    }

    /// What made room for newer messages.
    pub fn losses(&self) -> impl Iterator<Item = Loss> {
        self.dropped.iter().map(|(topic, &count)| Loss {
            topic: topic.clone(),
            cause: "queue full",
            count,
        })
    }
}

fn at((start, began): (Stamp, Duration), moment: Stamp) -> Duration {
    let since_ns = moment.nanos().saturating_sub(start.nanos());
    began + Duration::from_nanos(u64::try_from(since_ns).unwrap_or(0))
}

/// Whether an event is a message of a subscription.
pub fn is_of(event: &Event, of: SubscriptionId) -> bool {
    matches!(event, Event::Message { subscription, .. } if *subscription == of)
}
