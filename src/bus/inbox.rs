//! The queue between the thread of a live bus that receives and the node that thinks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Event, ServiceId, SubscriptionId};

/// Where an event comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Receiver {
    Topic(SubscriptionId),
    Service(ServiceId),
}

impl Receiver {
    /// That of an event; what the clock says needs none.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Message { subscription, .. } => Some(Self::Topic(*subscription)),
            Event::Request { service, .. } => Some(Self::Service(*service)),
            Event::Tick { .. } | Event::Timer { .. } => None,
        }
    }
}

/// Events in order of arrival over all receivers. Each receiver has its own depth: when that is
/// reached, its oldest event makes share and is counted, so that a slow node always gets the
/// freshest ones and a busy topic cannot push out a quiet one.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Receiver, Event)>,
    shares: BTreeMap<Receiver, Share>,
}

#[derive(Default)]
struct Share {
    depth: usize,
    waiting: usize,
    dropped: u64,
}

impl Inbox {
    /// Opens a receiver; what waits there already stays.
    pub fn open(&self, receiver: Receiver, depth: usize) {
        self.lock().shares.entry(receiver).or_default().depth = depth.max(1);
    }

    /// Closes a receiver; what waits there is let go.
    pub fn close(&self, receiver: Receiver) {
        let mut state = self.lock();
        state.shares.remove(&receiver);
        state.queue.retain(|(waiting, _)| *waiting != receiver);
    }

    /// Queues an event. Never blocks.
    pub fn push(&self, event: Event) {
        let Some(receiver) = Receiver::of(&event) else {
            return;
        };
        let mut state = self.lock();
        let State { queue, shares } = &mut *state;
        let Some(share) = shares.get_mut(&receiver) else {
            return;
        };
        if share.waiting >= share.depth {
            let oldest = queue.iter().position(|(waiting, _)| *waiting == receiver);
            oldest.and_then(|index| queue.remove(index));
            share.dropped += 1;
        } else {
            share.waiting += 1;
        }
        queue.push_back((receiver, event));
        drop(state);
        self.arrived.notify_one();
    }

    /// Waits for the oldest event. Dropping the future loses nothing.
    pub async fn pop(&self) -> Event {
        loop {
            if let Some(event) = self.try_pop() {
                return event;
            }
            self.arrived.notified().await;
        }
    }

    fn try_pop(&self) -> Option<Event> {
        let mut state = self.lock();
        let (receiver, event) = state.queue.pop_front()?;
        if let Some(share) = state.shares.get_mut(&receiver) {
            share.waiting -= 1;
        }
        Some(event)
    }

    /// Events of this receiver that gave way to newer ones.
    pub fn dropped(&self, receiver: Receiver) -> u64 {
        self.lock()
            .shares
            .get(&receiver)
            .map_or(0, |share| share.dropped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe_stamp::Stamp;

    fn message(receiver: Receiver, number: u8) -> Event {
        let Receiver::Topic(subscription) = receiver else {
            panic!("messages come on topics")
        };
        Event::Message {
            subscription,
            received: Stamp::default(),
            payload: vec![number],
        }
    }

    fn open(inbox: &Inbox, depths: [usize; 2]) -> (Receiver, Receiver) {
        let receivers = [0, 1].map(|id| Receiver::Topic(SubscriptionId(id)));
        receivers
            .into_iter()
            .zip(depths)
            .for_each(|(receiver, depth)| inbox.open(receiver, depth));
        (receivers[0], receivers[1])
    }

    fn drain(inbox: &Inbox) -> Vec<(usize, u8)> {
        let events = std::iter::from_fn(|| inbox.try_pop());
        events
            .filter_map(|event| match event {
                Event::Message {
                    subscription,
                    payload,
                    ..
                } => Some((subscription.0, payload[0])),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn messages_leave_in_order_of_arrival_over_all_topics() {
        let inbox = Inbox::default();
        let (a, b) = open(&inbox, [5, 5]);
        for (topic, number) in [(a, 1), (b, 2), (a, 3), (b, 4)] {
            inbox.push(message(topic, number));
        }
        assert_eq!(drain(&inbox), [(0, 1), (1, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn a_full_topic_drops_its_own_oldest_and_counts_it() {
        let inbox = Inbox::default();
        let (busy, quiet) = open(&inbox, [2, 1]);
        inbox.push(message(quiet, 100));
        for number in 1..=5 {
            inbox.push(message(busy, number));
        }
        assert_eq!((inbox.dropped(busy), inbox.dropped(quiet)), (3, 0));
        assert_eq!(drain(&inbox), [(1, 100), (0, 4), (0, 5)]);
        inbox.push(message(busy, 6));
        assert_eq!((inbox.dropped(busy), drain(&inbox)), (3, vec![(0, 6)]));
    }

    #[test]
    fn a_closed_door_lets_go_of_what_waits_and_takes_nothing_more() {
        let inbox = Inbox::default();
        let (leaving, staying) = open(&inbox, [5, 5]);
        inbox.push(message(leaving, 1));
        inbox.push(message(staying, 2));
        inbox.close(leaving);
        inbox.push(message(leaving, 3));
        assert_eq!(drain(&inbox), [(1, 2)]);
    }

    #[test]
    fn an_unknown_topic_is_ignored() {
        let inbox = Inbox::default();
        inbox.push(message(Receiver::Topic(SubscriptionId(3)), 1));
        assert_eq!(drain(&inbox), []);
    }
}
