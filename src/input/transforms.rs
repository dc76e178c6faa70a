//! `tf2_msgs/msg/TFMessage`, of `/tf` and `/tf_static`, into the buffer of frames.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};

use super::LONGEST_NAME;
use crate::msg::geometry_msgs::TransformStamped;
use crate::msg::tf2_msgs::TFMessage;
use posemoe_core::frames::{Frames, Inserted, Link, Refusal};
use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_stamp::Stamp;

/// The length of a quaternion may differ from 1 by this.
const QUATERNION_TOLERANCE: f64 = 1e-3;

/// Puts the transforms of a message where they belong; `is_static` when it came on `/tf_static`.
/// What is not kept is counted.
pub fn take_in(message: &TFMessage, is_static: bool, frames: &mut Frames, drops: &mut Drops) {
    for transform in &message.transforms {
        let Some(link) = link(transform, is_static, drops) else {
            continue;
        };
        let (child, stamp) = (name(&transform.child_frame_id), link.stamp);
        match frames.insert(link) {
            Ok(Inserted::Added) => {}
            Ok(Inserted::BeganAnew(newest)) => {
                let jump = format!("transform of {child:?}, from {newest} to {stamp}");
                drops.note(Cause::TimeJump, jump);
            }
            Err(refusal @ Refusal::FormerParent { .. }) => {
                drops.note(Cause::OutOfOrder, refusal.to_string());
            }
            Err(refusal) => drops.note(Cause::BadTransform, refusal.to_string()),
        }
    }
}

fn link(transform: &TransformStamped, is_static: bool, drops: &mut Drops) -> Option<Link> {
    let parent = name(&transform.header.frame_id);
    let child = name(&transform.child_frame_id);
    for name in [parent, child] {
        if name.is_empty() || name.len() > LONGEST_NAME {
            let found = format!(
                "{} in {}, expected names of 1 to {LONGEST_NAME} bytes",
                excerpt(child),
                excerpt(parent)
            );
            drops.note(Cause::BadTransform, found);
            return None;
        }
    }
    let time = &transform.header.stamp;
    let stamp = match Stamp::from_parts(time.sec, time.nanosec) {
        Ok(stamp) => stamp,
        Err(nanosec) => {
            let found = format!(
                "transform of {child:?}: stamp.nanosec is {nanosec}, expected below 1000000000"
            );
            drops.note(Cause::BadHeader, found);
            return None;
        }
    };
    let Some(parent_from_child) = isometry(transform) else {
        let found = format!(
            "{child:?} in {parent:?}: {:?}, expected finite numbers and a quaternion of length 1",
            transform.transform
        );
        drops.note(Cause::BadTransform, found);
        return None;
    };
    Some(Link {
        parent: parent.to_owned(),
        child: child.to_owned(),
        stamp,
        parent_from_child,
        is_static,
    })
}

/// A frame's name as tf2 has it: ROS 1 began them with a slash.
pub fn name(frame_id: &str) -> &str {
    frame_id.strip_prefix('/').unwrap_or(frame_id)
}

fn isometry(transform: &TransformStamped) -> Option<Isometry3<f64>> {
    let (t, r) = (
        &transform.transform.translation,
        &transform.transform.rotation,
    );
    let quaternion = Quaternion::new(r.w, r.x, r.y, r.z);
    let is_place = [t.x, t.y, t.z].iter().all(|v| v.is_finite());
    // Not so for NaN and infinity either.
    let is_turn = (quaternion.norm() - 1.0).abs() <= QUATERNION_TOLERANCE;
    (is_place && is_turn).then(|| {
        let turn = UnitQuaternion::new_normalize(quaternion);
        Isometry3::from_parts(Translation3::new(t.x, t.y, t.z), turn)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transform(parent: &str, child: &str) -> TransformStamped {
        let mut transform = TransformStamped::default();
        transform.header.frame_id = parent.into();
        transform.child_frame_id = child.into();
        transform.transform.translation.x = 2.0;
        transform
    }

    fn taken(transforms: Vec<TransformStamped>, is_static: bool) -> (Frames, Drops) {
        let (mut frames, mut drops) = (Frames::default(), Drops::default());
        take_in(
            &TFMessage { transforms },
            is_static,
            &mut frames,
            &mut drops,
        );
        (frames, drops)
    }

    #[test]
    fn a_slash_is_no_part_of_a_name() {
        let (frames, drops) = taken(vec![transform("/base", "camera")], true);
        let found = frames
            .lookup("base", "camera", Stamp::from_nanos(99))
            .unwrap();
        assert_eq!(found.translation.x, 2.0);
        assert!(drops.is_empty());
    }

    #[test]
    fn the_order_of_a_quaternions_numbers_is_that_of_the_message() {
        let mut quarter = transform("base", "camera");
        let r = &mut quarter.transform.rotation;
        (r.z, r.w) = (0.5f64.sqrt(), 0.5f64.sqrt() * 1.0005);
        let (frames, _) = taken(vec![quarter], true);
        let found = frames.lookup("base", "camera", Stamp::default()).unwrap();
        let turned = found.rotation * nalgebra::Vector3::x();
        assert!((turned - nalgebra::Vector3::y()).norm() < 1e-3, "{turned}");
        assert!((found.rotation.norm() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_transform_is_counted_and_costs_no_other() {
        let mut bad: Vec<TransformStamped> = (0..8).map(|_| transform("base", "camera")).collect();
        bad[0].transform.translation.y = f64::NAN;
        bad[1].transform.rotation.w = f64::INFINITY;
        bad[2].transform.rotation.w = 0.0;
        bad[3].transform.rotation.w = 1.002;
        bad[4].child_frame_id = "/".into();
        bad[5].header.frame_id = String::new();
        bad[6].child_frame_id = "x".repeat(256);
        bad[7].child_frame_id = "/base".into();
        bad.push(transform("base", "lidar"));
        let (frames, drops) = taken(bad, false);
        assert_eq!(drops.count(Cause::BadTransform), 8);
        assert!(frames.lookup("base", "lidar", Stamp::default()).is_ok());
        assert!(frames.lookup("base", "camera", Stamp::default()).is_err());
    }

    #[test]
    fn stamps_that_cannot_be_or_come_from_before_are_counted() {
        let at = |sec, nanosec, parent| {
            let mut one = transform(parent, "camera");
            (one.header.stamp.sec, one.header.stamp.nanosec) = (sec, nanosec);
            one
        };
        let all = vec![
            at(9, 1_000_000_000, "base"),
            at(9, 0, "base"),
            at(8, 900_000_000, "former"),
            at(3, 0, "base"),
        ];
        let (frames, drops) = taken(all, false);
        let counts = [Cause::BadHeader, Cause::OutOfOrder, Cause::TimeJump].map(|c| drops.count(c));
        assert_eq!(counts, [1, 1, 1]);
        let begun = Stamp::from_nanos(3_000_000_000);
        assert!(frames.lookup("base", "camera", begun).is_ok());
    }
}
