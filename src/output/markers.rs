//! `visualization_msgs/MarkerArray`: bones, joints and a name for each person, and how sure the
//! place is.
//!
//! A marker's namespace is the body id and its number says what it draws, so that each frame
//! replaces the one before; the lost are deleted.

use nalgebra::{Rotation3, SymmetricEigen, UnitQuaternion};

use super::body_id;
use super::{header, point};
use crate::msg::builtin_interfaces::Duration;
use crate::msg::geometry_msgs::{Quaternion, Vector3};
use crate::msg::std_msgs::ColorRGBA;
use crate::msg::visualization_msgs::{Marker, MarkerArray};
use posemoe_core::person::pose::{PersonPose, Poses, State};
use posemoe_core::skeleton::{BONES, JOINTS};

const BONES_ID: i32 = 0;
const JOINTS_ID: i32 = 1;
const NAME_ID: i32 = 2;
const DOUBT_ID: i32 = 3;
const BONE_WIDTH_M: f64 = 0.03;
const JOINT_WIDTH_M: f64 = 0.05;
const NAME_HEIGHT_M: f64 = 0.15;
const HEAD: usize = 10;
/// The ellipsoid reaches so many sigma from the root; a flat one is drawn with so much thickness
/// (m).
const DOUBT_SIGMAS: f64 = 2.0;
const LEAST_DOUBT_M: f64 = 0.01;
const DOUBT_ALPHA: f32 = 0.25;
const MOST_ROUNDS: usize = 100;
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

fn markers(poses: &Poses, person: &PersonPose) -> [Marker; 4] {
    let alpha = if person.state == State::Tracked {
        1.0
    } else {
        0.35
    };
    let marker = |id, kind, width_m| Marker {
        header: header(poses.stamp, &poses.frame_id),
        ns: body_id(&person.id),
        action: if person.state == State::Lost {
            Marker::DELETE
        } else {
            Marker::ADD
        },
        color: ColorRGBA {
            r: 1.0,
            g: 1.0,
            b: 1.0,
            a: alpha,
        },
        ..plain(id, kind, width_m)
    };
    let mut bones = marker(BONES_ID, Marker::LINE_LIST, BONE_WIDTH_M);
    let mut joints = marker(JOINTS_ID, Marker::SPHERE_LIST, JOINT_WIDTH_M);
    let mut name = marker(NAME_ID, Marker::TEXT_VIEW_FACING, NAME_HEIGHT_M);
    let mut doubt = marker(DOUBT_ID, Marker::SPHERE, 0.0);
    if person.state == State::Lost {
        return [bones, joints, name, doubt];
    }
    draw_doubt(&mut doubt, person);
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
    [bones, joints, name, doubt]
}

/// A marker that is as wide in all directions, and vanishes without news.
pub(super) fn plain(id: i32, kind: i32, width_m: f64) -> Marker {
    Marker {
        id,
        r#type: kind,
        lifetime: Duration {
            sec: LIFETIME_S,
            nanosec: 0,
        },
        action: Marker::ADD,
        scale: Vector3 {
            x: width_m,
            y: width_m,
            z: width_m,
        },
        ..Default::default()
    }
}

/// The ellipsoid around the root within which the person is, each axis as long as the covariance
/// says.
fn draw_doubt(marker: &mut Marker, person: &PersonPose) {
    let covariance_m2 = person.root_covariance_m2;
    marker.pose.position = point(&person.root_m);
    marker.color.a *= DOUBT_ALPHA;
    let is_finite = covariance_m2.iter().all(|v| v.is_finite());
    let axes = is_finite
        .then(|| SymmetricEigen::try_new(covariance_m2, f64::EPSILON, MOST_ROUNDS))
        .flatten();
    let Some(axes) = axes else {
        marker.action = Marker::DELETE;
        return;
    };
    let mut turn = axes.eigenvectors;
    if turn.determinant() < 0.0 {
        turn.column_mut(2).neg_mut();
    }
    // In closed form: `UnitQuaternion::from_matrix` searches, and for half a turn for ever.
    let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(turn));
    let [x, y, z] = axes
        .eigenvalues
        .map(|variance_m2| (2.0 * DOUBT_SIGMAS * variance_m2.max(0.0).sqrt()).max(LEAST_DOUBT_M))
        .into();
    marker.pose.orientation = Quaternion {
        x: turn.i,
        y: turn.j,
        z: turn.k,
        w: turn.w,
    };
    marker.scale = Vector3 { x, y, z };
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

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix3, Quaternion as Turn, Vector3 as Axis};
    use posemoe_core::person::pose::Joint;
    use std::f64::consts::PI;

    fn person(root_covariance_m2: Matrix3<f64>) -> PersonPose {
        PersonPose {
            id: "7".into(),
            state: State::Tracked,
            confidence: 0.9,
            root_m: Axis::new(1.0, 2.0, 3.0),
            root_covariance_m2,
            root_velocity_m_s: Axis::zeros(),
            joints: [Joint {
                position_m: Axis::zeros(),
                velocity_m_s: Axis::zeros(),
                sigma_m: 0.1,
                score: 0.9,
            }; JOINTS.len()],
            segments: Default::default(),
            marks: None,
            gaze: None,
            forecast: posemoe_core::person::forecast::Forecast::default(),
        }
    }

    #[test]
    fn the_ellipsoid_has_the_axes_of_the_covariance_however_it_lies() {
        for turn_rad in [0.0, 0.3, PI / 2.0, PI, -PI] {
            for axis in [Axis::x(), Axis::y(), Axis::z(), Axis::new(0.6, 0.0, 0.8)] {
                let turn = Rotation3::from_scaled_axis(axis * turn_rad);
                let sigma_m = Axis::new(0.4, 0.1, 0.2);
                let squares = Matrix3::from_diagonal(&sigma_m.component_mul(&sigma_m));
                let covariance_m2 = turn * squares * turn.transpose();
                let mut marker = Marker::default();
                marker.color.a = 1.0;
                draw_doubt(&mut marker, &person(covariance_m2));
                let Quaternion { x, y, z, w } = marker.pose.orientation;
                let turn = UnitQuaternion::from_quaternion(Turn::new(w, x, y, z));
                let radii = Axis::new(marker.scale.x, marker.scale.y, marker.scale.z) / 4.0;
                let drawn = turn.to_rotation_matrix()
                    * Matrix3::from_diagonal(&radii.component_mul(&radii))
                    * turn.to_rotation_matrix().transpose();
                assert!(
                    (drawn - covariance_m2).norm() < 1e-9,
                    "{axis} {turn_rad}: {drawn}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_covariance_is_not_drawn() {
        let mut marker = Marker::default();
        draw_doubt(&mut marker, &person(Matrix3::from_element(f64::NAN)));
        assert_eq!(marker.action, Marker::DELETE);
    }
}
