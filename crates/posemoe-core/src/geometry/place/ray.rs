//! A joint and the ray on which the image shows it.

use nalgebra::{Matrix3, Vector3};

use super::system::{Solution, System};
use crate::geometry::canonical::Ray;

/// A detector is never better than this at the person (m); keeps one sure joint from ruling alone.
const LEAST_SIGMA_M: f64 = 0.015;

/// A joint that was seen.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Projects on the plane across the ray.
    across: Matrix3<f64>,
    joint_m: Vector3<f64>,
    weight: f64,
    sigma_m: f64,
}

impl Sighting {
    /// A joint (m, relative to the root) with its sigma.
    pub fn new(ray: &Ray, joint_m: &Vector3<f64>, sigma_m: f64) -> Self {
        let direction = Vector3::new(ray.xy.x, ray.xy.y, 1.0).normalize();
        let sigma_m = sigma_m.hypot(LEAST_SIGMA_M);
        Self {
            across: Matrix3::identity() - direction * direction.transpose(),
            joint_m: *joint_m,
            weight: ray.score / (sigma_m * sigma_m),
            sigma_m,
        }
    }

    fn residual_m(&self, at: &Solution) -> f64 {
        (self.across * (self.joint_m + at.root_m)).norm()
    }

    /// How far the joint is from its ray, in sigma.
    pub fn misses_by(&self, at: &Solution) -> f64 {
        self.residual_m(at) / self.sigma_m
    }

    /// Has its say.
    pub fn tell(&self, trust: f64, system: &mut System) {
        system.add_ray(&self.across, &self.joint_m, self.weight * trust);
    }

    /// Adds what its error does.
    pub fn err(&self, trust: f64, at: &Solution, spread: &mut System) {
        let error_m = self.sigma_m.max(self.residual_m(at));
        let share = (self.weight * trust * error_m).powi(2);
        spread.add_ray(&self.across, &self.joint_m, share);
    }
}
