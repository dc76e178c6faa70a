//! The recorded walk as `joint_states`, put through the kinematic tree of ROS4HRI.

use nalgebra::{Matrix3, Vector3};
use posemoe::msg::posemoe::Person3D;
use posemoe::output::hri::{bodies, joint_states};
use posemoe_core::geometry::kinematics::Angles;
use posemoe_core::geometry::kinematics::forward::links;
use posemoe_core::person::forecast::Forecast;
use posemoe_core::person::pose::{Joint, PersonPose, State};

use crate::common::{PARTS, direction, poses};
use crate::program::{people, replay, walk};

fn vector(point: &posemoe::msg::geometry_msgs::Point) -> Vector3<f64> {
    Vector3::new(point.x, point.y, point.z)
}

/// What was published of a person, as far as angles depend on it.
fn published(person: &Person3D) -> PersonPose {
    let joint = |joint: &posemoe::msg::posemoe::Joint3D| Joint {
        position_m: vector(&joint.position),
        velocity_m_s: Vector3::zeros(),
        sigma_m: joint.sigma_m,
        score: joint.score.into(),
    };
    PersonPose {
        id: person.id.clone(),
        state: State::Tracked,
        confidence: person.confidence.into(),
        root_m: vector(&person.root_position),
        root_covariance_m2: Matrix3::zeros(),
        root_velocity_m_s: Vector3::zeros(),
        joints: std::array::from_fn(|j| joint(&person.joints[j])),
        segments: Default::default(),
        marks: None,
        gaze: None,
        forecast: Forecast::default(),
    }
}

/// How far the tree shows a part of a limb from where it was published (degrees).
fn off_degrees(person: &PersonPose, angles: &Angles, [from, to, upper, lower]: &[&str; 4]) -> f64 {
    let links = links(angles, 1.7);
    let shown = links[lower].translation.vector - links[upper].translation.vector;
    direction(person, from, to).angle(&shown).to_degrees()
}

/// How far the tree shows the axes of trunk and head from where they were published (degrees).
fn axes_off_degrees(person: &PersonPose, angles: &Angles) -> [f64; 2] {
    let links = links(angles, 1.7);
    let axes = [("torso", "pelvis", "thorax"), ("head", "nose", "head")];
    axes.map(|(link, from, to)| {
        let shown = links[link].rotation * Vector3::z();
        direction(person, from, to).angle(&shown).to_degrees()
    })
}

/// The walker as published in each frame of all four bags.
fn walker() -> Vec<PersonPose> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    let frames = (1..=4).flat_map(|camera| {
        replay(&walk(camera), &output, 0);
        people(&output)
    });
    frames
        .map(|message| published(&message.people[0]))
        .collect()
}

/// The requirement is 5 degrees. The largest was 2e-6, which is rounding; 0.01 is what a straight
/// limb may be off.
#[test]
fn joint_states_show_every_limb_in_every_frame_of_the_walk() {
    const MOST_DEGREES: f64 = 0.02;
    let walker = walker();
    assert_eq!(walker.len(), 400);
    for (frame, person) in walker.into_iter().enumerate() {
        let poses = poses(vec![person]);
        let state = joint_states::message(&bodies(&poses)[0]).unwrap();
        let angles: Angles = state.position.try_into().unwrap();
        let person = &poses.people[0];
        for part in &PARTS {
            let off = off_degrees(person, &angles, part);
            assert!(off < MOST_DEGREES, "{frame}, {part:?}: {off} degrees");
        }
        for off in axes_off_degrees(person, &angles) {
            assert!(off < MOST_DEGREES, "{frame}, trunk or head: {off} degrees");
        }
    }
}
