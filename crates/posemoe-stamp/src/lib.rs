//! A moment on a message's own time line.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use std::fmt;

use serde::{Deserialize, Serialize};

/// A ROS time stamp: nanoseconds since the epoch of whichever clock stamped the message.
///
/// The core never asks what time it is; every notion of time enters as one of these.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Stamp(i64);

/// A stamp before the last one of its kind by more than this (s) says that time has begun anew, as
/// in a bag that loops; by less, that it came late.
pub const TIME_JUMP_S: f64 = 0.5;

const NANOS_PER_SEC: i64 = 1_000_000_000;

impl Stamp {
    /// A stamp from nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A stamp from the two fields of `builtin_interfaces/Time`.
    ///
    /// # Errors
    /// The offending value, when `nanosec` is not below one second (REP-149 forbids it).
    pub fn from_parts(sec: i32, nanosec: u32) -> Result<Self, u32> {
        if i64::from(nanosec) >= NANOS_PER_SEC {
            return Err(nanosec);
        }
        Ok(Self(i64::from(sec) * NANOS_PER_SEC + i64::from(nanosec)))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The two fields of `builtin_interfaces/Time`, saturating at its range.
    pub fn to_parts(self) -> (i32, u32) {
        let sec = self.0.div_euclid(NANOS_PER_SEC);
        let sec = sec.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        (sec as i32, self.0.rem_euclid(NANOS_PER_SEC) as u32)
    }

    /// Seconds past the last whole multiple of `cycle_s`: exact to the nanosecond, which seconds
    /// since the epoch as one number are not.
    pub fn seconds_modulo(self, cycle_s: f64) -> f64 {
        let cycle = nanos_of(cycle_s).max(1);
        self.0.rem_euclid(cycle) as f64 / 1e9
    }

    /// The stamp so many seconds later, or earlier where they are negative; to the nanosecond, so
    /// that differences of stamps compare exactly with a number of seconds that somebody wrote
    /// down.
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add(nanos_of(seconds)))
    }

    /// Seconds from `earlier` to `self`; negative when `self` came first.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 * 1e-9
    }
}

fn nanos_of(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sec, nanosec) = self.to_parts();
        write!(f, "{sec}.{nanosec:09}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_round_trip_also_before_the_epoch() {
        for nanos in [0, 1, 999_999_999, 1_000_000_000, -1, -1_500_000_000] {
            let (sec, nanosec) = Stamp::from_nanos(nanos).to_parts();
            assert_eq!(
                Stamp::from_parts(sec, nanosec),
                Ok(Stamp::from_nanos(nanos))
            );
        }
    }

    #[test]
    fn a_full_second_of_nanoseconds_is_refused() {
        assert_eq!(Stamp::from_parts(1, 1_000_000_000), Err(1_000_000_000));
    }

    #[test]
    fn seconds_since_is_signed() {
        let (early, late) = (Stamp::from_nanos(500), Stamp::from_nanos(1_000_000_500));
        assert_eq!(late.seconds_since(early), 1.0);
        assert_eq!(early.seconds_since(late), -1.0);
    }

    #[test]
    fn moments_are_exact_and_come_round_also_before_the_epoch() {
        let today = Stamp::from_nanos(1_763_680_009_999_999_999);
        assert_eq!(today.seconds_modulo(10.0), 9.999_999_999);
        assert_eq!(Stamp::from_nanos(-1).seconds_modulo(10.0), 9.999_999_999);
        assert_eq!(Stamp::from_nanos(20_000_000_000).seconds_modulo(10.0), 0.0);
    }

    #[test]
    fn adding_seconds_meets_stamps_to_the_nanosecond() {
        let stamp = Stamp::from_nanos(1_763_680_009_000_000_000);
        assert_eq!(stamp.plus_seconds(0.2).nanos() - stamp.nanos(), 200_000_000);
        assert_eq!(stamp.plus_seconds(-8.0).plus_seconds(8.0), stamp);
        assert_eq!(
            Stamp::from_nanos(i64::MAX).plus_seconds(1.0).nanos(),
            i64::MAX
        );
    }
}
