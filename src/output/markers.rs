//! `visualization_msgs/MarkerArray`: bones, joints and a name for each person.
//!
//! A marker's namespace is the body id and its number says what it draws, so that each frame
//! replaces the one before; the lost are deleted.

use super::body_id;
use super::{header, point};
use crate::msg::builtin_interfaces::Duration;
use crate::msg::geometry_msgs::Vector3;
use crate::msg::std_msgs::ColorRGBA;
use crate::msg::visualization_msgs::{Marker, MarkerArray};
use posemoe_core::person::pose::{PersonPose, Poses, State};
use posemoe_core::skeleton::{BONES, JOINTS};

const BONES_ID: i32 = 0;
const JOINTS_ID: i32 = 1;
const NAME_ID: i32 = 2;
const BONE_WIDTH_M: f64 = 0.03;
const JOINT_WIDTH_M: f64 = 0.05;
const NAME_HEIGHT_M: f64 = 0.15;
const HEAD: usize = 10;
/// Without news for so long (s) nobody knows: markers vanish with the node, or with its camera.
const LIFETIME_S: i32 = 1;

/// The markers of one frame.
pub fn message(poses: &Poses) -> MarkerArray {
    MarkerArray {
        markers: poses
            .people
            .iter()
            .flat_map(|person| markers(poses, person))
            .collect(),
    }
}

fn markers(poses: &Poses, person: &PersonPose) -> [Marker; 3] {
    let alpha = if person.state == State::Tracked {
        1.0
    } else {
        0.35
    };
    let marker = |id, kind, width_m| Marker {
        header: header(poses.stamp, &poses.frame_id),
        ns: body_id(&person.id),
        id,
        r#type: kind,
        lifetime: Duration {
            sec: LIFETIME_S,
            nanosec: 0,
        },
        action: if person.state == State::Lost {
            Marker::DELETE
        } else {
            Marker::ADD
        },
        scale: Vector3 {
            x: width_m,
            y: width_m,
            z: width_m,
        },
        color: ColorRGBA {
            r: 1.0,
            g: 1.0,
            b: 1.0,
            a: alpha,
        },
        ..Default::default()
    };
    let mut bones = marker(BONES_ID, Marker::LINE_LIST, BONE_WIDTH_M);
    let mut joints = marker(JOINTS_ID, Marker::SPHERE_LIST, JOINT_WIDTH_M);
    let mut name = marker(NAME_ID, Marker::TEXT_VIEW_FACING, NAME_HEIGHT_M);
    if person.state == State::Lost {
        return [bones, joints, name];
    }
    for (parent, child) in BONES {
        for joint in [parent, child] {
            bones.points.push(point(&person.joints[joint].position_m));
            bones.colors.push(side_color(JOINTS[child], alpha));
        }
    }
    for (joint_name, joint) in JOINTS.iter().zip(&person.joints) {
        joints.points.push(point(&joint.position_m));
        joints.colors.push(side_color(joint_name, alpha));
    }
    name.text = person.id.clone();
    let head_m = person.joints[HEAD].position_m;
    // Beyond the head as seen from the hips, since which way is up differs from frame to frame.
    let out_of_head = (head_m - person.root_m).try_normalize(f64::EPSILON);
    let offset_m = out_of_head.unwrap_or_default() * (2.0 * NAME_HEIGHT_M);
    name.pose.position = point(&(head_m + offset_m));
    [bones, joints, name]
}

fn side_color(joint: &str, a: f32) -> ColorRGBA {
    match joint.split('_').next() {
        Some("left") => ColorRGBA {
            r: 0.13,
            g: 0.47,
            b: 0.71,
            a,
        },
        Some("right") => ColorRGBA {
            r: 0.84,
            g: 0.37,
            b: 0.0,
            a,
        },
        _ => ColorRGBA {
            r: 0.35,
            g: 0.35,
            b: 0.35,
            a,
        },
    }
}
