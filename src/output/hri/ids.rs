//! `hri_msgs/IdsList`: whose topics are alive.

use crate::msg::hri_msgs::IdsList;
use crate::output::header;
use posemoe_core::person::pose::Poses;

/// The ids of the bodies that are alive as of this frame; none when nobody is tracked.
pub fn message(poses: &Poses, ids: Vec<String>) -> IdsList {
    IdsList {
        header: header(poses.stamp, &poses.frame_id),
        ids,
    }
}
