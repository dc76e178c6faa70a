//! `/tf`: for each tracked person `body_<id>` (REP-155) and below it a frame for each joint, turned
//! as the segment that begins there, and one of the head, x where it points, where the image shows
//! enough of the face.
//!
//! Joint frames carry our own prefix, since names such as `head_<id>` belong to the kinematic tree
//! of human_description. Predicted people get no transforms: a frame cannot say that it is a guess.

use std::collections::BTreeSet;

use nalgebra::{UnitQuaternion, Vector3};

use super::body_id;
use super::{header, quaternion, vector};
use crate::msg::geometry_msgs::{Transform, TransformStamped};
use crate::msg::tf2_msgs::TFMessage;
use posemoe_core::geometry::body::camera_from_body;
use posemoe_core::geometry::segments::OF_JOINT;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::pose::{PersonPose, Poses, State};
use posemoe_core::skeleton::{HEAD, JOINTS, PELVIS};

/// Before the names of joint frames: `posemoe_left_wrist_<id>`.
pub const JOINT_FRAME_PREFIX: &str = "posemoe";

/// Whether this is a message as this node publishes them: of bodies and their joints, and of
/// nothing else. A `body_` alone is no sign: robots have frames of such names too.
pub fn is_ours(message: &TFMessage) -> bool {
    let starts = |transform: &TransformStamped, prefix: &str| {
        let rest = transform.child_frame_id.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with('_'))
    };
    let is_joint = |transform: &TransformStamped| starts(transform, JOINT_FRAME_PREFIX);
    let mut all = message.transforms.iter();
    all.clone().any(is_joint) && all.all(|one| is_joint(one) || starts(one, "body"))
}

/// All transforms of one frame; empty when nobody is tracked.
pub fn message(poses: &Poses, drops: &mut Drops) -> TFMessage {
    let mut names = BTreeSet::new();
    let mut transforms = Vec::new();
    for person in poses.people.iter().filter(|p| p.state == State::Tracked) {
        let body = body_id(&person.id);
        if !names.insert(body.clone()) {
            drops.note(
                Cause::DuplicateId,
                format!("two people would own the frame body_{body}"),
            );
            continue;
        }
        let joints = person.joints_m();
        match camera_from_body(&joints) {
            Some(camera_from_body) => {
                push_person(poses, person, &body, &camera_from_body, &mut transforms)
            }
            None => drops.note(
                Cause::NotPlaceable,
                format!("person {:?}: hips and spine give no orientation", person.id),
            ),
        }
    }
    TFMessage { transforms }
}

fn push_person(
    poses: &Poses,
    person: &PersonPose,
    body: &str,
    camera_from_body: &UnitQuaternion<f64>,
    transforms: &mut Vec<TransformStamped>,
) {
    let frame = format!("body_{body}");
    let transform =
        |parent: &str, child: String, translation: Vector3<f64>, turn: &UnitQuaternion<f64>| {
            TransformStamped {
                header: header(poses.stamp, parent),
                child_frame_id: child,
                transform: Transform {
                    translation: vector(&translation),
                    rotation: quaternion(turn),
                },
            }
        };
    transforms.push(transform(
        &poses.frame_id,
        frame.clone(),
        person.root_m,
        camera_from_body,
    ));
    let head_m = person.joints[HEAD].position_m;
    for (index, (name, joint)) in JOINTS.iter().zip(&person.joints).enumerate() {
        if index == PELVIS {
            continue; // body_<id> itself
        }
        let body_from_root = camera_from_body.inverse() * (joint.position_m - person.root_m);
        let segment = &person.segments[OF_JOINT[index]].frame_from_segment;
        let body_from_segment = camera_from_body.inverse() * segment;
        let child = format!("{JOINT_FRAME_PREFIX}_{name}_{body}");
        transforms.push(transform(&frame, child, body_from_root, &body_from_segment));
    }
    if let Some(gaze) = &person.gaze {
        let body_from_root = camera_from_body.inverse() * (head_m - person.root_m);
        let body_from_head = camera_from_body.inverse() * gaze.camera_from_head;
        let child = format!("{JOINT_FRAME_PREFIX}_gaze_{body}");
        transforms.push(transform(&frame, child, body_from_root, &body_from_head));
    }
}
