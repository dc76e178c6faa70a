//! The bag's clock: time passes from message to message, with ticks at an even period.

use posemoe_stamp::Stamp;

/// The period of the bus's own ticks.
pub const SECOND_NS: i64 = 1_000_000_000;
/// Across a longer gap (two recordings in one file, a clock that was set) no one waits for ticks
/// (s).
pub const LONGEST_GAP_S: i64 = 3600;

/// Ticks count from the first message, so that a replay is the same each time.
pub struct Clock {
    period_ns: i64,
    next_tick_ns: Option<i64>,
}

impl Clock {
    /// A clock that ticks each `period_ns`, 1 or more.
    pub fn every(period_ns: i64) -> Self {
        Self {
            period_ns: period_ns.max(1),
            next_tick_ns: None,
        }
    }

    /// The ticks due up to and including `until`, oldest first.
    pub fn advance(&mut self, until: Stamp) -> Vec<Stamp> {
        let (until_ns, period_ns) = (until.nanos(), self.period_ns);
        let after = |tick_ns: i64| tick_ns.saturating_add(period_ns);
        let first_ns = self.next_tick_ns.unwrap_or(after(until_ns));
        let gap_ns = until_ns.saturating_sub(first_ns);
        if gap_ns >= LONGEST_GAP_S * SECOND_NS {
            self.next_tick_ns = Some(after(until_ns));
            return vec![until];
        }
        let count = gap_ns.div_euclid(period_ns) + 1;
        let ticks: Vec<i64> = (0..count).map(|i| first_ns + i * period_ns).collect();
        self.next_tick_ns = Some(ticks.last().map_or(first_ns, |tick| after(*tick)));
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
        let mut clock = Clock::every(SECOND_NS);
        let start_ns = 5_500_000_000;
        assert!(ticks(&mut clock, start_ns).is_empty());
        assert!(ticks(&mut clock, start_ns + 999_999_999).is_empty());
        assert_eq!(
            ticks(&mut clock, start_ns + SECOND_NS),
            [start_ns + SECOND_NS]
        );
        assert!(ticks(&mut clock, start_ns + SECOND_NS).is_empty());
        let due = [start_ns + 2 * SECOND_NS, start_ns + 3 * SECOND_NS];
        assert_eq!(ticks(&mut clock, start_ns + 3 * SECOND_NS + 1), due);
        assert!(ticks(&mut clock, 0).is_empty());
    }

    #[test]
    fn another_period_has_other_ticks() {
        let mut clock = Clock::every(10_000_000);
        assert!(ticks(&mut clock, 0).is_empty());
        let due: Vec<i64> = (1..=4).map(|i| i * 10_000_000).collect();
        assert_eq!(ticks(&mut clock, 49_999_999), due);
        assert_eq!(ticks(&mut clock, 50_000_000), [50_000_000]);
    }

    #[test]
    fn an_absurd_gap_is_one_tick() {
        let mut clock = Clock::every(SECOND_NS);
        assert!(ticks(&mut clock, 0).is_empty());
        assert_eq!(ticks(&mut clock, i64::MAX), [i64::MAX]);
        assert_eq!(ticks(&mut clock, i64::MAX), [i64::MAX]);
    }
}
