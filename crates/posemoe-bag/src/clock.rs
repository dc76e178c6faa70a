//! The bag's clock: time passes from message to message, a tick for every second.

use posemoe_stamp::Stamp;

const TICK_NS: i64 = 1_000_000_000;
/// Across a longer gap (two recordings in one file, a clock that was set) no one waits for ticks.
pub const MAX_TICKS_PER_GAP: i64 = 3600;

/// Ticks count from the first message, so that a replay is the same each time.
#[derive(Default)]
pub struct Clock {
    next_tick_ns: Option<i64>,
}

impl Clock {
    /// The ticks due up to and including `until`, oldest first.
    pub fn advance(&mut self, until: Stamp) -> Vec<Stamp> {
        let until_ns = until.nanos();
        let first_ns = self
            .next_tick_ns
            .unwrap_or_else(|| until_ns.saturating_add(TICK_NS));
        let count = until_ns.saturating_sub(first_ns).div_euclid(TICK_NS) + 1;
        if count > MAX_TICKS_PER_GAP {
            self.next_tick_ns = Some(until_ns.saturating_add(TICK_NS));
            return vec![until];
        }
        let ticks: Vec<i64> = (0..count).map(|i| first_ns + i * TICK_NS).collect();
        let last_ns = ticks.last().map(|tick| tick.saturating_add(TICK_NS));
        self.next_tick_ns = Some(last_ns.unwrap_or(first_ns));
        ticks.into_iter().map(Stamp::from_nanos).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(clock: &mut Clock, until_ns: i64) -> Vec<i64> {
        let due = clock.advance(Stamp::from_nanos(until_ns));
        due.into_iter().map(Stamp::nanos).collect()
    }

    #[test]
    fn one_tick_for_each_second_since_the_first_message() {
        let mut clock = Clock::default();
        let start_ns = 5_500_000_000;
        assert!(ticks(&mut clock, start_ns).is_empty());
        assert!(ticks(&mut clock, start_ns + 999_999_999).is_empty());
        assert_eq!(ticks(&mut clock, start_ns + TICK_NS), [start_ns + TICK_NS]);
        assert!(ticks(&mut clock, start_ns + TICK_NS).is_empty());
        let due = [start_ns + 2 * TICK_NS, start_ns + 3 * TICK_NS];
        assert_eq!(ticks(&mut clock, start_ns + 3 * TICK_NS + 1), due);
        assert!(ticks(&mut clock, 0).is_empty());
    }

    #[test]
    fn an_absurd_gap_is_one_tick() {
        let mut clock = Clock::default();
        assert!(ticks(&mut clock, 0).is_empty());
        assert_eq!(ticks(&mut clock, i64::MAX), [i64::MAX]);
        assert_eq!(ticks(&mut clock, i64::MAX), [i64::MAX]);
    }
}
