//! `sensor_msgs/JointState`: the angles that show a body on the kinematic tree of ROS4HRI.

use super::Body;
use crate::msg::sensor_msgs::JointState;
use posemoe_core::geometry::body::camera_from_body;
use posemoe_core::geometry::kinematics::inverse::angles;
use posemoe_core::geometry::kinematics::tree::turning;
use posemoe_core::geometry::segments::{HEAD_SEGMENT, turned};

/// The 20 angles (rad) of a body, named `<joint>_<id>`; `None` when its hips and spine give no
/// orientation.
pub fn message(body: &Body<'_>) -> Option<JointState> {
    let joints_m = body.person.joints_m();
    let body_from_camera = camera_from_body(&joints_m)?.inverse();
    let joints_m = joints_m.map(|joint_m| body_from_camera * (joint_m - body.person.root_m));
    let gaze = body.person.gaze.as_ref();
    let segments = turned(&body.person.segments, &body_from_camera);
    // What joints alone show of segments they show of angles too.
    let segments = Some(segments).filter(|all| all.iter().all(|one| one.sigma_rad.is_some()));
    let body_from_head = gaze
        .map(|gaze| body_from_camera * gaze.camera_from_head)
        .or(segments.map(|all| all[HEAD_SEGMENT].frame_from_segment));
    Some(JointState {
        header: body.header(),
        name: turning()
            .map(|(name, ..)| format!("{name}_{}", body.id))
            .collect(),
        position: angles(&joints_m, body_from_head.as_ref(), segments.as_ref()).to_vec(),
        ..Default::default()
    })
}
