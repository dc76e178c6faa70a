//! The URDF of a body, in `std_msgs/String`: the kinematic tree of ROS4HRI at the person's height.

use std::fmt::{self, Write};

use super::Body;
use crate::msg::std_msgs::String as Text;
use posemoe_core::geometry::body::height_m;
use posemoe_core::geometry::kinematics::tree::{
    FOREARM_U, HEAD_RADIUS_U, Joint, Motion, ROOT_LINK, SHANK_U, THIGH_U, TRUNK_U, UNITS_IN_HEIGHT,
    UPPER_ARM_U, joints,
};

/// URDF wants both of everything that turns; nobody drives these joints.
const EFFORT_N_M: f64 = 100.0;
const VELOCITY_RAD_S: f64 = 10.0;
/// Thickness of what is drawn (units).
const RADIUS_U: f64 = 0.15;

/// The description of a body; `None` when its joints give no height.
pub fn message(body: &Body<'_>) -> Option<Text> {
    let height_m = height_m(&body.person.joints_m())?;
    let mut data = String::new();
    // Writing to a String cannot fail.
    write_robot(&mut data, &body.id, height_m / UNITS_IN_HEIGHT).ok()?;
    Some(Text { data })
}

fn write_robot(out: &mut String, id: &str, unit_m: f64) -> fmt::Result {
    writeln!(out, "<?xml version=\"1.0\"?>\n<robot name=\"body_{id}\">")?;
    writeln!(out, "  <link name=\"{ROOT_LINK}_{id}\"/>")?;
    for joint in joints() {
        write_link(out, joint.child, id, unit_m)?;
        write_joint(out, joint, id, unit_m)?;
    }
    writeln!(out, "</robot>")
}

fn write_link(out: &mut String, link: &str, id: &str, unit_m: f64) -> fmt::Result {
    let Some((shape, centre_z_u)) = drawn(link, unit_m) else {
        return writeln!(out, "  <link name=\"{link}_{id}\"/>");
    };
    let z_m = centre_z_u * unit_m;
    writeln!(out, "  <link name=\"{link}_{id}\">")?;
    writeln!(
        out,
        "    <visual><origin xyz=\"0 0 {z_m:.4}\"/><geometry>{shape}</geometry></visual>"
    )?;
    writeln!(out, "  </link>")
}

/// The shape that is drawn for a link, and how far above its origin its middle is (units).
fn drawn(link: &str, unit_m: f64) -> Option<(String, f64)> {
    let radius_m = RADIUS_U * unit_m;
    let part = link.split_once('_').map_or(link, |(_, part)| part);
    let length_u = match part {
        "head" if link == part => {
            let radius_m = HEAD_RADIUS_U * unit_m;
            return Some((format!("<sphere radius=\"{radius_m:.4}\"/>"), 0.0));
        }
        "torso" => TRUNK_U,
        "shoulder" => UPPER_ARM_U,
        "elbow" => FOREARM_U,
        "hip" => THIGH_U,
        "knee" => SHANK_U,
        _ => return None,
    };
    let length_m = length_u * unit_m;
    let shape = format!("<cylinder length=\"{length_m:.4}\" radius=\"{radius_m:.4}\"/>");
    Some((shape, -length_u / 2.0))
}

fn write_joint(out: &mut String, joint: &Joint, id: &str, unit_m: f64) -> fmt::Result {
    let kind = match joint.motion {
        Motion::Fixed => "fixed",
        Motion::Turns { .. } => "revolute",
    };
    let Joint {
        name,
        parent,
        child,
        ..
    } = joint;
    let [x, y, z] = joint.origin_u.map(|v| v * unit_m);
    writeln!(out, "  <joint name=\"{name}_{id}\" type=\"{kind}\">")?;
    writeln!(
        out,
        "    <parent link=\"{parent}_{id}\"/><child link=\"{child}_{id}\"/>"
    )?;
    writeln!(out, "    <origin xyz=\"{x:.4} {y:.4} {z:.4}\"/>")?;
    if let Motion::Turns {
        axis: [x, y, z],
        limits_rad: [lower, upper],
    } = joint.motion
    {
        writeln!(out, "    <axis xyz=\"{x} {y} {z}\"/>")?;
        writeln!(
            out,
            "    <limit lower=\"{lower}\" upper=\"{upper}\" effort=\"{EFFORT_N_M}\" \
            velocity=\"{VELOCITY_RAD_S}\"/>"
        )?;
    }
    writeln!(out, "  </joint>")
}
