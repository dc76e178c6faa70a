//! Frames of the walker in `/tf`: one tree below the camera, which says what `People3D` says.

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Point3, Quaternion, UnitQuaternion, Vector3};
use posemoe::msg::geometry_msgs::{Point, TransformStamped};
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bags::messages;
use crate::program::{people, replay, walk};

/// The transforms of one message, by child.
type Tree<'a> = BTreeMap<&'a str, &'a TransformStamped>;

/// All frames of a camera's walk, with the people of the same image.
fn frames(camera: u32) -> Vec<(TFMessage, People3D)> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    replay(&walk(camera), &output, 0);
    let (frames, people) = (messages(&output, "/tf"), people(&output));
    assert_eq!((frames.len(), people.len()), (100, 100));
    frames.into_iter().zip(people).collect()
}

fn tree(message: &TFMessage) -> Tree<'_> {
    let transforms = message.transforms.iter();
    let tree: Tree<'_> = transforms.map(|t| (t.child_frame_id.as_str(), t)).collect();
    let all = message.transforms.len();
    assert_eq!(tree.len(), all, "a child twice: it would have two parents");
    tree
}

fn pose(transform: &TransformStamped) -> Isometry3<f64> {
    let (t, q) = (
        &transform.transform.translation,
        &transform.transform.rotation,
    );
    let q = Quaternion::new(q.w, q.x, q.y, q.z);
    assert!((q.norm() - 1.0).abs() < 1e-6, "{q}");
    let turn = UnitQuaternion::new_unchecked(q);
    Isometry3::from_parts(Vector3::new(t.x, t.y, t.z).into(), turn)
}

/// Where a frame is in the root of its tree, which is named.
fn in_root<'a>(tree: &Tree<'a>, frame: &'a str) -> (&'a str, Isometry3<f64>) {
    let (mut at, mut root_from_frame) = (frame, Isometry3::identity());
    for _ in 0..=tree.len() {
        let Some(transform) = tree.get(at) else {
            return (at, root_from_frame);
        };
        root_from_frame = pose(transform) * root_from_frame;
        at = &transform.header.frame_id;
    }
    panic!("{frame} is its own ancestor");
}

fn vector(point: &Point) -> Vector3<f64> {
    Vector3::new(point.x, point.y, point.z)
}

#[test]
fn each_image_has_one_tree_below_the_camera() {
    for camera in 1..=4 {
        for (message, people) in frames(camera) {
            let tree = tree(&message);
            let is_gaze = |child: &&str| child.starts_with("posemoe_gaze_");
            let joints = tree.keys().filter(|child| !is_gaze(child)).count();
            assert_eq!(joints, 17 * people.people.len());
            for (child, transform) in &tree {
                let (root, _) = in_root(&tree, child);
                assert_eq!(root, people.header.frame_id, "above {child}");
                assert_eq!(transform.header.stamp, people.header.stamp);
            }
        }
    }
}

#[test]
fn frames_are_where_people3d_has_the_joints() {
    for camera in 1..=4 {
        for (message, people) in frames(camera) {
            let tree = tree(&message);
            for person in &people.people {
                for (name, joint) in people.joint_names.iter().zip(&person.joints) {
                    let frame = match name.as_str() {
                        "pelvis" => format!("body_p{}", person.id),
                        _ => format!("posemoe_{name}_p{}", person.id),
                    };
                    let frame = tree.get_key_value(frame.as_str()).unwrap().0;
                    let (_, camera_from_joint) = in_root(&tree, frame);
                    let place = camera_from_joint * Point3::origin();
                    let off_m = (place.coords - vector(&joint.position)).norm();
                    assert!(off_m < 1e-6, "{frame}: {off_m} m");
                }
            }
        }
    }
}

#[test]
fn who_walks_looks_ahead_and_nothing_is_said_from_behind() {
    // Two cameras see the walker come, two see him go.
    for (camera, sees_face) in [(1, true), (2, true), (3, false), (4, false)] {
        let frames = frames(camera);
        let mut aside_deg: Vec<f64> = Vec::new();
        for (message, _) in &frames {
            if let Some(gaze) = tree(message).get("posemoe_gaze_p1") {
                let forward = pose(gaze).rotation * Vector3::x();
                aside_deg.push(forward.y.atan2(forward.x).to_degrees());
            }
        }
        if !sees_face {
            assert!(aside_deg.is_empty(), "camera {camera}");
            continue;
        }
        assert!(aside_deg.len() >= frames.len() * 9 / 10, "camera {camera}");
        aside_deg.sort_by(f64::total_cmp);
        let median_deg = aside_deg[aside_deg.len() / 2];
        assert!(median_deg.abs() < 20.0, "camera {camera}: {median_deg}");
    }
}

#[test]
fn bodies_stand_upright_and_look_ahead() {
    for camera in 1..=4 {
        for (message, people) in frames(camera) {
            let tree = tree(&message);
            let person: &Person3D = &people.people[0];
            let joint = |name: &str| {
                let place = people.joint_names.iter().position(|known| known == name);
                vector(&person.joints[place.unwrap()].position)
            };
            let (_, camera_from_body) = in_root(&tree, "body_p1");
            let turn = camera_from_body.rotation.to_rotation_matrix();
            let [x, y, z] = [0, 1, 2].map(|i| turn.matrix().column(i).into_owned());
            let up = (joint("thorax") - joint("pelvis")).normalize();
            let left = (joint("left_hip") - joint("right_hip")).normalize();
            assert!(z.dot(&up) > 0.99, "z is up: {z}");
            assert!(y.dot(&left) > 0.9, "y is left: {y}");
            assert!(x.dot(&z).abs() < 1e-6 && x.dot(&left).abs() < 0.35, "{x}");
            assert!((x - y.cross(&z)).norm() < 1e-6, "right-handed");
            // The camera's y is down; the walker bends aside, by 60 degrees at most.
            assert!(z.y < -0.4, "{z}");
        }
    }
}
