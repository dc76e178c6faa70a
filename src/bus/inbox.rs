//! The queue between the thread of a live bus that receives and the node that thinks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Event, ServiceId, SubscriptionId};

/// Where an event comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Door {
    Topic(SubscriptionId),
    Service(ServiceId),
}

impl Door {
    /// That of an event; a tick needs none.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Message { subscription, .. } => Some(Self::Topic(*subscription)),
            Event::Request { service, .. } => Some(Self::Service(*service)),
            Event::Tick { .. } => None,
        }
    }
}

/// Events in order of arrival over all doors. Each door has its own depth: when that is reached,
/// its oldest event makes room and is counted, so that a slow node always gets the freshest ones
/// and a busy topic cannot push out a quiet one.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Door, Event)>,
    rooms: BTreeMap<Door, Room>,
}

#[derive(Default)]
struct Room {
    depth: usize,
    waiting: usize,
    dropped: u64,
}

impl Inbox {
    /// Opens a door; what waits there already stays.
    pub fn open(&self, door: Door, depth: usize) {
        self.lock().rooms.entry(door).or_default().depth = depth.max(1);
    }

    /// Closes a door; what waits there is let go.
    pub fn close(&self, door: Door) {
        let mut state = self.lock();
        state.rooms.remove(&door);
        state.queue.retain(|(waiting, _)| *waiting != door);
    }

    /// Queues an event. Never blocks.
    pub fn push(&self, event: Event) {
        let Some(door) = Door::of(&event) else { return };
        let mut state = self.lock();
        let State { queue, rooms } = &mut *state;
        let Some(room) = rooms.get_mut(&door) else {
            return;
        };
        if room.waiting >= room.depth {
            let oldest = queue.iter().position(|(waiting, _)| *waiting == door);
            oldest.and_then(|index| queue.remove(index));
            room.dropped += 1;
        } else {
            room.waiting += 1;
        }
        queue.push_back((door, event));
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
        let (door, event) = state.queue.pop_front()?;
        if let Some(room) = state.rooms.get_mut(&door) {
            room.waiting -= 1;
        }
        Some(event)
    }

    /// Events of this door that gave way to newer ones.
    pub fn dropped(&self, door: Door) -> u64 {
        self.lock().rooms.get(&door).map_or(0, |room| room.dropped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    fn message(door: Door, number: u8) -> Event {
        let Door::Topic(subscription) = door else {
            panic!("messages come on topics")
        };
        Event::Message {
            subscription,
            received: Stamp::default(),
            payload: vec![number],
        }
    }

    fn open(inbox: &Inbox, depths: [usize; 2]) -> (Door, Door) {
        let doors = [0, 1].map(|id| Door::Topic(SubscriptionId(id)));
        doors
            .into_iter()
            .zip(depths)
            .for_each(|(door, depth)| inbox.open(door, depth));
        (doors[0], doors[1])
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
        inbox.push(message(Door::Topic(SubscriptionId(3)), 1));
        assert_eq!(drain(&inbox), []);
    }
}
