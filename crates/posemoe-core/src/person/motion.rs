//! How a person's root moves: a Kalman filter of where they were placed.
//!
//! Whoever stands is pushed by less acceleration than whoever walks. A placement errs in two ways:
//! by what is new in each frame, and by what lasts about a second and lies along the ray and across
//! it as the whole does. The state is position (m), velocity (m/s) and that slow error (m), in the
//! camera optical frame.

use nalgebra::{Matrix3, Rotation3, SMatrix, SVector, Vector3};

use super::forecast::RootForecast;
use super::passage::{INCREDIBLE, Passage, ROOT_LASTS};
use crate::geometry::place::Placement;

type State = SVector<f64, 9>;
type Covariance = SMatrix<f64, 9, 9>;

const POSITION: usize = 0;
const VELOCITY: usize = 3;
const SLOW: usize = 6;

/// Speed of a person just met is unknown within this (m/s): a brisk walk.
const FIRST_SPEED_SIGMA_M_S: f64 = 1.5;
/// Acceleration noise doubles at this speed (m/s): steps, turns and stops come with walking.
const TWICE_AS_RESTLESS_M_S: f64 = 0.5;
/// What of a placement's covariance is new in each frame; the rest lasts.
const FRESH_SHARE: f64 = 0.25;

/// Position and velocity of one root with their covariance.
#[derive(Clone, Debug)]
pub(crate) struct RootMotion {
    state: State,
    covariance: Covariance,
    /// How the state goes with the logarithm of the person's size: what a wrong one does to it.
    per_log_size: State,
    /// Covariance of slow errors as the last placement has them (m²).
    slow_m2: Matrix3<f64>,
    /// Speed when last placed (m/s).
    speed_m_s: f64,
    /// Whether the last placement was not believed.
    has_doubted: bool,
}

impl RootMotion {
    /// Starts where a person was first placed, at rest.
    pub(crate) fn start(placement: &Placement) -> Self {
        let mut state = State::zeros();
        state
            .fixed_rows_mut::<3>(POSITION)
            .copy_from(&placement.root_m);
        let mut per_log_size = State::zeros();
        per_log_size
            .fixed_rows_mut::<3>(POSITION)
            .copy_from(&placement.per_log_size_m);
        let slow_m2 = placement.covariance_m2 * (1.0 - FRESH_SHARE);
        let mut covariance = Covariance::zeros();
        let mut set = |row, column, block: &Matrix3<f64>| {
            covariance
                .fixed_view_mut::<3, 3>(row, column)
                .copy_from(block);
        };
        set(POSITION, POSITION, &placement.covariance_m2);
        let speed = Matrix3::from_diagonal_element(FIRST_SPEED_SIGMA_M_S.powi(2));
        set(VELOCITY, VELOCITY, &speed);
        // Where the placement is off to the right, the person is to the left of it.
        set(SLOW, SLOW, &slow_m2);
        set(POSITION, SLOW, &-slow_m2);
        set(SLOW, POSITION, &-slow_m2);
        Self {
            state,
            covariance,
            per_log_size,
            slow_m2,
            speed_m_s: 0.0,
            has_doubted: false,
        }
    }

    /// Lets `dt_s` pass; `acceleration_noise` is the square root of the power spectral density
    /// (m/s^1.5) of accelerations of somebody at rest.
    pub(crate) fn predict(&mut self, dt_s: f64, acceleration_noise: f64) {
        self.pass(dt_s, acceleration_noise, None);
    }

    /// Lets `dt_s` pass, and takes in where the person is placed then. A covariance that cannot be
    /// inverted changes nothing.
    pub(crate) fn see(&mut self, dt_s: f64, acceleration_noise: f64, placement: &Placement) {
        let slow_m2 = placement.covariance_m2 * (1.0 - FRESH_SHARE);
        self.pass(dt_s, acceleration_noise, Some(slow_m2));
        self.correct(placement);
    }

