//! How joints move relative to the root: a Kalman filter of each, of what the network says.
//!
//! The network's error is mostly slow: it hardly changes from frame to frame, and no filter of the
//! past can take it away. What changes with each frame makes poses shake, and is small against
//! sigma; a filter that knows both steadies the pose and does not lag behind. Each axis is alike,
//! so all three share one covariance.

use nalgebra::{Matrix3, RowVector3, Vector3};

use super::forecast::JointForecast;
use super::passage::{INCREDIBLE, LIMB_LASTS, Passage};
use super::pose::AXIS_SHARE;
use crate::skeleton::JOINT_COUNT;
use crate::skeleton::Pose;

/// The network's error along one axis in shares of sigma, within which 68 % of joints lie: new in
/// each frame, ...
const FRESH: f64 = 0.1;
/// ... lasting a second, ...
const SLOW: f64 = 0.2;
/// ... and all of it.
const ALL: f64 = AXIS_SHARE;
/// How hard limbs are pushed (m/s^1.5): of a limb at rest, ...
const REST_NOISE: f64 = 0.3;
/// ... and more for each m/s at which it moves.
const NOISE_BY_SPEED: f64 = 3.0;
/// Speed of a limb just met is unknown within this (m/s).
const FIRST_SPEED_SIGMA_M_S: f64 = 1.0;

/// Everyone's joints relative to the root, in the camera optical frame.
#[derive(Clone, Debug)]
pub struct Limbs {
    joints: [Limb; JOINT_COUNT],
}

/// One joint.
#[derive(Clone, Copy, Debug)]
struct Limb {
    /// Place (m), velocity (m/s) and slow error (m) in rows, axes in columns.
    state: Matrix3<f64>,
    /// Of one axis.
    covariance: Matrix3<f64>,
    /// Where the network saw the joint last (m), and how surely.
    seen_m: Vector3<f64>,
    sigma_m: f64,
    /// Power spectral density of its accelerations (m²/s³).
    push: f64,
    /// Whether it was last seen where it was not believed to be.
    has_doubted: bool,
}

impl Limbs {
    /// Where somebody's joints were first seen, each with its sigma (m).
    pub fn start(pose: &Pose, sigma_m: &[f64; JOINT_COUNT]) -> Self {
        Self {
            joints: std::array::from_fn(|j| Limb::start(pose[j], sigma_m[j])),
        }
    }

    /// Lets `dt_s` pass.
    pub fn predict(&mut self, dt_s: f64) {
        let passage = Passage::of(dt_s, LIMB_LASTS);
        for joint in &mut self.joints {
            joint.predict(&passage);
        }
    }

    /// Lets `dt_s` pass, and takes in where the joints are seen then; what is new in each frame is
    /// taken for `smoothing` times what it is.
    pub fn see(&mut self, dt_s: f64, pose: &Pose, sigma_m: &[f64; JOINT_COUNT], smoothing: f64) {
        let passage = Passage::of(dt_s, LIMB_LASTS);
        for (joint, (seen_m, sigma_m)) in self.joints.iter_mut().zip(pose.iter().zip(sigma_m)) {
            // The error that has come meanwhile is as large as the network now says.
            joint.sigma_m = *sigma_m;
            joint.predict(&passage);
            joint.correct(*seen_m, smoothing);
        }
    }

    /// Where a joint is thought to be (m).
    pub fn position_m(&self, joint: usize) -> Vector3<f64> {
        self.joints[joint].state.row(0).transpose()
    }

    /// Where the network saw a joint last (m).
    pub fn seen_m(&self, joint: usize) -> Vector3<f64> {
        self.joints[joint].seen_m
    }

    /// How a joint moves (m/s).
    pub fn velocity_m_s(&self, joint: usize) -> Vector3<f64> {
        self.joints[joint].state.row(1).transpose()
    }

    /// How a joint moves on, beside the root, where its sigma is published `sigma_scale` times as
    /// large.
    pub fn forecast(&self, joint: usize, sigma_scale: f64) -> JointForecast {
        let Limb {
            covariance, push, ..
        } = &self.joints[joint];
        let share = (sigma_scale / ALL).powi(2);
        JointForecast {
            shared_m2_s: covariance[(0, 1)] * share,
            velocity_m2_s2: covariance[(1, 1)] * share,
            push_m2_s3: push * share,
        }
    }

    /// Distance from the truth within which 68 % of joints lie (m).
    pub fn sigma_m(&self, joint: usize) -> f64 {
        self.joints[joint].whole_sigma_m()
    }
}

