//! Markers of one person, as OpenSim and Pose2Sim have them, before virtual cameras.

use nalgebra::Point3;
use serde::Deserialize;

use super::view::{isometry, row_major};
use super::{Body, Moment, Recording, Refusal, View, refuse};
use crate::evaluate::Frame;
use posemoe_core::skeleton::{JOINT_COUNT, JOINTS, JointSet};

/// The markers that the keypoints of `body25` show, in its order, by our names and Pose2Sim's.
#[rustfmt::skip]
const BODY25: [&str; 25] = [
    "nose", "Neck",
    "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
    "pelvis", "right_hip", "right_knee", "right_ankle",
    "left_hip", "left_knee", "left_ankle",
    "REye", "LEye", "REar", "LEar",
    "LBigToe", "LSmallToe", "LHeel",
    "RBigToe", "RSmallToe", "RHeel",
];

/// Which way is up in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Up {
    /// As OpenSim has it: y, with z to the right of x. The world's x, y and z are the file's z, x
    /// and y.
    Y,
    /// As here: z. The file's coordinates are the world's.
    Z,
}

/// A camera as it is described in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    width: u32,
    height: u32,
    #[serde(rename = "K")]
    k: [[f64; 3]; 3],
    #[serde(default)]
    distortion_plumb_bob: [f64; 5],
    #[serde(rename = "R_camera_from_world")]
    turn: [[f64; 3]; 3],
    t_camera_from_world_m: [f64; 3],
}

/// The cameras of a file: one, or a list.
///
/// # Errors
/// [`Refusal`] when it describes none.
pub fn views(json: &str) -> Result<Vec<View>, Refusal> {
    let refused = |error: serde_json::Error| {
        Refusal(format!(
            "expected name, width, height, K, R_camera_from_world and t_camera_from_world_m \
             (distortion_plumb_bob where there is any), or a list of such: {error}"
        ))
    };
    let file: serde_json::Value = serde_json::from_str(json).map_err(refused)?;
    let file = match file {
        one @ serde_json::Value::Object(_) => serde_json::Value::Array(vec![one]),
        several => several,
    };
    let described: Vec<Described> = serde_json::from_value(file).map_err(refused)?;
    let view = |camera: Described| {
        let place = isometry(&camera.turn, camera.t_camera_from_world_m);
        let place = place.map_err(|refusal| refusal.of(format!("camera {}", camera.name)))?;
        let k = row_major(camera.k);
        let size_px = [camera.width, camera.height];
        View::new(camera.name, size_px, k, camera.distortion_plumb_bob, place)
    };
    described.into_iter().map(view).collect()
}

/// A recording of these markers (m, in the file's coordinates).
///
/// # Errors
/// [`Refusal`] when none of the markers is where a detector has a keypoint, or a time comes twice.
pub fn recording(
    name: String,
    frames: &[Frame],
    up: Up,
    views: Vec<View>,
) -> Result<Recording, Refusal> {
    let mut joint_names: Vec<String> = Vec::new();
    let people = || frames.iter().flat_map(|frame| &frame.people);
    for name in people().flat_map(|person| person.joints.keys()) {
        if !joint_names.iter().any(|known| **known == **name) {
            joint_names.push(name.to_string());
        }
    }
    joint_names.sort_unstable();
    let has = |name: &str| joint_names.iter().any(|known| known == name);
    let is_complete = JOINTS.iter().all(|joint| has(joint));
    let lacks_pelvis = !has("pelvis") && has("left_hip") && has("right_hip");
    if lacks_pelvis {
        joint_names.push("pelvis".to_owned());
    }
    let (joint_set, wanted): (_, &[&str]) = match is_complete {
        true => (JointSet::H36m17, &JOINTS),
        false => (JointSet::Body25, &BODY25),
    };
    let place = |wanted: &&str| joint_names.iter().position(|name| name == wanted);
    let keypoint_joints: Vec<Option<usize>> = wanted.iter().map(place).collect();
    if keypoint_joints.iter().flatten().count() < JOINT_COUNT / 2 {
        let names = joint_names.join(", ");
        return refuse(format!(
            "found the markers {names}, expected at least {} such as RHip, LKnee, RShoulder, Nose",
            JOINT_COUNT / 2
        ));
    }
    let moments = frames.iter().map(|frame| moment(frame, &joint_names, up));
    let mut moments: Vec<Moment> = moments.collect();
    moments.sort_by_key(|moment| moment.at);
    let same = moments.windows(2).find(|pair| match pair {
        [a, b] => a.at == b.at,
        _ => false,
    });
    if let Some([moment, ..]) = same {
        return refuse(format!("the time {} s is there twice", moment.at));
    }
    Ok(Recording {
        name,
        joint_names,
        joint_set,
        keypoint_joints,
        moments,
        views,
        detections: Vec::new(),
    })
}

