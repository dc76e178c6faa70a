//! `sensor_msgs/JointState`: the angles that show a body on the kinematic tree of ROS4HRI.

use super::Body;
use crate::msg::sensor_msgs::JointState;
use posemoe_core::geometry::body::camera_from_body;
use posemoe_core::geometry::kinematics::inverse::angles;
use posemoe_core::geometry::kinematics::tree::turning;

/// The 20 angles (rad) of a body, named `<joint>_<id>`; `None` when its hips and spine give no
/// orientation.
pub fn message(body: &Body<'_>) -> Option<JointState> {
    let joints_m = body.person.joints.map(|joint| joint.position_m);
    let body_from_camera = camera_from_body(&joints_m)?.inverse();
    let joints_m = joints_m.map(|joint_m| body_from_camera * (joint_m - body.person.root_m));
    let gaze = body.person.gaze.as_ref();
    let body_from_head = gaze.map(|gaze| body_from_camera * gaze.camera_from_head);
    Some(JointState {
        header: body.header(),
        name: turning()
            .map(|(name, ..)| format!("{name}_{}", body.id))
            .collect(),
        position: angles(&joints_m, body_from_head.as_ref()).to_vec(),
        ..Default::default()
    })
}