    /// `slow_m2`: covariance of the slow error that comes meanwhile, where it is known.
    fn pass(&mut self, dt_s: f64, acceleration_noise: f64, slow_m2: Option<Matrix3<f64>>) {
        let passage = Passage::of(dt_s, ROOT_LASTS);
        let power = self.push_m2_s3(acceleration_noise);
        let before_m = self.position_m();
        let after_m = before_m + self.velocity_m_s() * passage.carry[(0, 1)];
        // Slow errors go along with the ray to the person.
        let turn = Rotation3::rotation_between(&before_m, &after_m).unwrap_or_default();
        self.slow_m2 = slow_m2.unwrap_or_else(|| turn * self.slow_m2 * turn.transpose());

        let mut carry: Covariance = passage.carry.kronecker(&Matrix3::identity());
        let kept = turn.matrix() * passage.carry[(2, 2)];
        carry.fixed_view_mut::<3, 3>(SLOW, SLOW).copy_from(&kept);
        let mut noise: Covariance = (passage.push * power).kronecker(&Matrix3::identity());
        let renewed = self.slow_m2 * passage.renewed;
        noise.fixed_view_mut::<3, 3>(SLOW, SLOW).copy_from(&renewed);
        self.state = carry * self.state;
        self.per_log_size = carry * self.per_log_size;
        self.covariance = carry * self.covariance * carry.transpose() + noise;
    }

    fn correct(&mut self, placement: &Placement) {
        let fresh_m2 = placement.covariance_m2 * FRESH_SHARE;
        let of_seen: SMatrix<f64, 9, 3> =
            self.covariance.fixed_columns::<3>(POSITION) + self.covariance.fixed_columns::<3>(SLOW);
        let seen_m2 = of_seen.fixed_rows::<3>(POSITION) + of_seen.fixed_rows::<3>(SLOW);
        let Some(inverse) = (seen_m2 + fresh_m2).try_inverse() else {
            return;
        };
        let slow_m = self.state.fixed_rows::<3>(SLOW).into_owned();
        let surprise = placement.root_m - self.position_m() - slow_m;
        if surprise.dot(&(inverse * surprise)) > INCREDIBLE {
            if self.has_doubted {
                *self = Self::start(placement);
            } else {
                self.has_doubted = true;
            }
            return;
        }
        self.has_doubted = false;
        let gain = of_seen * inverse;
        self.state += gain * surprise;
        // The filter is linear: what a wrong size does to placements, it does to the state by the
        // same gains.
        let seen_per_log_size: Vector3<f64> =
            self.per_log_size.fixed_rows::<3>(POSITION) + self.per_log_size.fixed_rows::<3>(SLOW);
        self.per_log_size += gain * (placement.per_log_size_m - seen_per_log_size);
        let kept = self.covariance - gain * of_seen.transpose();
        self.covariance = (kept + kept.transpose()) / 2.0;
        self.speed_m_s = self.velocity_m_s().norm();
    }

    /// Root position (m).
    pub(crate) fn position_m(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(POSITION).into_owned()
    }

    /// Root velocity (m/s).
    pub(crate) fn velocity_m_s(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(VELOCITY).into_owned()
    }

    /// How the root moves on.
    pub(crate) fn forecast(&self, acceleration_noise: f64) -> RootForecast {
        let block = |row, column| self.covariance.fixed_view::<3, 3>(row, column).into_owned();
        RootForecast {
            shared_m2_s: block(POSITION, VELOCITY),
            velocity_m2_s2: block(VELOCITY, VELOCITY),
            push_m2_s3: self.push_m2_s3(acceleration_noise),
        }
    }

    /// Power spectral density of accelerations (m²/s³) at the speed when last placed.
    fn push_m2_s3(&self, acceleration_noise: f64) -> f64 {
        let restless = 1.0 + self.speed_m_s / TWICE_AS_RESTLESS_M_S;
        (acceleration_noise * restless).powi(2)
    }

    /// How the position goes with the logarithm of the person's size (m).
    pub(crate) fn per_log_size_m(&self) -> Vector3<f64> {
        self.per_log_size.fixed_rows::<3>(POSITION).into_owned()
    }

