//! From a detector's message to an observation; a new detector is one file here.

pub mod camera_info;
pub mod hri;
pub mod ids;
pub mod keypoints;
pub mod transforms;
pub mod yolo;
pub mod zed;

use crate::health::{Cause, Drops, excerpt};
use crate::msg::std_msgs::Header;
use crate::stamp::Stamp;

/// The longest name of a frame (bytes): no name on a ROS topic or of a file is longer.
const LONGEST_NAME: usize = 255;

/// A detector's score of a person as 0 to 1; 0 where it is not a number.
fn person_score(score: f64) -> f64 {
    if score.is_finite() {
        score.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Stamp and frame of a header; a bad one is counted.
pub fn header(header: &Header, drops: &mut Drops) -> Option<(Stamp, String)> {
    if header.frame_id.is_empty() {
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
        Ok(stamp) => Some((stamp, header.frame_id.clone())),
        Err(nanosec) => {
            drops.note(
                Cause::BadHeader,
                format!("stamp.nanosec is {nanosec}, expected below 1000000000"),
            );
            None
        }
    }
}
