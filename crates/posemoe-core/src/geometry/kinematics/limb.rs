//! The four angles of one arm or leg from the directions of its two parts, in closed form.
//!
//! Two sets of angles, their yaws half a turn apart, turn a limb the same way. The one is taken
//! whose yaw is nearer to the middle of human_description's own range, so that poses within its
//! limits have the angles that they have there.

use std::f64::consts::PI;

use nalgebra::{UnitQuaternion, Vector3};

/// Below this sine of the angle between its parts a limb is straight, and its plane unknown.
const STRAIGHT: f64 = 1e-4;
/// Below this sine (17 degrees) the plane of a limb is so much noise that what is known of its
/// hinge counts more and more.
const NEARLY_STRAIGHT: f64 = 0.3;
/// Middle of human_description's range of yaw (rad): -1.1 to 1.9 and -0.1 to 0.6.
const USUAL_ARM_YAW: f64 = 0.4;
const USUAL_LEG_YAW: f64 = 0.25;

/// Unit directions of the upper and the lower part in the frame that carries the limb; of the lower
/// one only if it is known.
pub struct Limb {
    pub upper: Vector3<f64>,
    pub lower: Option<Vector3<f64>>,
    /// Where its own y axis is, about which it bends, as far as that is known otherwise than by the
    /// bend.
    pub hinge: Option<Vector3<f64>>,
}

impl Limb {
    /// Yaw, pitch, roll and elbow (rad) of the arm on a side (+1 left, -1 right).
    ///
    /// Yaw and pitch point the upper arm, roll turns it about its length to where the elbow's axis
    /// is.
    pub fn arm(&self, side: f64) -> [f64; 4] {
        let (bend, elbow_axis) = self.bend(-1.0);
        let yaw = nearer(side * self.upper.x.atan2(self.upper.y), USUAL_ARM_YAW);
        let undo_yaw = about(Vector3::z(), side * yaw);
        let upper = undo_yaw * self.upper;
        let pitch = side * upper.y.atan2(-upper.z);
        let axis = about(Vector3::x(), -side * pitch) * undo_yaw * elbow_axis;
        let roll = side * (-axis.x).atan2(axis.y);
        [yaw, pitch, roll, bend]
    }

    /// Yaw, pitch, roll and knee (rad) of the leg on a side (+1 left, -1 right).
    ///
    /// Yaw and pitch point the knee's axis, roll turns the thigh about it.
    pub fn leg(&self, side: f64) -> [f64; 4] {
        let (bend, knee_axis) = self.bend(1.0);
        let yaw = nearer(knee_axis.x.atan2(knee_axis.y), USUAL_LEG_YAW);
        let undo_yaw = about(Vector3::z(), yaw);
        let axis = undo_yaw * knee_axis;
        let pitch = side * axis.z.atan2(axis.y);
        let upper = about(Vector3::x(), -side * pitch) * undo_yaw * self.upper;
        let roll = upper.x.atan2(-upper.z);
        [yaw, pitch, roll, -bend]
    }

    /// Unsigned angle between the parts (rad), and the limb's own y axis, about which it bends:
    /// forwards for -1, backwards for +1. The straighter a limb is the more counts what is known of
    /// its hinge; where nothing is, that of a straight limb is where the least turn from hanging
    /// carries it.
    fn bend(&self, backwards: f64) -> (f64, Vector3<f64>) {
        let lower = self.lower.unwrap_or(self.upper);
        let across = self.upper.cross(&lower);
        let bend = across.norm().atan2(self.upper.dot(&lower));
        let of_bend = (across * backwards).try_normalize(STRAIGHT);
        let beside = |axis: Vector3<f64>| axis - self.upper * self.upper.dot(&axis);
        let axis = match self
            .hinge
            .and_then(|hinge| beside(hinge).try_normalize(STRAIGHT))
        {
            Some(hinge) => {
                let sure = (across.norm() / NEARLY_STRAIGHT).min(1.0).powi(2);
                let mixed = of_bend.unwrap_or(hinge) * sure + hinge * (1.0 - sure);
                mixed.try_normalize(STRAIGHT).or(of_bend)
            }
            None => of_bend,
        };
        let least_turn = || UnitQuaternion::rotation_between(&-Vector3::z(), &self.upper);
        let axis = axis.unwrap_or_else(|| least_turn().unwrap_or_default() * Vector3::y());
        (bend, axis)
    }
}

fn about(axis: Vector3<f64>, angle: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::new(axis * angle)
}

/// Of the angles that differ from this one by half turns the one next to `usual`.
fn nearer(angle: f64, usual: f64) -> f64 {
    angle - ((angle - usual) / PI).round() * PI
}
