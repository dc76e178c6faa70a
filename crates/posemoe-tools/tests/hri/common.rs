//! People to tell of.

use nalgebra::{Matrix3, Vector3};
use posemoe_core::geometry::body::camera_from_body;
use posemoe_core::person::forecast::Forecast;
use posemoe_core::person::marks::{Mark, Marks};
use posemoe_core::person::pose::{Joint, PersonPose, Poses, State};
use posemoe_core::skeleton::{JOINT_COUNT, JOINTS};
use posemoe_stamp::Stamp;

pub const FRAME: &str = "camera_optical_frame";

/// A person upright before the camera and facing it, the left hand raised, seen everywhere.
pub fn person(id: &str, state: State) -> PersonPose {
    let root_m = Vector3::new(0.5, 0.1, 3.0);
    let marks = Marks {
        joints: std::array::from_fn(|j| Some(mark(0.02 * j as f64))),
        face: std::array::from_fn(|i| Some(mark(0.4 + 0.02 * i as f64))),
    };
    PersonPose {
        id: id.to_owned(),
        state,
        confidence: 0.75,
        root_m,
        root_covariance_m2: Matrix3::from_diagonal(&Vector3::new(9e-4, 0.0, 16e-4)),
        root_velocity_m_s: Vector3::new(0.0, 0.0, -1.25),
        joints: UPRIGHT_M.map(|[x, y, z]| Joint {
            position_m: root_m + Vector3::new(x, y, z),
            velocity_m_s: Vector3::zeros(),
            sigma_m: 0.05,
            score: 0.9,
        }),
        segments: Default::default(),
        marks: (state == State::Tracked).then_some(marks),
        gaze: None,
        forecast: Forecast::default(),
    }
}

pub fn mark(x: f64) -> Mark {
    Mark {
        x,
        y: x + 0.1,
        score: 0.9,
    }
}

/// Relative to the pelvis, in the camera optical frame: the left is on our right, up is -y.
const UPRIGHT_M: [[f64; 3]; JOINT_COUNT] = [
    [0.0, 0.0, 0.0],
    [-0.13, 0.0, 0.0],
    [-0.13, 0.42, 0.0],
    [-0.13, 0.84, 0.0],
    [0.13, 0.0, 0.0],
    [0.13, 0.42, 0.0],
    [0.13, 0.84, 0.0],
    [0.0, -0.25, 0.0],
    [0.0, -0.5, 0.0],
    [0.0, -0.62, 0.0],
    [0.0, -0.78, 0.0],
    [0.18, -0.5, 0.0],
    // The left arm points aside, its forearm up and forward; the right one hangs, its forearm
    // forward.
    [0.46, -0.5, 0.0],
    [0.46, -0.70, -0.13],
    [-0.18, -0.5, 0.0],
    [-0.18, -0.22, 0.0],
    [-0.18, -0.22, -0.24],
];

pub fn poses(people: Vec<PersonPose>) -> Poses {
    Poses {
        stamp: Stamp::from_nanos(1_700_000_000_250_000_000),
        frame_id: FRAME.to_owned(),
        people,
        unplaced: 0,
    }
}

/// Direction of a bone in the body frame.
pub fn direction(person: &PersonPose, from: &str, to: &str) -> Vector3<f64> {
    let joints_m = person.joints_m();
    let at = |name: &str| joints_m[JOINTS.iter().position(|joint| *joint == name).unwrap()];
    let body_from_camera = camera_from_body(&joints_m).unwrap().inverse();
    body_from_camera * (at(to) - at(from)).normalize()
}

/// Upper and lower parts of the limbs: the person's joints, the tree's links and the limb they
/// belong to.
pub const PARTS: [[&str; 4]; 8] = [
    ["left_shoulder", "left_elbow", "l_y_shoulder", "l_elbow"],
    ["left_elbow", "left_wrist", "l_elbow", "l_wrist"],
    ["right_shoulder", "right_elbow", "r_y_shoulder", "r_elbow"],
    ["right_elbow", "right_wrist", "r_elbow", "r_wrist"],
    ["left_hip", "left_knee", "l_y_hip", "l_knee"],
    ["left_knee", "left_ankle", "l_knee", "l_ankle"],
    ["right_hip", "right_knee", "r_y_hip", "r_knee"],
    ["right_knee", "right_ankle", "r_knee", "r_ankle"],
];
