//! What went wrong with a topic's messages before they reached the inbox.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustdds::GUID;

/// Writers whose sequence numbers are remembered for one topic before all are forgotten.
const REMEMBERED_WRITERS: usize = 1024;

/// Counts of one topic. They outlast a rejoin, so that what went by in the meantime is counted.
#[derive(Default)]
pub(super) struct Faults {
    /// Missing from a writer's sequence: lost on the network, overrun inside `rustdds`, or
    /// overtaken by a later message.
    pub missing: AtomicU64,
    /// Arrived in an encoding that is not plain CDR.
    pub unreadable: AtomicU64,
    /// The last sequence number of every writer.
    last_seen: Mutex<HashMap<GUID, i64>>,
}

impl Faults {
    /// Whether this message is newer than all that this writer's have been before. Counts the
    /// numbers that were skipped; the first message of a writer counts for nothing.
    ///
    /// Old ones come again when a reliable reader of `rustdds` joins late: it asks Cyclone DDS for
    /// whatever that still has.
    pub fn is_news(&self, writer: GUID, number: i64) -> bool {
        let mut last_seen = self
            .last_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last_seen.len() >= REMEMBERED_WRITERS && !last_seen.contains_key(&writer) {
            last_seen.clear();
        }
        let last = last_seen.entry(writer).or_insert(number.saturating_sub(1));
        let skipped = number.saturating_sub(*last).saturating_sub(1);
        let Ok(skipped) = u64::try_from(skipped) else {
            return false;
        };
        self.missing.fetch_add(skipped, Ordering::Relaxed);
        *last = number;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_for_each_writer_and_old_news_is_none() {
        let (a, b) = (GUID::from_bytes([1; 16]), GUID::from_bytes([2; 16]));
        let faults = Faults::default();
        let news = [
            (a, 100),
            (a, 101),
            (b, 7),
            (a, 103),
            (b, 10),
            (b, 9),
            (b, 10),
            (b, 11),
        ]
        .map(|(writer, number)| faults.is_news(writer, number));
        assert_eq!(news, [true, true, true, true, true, false, false, true]);
        assert_eq!(faults.missing.load(Ordering::Relaxed), 1 + 2);
    }

    #[test]
    fn many_short_lived_writers_take_bounded_room() {
        let faults = Faults::default();
        for number in 0..10_000_u32 {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            assert!(faults.is_news(GUID::from_bytes(bytes), 5));
        }
        assert!(faults.last_seen.lock().unwrap().len() <= REMEMBERED_WRITERS);
        assert_eq!(faults.missing.load(Ordering::Relaxed), 0);
    }
}
