//! How little two people of two cameras are like one: by where they are and by their poses, now and
//! over the last moments.

use std::collections::BTreeMap;

use nalgebra::{Matrix3, Vector3};

use super::view::Witness;
use posemoe_stamp::Stamp;

/// A person of one camera: which, and the camera's own id.
pub(super) type Key = (usize, String);

/// Costs are averaged over so long (s).
const AVERAGED_S: f64 = 0.5;
/// Beside what each camera says of its doubt, two cameras are apart by so much (m, along each
/// axis): their places are a little off, and so are their clocks.
const APART_M: f64 = 0.06;
/// What poses that differ as much as they should count for.
const POSE_WEIGHT: f64 = 3.0;
/// Nobody is so unlike another that more would have to be told.
const MOST: f64 = 400.0;

/// How little two are like one, in squares of sigma: where they are one, 1 to 6.
pub(super) fn cost(a: &Witness, b: &Witness) -> f64 {
    let apart_m = a.pose.root_m - b.pose.root_m;
    let doubt_m2 = a.pose.root_covariance_m2
        + b.pose.root_covariance_m2
        + Matrix3::from_diagonal_element(APART_M.powi(2));
    let place = squares(&apart_m, &doubt_m2).unwrap_or(MOST);
    let cost = place + POSE_WEIGHT * unlike(a, b);
    if cost.is_finite() {
        cost.min(MOST)
    } else {
        MOST
    }
}

/// A distance (m) in squares of sigma (Mahalanobis), by its covariance (m²); `None` where that has
/// no inverse.
pub(super) fn squares(apart_m: &Vector3<f64>, doubt_m2: &Matrix3<f64>) -> Option<f64> {
    let inverse = doubt_m2.try_inverse()?;
    Some(apart_m.dot(&(inverse * apart_m)))
}

/// How little their poses are alike, wherever they are: 1 where they are one and differ as much as
/// the cameras say that they may.
pub(super) fn unlike(a: &Witness, b: &Witness) -> f64 {
    let joints = a.pose.joints.iter().zip(&b.pose.joints);
    let unlike: Vec<f64> = joints
        .filter(|(a, b)| a.score > 0.0 || b.score > 0.0)
        .map(|(of_a, of_b)| {
            let [of_a_m, of_b_m]: [Vector3<f64>; 2] = [
                of_a.position_m - a.pose.root_m,
                of_b.position_m - b.pose.root_m,
            ];
            let doubt_m2 = of_a.axis_sigma_m().powi(2) + of_b.axis_sigma_m().powi(2);
            (of_a_m - of_b_m).norm_squared() / (3.0 * doubt_m2).max(1e-6)
        })
        .collect();
    unlike.iter().sum::<f64>() / (unlike.len() as f64).max(1.0)
}

/// Costs of pairs, averaged over the last moments.
#[derive(Clone, Debug, Default)]
pub(super) struct Likeness(BTreeMap<(Key, Key), Average>);

#[derive(Clone, Copy, Debug)]
struct Average {
    cost: f64,
    stamp: Stamp,
}

impl Likeness {
    /// Takes in how little two are like one at this moment.
    pub fn take_in(&mut self, a: &Key, b: &Key, moment: Stamp, cost: f64) {
        let pair = ordered(a, b);
        let average = self.0.entry(pair).or_insert(Average {
            cost,
            stamp: moment,
        });
        let passed_s = moment.seconds_since(average.stamp).max(0.0);
        average.cost += (1.0 - (-passed_s / AVERAGED_S).exp()) * (cost - average.cost);
        average.stamp = moment;
    }

    /// What two cost on average, if they were ever there together.
    pub fn of(&self, a: &Key, b: &Key) -> Option<f64> {
        self.0.get(&ordered(a, b)).map(|average| average.cost)
    }

    /// Forgets pairs that were not there together for so long (s).
    pub fn forget_old(&mut self, moment: Stamp, forget_s: f64) {
        self.0
            .retain(|_, average| moment.seconds_since(average.stamp) <= forget_s);
    }
}

fn ordered(a: &Key, b: &Key) -> (Key, Key) {
    if a <= b {
        (a.clone(), b.clone())
    } else {
        (b.clone(), a.clone())
    }
}
