//! From poses to messages; a new output is one file here.

pub mod body_id;
pub mod diagnostics;
pub mod hri;
pub mod markers;
pub mod nav;
pub mod people;
pub mod tf;

use nalgebra::Vector3;

use crate::msg::builtin_interfaces::Time;
use crate::msg::geometry_msgs::{Point, Vector3 as Vector3Msg};
use crate::msg::std_msgs::Header;
use crate::stamp::Stamp;

/// A stamp as messages have it.
pub fn time(stamp: Stamp) -> Time {
    let (sec, nanosec) = stamp.to_parts();
    Time { sec, nanosec }
}

/// A header of this stamp and frame.
pub fn header(stamp: Stamp, frame_id: &str) -> Header {
    Header {
        stamp: time(stamp),
        frame_id: frame_id.to_owned(),
    }
}

/// A point as messages have it.
pub fn point(v: &Vector3<f64>) -> Point {
    Point {
        x: v.x,
        y: v.y,
        z: v.z,
    }
}

/// A vector as messages have it.
pub fn vector(v: &Vector3<f64>) -> Vector3Msg {
    Vector3Msg {
        x: v.x,
        y: v.y,
        z: v.z,
    }
}
