//! How a person's root moves: a Kalman filter of where they were placed.
//!
//! Whoever stands is pushed by less acceleration than whoever walks. A placement errs in two ways:
//! by what is new in each frame, and by what lasts about a second and lies along the ray and across
//! it as the whole does. The state is position (m), velocity (m/s) and that slow error (m), in the
//! camera optical frame.

use nalgebra::{Matrix3, SMatrix, SVector, UnitQuaternion, Vector3};

use super::forecast::RootForecast;
use super::passage::{INCREDIBLE, Passage, ROOT_LASTS};
use super::slow;
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
/// Nobody's root is nearer to the camera (m).
const NEAREST_M: f64 = 0.1;
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
    /// inverted changes nothing. `size_sigma`: of the logarithm of the person's size until then.
    pub(crate) fn see(
        &mut self,
        dt_s: f64,
        acceleration_noise: f64,
        placement: &Placement,
        size_sigma: f64,
    ) {
        let slow_m2 = placement.covariance_m2 * (1.0 - FRESH_SHARE);
        self.pass(dt_s, acceleration_noise, Some(slow_m2));
        self.correct(placement, size_sigma);
    }

    /// `slow_m2`: covariance of the slow error that comes meanwhile, where it is known.
    fn pass(&mut self, dt_s: f64, acceleration_noise: f64, slow_m2: Option<Matrix3<f64>>) {
        let passage = Passage::of(dt_s, ROOT_LASTS);
        let power = self.push_m2_s3(acceleration_noise);
        let before_m = self.position_m();
        let after_m = before_m + self.velocity_m_s() * passage.carry[(0, 1)];
        // Slow errors go along with the ray to the person. (Of rays that are almost one
        // `Rotation3` takes the arc cosine of a little more than 1.)
        let turn = UnitQuaternion::rotation_between(&before_m, &after_m).unwrap_or_default();
        let turn = turn.to_rotation_matrix();
        let before_m2 = turn * self.slow_m2 * turn.transpose();
        let left = slow_m2.and_then(|slow_m2| slow::left(&before_m2, &slow_m2));
        self.slow_m2 = slow_m2.unwrap_or(before_m2);
        let kept = left.unwrap_or_else(Matrix3::identity) * turn.matrix() * passage.carry[(2, 2)];

        let mut carry: Covariance = passage.carry.kronecker(&Matrix3::identity());
        carry.fixed_view_mut::<3, 3>(SLOW, SLOW).copy_from(&kept);
        let mut noise: Covariance = (passage.push * power).kronecker(&Matrix3::identity());
        let renewed = self.slow_m2 * passage.renewed;
        noise.fixed_view_mut::<3, 3>(SLOW, SLOW).copy_from(&renewed);
        self.state = carry * self.state;
        self.per_log_size = carry * self.per_log_size;
        self.covariance = carry * self.covariance * carry.transpose() + noise;
    }

    fn correct(&mut self, placement: &Placement, size_sigma: f64) {
        let fresh_m2 = placement.covariance_m2 * FRESH_SHARE;
        let of_seen: SMatrix<f64, 9, 3> =
            self.covariance.fixed_columns::<3>(POSITION) + self.covariance.fixed_columns::<3>(SLOW);
        let seen_m2 = of_seen.fixed_rows::<3>(POSITION) + of_seen.fixed_rows::<3>(SLOW);
        let seen_per_log_size: Vector3<f64> =
            self.per_log_size.fixed_rows::<3>(POSITION) + self.per_log_size.fixed_rows::<3>(SLOW);
        // What a wrong size does, along the ray, to where the person was thought to be and not to
        // where they are placed now: of rays nothing, of a measured depth all.
        let share = |per_log_m: &Vector3<f64>, at_m: &Vector3<f64>| {
            per_log_m.norm() / at_m.norm().max(NEAREST_M)
        };
        let more = share(&seen_per_log_size, &self.position_m())
            - share(&placement.per_log_size_m, &placement.root_m);
        let by_size_m = placement.root_m * (more * size_sigma);
        let surprise_m2 = seen_m2 + fresh_m2 + by_size_m * by_size_m.transpose();
        let Some(inverse) = surprise_m2.try_inverse() else {
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
        let with_size = of_seen + self.per_log_size * size_sigma * by_size_m.transpose();
        let gain = with_size * inverse;
        self.state += gain * surprise;
        // The filter is linear: what a wrong size does to placements, it does to the state by the
        // same gains. The covariance is that at a size that is exact (Schmidt 1966).
        self.per_log_size += gain * (placement.per_log_size_m - seen_per_log_size);
        let taken = gain * of_seen.transpose();
        let kept = self.covariance - taken - taken.transpose()
            + gain * (seen_m2 + fresh_m2) * gain.transpose();
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
mod tests;
