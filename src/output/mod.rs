//! From poses to messages; a new output is one file here.

pub mod cloud;
pub mod diagnostics;
pub mod hri;
pub mod markers;
pub mod nav;
pub mod people;
pub mod separation;
pub mod separation_markers;
pub mod tf;

use std::fmt::Write;

use nalgebra::{UnitQuaternion, Vector3};

use crate::msg::builtin_interfaces::Time;
use crate::msg::geometry_msgs::{Point, Quaternion, Vector3 as Vector3Msg};
use crate::msg::std_msgs::Header;
use posemoe_stamp::Stamp;

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

/// A turn as messages have it.
pub fn quaternion(turn: &UnitQuaternion<f64>) -> Quaternion {
    Quaternion {
        x: turn.i,
        y: turn.j,
        z: turn.k,
        w: turn.w,
    }
}

/// The longest (bytes): with what stands around it, names of topics and frames must stay below 248.
const LONGEST_ID: usize = 128;

/// The body id of a track id, as REP-155 wants them: letters, digits and underscores, a letter
/// first.
///
/// Numbers get a `p` before them (`7` becomes `p7`); any other character that may not stand in a
/// frame name becomes `_` and its code point in hexadecimal. What is too long is cut.
pub fn body_id(track_id: &str) -> String {
    let mut id = String::with_capacity(track_id.len() + 1);
    if !track_id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id.push('p');
    }
    for c in track_id.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            id.push(c);
        } else {
            let _ = write!(id, "_{:x}", u32::from(c));
        }
    }
    id.truncate(LONGEST_ID);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_identifiers() {
        for (track, body) in [
            ("7", "p7"),
            ("u3", "u3"),
            ("a-b", "a_2db"),
            ("", "p"),
            ("é", "p_e9"),
        ] {
            assert_eq!(body_id(track), body);
        }
        assert_eq!(body_id(&"é".repeat(64)).len(), 128);
    }
}
