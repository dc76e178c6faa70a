//! How a person's root moves: a constant-velocity Kalman filter on its position.
//!
//! The state is position (m) and velocity (m/s) in the camera optical frame; acceleration is white
//! noise (Bar-Shalom, Estimation with Applications to Tracking and Navigation, 6.2.2).

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

use crate::geometry::place::Placement;

type State = SVector<f64, 6>;
type Covariance = SMatrix<f64, 6, 6>;

/// Speed of a person just met is unknown within this (m/s): a brisk walk.
const FIRST_SPEED_SIGMA_M_S: f64 = 1.5;

/// Position and velocity of one root with their covariance.
#[derive(Clone, Debug)]
pub struct RootMotion {
    state: State,
    covariance: Covariance,
}

impl RootMotion {
    /// Starts where a person was first placed, at rest.
    pub fn start(placement: &Placement) -> Self {
        let mut state = State::zeros();
        state.fixed_rows_mut::<3>(0).copy_from(&placement.root_m);
        let mut covariance = Covariance::zeros();
        covariance
            .fixed_view_mut::<3, 3>(0, 0)
            .copy_from(&placement.covariance_m2);
        let speed = Matrix3::from_diagonal_element(FIRST_SPEED_SIGMA_M_S.powi(2));
        covariance.fixed_view_mut::<3, 3>(3, 3).copy_from(&speed);
        Self { state, covariance }
    }

    /// Lets `dt_s` pass; `acceleration_noise` is the square root of the accelerations' power spectral
    /// density (m/s^1.5).
    pub fn predict(&mut self, dt_s: f64, acceleration_noise: f64) {
        let mut step = Covariance::identity();
        step.fixed_view_mut::<3, 3>(0, 3)
            .copy_from(&Matrix3::from_diagonal_element(dt_s));
        let power = acceleration_noise.powi(2);
        let mut noise = Covariance::zeros();
        for axis in 0..3 {
            noise[(axis, axis)] = power * dt_s.powi(3) / 3.0;
            noise[(axis, axis + 3)] = power * dt_s.powi(2) / 2.0;
            noise[(axis + 3, axis)] = power * dt_s.powi(2) / 2.0;
            noise[(axis + 3, axis + 3)] = power * dt_s;
        }
        self.state = step * self.state;
        self.covariance = step * self.covariance * step.transpose() + noise;
    }

    /// Takes in where the person was placed now. A covariance that cannot be inverted changes nothing.
    pub fn correct(&mut self, placement: &Placement) {
        let position = self.covariance.fixed_view::<3, 3>(0, 0).into_owned();
        let Some(inverse) = (position + placement.covariance_m2).try_inverse() else {
            return;
        };
        let gain = self.covariance.fixed_columns::<3>(0) * inverse;
        let surprise = placement.root_m - self.position_m();
        self.state += gain * surprise;
        let kept = self.covariance - gain * self.covariance.fixed_rows::<3>(0);
        self.covariance = (kept + kept.transpose()) / 2.0;
    }

    /// Root position (m).
    pub fn position_m(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(0).into_owned()
    }

    /// Root velocity (m/s).
    pub fn velocity_m_s(&self) -> Vector3<f64> {
        self.state.fixed_rows::<3>(3).into_owned()
    }

    /// Covariance of the position (m²).
    pub fn position_covariance_m2(&self) -> Matrix3<f64> {
        self.covariance.fixed_view::<3, 3>(0, 0).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen_at(x: f64) -> Placement {
        Placement {
            root_m: Vector3::new(x, 0.0, 4.0),
            covariance_m2: Matrix3::from_diagonal(&Vector3::new(1e-4, 1e-4, 0.01)),
        }
    }

    #[test]
    fn a_walk_shows_its_speed_and_goes_on_when_unseen() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        for i in 1..=60 {
            motion.predict(1.0 / 30.0, 3.0);
            motion.correct(&seen_at(1.2 * f64::from(i) / 30.0));
        }
        assert!(
            (motion.velocity_m_s().x - 1.2).abs() < 0.02,
            "{}",
            motion.velocity_m_s()
        );
        let sure = motion.position_covariance_m2()[(0, 0)];
        motion.predict(0.5, 3.0);
        assert!((motion.position_m().x - 3.0).abs() < 0.03);
        assert!(motion.position_covariance_m2()[(0, 0)] > 10.0 * sure);
    }

    #[test]
    fn standing_still_is_steadier_than_each_placement() {
        let mut motion = RootMotion::start(&seen_at(0.0));
        let mut worst: f64 = 0.0;
        for i in 0..200 {
            motion.predict(1.0 / 60.0, 3.0);
            motion.correct(&seen_at(if i % 2 == 0 { 0.02 } else { -0.02 }));
            if i > 50 {
                worst = worst.max(motion.position_m().x.abs());
            }
        }
        assert!(worst < 0.01, "{worst}");
    }

    /// Half a second after someone was met, and where they are found 1 m off then, by the textbook's formulas for
    /// one axis.
    #[test]
    fn the_first_steps_are_those_of_the_textbook() {
        let (dt_s, power, first_m2, speed_m2_s2, found_m2) = (0.5f64, 9.0, 1e-4, 1.5 * 1.5, 1e-4);
        let position = first_m2 + dt_s.powi(2) * speed_m2_s2 + power * dt_s.powi(3) / 3.0;
        let cross = dt_s * speed_m2_s2 + power * dt_s.powi(2) / 2.0;
        let mut motion = RootMotion::start(&seen_at(0.0));
        motion.predict(dt_s, power.sqrt());
        let found = motion.position_covariance_m2();
        assert!((found[(0, 0)] - position).abs() < 1e-12, "{found}");
        assert_eq!((found[(0, 1)], found[(0, 2)]), (0.0, 0.0));
        motion.correct(&seen_at(1.0));
        let share = 1.0 / (position + found_m2);
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
        assert!(near(motion.position_m().x, position * share));
        assert!(near(motion.velocity_m_s().x, cross * share));
        let left = motion.position_covariance_m2()[(0, 0)];
        assert!(near(left, position * found_m2 * share));
    }

    proptest! {
        /// White noise has no steps: however finely time is cut, as much is known in the end.
        #[test]
        fn two_steps_are_one_long_one(first_s in 0.001..2.0f64, then_s in 0.001..2.0f64, noise in 0.1..9.0f64) {
            let mut walker = RootMotion::start(&seen_at(0.0));
            walker.predict(0.1, noise);
            walker.correct(&seen_at(0.2));
            let (mut once, mut twice) = (walker.clone(), walker);
            once.predict(first_s + then_s, noise);
            twice.predict(first_s, noise);
            twice.predict(then_s, noise);
            let off = (once.covariance - twice.covariance).norm() / once.covariance.norm();
            prop_assert!(off < 1e-12 && (once.state - twice.state).norm() < 1e-12, "{off}");
        }
    }
}
