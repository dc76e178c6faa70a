//! What time does to a point that moves and to the error with which it is seen.
//!
//! A velocity fades, and white noise pushes it anew (integrated Ornstein-Uhlenbeck process): in the
//! short run it is constant, in the long run nobody goes on for ever. A slow error fades likewise
//! and is renewed.

use nalgebra::Matrix3;

/// What a time does to (place, velocity, slow error) of one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// Turns the state before into the state after.
    pub carry: Matrix3<f64>,
    /// Covariance that white acceleration noise of unit power spectral density adds.
    pub push: Matrix3<f64>,
    /// Share of the slow error's variance that is new.
    pub renewed: f64,
}

/// What is seen fourteen standard deviations from where it should be is not believed, once; if it
/// comes again it is another person, another pose or another camera, and the filter begins anew
/// there. Squared.
pub const INCREDIBLE: f64 = 200.0;

/// How long things last (s): to 1/e of what they were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lasts {
    /// A velocity.
    pub velocity_s: f64,
    /// A slow error.
    pub error_s: f64,
}

/// Of a root.
pub const ROOT_LASTS: Lasts = Lasts {
    velocity_s: 2.0,
    error_s: 1.0,
};
/// Of a joint beside the root: limbs swing to and fro, none goes on in one direction for long.
pub const LIMB_LASTS: Lasts = Lasts {
    velocity_s: 0.3,
    error_s: 1.0,
};

impl Passage {
    /// Of `dt_s`, not below 0. Two passages one after the other do what one of both times does.
    pub fn of(dt_s: f64, lasts: Lasts) -> Self {
        let Lasts {
            velocity_s,
            error_s,
        } = lasts;
        let (kept, kept_error) = ((-dt_s / velocity_s).exp(), (-dt_s / error_s).exp());
        let way_s = velocity_s * (1.0 - kept);
        let speed = velocity_s / 2.0 * (1.0 - kept.powi(2));
        let place = velocity_s.powi(2) * (dt_s - 2.0 * way_s + speed);
        let both = way_s.powi(2) / 2.0;
        Self {
            carry: Matrix3::new(1.0, way_s, 0.0, 0.0, kept, 0.0, 0.0, 0.0, kept_error),
            push: Matrix3::new(place, both, 0.0, both, speed, 0.0, 0.0, 0.0, 0.0),
            renewed: 1.0 - kept_error.powi(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LASTS: Lasts = Lasts {
        velocity_s: 0.3,
        error_s: 1.0,
    };

    #[test]
    fn a_short_time_is_that_of_constant_velocity() {
        let (dt_s, passage) = (1e-3f64, Passage::of(1e-3, LASTS));
        let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 5e-3;
        assert!(near(passage.carry[(0, 1)], dt_s) && near(passage.carry[(1, 1)], 1.0));
        assert!(near(passage.push[(0, 0)], dt_s.powi(3) / 3.0));
        assert!(near(passage.push[(0, 1)], dt_s.powi(2) / 2.0));
        assert!(near(passage.push[(1, 1)], dt_s));
        assert!(near(passage.renewed, 2.0 * dt_s));
    }

    #[test]
    fn in_the_long_run_velocity_and_error_are_new_and_the_way_ends() {
        let passage = Passage::of(60.0, LASTS);
        assert!((passage.carry[(0, 1)] - 0.3).abs() < 1e-12);
        assert!(passage.carry[(1, 1)] < 1e-12 && passage.carry[(2, 2)] < 1e-12);
        assert!((passage.push[(1, 1)] - 0.15).abs() < 1e-12, "q τ / 2");
        assert!((passage.renewed - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn two_passages_are_one_of_both_times(a_s in 0.0..2.0f64, b_s in 0.0..2.0f64) {
            let (a, b) = (Passage::of(a_s, LASTS), Passage::of(b_s, LASTS));
            let both = Passage::of(a_s + b_s, LASTS);
            prop_assert!((b.carry * a.carry - both.carry).norm() < 1e-12);
            let push = b.carry * a.push * b.carry.transpose() + b.push;
            prop_assert!((push - both.push).norm() < 1e-12);
            let old = (1.0 - a.renewed) * (1.0 - b.renewed);
            prop_assert!((1.0 - old - both.renewed).abs() < 1e-12);
        }
    }
}
