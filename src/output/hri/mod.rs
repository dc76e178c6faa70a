//! ROS4HRI (REP-155): tracked people as bodies; a new message of a body is one file here.
//!
//! Predicted people are no bodies: these messages cannot say that they are guesses.

pub mod joint_states;
pub mod roi;
pub mod skeleton2d;
pub mod urdf;

use std::collections::BTreeSet;

use super::body_id;
use crate::msg::hri_msgs::IdsList;
use crate::msg::std_msgs::Header;
use posemoe_core::person::pose::{PersonPose, Poses, State};

/// A tracked person under the id that topics and frames bear.
pub struct Body<'a> {
    /// As in `body_<id>` and `/humans/bodies/<id>/`.
    pub id: String,
    /// The person.
    pub person: &'a PersonPose,
    poses: &'a Poses,
}

/// The bodies of one frame. As in TF, the first keeps an id that two would bear.
pub fn bodies(poses: &Poses) -> Vec<Body<'_>> {
    let mut ids = BTreeSet::new();
    let tracked = poses.people.iter().filter(|p| p.state == State::Tracked);
    let bodies = tracked.map(|person| Body {
        id: body_id(&person.id),
        person,
        poses,
    });
    bodies.filter(|body| ids.insert(body.id.clone())).collect()
}

/// `hri_msgs/IdsList`: the ids of the bodies that are alive as of this frame; none when nobody is
/// tracked.
pub fn ids_list(poses: &Poses, ids: Vec<String>) -> IdsList {
    IdsList {
        header: super::header(poses.stamp, &poses.frame_id),
        ids,
    }
}

impl Body<'_> {
    fn header(&self) -> Header {
        super::header(self.poses.stamp, &self.poses.frame_id)
    }
}
