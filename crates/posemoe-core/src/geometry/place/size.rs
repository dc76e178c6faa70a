//! What is known of a person's size before anything in the frame says so.

use nalgebra::Vector3;

use super::system::Line;
use crate::skeleton::{BONES, Pose};

/// How much larger the person is than the lifted pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogSize {
    /// Natural logarithm of person / pose.
    pub log: f64,
    /// One standard deviation of that.
    pub sigma: f64,
}

impl LogSize {
    /// 1 / size, as a person may have it.
    pub(crate) fn inverse(&self) -> f64 {
        (-self.log).exp()
    }

    /// The same as evidence.
    pub(crate) fn line(&self) -> Line {
        Line {
            root: Vector3::zeros(),
            inverse_size: 1.0,
            value: self.inverse(),
            sigma: self.sigma.max(f64::EPSILON.sqrt()) * self.inverse(),
            shared: 0.0,
            doubt_of_nearer: 1.0,
        }
    }
}

/// Natural logarithm of the length of all bones of a pose (m).
pub(crate) fn log_bones_m(pose: &Pose) -> f64 {
    let bones_m = BONES.iter().map(|(a, b)| (pose[*a] - pose[*b]).norm());
    bones_m.sum::<f64>().ln()
}