impl Limb {
    fn start(seen_m: Vector3<f64>, sigma_m: f64) -> Self {
        let (fresh_m2, slow_m2) = ((FRESH * sigma_m).powi(2), (SLOW * sigma_m).powi(2));
        let speed = FIRST_SPEED_SIGMA_M_S.powi(2);
        Self {
            state: Matrix3::from_rows(&[
                seen_m.transpose(),
                RowVector3::zeros(),
                RowVector3::zeros(),
            ]),
            // Where the joint is seen too far to the right, it is to the left of that.
            covariance: Matrix3::new(
                fresh_m2 + slow_m2,
                0.0,
                -slow_m2, //
                0.0,
                speed,
                0.0, //
                -slow_m2,
                0.0,
                slow_m2,
            ),
            seen_m,
            sigma_m,
            push: REST_NOISE.powi(2),
            has_doubted: false,
        }
    }

    fn predict(&mut self, passage: &Passage) {
        self.state = passage.carry * self.state;
        self.covariance =
            passage.carry * self.covariance * passage.carry.transpose() + passage.push * self.push;
        self.covariance[(2, 2)] += passage.renewed * (SLOW * self.sigma_m).powi(2);
    }

    fn correct(&mut self, seen_m: Vector3<f64>, smoothing: f64) {
        self.seen_m = seen_m;
        let of_seen = self.covariance.column(0) + self.covariance.column(2);
        let fresh_m2 = (smoothing * FRESH * self.sigma_m).powi(2);
        let variance_m2 = of_seen[0] + of_seen[2] + fresh_m2;
        // The root itself is known exactly.
        if variance_m2 > 0.0 {
            let surprise = seen_m.transpose() - self.state.row(0) - self.state.row(2);
            if surprise.norm_squared() > INCREDIBLE * variance_m2 {
                if self.has_doubted {
                    *self = Self::start(seen_m, self.sigma_m);
                } else {
                    self.has_doubted = true;
                }
                return;
            }
            self.has_doubted = false;
            let gain = of_seen / variance_m2;
            self.state += gain * surprise;
            self.covariance -= gain * of_seen.transpose();
        }
        let speed_m_s = self.state.row(1).norm();
        self.push = (REST_NOISE + NOISE_BY_SPEED * speed_m_s).powi(2);
    }

