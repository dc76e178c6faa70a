//! How sure a mean difference between two results is: the bootstrap over sequences.

/// How often the sequences are drawn anew.
const DRAWS: usize = 10_000;
/// The interval holds this share of the draws.
const SHARE: f64 = 0.95;
/// Always the same draws, so that the same results give the same interval.
const SEED: u64 = 0x706f_7365_6d6f_6521;

/// The mean of differences, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Within which 95 % of the means of redrawn sequences lie; `None` with fewer than two.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// Whether all of the interval is on one side of no difference.
    pub fn is_clear(&self) -> bool {
        self.interval
            .is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// The mean of these differences, one for each sequence, with its percentile bootstrap interval.
pub fn estimate(differences: &[f64]) -> Option<Estimate> {
    let mean = super::metrics::mean(differences.iter().copied())?;
    if differences.len() < 2 {
        return Some(Estimate {
            mean,
            interval: None,
        });
    }
    let mut random = SplitMix64(SEED);
    let count = differences.len();
    let mut draw = || {
        (0..count)
            .map(|_| differences[random.below(count)])
            .sum::<f64>()
            / count as f64
    };
    let means: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    let tail = (1.0 - SHARE) / 2.0;
    let interval = super::metrics::quantiles(means, [tail, 1.0 - tail]);
    Some(Estimate {
        mean,
        interval: interval.map(|[low, high]| (low, high)),
    })
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): a crate's next
/// version may draw otherwise, and the same results would then give another interval.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`, each as likely to within 2^-50 for any number of sequences.
    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs for the seed 1234567, from the reference implementation in C.
        let mut random = SplitMix64(1_234_567);
        let found = [random.next(), random.next(), random.next()];
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_interval_of_many_is_that_of_the_normal_distribution() {
        // ±1 in equal number, 100 of them: the mean's standard deviation is 0.1, so 95 % lie within
        // 0.196.
        let differences: Vec<f64> = (0..100)
            .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let found = estimate(&differences).unwrap();
        let (low, high) = found.interval.unwrap();
        assert_eq!(found.mean, 0.0);
        assert!(
            (low + 0.196).abs() < 0.02 && (high - 0.196).abs() < 0.02,
            "{low} {high}"
        );
        assert!(!found.is_clear());
        assert_eq!(estimate(&differences), Some(found));
    }

    #[test]
    fn the_same_everywhere_is_clear_and_one_alone_is_not() {
        let same = estimate(&[-2.0, -2.0, -2.0]).unwrap();
        assert_eq!((same.interval, same.is_clear()), (Some((-2.0, -2.0)), true));
        let alone = estimate(&[-2.0]).unwrap();
        assert_eq!(
            (alone.mean, alone.interval, alone.is_clear()),
            (-2.0, None, false)
        );
        assert_eq!(estimate(&[]), None);
    }
}
