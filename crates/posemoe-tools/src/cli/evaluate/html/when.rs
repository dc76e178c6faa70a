//! When something was, by the stamps of a bag.

use chrono::DateTime;

use posemoe_stamp::Stamp;

/// Stamps before this are of a clock that began at 0, as in simulation (2000-01-01, s).
const DATES_FROM_S: f64 = 946_684_800.0;

/// A moment as a date, or as seconds where the clock has none.
pub fn moment(stamp: Stamp) -> String {
    if is_date(stamp) {
        written(stamp, "%Y-%m-%d %H:%M:%S UTC")
    } else {
        format!("{:.3} s", stamp.seconds_since(Stamp::default()))
    }
}

/// From a moment to a later one, with the day once where it is the same.
pub fn from_to(first: Stamp, last: Stamp) -> String {
    const DAY: &str = "%Y-%m-%d";
    if first == last {
        moment(first)
    } else if is_date(first) && written(first, DAY) == written(last, DAY) {
        let from = written(first, "%Y-%m-%d %H:%M:%S");
        format!("{from} to {}", written(last, "%H:%M:%S UTC"))
    } else {
        format!("{} to {}", moment(first), moment(last))
    }
}

fn is_date(stamp: Stamp) -> bool {
    stamp.seconds_since(Stamp::default()) >= DATES_FROM_S
}

fn written(stamp: Stamp, form: &str) -> String {
    let date = DateTime::from_timestamp_nanos(stamp.nanos());
    date.format(form).to_string()
}

/// From when to when, over all of these.
pub fn span(spans: impl Iterator<Item = (Stamp, Stamp)>) -> Option<(Stamp, Stamp)> {
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_with_a_date_has_one() {
        let today = Stamp::from_nanos(1_763_680_009_999_999_999);
        assert_eq!(moment(today), "2025-11-20 23:06:49 UTC");
        assert_eq!(moment(Stamp::from_nanos(1_500_000_000)), "1.500 s");
        assert_eq!(from_to(today, today), moment(today));
        let later = |seconds| from_to(today, today.plus_seconds(seconds));
        assert_eq!(later(1.0), "2025-11-20 23:06:49 to 23:06:50 UTC");
        assert_eq!(
            later(3600.0),
            "2025-11-20 23:06:49 UTC to 2025-11-21 00:06:49 UTC"
        );
        assert_eq!(moment(Stamp::from_nanos(-1_500_000_000)), "-1.500 s");
    }
}