    /// Covariance of the position (m²), were the person's size known exactly.
    pub(crate) fn position_covariance_m2(&self) -> Matrix3<f64> {
        self.covariance
            .fixed_view::<3, 3>(POSITION, POSITION)
            .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The default of the parameter `acceleration_noise`.
    const NOISE: f64 = 0.5;

    fn seen_at(x: f64) -> Placement {
        Placement::of_rays(
            Vector3::new(x, 0.0, 4.0),
            Matrix3::from_diagonal(&Vector3::new(1e-4, 1e-4, 0.01)),
        )
    }

    #[test]
    fn a_walk_shows_its_speed_and_goes_on_when_unseen() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        for i in 1..=60 {
            motion.see(1.0 / 30.0, NOISE, &seen_at(1.2 * f64::from(i) / 30.0));
        }
        let speed = motion.velocity_m_s().x;
        assert!((speed - 1.2).abs() < 0.05, "{speed}");
        assert!((motion.position_m().x - 2.4).abs() < 0.01);
        let sure = motion.position_covariance_m2()[(0, 0)];
        motion.predict(0.5, NOISE);
        let gone_m = motion.position_m().x - 2.4;
        assert!((0.5..0.6).contains(&gone_m), "{gone_m}");
        assert!(motion.position_covariance_m2()[(0, 0)] > 10.0 * sure);
    }

