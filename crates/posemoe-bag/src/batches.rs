//! Things on their way from one thread to another: in batches, so that few of them wake a thread,
//! and bounded in bytes, so that the faster thread waits for the slower one.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A batch leaves when it has this many bytes.
const BATCH_LEN: usize = 1 << 18;
/// Batches that wait at most, besides those that both ends have in hand.
const WAITING: usize = 2;

/// The end that things go in at.
pub struct Batches<T> {
    batch: Vec<T>,
    len: usize,
    channel: SyncSender<Vec<T>>,
}

/// The other end has gone.
pub struct Closed;

impl<T> Batches<T> {
    /// Both ends.
    pub fn new() -> (Self, Receiver<Vec<T>>) {
        let (channel, receiver) = sync_channel(WAITING);
        let batches = Self {
            batch: Vec::new(),
            len: 0,
            channel,
        };
        (batches, receiver)
    }

    /// Sends something of so many bytes, waiting until there is room for it.
    pub fn push(&mut self, thing: T, len: usize) -> Result<(), Closed> {
        self.batch.push(thing);
        // What has no bytes takes room, too.
        self.len += len + size_of::<T>();
        if self.len < BATCH_LEN {
            return Ok(());
        }
        self.flush()
    }

    /// Sends what is not yet a whole batch.
    pub fn flush(&mut self) -> Result<(), Closed> {
        self.len = 0;
        let batch = std::mem::take(&mut self.batch);
        self.channel.send(batch).map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_arrive_in_order_and_the_sender_waits_for_the_receiver() {
        let (mut batches, receiver) = Batches::new();
        let count = 50;
        let sender = std::thread::spawn(move || {
            let sent = (0..count).all(|number| batches.push(number, BATCH_LEN).is_ok());
            sent && batches.flush().is_ok()
        });
        let found: Vec<i32> = receiver.iter().flatten().collect();
        assert_eq!(found, (0..count).collect::<Vec<_>>());
        assert!(sender.join().unwrap());
    }

    #[test]
    fn small_things_leave_together() {
        let (mut batches, receiver) = Batches::new();
        assert!((0..3).all(|number| batches.push(number, 1).is_ok()));
        assert!(receiver.try_recv().is_err());
        assert!(batches.flush().is_ok());
        assert_eq!(receiver.try_recv(), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn who_sends_learns_that_nobody_receives() {
        let (mut batches, receiver) = Batches::new();
        drop(receiver);
        assert!(batches.push((), BATCH_LEN).is_err());
    }
}