    fn whole_sigma_m(&self) -> f64 {
        let lasting_m2 = (ALL.powi(2) - SLOW.powi(2)) * self.sigma_m.powi(2);
        (self.covariance[(0, 0)].max(0.0) + lasting_m2).sqrt() / ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const SIGMA: [f64; JOINT_COUNT] = [0.06; JOINT_COUNT];
    const WRIST: usize = 13;

    fn pose(wrist_m: f64) -> Pose {
        let mut pose = [Vector3::zeros(); JOINT_COUNT];
        pose[WRIST].x = wrist_m;
        pose
    }

    /// Follows a wrist along x, seen at this rate; gives (time, place, velocity) of each frame.
    fn follow(
        rate_hz: f64,
        frames: usize,
        smoothing: f64,
        seen_m: impl Fn(usize, f64) -> f64,
    ) -> Vec<(f64, f64, f64)> {
        let mut limbs = Limbs::start(&pose(seen_m(0, 0.0)), &SIGMA);
        let follow = |frame: usize| {
            let time_s = frame as f64 / rate_hz;
            limbs.see(
                1.0 / rate_hz,
                &pose(seen_m(frame, time_s)),
                &SIGMA,
                smoothing,
            );
            let (place, velocity) = (limbs.position_m(WRIST), limbs.velocity_m_s(WRIST));
            (time_s, place.x, velocity.x)
        };
        (1..=frames).map(follow).collect()
    }

    /// How far `found` is behind: what of its error is against the velocity (s).
    fn delay_s(found: impl Iterator<Item = (f64, f64)>) -> f64 {
        let (mut against, mut all) = (0.0, 0.0);
        for (error, velocity) in found {
            against -= error * velocity;
            all += velocity * velocity;
        }
        against / all
    }

    #[test]
    fn who_swings_an_arm_is_followed_without_delay_at_any_rate() {
        // 30 cm to either side, once a second: up to 1.9 m/s.
        let (place, pace) = (
            |t: f64| 0.3 * (TAU * t).sin(),
            |t: f64| 0.3 * TAU * (TAU * t).cos(),
        );
        for rate_hz in [5.0, 10.0, 15.0, 30.0, 60.0] {
            let found = follow(rate_hz, (8.0 * rate_hz) as usize, 1.0, |_, t| place(t));
            let settled: Vec<_> = found.into_iter().filter(|(t, ..)| *t > 2.0).collect();
            let late_s = delay_s(settled.iter().map(|(t, x, _)| (x - place(*t), pace(*t))));
            assert!(
                (-0.002..0.006).contains(&late_s),
                "{rate_hz} Hz: {late_s} s"
            );
            let errors = settled.iter().map(|(t, x, _)| (x - place(*t)).abs());
            let worst_m = errors.fold(0.0, f64::max);
            assert!(worst_m < 0.02, "{rate_hz} Hz: {worst_m} m");
        }
    }

    #[test]
    fn velocity_follows_an_arm_and_does_not_shake() {
        let pace = |t: f64| 0.1 * TAU * (TAU * t).cos();
        let found = follow(30.0, 240, 1.0, |frame, t| {
            let shake_m = if frame % 2 == 0 { 0.004 } else { -0.004 };
            0.1 * (TAU * t).sin() + shake_m
        });
        let settled = found.iter().filter(|(t, ..)| *t > 2.0);
        let errors: Vec<f64> = settled.map(|(t, _, v)| (v - pace(*t)).abs()).collect();
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        // Differences of neighbours would be off by 8 mm x 30 Hz = 240 mm/s throughout.
        assert!(mean < 0.15, "{mean} m/s");
    }

    #[test]
    fn who_stands_still_shakes_less_and_less_with_more_smoothing() {
        let shake_m = |smoothing: f64| {
            let found = follow(60.0, 300, smoothing, |frame, _| {
                if frame % 2 == 0 { 0.006 } else { -0.006 }
            });
            let late = &found[100..];
            late.windows(2)
                .map(|w| (w[1].1 - w[0].1).abs())
                .sum::<f64>()
                / (late.len() - 1) as f64
        };
        assert!(shake_m(1.0) < 0.25 * 0.012, "{}", shake_m(1.0));
        assert!(shake_m(3.0) < 0.5 * shake_m(1.0), "{}", shake_m(3.0));
    }

    #[test]
    fn sigma_is_the_networks_while_seen_and_grows_while_not() {
        for rate_hz in [5.0, 60.0] {
            let mut limbs = Limbs::start(&pose(0.0), &SIGMA);
            assert!((limbs.sigma_m(WRIST) / 0.06 - 1.0).abs() < 0.02);
            for _ in 0..60 {
                limbs.see(1.0 / rate_hz, &pose(0.0), &SIGMA, 1.0);
            }
            let seen_m = limbs.sigma_m(WRIST);
            assert!((seen_m / 0.06 - 1.0).abs() < 0.05, "{rate_hz} Hz: {seen_m}");
            limbs.predict(0.1);
            let soon_m = limbs.sigma_m(WRIST);
            limbs.predict(0.4);
            let late_m = limbs.sigma_m(WRIST);
            assert!(
                seen_m < soon_m && soon_m < late_m && late_m < 0.15,
                "{late_m}"
            );
        }
    }

    #[test]
    fn what_is_seen_less_surely_moves_the_joint_less() {
        let moved_m = |sigma_m: f64| {
            let mut limbs = Limbs::start(&pose(0.0), &SIGMA);
            for frame in 0..30 {
                let (seen_m, sigma_m) = if frame < 29 {
                    (0.0, 0.06)
                } else {
                    (0.05, sigma_m)
                };
                limbs.see(1.0 / 30.0, &pose(seen_m), &[sigma_m; JOINT_COUNT], 1.0);
            }
            limbs.position_m(WRIST).x
        };
        assert!(moved_m(0.3) < 0.4 * moved_m(0.06), "{}", moved_m(0.3));
    }

    #[test]
    fn one_frame_with_left_and_right_swapped_is_not_believed_and_a_second_is() {
        let at = |frame: usize| match frame {
            40 | 50.. => 0.5,
            _ => 0.0,
        };
        let found = follow(30.0, 60, 1.0, |frame, _| at(frame));
        let after = |frame: usize| found[frame - 1];
        assert!(after(40).1.abs() < 1e-9 && after(41).1.abs() < 1e-9);
        assert!(after(50).1.abs() < 1e-9);
        assert_eq!(after(51), (1.7, 0.5, 0.0));
    }

    #[test]
    fn a_swing_ends_soon_when_unseen() {
        let mut limbs = Limbs::start(&pose(0.0), &SIGMA);
        for frame in 1..=30 {
            limbs.see(1.0 / 30.0, &pose(0.02 * f64::from(frame)), &SIGMA, 1.0);
        }
        let (seen_m, speed_m_s) = (limbs.position_m(WRIST).x, limbs.velocity_m_s(WRIST).x);
        limbs.predict(10.0);
        let way_m = limbs.position_m(WRIST).x - seen_m;
        assert!((way_m - 0.3 * speed_m_s).abs() < 1e-9, "{way_m}");
        assert!(limbs.velocity_m_s(WRIST).norm() < 1e-9);
    }

    #[test]
    fn a_joint_that_is_known_exactly_is_where_it_is_seen() {
        let exact = [0.0; JOINT_COUNT];
        let mut limbs = Limbs::start(&pose(0.0), &exact);
        for frame in 1..=3 {
            limbs.see(0.1, &pose(0.1 * f64::from(frame)), &exact, 1.0);
        }
        assert!((limbs.position_m(WRIST).x - 0.3).abs() < 1e-9);
        assert_eq!(limbs.position_m(0), Vector3::zeros());
    }
}
