//! How large a person is: estimated over the whole time that the person is known.
//!
//! The network guesses a size in each frame. Rays say nothing against it, so guesses are averaged,
//! which takes out what is new in each, and leaves the doubt that the network has about everybody.
//! Measured depths and the floor do say something, and the doubt shrinks with them.

use posemoe_stamp::Stamp;

use crate::geometry::place::size::{LogSize, log_bones_m};
use crate::skeleton::Pose;

/// Length of all bones together, as a share of stature
/// (`training/posemoe_training/anthropometry.py`).
const BONES_IN_STATURE: f64 = 2.389;
/// Bones of people of one stature differ in length by so much together, as a share.
const KNOWN_STATURE_SIGMA: f64 = 0.02;
/// Of the variance that `stature_sigma` stands for, what is the pose's own: it may lean to the
/// camera or away from it for as long as somebody is seen from that side, and no knowledge of the
/// stature mends that.
pub(crate) const SHARE_OF_POSE: f64 = 0.36;
/// Errors of poses and of what is measured last so long (s): many frames of one second are little
/// more than one.
const LASTS_S: f64 = 1.0;
/// What the first frame of somebody counts for (s).
const FIRST_S: f64 = 0.1;
/// Guesses of this time (s) are averaged; earlier ones fade.
const AVERAGED_S: f64 = 30.0;
/// However long somebody is measured, the size is known no better than this: what measures is off
/// itself.
const LEAST_SIGMA: f64 = 0.02;
/// What was measured counts for no more than this.
const MOST_INFORMATION: f64 = 4e4;

/// What is believed of everybody's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizeModel {
    /// How much people's stature differs from the network's guess, as a share of it.
    pub stature_sigma: f64,
    /// Everybody's stature (m), where that is known; 0 where it is not.
    pub known_stature_m: f64,
}

/// What is remembered of one person's size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    seen: Option<Stamp>,
    /// Logarithm of the length of all bones (m) as the network guesses it, on average, and over how
    /// long (s).
    guess: f64,
    guessed_s: f64,
    /// What was measured of the same logarithm: sum of inverse variances, and of measurements times
    /// those.
    information: f64,
    weighted: f64,
    /// The person's own stature (m), where it is known; 0 where that of everybody does not hold.
    own_stature_m: Option<f64>,
    /// The stature (m) by which the last guess was made; 0: by none.
    told_m: f64,
    /// How much of a second the frame at `seen` counts for.
    counts_s: f64,
}

impl Size {
    /// Takes in the pose that was lifted from the frame at `stamp`, and says how large the person
    /// is against it.
    pub fn guess(&mut self, stamp: Stamp, pose: &Pose, model: &SizeModel) -> LogSize {
        let log_m = log_bones_m(pose);
        let passed_s = self.seen.map(|seen| stamp.seconds_since(seen));
        self.counts_s = passed_s.map_or(FIRST_S, |s| s.clamp(0.0, LASTS_S));
        self.seen = Some(stamp);
        self.told_m = self.stature_m(model);
        if log_m.is_finite() {
            let before_s = self.guessed_s.min(AVERAGED_S);
            self.guessed_s = before_s + self.counts_s.max(f64::EPSILON);
            self.guess += (log_m - self.guess) * (self.guessed_s - before_s) / self.guessed_s;
        }
        let (log_bones, variance) = self.estimate(model);
        LogSize {
            log: if log_m.is_finite() {
                log_bones - log_m
            } else {
                0.0
            },
            sigma: (variance + pose_variance(model)).sqrt(),
        }
    }

    /// Takes note of the person's own stature (m), where it is known; 0: everybody's does not hold.
    pub(crate) fn know(&mut self, own_stature_m: Option<f64>) {
        self.own_stature_m = own_stature_m;
    }

    /// Whether both are of one stature, by all that was told when they were made.
    pub(crate) fn is_told_as(&self, other: &Self) -> bool {
        self.told_m == other.told_m
    }

