//! `hri_msgs/IdsList`: whose topics are alive.

use super::Body;
use crate::msg::hri_msgs::IdsList;
use crate::output::header;
use crate::person::pose::Poses;

/// The ids of the bodies of a frame; none when nobody is tracked.
pub fn message(poses: &Poses, bodies: &[Body<'_>]) -> IdsList {
    IdsList {
        header: header(poses.stamp, &poses.frame_id),
        ids: bodies.iter().map(|body| body.id.clone()).collect(),
    }
}
