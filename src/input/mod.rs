//! From a detector's message to an observation; a new detector is one file here.

pub mod camera_info;
pub mod compressed_depth;
pub mod depth_image;
pub mod hri;
pub mod keypoints;
mod person;
pub mod transforms;
pub mod yolo;
pub mod zed;

use crate::msg::std_msgs::Header;
use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_core::person::observation::Observation;
use posemoe_stamp::Stamp;

/// The longest name of a frame (bytes): no name on a ROS topic or of a file is longer.
const LONGEST_NAME: usize = 255;
/// The longest track id (bytes): it stands in the names of a person's frames and topics.
pub(crate) const LONGEST_ID: usize = 128;
/// What trackers say of whom they do not track.
const NOBODY: [&str; 2] = ["", "-1"];

/// Stamp and frame of a header, the frame without a leading slash as in TF; a bad one is counted.
pub fn header(header: &Header, drops: &mut Drops) -> Option<(Stamp, String)> {
    let frame_id = transforms::name(&header.frame_id);
    if frame_id.is_empty() {
        drops.note(
            Cause::BadHeader,
            "frame_id is empty, expected the camera optical frame",
        );
        return None;
    }
    if header.frame_id.len() > LONGEST_NAME {
        let found = excerpt(&header.frame_id);
        let detail = format!("frame_id is {found}, expected up to {LONGEST_NAME} bytes");
        drops.note(Cause::BadHeader, detail);
        return None;
    }
    match Stamp::from_parts(header.stamp.sec, header.stamp.nanosec) {
        Ok(stamp) => Some((stamp, frame_id.to_owned())),
        Err(nanosec) => {
            drops.note(
                Cause::BadHeader,
                format!("stamp.nanosec is {nanosec}, expected below 1000000000"),
            );
            None
        }
    }
}

/// Takes ids away that are none, and those that are too long, which are counted: such people are
/// named like those of a detector that does not track.
pub fn check_ids(seen: &mut Observation, drops: &mut Drops) {
    for person in &mut seen.people {
        let Some(id) = &person.track_id else { continue };
        let is_long = id.len() > LONGEST_ID;
        if is_long {
            let found = excerpt(id);
            let detail = format!("found id {found}, expected up to {LONGEST_ID} bytes; renamed");
            drops.note(Cause::BadId, detail);
        }
        if is_long || NOBODY.contains(&id.as_str()) {
            person.track_id = None;
        }
    }
}