    fn stature_m(&self, model: &SizeModel) -> f64 {
        self.own_stature_m.unwrap_or(model.known_stature_m)
    }

    /// Takes in what was measured against the pose of that frame, the guess left aside.
    pub(crate) fn measure(&mut self, pose: &Pose, measured: &LogSize, model: &SizeModel) {
        let log_m = log_bones_m(pose) + measured.log;
        let variance = measured.sigma.powi(2) + pose_variance(model);
        let information = self.counts_s / LASTS_S / variance;
        if log_m.is_finite() && information.is_finite() {
            self.information += information;
            self.weighted += information * log_m;
            // What was measured long ago fades: an id may go over to somebody else.
            let too_much = (self.information / MOST_INFORMATION).max(1.0);
            self.information /= too_much;
            self.weighted /= too_much;
        }
    }

    /// Standard deviation of the logarithm of the size that a frame's pose should have.
    pub(crate) fn sigma(&self, model: &SizeModel) -> f64 {
        (self.estimate(model).1 + pose_variance(model)).sqrt()
    }

    /// Logarithm of the length of all bones (m), and its variance.
    fn estimate(&self, model: &SizeModel) -> (f64, f64) {
        let (log_m, variance) = match self.stature_m(model) {
            stature_m if stature_m > 0.0 => log_bones_of(stature_m),
            _ => {
                let of_stature = 1.0 - SHARE_OF_POSE;
                (self.guess, model.stature_sigma.powi(2) * of_stature)
            }
        };
        // In this form nothing is divided by a variance of 0.
        let all = 1.0 + variance * self.information;
        let measured_share = 1.0 - 1.0 / all;
        (
            (log_m + variance * self.weighted) / all,
            variance / all + (LEAST_SIGMA * measured_share).powi(2),
        )
    }
}

/// Logarithm of the length of all bones (m) of somebody of a stature (m), and its variance.
pub(crate) fn log_bones_of(stature_m: f64) -> (f64, f64) {
    let log_m = (stature_m * BONES_IN_STATURE).ln();
    (log_m, KNOWN_STATURE_SIGMA.powi(2))
}

