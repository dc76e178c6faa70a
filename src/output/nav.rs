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
        reliability: pose.confidence,
        tagnames: ["state", "root_sigma_m"].map(str::to_owned).to_vec(),
        // One number that is the same in every frame: all axes together.
        tags: vec![
            state.to_owned(),
            format!("{:.3}", pose.root_sigma_m().norm()),
        ],
    })
}
