//! `people_msgs/People`: who is where and where to, as Nav2's social layers read it.

use std::collections::BTreeSet;

use super::body_id;
use super::{header, point};
use crate::msg::people_msgs::{People, Person};
use posemoe_core::person::pose::{PersonPose, Poses, State};

/// The message of one frame: tracked and predicted people, in the frame of `poses`.
///
/// Who is behind a pillar is still in the way; who is lost may be anywhere, and must leave no cost
/// behind.
pub fn message(poses: &Poses) -> People {
    let mut names = BTreeSet::new();
    let people = poses.people.iter().filter_map(|pose| {
        let person = person(pose)?;
        // As in TF, the first keeps a name that two would bear.
        names.insert(person.name.clone()).then_some(person)
    });
    People {
        header: header(poses.stamp, &poses.frame_id),
        people: people.collect(),
    }
}

/// A planner keeps about so far from people (m), whatever it knows of them.
const ROOM_M: f64 = 0.5;

/// How likely somebody is within [`ROOM_M`] of where they are said to be, in the plane in which
/// they are least well known: of an error with that covariance, taken to be alike in both
/// directions.
fn nearness(pose: &PersonPose) -> f64 {
    let variance_m2 = pose.root_covariance_m2.trace() / 2.0;
    match variance_m2 > 0.0 {
        true => 1.0 - (-ROOM_M.powi(2) / (2.0 * variance_m2)).exp(),
        false => 1.0,
    }
}

fn person(pose: &PersonPose) -> Option<Person> {
    let state = match pose.state {
        State::Tracked => "tracked",
        State::Predicted => "predicted",
        State::Lost => return None,
    };
    Some(Person {
        name: body_id(&pose.id),
        position: point(&pose.root_m),
        velocity: point(&pose.root_velocity_m_s),
        reliability: pose.confidence * nearness(pose),
        tagnames: ["state", "root_sigma_m"].map(str::to_owned).to_vec(),
        // One number that is the same in every frame: all axes together.
        tags: vec![
            state.to_owned(),
            format!("{:.3}", pose.root_sigma_m().norm()),
        ],
    })
}
