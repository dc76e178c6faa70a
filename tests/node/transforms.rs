//! Transforms as a robot publishes them.

use nalgebra::{Isometry3, UnitQuaternion, Vector3};
use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_stamp::Stamp;

use crate::bus::{Outgoing, Rig};
use crate::messages::{header, ms};

pub fn transform(
    parent: &str,
    child: &str,
    stamp: Stamp,
    parent_from_child: &Isometry3<f64>,
) -> TransformStamped {
    let mut message = TransformStamped {
        header: header(stamp),
        child_frame_id: child.into(),
        ..Default::default()
    };
    message.header.frame_id = parent.into();
    let (shift, turn) = (&parent_from_child.translation, &parent_from_child.rotation);
    let translation = &mut message.transform.translation;
    (translation.x, translation.y, translation.z) = (shift.x, shift.y, shift.z);
    let rotation = &mut message.transform.rotation;
    (rotation.x, rotation.y, rotation.z, rotation.w) = (turn.i, turn.j, turn.k, turn.w);
    message
}

/// A frame that looks like its parent, elsewhere (m), for ever.
pub fn fix(rig: &mut Rig, parent: &str, child: &str, at_m: [f64; 3]) -> Vec<Outgoing> {
    let pose = Isometry3::translation(at_m[0], at_m[1], at_m[2]);
    fix_turned(rig, parent, child, &pose)
}

pub fn fix_turned(
    rig: &mut Rig,
    parent: &str,
    child: &str,
    pose: &Isometry3<f64>,
) -> Vec<Outgoing> {
    let transforms = vec![transform(parent, child, ms(0), pose)];
    rig.send("/tf_static", &TFMessage { transforms })
}

/// Where a frame is at that moment.
pub fn move_to(
    rig: &mut Rig,
    (parent, child): (&str, &str),
    at_ms: i64,
    pose: &Isometry3<f64>,
) -> Vec<Outgoing> {
    let transforms = vec![transform(parent, child, ms(at_ms), pose)];
    rig.send("/tf", &TFMessage { transforms })
}

/// An optical frame on a base: its z is the base's x, its x the base's -y.
pub fn optical(at_m: [f64; 3]) -> Isometry3<f64> {
    let half_turn = std::f64::consts::FRAC_PI_2;
    let turn = UnitQuaternion::from_euler_angles(-half_turn, 0.0, -half_turn);
    Isometry3::from_parts(Vector3::from(at_m).into(), turn)
}
