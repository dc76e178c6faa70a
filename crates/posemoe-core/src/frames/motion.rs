//! How one frame moves in another.

use std::ops::Mul;

use nalgebra::{Isometry3, Point3, Vector3};

/// Pose and velocity of one frame, the source, in another, the target, at one moment. All vectors
/// are along the axes of the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Takes coordinates in the source to those in the target (m).
    pub target_from_source: Isometry3<f64>,
    /// Velocity of the source's origin (m/s).
    pub linear_m_s: Vector3<f64>,
    /// Angular velocity of the source (rad/s).
    pub angular_rad_s: Vector3<f64>,
}

impl Motion {
    /// A source that rests in the target.
    pub fn at_rest(target_from_source: Isometry3<f64>) -> Self {
        Self {
            target_from_source,
            linear_m_s: Vector3::zeros(),
            angular_rad_s: Vector3::zeros(),
        }
    }

    /// A position in the source (m) as one in the target (m).
    pub fn position_m(&self, in_source_m: &Vector3<f64>) -> Vector3<f64> {
        self.target_from_source
            .transform_point(&Point3::from(*in_source_m))
            .coords
    }

    /// The velocity in the target (m/s) of what is at `position_m` in the source and moves there
    /// with `velocity_m_s`: what the source sees, and the source's own motion.
    pub fn velocity_m_s(
        &self,
        position_m: &Vector3<f64>,
        velocity_m_s: &Vector3<f64>,
    ) -> Vector3<f64> {
        let arm_m = self.target_from_source.rotation * position_m;
        self.target_from_source.rotation * velocity_m_s
            + self.angular_rad_s.cross(&arm_m)
            + self.linear_m_s
    }

    /// How the target moves in the source.
    pub fn inverse(&self) -> Self {
        let source_from_target = self.target_from_source.inverse();
        let turn = source_from_target.rotation;
        let origin_m = self.target_from_source.translation.vector;
        Self {
            target_from_source: source_from_target,
            linear_m_s: turn * (self.angular_rad_s.cross(&origin_m) - self.linear_m_s),
            angular_rad_s: -(turn * self.angular_rad_s),
        }
    }
}

/// `a_from_b * b_from_c` is how c moves in a.
impl Mul for Motion {
    type Output = Self;

    fn mul(self, inner: Self) -> Self {
        let origin_m = inner.target_from_source.translation.vector;
        Self {
            target_from_source: self.target_from_source * inner.target_from_source,
            linear_m_s: self.velocity_m_s(&origin_m, &inner.linear_m_s),
            angular_rad_s: self.angular_rad_s
                + self.target_from_source.rotation * inner.angular_rad_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Translation3, UnitQuaternion};
    use std::f64::consts::FRAC_PI_2;

    fn turning() -> Motion {
        let turn = UnitQuaternion::from_scaled_axis(Vector3::z() * FRAC_PI_2);
        Motion {
            target_from_source: Isometry3::from_parts(Translation3::new(1.0, 2.0, 3.0), turn),
            linear_m_s: Vector3::new(0.5, 0.0, 0.0),
            angular_rad_s: Vector3::new(0.0, 0.0, 2.0),
        }
    }

    #[test]
    fn a_point_ahead_of_a_turning_camera_swings() {
        // x of the source is y of the target; 3 m along it, turning left at 2 rad/s: 6 m/s to -x.
        let ahead = Vector3::new(3.0, 0.0, 0.0);
        assert!((turning().position_m(&ahead) - Vector3::new(1.0, 5.0, 3.0)).norm() < 1e-12);
        let seen = turning().velocity_m_s(&ahead, &Vector3::zeros());
        assert!((seen - Vector3::new(-5.5, 0.0, 0.0)).norm() < 1e-12);
    }

    #[test]
    fn a_motion_and_its_inverse_are_no_motion() {
        let nothing = turning() * turning().inverse();
        assert!(nothing.target_from_source.translation.vector.norm() < 1e-12);
        assert!(nothing.target_from_source.rotation.angle() < 1e-12);
        assert!(nothing.linear_m_s.norm() < 1e-12 && nothing.angular_rad_s.norm() < 1e-12);
    }
}