fn pose_variance(model: &SizeModel) -> f64 {
    SHARE_OF_POSE * model.stature_sigma.powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skeleton::JOINT_COUNT;
    use nalgebra::Vector3;

    const MODEL: SizeModel = SizeModel {
        stature_sigma: 0.05,
        known_stature_m: 0.0,
    };

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    /// A pose whose bones are all so long together (m).
    fn pose(bones_m: f64) -> Pose {
        let pose: Pose = std::array::from_fn(|j| Vector3::new(0.1 * j as f64, 0.0, 1.0));
        let as_it_is_m = log_bones_m(&pose).exp();
        pose.map(|joint_m| joint_m * (bones_m / as_it_is_m))
    }

    #[test]
    fn who_was_just_met_is_as_the_network_says_within_stature_sigma() {
        let prior = Size::default().guess(at(0), &pose(3.9), &MODEL);
        assert!(
            prior.log.abs() < 1e-12 && (prior.sigma - 0.05).abs() < 1e-12,
            "{prior:?}"
        );
    }

    #[test]
    fn guesses_are_averaged_and_the_doubt_stays() {
        let mut size = Size::default();
        let mut prior = LogSize {
            log: 0.0,
            sigma: 0.0,
        };
        for i in 0..300 {
            let bones_m = if i % 2 == 0 { 3.8 } else { 4.0 };
            prior = size.guess(at(33 * i), &pose(bones_m), &MODEL);
        }
        // The last is 4.0: the person is smaller than that.
        assert!((prior.log - (3.9f64 / 4.0).ln()).abs() < 1e-3, "{prior:?}");
        assert!((prior.sigma - 0.05).abs() < 1e-12);
    }

    #[test]
    fn what_is_measured_is_remembered_and_believed_more_and_more() {
        let mut size = Size::default();
        let measured = LogSize {
            log: 0.08,
            sigma: 0.01,
        };
        let mut last = size.guess(at(0), &pose(3.9), &MODEL).sigma;
        for i in 1..400 {
            size.measure(&pose(3.9), &measured, &MODEL);
            let sigma = size.guess(at(33 * i), &pose(3.9), &MODEL).sigma;
            assert!(sigma <= last);
            last = sigma;
        }
        // A minute later, unmeasured and with a pose of another size.
        let prior = size.guess(at(73_000), &pose(4.2), &MODEL);
        assert!(
            (prior.log - (0.08 + (3.9f64 / 4.2).ln())).abs() < 5e-3,
            "{prior:?}"
        );
        // What the pose does remains: 3 %, and 2 % of the stature.
        assert!((0.035..0.038).contains(&prior.sigma), "{prior:?}");
    }

    #[test]
    fn frames_of_one_second_are_little_more_than_one() {
        let sigma_after = |frames: i64| {
            let mut size = Size::default();
            for i in 0..=frames {
                size.guess(at(1000 * i / frames), &pose(3.9), &MODEL);
                size.measure(
                    &pose(3.9),
                    &LogSize {
                        log: 0.0,
                        sigma: 0.01,
                    },
                    &MODEL,
                );
            }
            size.sigma(&MODEL)
        };
        assert!((sigma_after(60) - sigma_after(10)).abs() < 1e-3);
    }

    #[test]
    fn a_known_stature_stands_against_the_guess() {
        let model = SizeModel {
            known_stature_m: 1.9,
            ..MODEL
        };
        let prior = Size::default().guess(at(0), &pose(1.7 * BONES_IN_STATURE), &model);
        assert!((prior.log - (1.9f64 / 1.7).ln()).abs() < 1e-12, "{prior:?}");
        assert!(
            (prior.sigma - 0.02f64.hypot(0.03)).abs() < 1e-12,
            "{prior:?}"
        );
    }

    #[test]
    fn somebodys_own_stature_goes_before_everybodys() {
        let lifted = pose(1.7 * BONES_IN_STATURE);
        let everybodys = SizeModel {
            known_stature_m: 1.9,
            ..MODEL
        };
        let larger = |own_m: Option<f64>, model: &SizeModel| {
            let mut size = Size::default();
            size.know(own_m);
            let prior = size.guess(at(0), &lifted, model);
            (prior.log.exp() * 1.7, prior.sigma)
        };
        for (own_m, model, expected_m) in [
            (Some(1.6), MODEL, 1.6),
            (Some(1.6), everybodys, 1.6),
            (None, everybodys, 1.9),
            (Some(0.0), everybodys, 1.7),
        ] {
            let (stature_m, sigma) = larger(own_m, &model);
            assert!((stature_m - expected_m).abs() < 1e-9, "{own_m:?}");
            let is_known = expected_m != 1.7;
            let expected = if is_known { 0.02f64.hypot(0.03) } else { 0.05 };
            assert!((sigma - expected).abs() < 1e-12, "{own_m:?}: {sigma}");
        }
    }

    #[test]
    fn whatever_is_said_it_stays_finite() {
        let mut size = Size::default();
        let none = [Vector3::zeros(); JOINT_COUNT];
        for (i, bones) in [none, pose(1e300), pose(3.9)].iter().enumerate() {
            for sigma in [0.0, 1.0] {
                let model = SizeModel {
                    stature_sigma: sigma,
                    ..MODEL
                };
                let prior = size.guess(at(i as i64), bones, &model);
                let measured = LogSize {
                    log: f64::NAN,
                    sigma: 0.0,
                };
                size.measure(bones, &measured, &model);
                assert!(prior.log.is_finite() && prior.sigma.is_finite());
            }
        }
    }
}
