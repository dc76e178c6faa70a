//! One number that goes on as it went, ever less so, and how sure it is.

use crate::person::passage::{Lasts, Passage};

/// How long a motion in the image lasts (s): people stop and turn, and are hidden meanwhile.
const LASTS: Lasts = Lasts {
    velocity_s: 1.0,
    error_s: 1.0,
};

/// A place along one axis, or a size, with its speed.
#[derive(Clone, Copy, Debug)]
pub struct Glide {
    pub at: f64,
    pub speed: f64,
    /// Variance of `at`.
    pub variance: f64,
    shared: f64,
    speed_variance: f64,
}

impl Glide {
    /// At rest, as far as is known, with these standard deviations.
    pub fn new(at: f64, sigma: f64, speed_sigma: f64) -> Self {
        Self {
            at,
            speed: 0.0,
            variance: sigma.powi(2),
            shared: 0.0,
            speed_variance: speed_sigma.powi(2),
        }
    }

    /// The same after a time, pushed by white noise (its units for each s^1.5).
    pub fn after(&self, passed_s: f64, noise: f64) -> Self {
        let passage = Passage::of(passed_s.max(0.0), LASTS);
        let (way_s, kept) = (passage.carry[(0, 1)], passage.carry[(1, 1)]);
        let push = passage.push * noise.powi(2);
        let shared = self.shared + way_s * self.speed_variance;
        Self {
            at: self.at + way_s * self.speed,
            speed: kept * self.speed,
            variance: self.variance + way_s * (self.shared + shared) + push[(0, 0)],
            shared: kept * shared + push[(0, 1)],
            speed_variance: kept.powi(2) * self.speed_variance + push[(1, 1)],
        }
    }

    /// The same where it is seen to be, with the variance of what is seen.
    pub fn seen(&self, at: f64, variance: f64) -> Self {
        let total = self.variance + variance;
        let (gain, speed_gain) = (self.variance / total, self.shared / total);
        let off = at - self.at;
        Self {
            at: self.at + gain * off,
            speed: self.speed + speed_gain * off,
            variance: (1.0 - gain) * self.variance,
            shared: (1.0 - gain) * self.shared,
            speed_variance: self.speed_variance - speed_gain * self.shared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_motion_is_found_and_gone_on_with_for_a_while() {
        let mut glide = Glide::new(0.0, 0.1, 3.0);
        for frame in 1..60 {
            let at = f64::from(frame) / 30.0;
            glide = glide.after(1.0 / 30.0, 0.5).seen(at, 1e-4);
        }
        assert!((glide.speed - 1.0).abs() < 0.1, "{glide:?}");
        let (soon, late) = (glide.after(0.1, 0.5), glide.after(60.0, 0.5));
        assert!((soon.at - glide.at - 0.095).abs() < 0.01, "{soon:?}");
        assert!((late.at - glide.at - glide.speed).abs() < 1e-9 && late.speed < 1e-9);
        assert!(soon.variance > glide.variance && late.variance > soon.variance);
    }
}
