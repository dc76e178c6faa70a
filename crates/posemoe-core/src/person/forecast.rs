//! How a person moves on from a pose, and how much less is known of it then, of what a pose carries
//! of the filters' state. A pose in another frame moves on there just as well.
//!
//! The filters follow whatever may come, with noise that is ready for steps, turns and swings. What
//! does come was measured on held-out motion (docs/design.md#motion), and that is what a prediction
//! says: less of a way where a speed is as likely noise, and less doubt than the filters would
//! have.

use nalgebra::{Matrix3, Vector3};

use super::passage::{LIMB_LASTS, Passage, ROOT_LASTS};
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Of the growth of a root's covariance by its filter, and ...
const ROOT_GROWTH: f64 = 0.1;
/// ... of that of a limb by its own, so much is found.
const LIMB_GROWTH: f64 = 0.2;
/// Of somebody so slow (m/s), half of the speed is the error of it; whoever walks is faster.
const IDLE_M_S: f64 = 0.3;
/// A limb goes on as it swings for so long (s), then it is as likely on its way back.
const SWING_S: f64 = 0.05;

/// What a pose knows of its future.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// The image that last showed the person.
    pub seen: Stamp,
    /// Of the root.
    pub root: RootForecast,
    /// Of each joint beside the root.
    pub joints: [JointForecast; JOINT_COUNT],
}

/// Of the root, along the axes of the pose's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RootForecast {
    /// Covariance of position (rows) and velocity (columns) (m²/s).
    pub shared_m2_s: Matrix3<f64>,
    /// Covariance of the velocity (m²/s²).
    pub velocity_m2_s2: Matrix3<f64>,
    /// Power spectral density of accelerations (m²/s³).
    pub push_m2_s3: f64,
}

/// Of one joint beside the root, in shares of its published sigma's square.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JointForecast {
    /// Of position and velocity (m²/s).
    pub shared_m2_s: f64,
    /// Of the velocity (m²/s²).
    pub velocity_m2_s2: f64,
    /// Of accelerations (m²/s³).
    pub push_m2_s3: f64,
}

/// What a time makes of a point that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    /// A velocity takes the point so far (m for each m/s).
    pub way_s: f64,
    /// What is left of the velocity, as a share.
    pub kept: f64,
    passage: Passage,
}

impl Way {
    /// Of a root of this speed in `dt_s`, 0 or more.
    pub(crate) fn of_root(dt_s: f64, speed_m_s: f64) -> Self {
        let passage = Passage::of(dt_s, ROOT_LASTS);
        let goes = speed_m_s.powi(4) / (speed_m_s.powi(4) + IDLE_M_S.powi(4));
        Self::of(passage, passage.carry[(0, 1)] * goes)
    }

    /// Of a joint beside the root in `dt_s`, 0 or more.
    pub(crate) fn of_limb(dt_s: f64) -> Self {
        let way_s = SWING_S * (1.0 - (-dt_s / SWING_S).exp());
        Self::of(Passage::of(dt_s, LIMB_LASTS), way_s)
    }

    fn of(passage: Passage, way_s: f64) -> Self {
        Self {
            way_s,
            kept: passage.carry[(1, 1)],
            passage,
        }
    }

    /// How far the filter would have it go (m for each m/s).
    fn filter_s(&self) -> f64 {
        self.passage.carry[(0, 1)]
    }

    /// Where a point is then, and its velocity.
    pub(crate) fn of_point(
        &self,
        position_m: Vector3<f64>,
        velocity_m_s: Vector3<f64>,
    ) -> [Vector3<f64>; 2] {
        [
            position_m + velocity_m_s * self.way_s,
            velocity_m_s * self.kept,
        ]
    }
}

impl RootForecast {
    /// By how much the position's covariance is larger then (m²).
    pub(crate) fn growth_m2(&self, way: &Way) -> Matrix3<f64> {
        let by_filter_m2 = (self.shared_m2_s + self.shared_m2_s.transpose()) * way.filter_s()
            + self.velocity_m2_s2 * way.filter_s().powi(2)
            + Matrix3::from_diagonal_element(way.passage.push[(0, 0)] * self.push_m2_s3);
        by_filter_m2 * ROOT_GROWTH
    }

    /// The same from there on.
    #[must_use]
    pub(crate) fn after(&self, way: &Way) -> Self {
        let push = |entry: f64| Matrix3::from_diagonal_element(entry * self.push_m2_s3);
        let kept = way.kept;
        Self {
            shared_m2_s: self.shared_m2_s * kept
                + self.velocity_m2_s2 * (way.filter_s() * kept)
                + push(way.passage.push[(0, 1)]),
            velocity_m2_s2: self.velocity_m2_s2 * kept.powi(2) + push(way.passage.push[(1, 1)]),
            push_m2_s3: self.push_m2_s3,
        }
    }
}

impl JointForecast {
    /// By how much sigma's square is larger then (m²).
    pub(crate) fn growth_m2(&self, way: &Way) -> f64 {
        let by_filter_m2 = 2.0 * self.shared_m2_s * way.filter_s()
            + self.velocity_m2_s2 * way.filter_s().powi(2)
            + way.passage.push[(0, 0)] * self.push_m2_s3;
        by_filter_m2 * LIMB_GROWTH
    }

    /// The same from there on.
    #[must_use]
    pub(crate) fn after(&self, way: &Way) -> Self {
        let (kept, push) = (way.kept, way.passage.push);
        Self {
            shared_m2_s: self.shared_m2_s * kept
                + self.velocity_m2_s2 * (way.filter_s() * kept)
                + push[(0, 1)] * self.push_m2_s3,
            velocity_m2_s2: self.velocity_m2_s2 * kept.powi(2) + push[(1, 1)] * self.push_m2_s3,
            push_m2_s3: self.push_m2_s3,
        }
    }
}
