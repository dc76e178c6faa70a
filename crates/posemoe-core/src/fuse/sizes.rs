//! How large people are against what each camera alone has of them: learnt while others see them
//! too, and of use when they no longer do.

use std::collections::BTreeMap;

use super::likeness::Key;
use posemoe_stamp::Stamp;

/// Averaged over so long (s), ...
const AVERAGED_S: f64 = 3.0;
/// ... of use after so long, ...
const FIRST_S: f64 = 0.3;
/// ... and remembered for so long.
const LASTS_S: f64 = 60.0;
/// Images farther apart (s) count for no more than this.
const MOST_STEP_S: f64 = 0.2;

/// Everybody's, by camera and its id.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes(BTreeMap<Key, Average>);

#[derive(Clone, Copy, Debug)]
struct Average {
    log: f64,
    variance: f64,
    over_s: f64,
    stamp: Stamp,
}

impl Sizes {
    /// Takes in the logarithm of a size and its variance, as all cameras have it at a moment.
    pub fn take_in(&mut self, key: Key, moment: Stamp, (log, variance): (f64, f64)) {
        let average = self.0.entry(key).or_insert(Average {
            log,
            variance,
            over_s: 0.0,
            stamp: moment,
        });
        let step_s = moment.seconds_since(average.stamp).clamp(0.0, MOST_STEP_S);
        average.over_s = (average.over_s + step_s).min(AVERAGED_S);
        if average.over_s > 0.0 {
            let share = step_s / average.over_s;
            average.log += share * (log - average.log);
            average.variance += share * (variance - average.variance);
        }
        average.stamp = moment;
    }

    /// The logarithm of a person's size and its variance, where it was seen for long enough.
    pub fn of(&self, key: &Key) -> Option<(f64, f64)> {
        let average = self.0.get(key)?;
        (average.over_s >= FIRST_S).then_some((average.log, average.variance))
    }

    /// Forgets who was not seen by several for long.
    pub fn forget_old(&mut self, moment: Stamp) {
        self.0
            .retain(|_, average| moment.seconds_since(average.stamp) <= LASTS_S);
    }
}