fn moment(frame: &Frame, joint_names: &[String], up: Up) -> Moment {
    let people = frame.people.iter().map(|person| {
        let joint = |name: &str| {
            let joint = person.joints.get(name)?;
            let [x, y, z] = joint.position_m.into();
            Some(match up {
                Up::Y => Point3::new(z, x, y),
                Up::Z => Point3::new(x, y, z),
            })
        };
        let mid_hip = || Some(nalgebra::center(&joint("left_hip")?, &joint("right_hip")?));
        let joints = joint_names.iter().map(|name| match joint(name) {
            None if name == "pelvis" => mid_hip(),
            found => found,
        });
        Body {
            id: person.id.clone(),
            joints_m: joints.collect(),
        }
    });
    Moment {
        at: frame.stamp,
        people: people.collect(),
        outliers: 0,
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::evaluate::{Joint, Person, names};
    use posemoe_stamp::Stamp;

    fn frame(markers: &[&str]) -> Frame {
        let mut person = Person::default();
        for (number, name) in markers.iter().enumerate() {
            let place_m = Vector3::new(number as f64, 1.0, 0.0);
            let joint = Joint::new(place_m, None).unwrap();
            person.joints.insert(names::ours(name), joint);
        }
        Frame {
            stamp: Stamp::default(),
            frame_id: String::new(),
            people: vec![person],
        }
    }

    #[test]
    fn all_of_our_joints_are_keypoints_of_ours() {
        let found = recording("a".to_owned(), &[frame(&JOINTS)], Up::Z, Vec::new()).unwrap();
        assert_eq!(found.joint_set, JointSet::H36m17);
        for (number, joint) in found.keypoint_joints.iter().enumerate() {
            let place_m = found.moments[0].people[0].joints_m[joint.unwrap()];
            assert_eq!(place_m, Some(Point3::new(number as f64, 1.0, 0.0)));
        }
    }

    #[test]
    fn others_are_those_of_body25_with_the_pelvis_between_the_hips() {
        let markers = [
            "RHip",
            "LHip",
            "RKnee",
            "LKnee",
            "Nose",
            "LShoulder",
            "RShoulder",
            "C7",
        ];
        let found = recording("a".to_owned(), &[frame(&markers)], Up::Y, Vec::new()).unwrap();
        assert_eq!(found.joint_set, JointSet::Body25);
        let place_m = |keypoint: usize| {
            let joint = found.keypoint_joints[keypoint]?;
            found.moments[0].people[0].joints_m[joint]
        };
        // The file's z, x, y.
        assert_eq!(place_m(8), Some(Point3::new(0.0, 0.5, 1.0)));
        assert_eq!(place_m(0), Some(Point3::new(0.0, 4.0, 1.0)));
        assert_eq!(place_m(1), None);
        assert!(found.joint_names.iter().any(|name| name == "C7"));
        let few = recording("a".to_owned(), &[frame(&markers[..6])], Up::Y, Vec::new());
        assert!(few.unwrap_err().0.contains("expected at least 8"));
    }
}
