//! How far away a joint is, as something other than the pose says: a depth camera, or the floor on
//! which a foot stands.

use nalgebra::{Vector3, Vector4};

use super::system::{Line, Solution, System};
use crate::skeleton::JOINT_COUNT;

/// From the surface that a depth camera sees to the joint's centre (m): half of what a limb or a
/// trunk is thick.
pub(crate) const BELOW_SURFACE_M: [f64; JOINT_COUNT] = [
    0.11, 0.10, 0.065, 0.045, 0.10, 0.065, 0.045, 0.11, 0.11, 0.08, 0.09, 0.08, 0.055, 0.04, 0.08,
    0.055, 0.04,
];
/// People are so much thicker or thinner, and clothes too, as a share.
const THICKNESS_SPREAD: f64 = 0.25;
/// Noise of a stereo camera: `NOISE_M + NOISE_PER_M z²`, z in metres.
const NOISE_M: f64 = 0.008;
const NOISE_PER_M: f64 = 0.0025;
/// A keypoint beside its joint lies on another part of the same surface (m).
const BESIDE_M: f64 = 0.02;
/// What is wrong with all depths of a person alike (m): clothes, the camera's scale, and that the
/// image is of another moment, in which whoever walks was elsewhere.
const SHARED_M: f64 = 0.03;
/// Arms pass in front of trunks: 20 % of depths are 10 cm nearer or more, and hardly any farther.
const DOUBT_OF_NEARER: f64 = 2.0;
/// Of a joint's sigma, within which 68 % lie in space, what is along one axis.
const ALONG_ONE_AXIS: f64 = 1.0 / 1.878;

/// The depth of a joint's centre along the camera's optical axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointDepth {
    /// Metres.
    pub depth_m: f64,
    /// One standard deviation of what is its own (m).
    pub sigma_m: f64,
    /// And of what it has in common with other depths of the person (m).
    pub shared_m: f64,
    /// How much sooner it is doubted when it is nearer than the pose says.
    pub doubt_of_nearer: f64,
}

impl JointDepth {
    /// From the depth of the surface that a camera measured at a joint.
    pub(crate) fn below_surface(joint: usize, surface_m: f64) -> Self {
        let below_m = BELOW_SURFACE_M[joint];
        let noise_m = NOISE_M + NOISE_PER_M * surface_m.powi(2);
        Self {
            depth_m: surface_m + below_m,
            sigma_m: noise_m.hypot(THICKNESS_SPREAD * below_m).hypot(BESIDE_M),
            shared_m: SHARED_M,
            doubt_of_nearer: DOUBT_OF_NEARER,
        }
    }

    /// That a joint of the pose (m, relative to the root, with its sigma) is so far away.
    pub(crate) fn line(&self, joint_m: &Vector3<f64>, sigma_m: f64) -> Line {
        Line {
            root: Vector3::z(),
            inverse_size: -self.depth_m,
            value: -joint_m.z,
            sigma: self.sigma_m.hypot(sigma_m * ALONG_ONE_AXIS),
            shared: self.shared_m,
            doubt_of_nearer: self.doubt_of_nearer,
        }
    }
}

impl Line {
    /// By how much a solution misses it, in sigma.
    pub fn misses_by(&self, at: &Solution) -> f64 {
        let residual = self.residual(at) / self.sigma;
        (residual * self.doubt_of_nearer).max(-residual)
    }

    /// Has its say.
    pub fn tell(&self, trust: f64, system: &mut System) {
        system.add_line(self, trust / self.sigma.powi(2));
    }

    /// Adds what its error does.
    pub fn err(&self, trust: f64, at: &Solution, spread: &mut System) {
        let error = self.sigma.max(self.residual(at).abs());
        spread.add_line(self, (trust * error / self.sigma.powi(2)).powi(2));
    }

    /// Adds what the error does that it has in common with others, to be squared when all are
    /// added.
    pub fn err_together(&self, trust: f64, sum: &mut Vector4<f64>) {
        let along = Vector4::new(self.root.x, self.root.y, self.root.z, self.inverse_size);
        *sum += along * (trust * self.shared / self.sigma.powi(2));
    }
}
