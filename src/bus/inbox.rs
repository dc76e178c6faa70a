//! The queue between the thread of a live bus that receives and the node that thinks.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::SubscriptionId;
use crate::stamp::Stamp;

/// A message that waits for the node.
#[derive(Debug, PartialEq)]
pub(super) struct Arrival {
    pub subscription: SubscriptionId,
    pub received: Stamp,
    pub payload: Vec<u8>,
}

/// Messages in order of arrival over all topics. Each topic has its own depth: when that is
/// reached, the topic's oldest message makes room and is counted, so that a slow node always gets
/// the freshest ones and a busy topic cannot push out a quiet one.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arrival>,
    topics: Vec<Room>,
}

#[derive(Default)]
struct Room {
    depth: usize,
    waiting: usize,
    dropped: u64,
}

impl Inbox {
    /// Makes room for a topic; what it already has stays.
    pub fn open(&self, subscription: SubscriptionId, depth: usize) {
        let topics = &mut self.lock().topics;
        if topics.len() <= subscription.0 {
            topics.resize_with(subscription.0 + 1, Room::default);
        }
        topics[subscription.0].depth = depth.max(1);
    }

    /// Queues a message. Never blocks.
    pub fn push(&self, arrival: Arrival) {
        let subscription = arrival.subscription;
        let mut state = self.lock();
        let State { queue, topics } = &mut *state;
        let Some(room) = topics.get_mut(subscription.0).filter(|room| room.depth > 0) else {
            return;
        };
        if room.waiting >= room.depth {
            let oldest = queue
                .iter()
                .position(|waiting| waiting.subscription == subscription);
            oldest.and_then(|index| queue.remove(index));
            room.dropped += 1;
        } else {
            room.waiting += 1;
        }
        queue.push_back(arrival);
        drop(state);
        self.arrived.notify_one();
    }

    /// Waits for the oldest message. Dropping the future loses nothing.
    pub async fn pop(&self) -> Arrival {
        loop {
            if let Some(arrival) = self.try_pop() {
                return arrival;
            }
            self.arrived.notified().await;
        }
    }

    fn try_pop(&self) -> Option<Arrival> {
        let mut state = self.lock();
        let arrival = state.queue.pop_front()?;
        if let Some(room) = state.topics.get_mut(arrival.subscription.0) {
            room.waiting -= 1;
        }
        Some(arrival)
    }

    /// Messages of this topic that gave way to newer ones.
    pub fn dropped(&self, subscription: SubscriptionId) -> u64 {
        self.lock()
            .topics
            .get(subscription.0)
            .map_or(0, |room| room.dropped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(subscription: SubscriptionId, number: u8) -> Arrival {
        Arrival {
            subscription,
            received: Stamp::default(),
            payload: vec![number],
        }
    }

    fn open(inbox: &Inbox, depths: [usize; 2]) -> (SubscriptionId, SubscriptionId) {
        let ids = [SubscriptionId(0), SubscriptionId(1)];
        ids.into_iter()
            .zip(depths)
            .for_each(|(id, depth)| inbox.open(id, depth));
        (ids[0], ids[1])
    }

    fn drain(inbox: &Inbox) -> Vec<(usize, u8)> {
        std::iter::from_fn(|| inbox.try_pop())
            .map(|arrival| (arrival.subscription.0, arrival.payload[0]))
            .collect()
    }

    #[test]
    fn messages_leave_in_order_of_arrival_over_all_topics() {
        let inbox = Inbox::default();
        let (a, b) = open(&inbox, [5, 5]);
        for (topic, number) in [(a, 1), (b, 2), (a, 3), (b, 4)] {
            inbox.push(arrival(topic, number));
        }
        assert_eq!(drain(&inbox), [(0, 1), (1, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn a_full_topic_drops_its_own_oldest_and_counts_it() {
        let inbox = Inbox::default();
        let (busy, quiet) = open(&inbox, [2, 1]);
        inbox.push(arrival(quiet, 100));
        for number in 1..=5 {
            inbox.push(arrival(busy, number));
        }
        assert_eq!((inbox.dropped(busy), inbox.dropped(quiet)), (3, 0));
        assert_eq!(drain(&inbox), [(1, 100), (0, 4), (0, 5)]);
        inbox.push(arrival(busy, 6));
        assert_eq!((inbox.dropped(busy), drain(&inbox)), (3, vec![(0, 6)]));
    }

    #[test]
    fn an_unknown_topic_is_ignored() {
        let inbox = Inbox::default();
        inbox.push(arrival(SubscriptionId(3), 1));
        assert_eq!(drain(&inbox), []);
    }
}