    #[test]
    fn standing_still_is_steadier_than_each_placement() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        let mut worst: f64 = 0.0;
        for i in 0..200 {
            motion.see(
                1.0 / 60.0,
                NOISE,
                &seen_at(if i % 2 == 0 { 0.02 } else { -0.02 }),
            );
            if i > 50 {
                worst = worst.max(motion.position_m().x.abs());
            }
        }
        assert!(worst < 0.008, "{worst}");
    }

    /// Whoever steps off at 3 m/s² up to 1.2 m/s, seen at this rate, is at most so far behind (m).
    #[test]
    fn whoever_steps_off_is_followed() {
        for (rate_hz, most_m) in [(60.0, 0.03), (30.0, 0.03), (10.0, 0.05), (5.0, 0.07)] {
            let way_m = |time_s: f64| match time_s {
                standing if standing < 1.0 => 0.0,
                speeding if speeding < 1.4 => 1.5 * (speeding - 1.0).powi(2),
                walking => 0.24 + 1.2 * (walking - 1.4),
            };
            let mut motion = RootMotion::start(&seen_at(0.0));
            let mut worst_m: f64 = 0.0;
            for i in 1..(4.0 * rate_hz) as i32 {
                let there_m = way_m(f64::from(i) / rate_hz);
                motion.see(1.0 / rate_hz, NOISE, &seen_at(there_m));
                worst_m = worst_m.max((motion.position_m().x - there_m).abs());
            }
            assert!(worst_m < most_m, "{rate_hz} Hz: {worst_m}");
        }
    }

    /// White noise is averaged away, what lasts is not: after many placements the doubt is still
    /// about that of what lasts.
    #[test]
    fn many_placements_do_not_make_the_slow_error_vanish() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        for _ in 0..600 {
            motion.see(1.0 / 60.0, NOISE, &seen_at(0.0));
        }
        let sigma_m = motion
            .position_covariance_m2()
            .diagonal()
            .map(|variance_m2| variance_m2.sqrt());
        assert!((0.006..0.010).contains(&sigma_m.x), "{sigma_m}");
        assert!((0.06..0.10).contains(&sigma_m.z), "{sigma_m}");
    }

    #[test]
    fn what_a_wrong_size_does_is_what_a_person_farther_off_would_show() {
        let larger = 1.01;
        let farther = |placement: Placement| Placement {
            root_m: placement.root_m * larger,
            ..placement
        };
        let mut motion = RootMotion::start(&seen_at(0.0));
        let mut larger_motion = RootMotion::start(&farther(seen_at(0.0)));
        for i in 1..=40 {
            let placement = seen_at(0.01 * f64::from(i));
            motion.see(1.0 / 30.0, NOISE, &placement);
            larger_motion.see(1.0 / 30.0, NOISE, &farther(placement));
        }
        let off_m = larger_motion.position_m() - motion.position_m();
        let expected_m = motion.per_log_size_m() * (larger - 1.0);
        assert!(
            (off_m - expected_m).norm() < 2e-3 * off_m.norm(),
            "{off_m} {expected_m}"
        );
        // Depths that are measured from now on leave less and less of it.
        let measured = Placement {
            per_log_size_m: Vector3::zeros(),
            ..seen_at(0.4)
        };
        for _ in 0..90 {
            motion.see(1.0 / 30.0, NOISE, &measured);
        }
        let left_m = motion.per_log_size_m();
        assert!(left_m.norm() < 0.2, "of 4 m: {left_m}");
    }

    #[test]
    fn slow_errors_go_along_with_the_ray() {
        // Somebody walks past, from straight ahead to 45 degrees to the right.
        let at = |x: f64| {
            let root_m = Vector3::new(x, 0.0, 3.0);
            let (along, across) = (root_m.normalize(), 1e-4);
            let covariance_m2 = Matrix3::identity() * across + along * along.transpose() * 0.04;
            Placement::of_rays(root_m, covariance_m2)
        };
        let mut motion = RootMotion::start(&at(0.0));
        for i in 1..=75 {
            motion.see(1.0 / 30.0, NOISE, &at(0.04 * f64::from(i)));
        }
        let across = Vector3::new(0.5f64.sqrt(), 0.0, -(0.5f64.sqrt()));
        let covariance_m2 = motion.position_covariance_m2();
        let sigma_m = (across.transpose() * covariance_m2 * across)[0].sqrt();
        assert!(sigma_m < 0.02, "{sigma_m} m across the ray, 0.2 along it");
    }

    #[test]
    fn one_placement_far_off_is_not_believed_and_a_second_is_where_the_person_is() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        let mut see = |x: f64| {
            motion.see(1.0 / 30.0, NOISE, &seen_at(x));
            (motion.position_m().x, motion.velocity_m_s().x)
        };
        for _ in 0..30 {
            see(0.0);
        }
        for alone in [2.0, 0.0, -1.0, 0.0] {
            let (x, speed) = see(alone);
            assert!(
                x.abs() < 1e-9 && speed.abs() < 1e-9,
                "{alone}: {x}, {speed}"
            );
        }
        see(2.0);
        assert_eq!(see(2.0), (2.0, 0.0), "as somebody just met");
    }

    /// Half a second after someone was met, and where they are found 1 m off then, for one axis by
    /// hand: velocity lasts 2 s, a quarter of the variance is new, the rest lasts 1 s.
    #[test]
    fn the_first_steps_are_those_of_the_textbook() {
        let (kept, slow_kept) = ((-0.25f64).exp(), (-0.5f64).exp());
        let (way_s, power, speed_m2_s2) = (2.0 * (1.0 - kept), 9.0, 1.5 * 1.5);
        let pushed = 4.0 * (0.5 - 2.0 * way_s + (1.0 - kept * kept));
        let position = 1e-4 + way_s.powi(2) * speed_m2_s2 + power * pushed;
        let cross = way_s * kept * speed_m2_s2 + power * way_s.powi(2) / 2.0;
        let mut motion = RootMotion::start(&seen_at(0.0));
        motion.predict(0.5, 3.0);
        let found = motion.position_covariance_m2();
        assert!((found[(0, 0)] - position).abs() < 1e-12, "{found}");
        assert_eq!((found[(0, 1)], found[(0, 2)]), (0.0, 0.0));
        motion.correct(&seen_at(1.0));
        assert!(!motion.has_doubted);
        // Seen is position plus slow error: both and their covariance, besides what is new.
        let slow = 0.75e-4;
        let shared = -slow * slow_kept;
        let share = 1.0 / (position + 2.0 * shared + slow + 0.25e-4);
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
        assert!(near(motion.position_m().x, (position + shared) * share));
        assert!(near(motion.velocity_m_s().x, cross * share));
        let left = motion.position_covariance_m2()[(0, 0)];
        assert!(near(left, position - (position + shared).powi(2) * share));
    }

    proptest! {
        /// White noise has no steps: however finely time is cut, as much is known in the end.
        #[test]
        fn two_steps_are_one_long_one(
            first_s in 0.001..2.0f64,
            then_s in 0.001..2.0f64,
            noise in 0.1..9.0f64,
        ) {
            let mut walker = RootMotion::start(&seen_at(0.0));
            walker.see(0.1, noise, &seen_at(0.2));
            let (mut once, mut twice) = (walker.clone(), walker);
            once.predict(first_s + then_s, noise);
            twice.predict(first_s, noise);
            twice.predict(then_s, noise);
            let off = (once.covariance - twice.covariance).norm() / once.covariance.norm();
            prop_assert!(off < 1e-9 && (once.state - twice.state).norm() < 1e-9, "{off}");
        }
    }
}
