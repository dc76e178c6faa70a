//! How long after their images people were told of.

use serde::{Deserialize, Serialize};

use super::metrics;

const MS: f64 = 1e3;

/// From the stamp of a frame to its publication. Negative where clocks differ: that is shown, not
/// mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of the messages took no longer (ms).
    pub median: f64,
    /// 99 % took no longer (ms).
    pub p99: f64,
    /// 99.9 % took no longer (ms).
    pub p99_9: f64,
    /// The shortest (ms).
    pub min: f64,
    /// The longest (ms).
    pub max: f64,
    /// How many.
    pub messages: usize,
    /// How many were published before their own stamp.
    pub negative: usize,
}

impl Latency {
    /// Of these (s); `None` where none is known.
    pub fn of(latencies_s: &[f64]) -> Option<Self> {
        let shares = [0.5, 0.99, 0.999, 0.0, 1.0];
        let found = metrics::quantiles(latencies_s.to_vec(), shares)?;
        let [median, p99, p99_9, min, max] = found.map(|s| s * MS);
        Some(Self {
            median,
            p99,
            p99_9,
            min,
            max,
            messages: latencies_s.len(),
            negative: latencies_s.iter().filter(|s| **s < 0.0).count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_by_hand() {
        // 101 of them, 10 to 110 ms: the quantile q is the place 100 q.
        let all: Vec<f64> = (0..=100)
            .rev()
            .map(|i| 0.01 + 0.001 * f64::from(i))
            .collect();
        let found = Latency::of(&all).unwrap();
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(near(found.median, 60.0) && near(found.p99, 109.0) && near(found.p99_9, 109.9));
        assert!(near(found.min, 10.0) && near(found.max, 110.0));
        assert_eq!((found.messages, found.negative), (101, 0));
        assert_eq!(Latency::of(&[]), None);
    }

    #[test]
    fn a_clock_that_is_behind_is_shown() {
        let found = Latency::of(&[-0.5, 0.02, -0.25]).unwrap();
        assert_eq!(
            (found.min, found.median, found.negative),
            (-500.0, -250.0, 2)
        );
    }
}
