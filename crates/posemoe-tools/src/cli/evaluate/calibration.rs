//! Where frames are, from a file: one transform, or a list of them, as in `TransformStamped`.
//!
//! ```json
//! {"frame_id": "camera_optical_frame", "child_frame_id": "world",
//!  "rotation_xyzw": [0, 0, 0, 1], "translation_m": [0, 0, 2.5]}
//! ```

use std::path::Path;

use serde::Deserialize;

use super::Failure;
use crate::cli::file;
use posemoe::input::transforms;
use posemoe::msg::geometry_msgs::{Quaternion, Transform, TransformStamped, Vector3};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_core::frames::Frames;
use posemoe_core::health::Drops;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    frame_id: String,
    child_frame_id: String,
    rotation_xyzw: [f64; 4],
    translation_m: [f64; 3],
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    One(Given),
    Several(Vec<Given>),
}

/// Adds the transforms of a file.
pub fn read(path: &Path, frames: &mut Frames) -> Result<(), Failure> {
    let in_file = |error: &dyn std::fmt::Display| -> Failure {
        format!("{}: {error}", path.display()).into()
    };
    let text = file::text(path)?;
    let file = serde_json::from_str(&text).map_err(|_| {
        let expected =
            "frame_id, child_frame_id, rotation_xyzw and translation_m, or a list of such";
        in_file(&format_args!("expected {expected}"))
    })?;
    let given = match file {
        File::One(given) => vec![given],
        File::Several(given) => given,
    };
    let transforms = given.into_iter().map(transform).collect();
    let mut drops = Drops::default();
    transforms::take_in(&TFMessage { transforms }, true, frames, &mut drops);
    match drops.iter().next() {
        Some((_, tally)) => Err(in_file(&tally.last)),
        None => Ok(()),
    }
}

fn transform(given: Given) -> TransformStamped {
    let [x, y, z] = given.translation_m;
    let translation = Vector3 { x, y, z };
    let [x, y, z, w] = given.rotation_xyzw;
    let rotation = Quaternion { x, y, z, w };
    let mut transform = TransformStamped {
        child_frame_id: given.child_frame_id,
        transform: Transform {
            translation,
            rotation,
        },
        ..TransformStamped::default()
    };
    transform.header.frame_id = given.frame_id;
    transform
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe_stamp::Stamp;

    fn read_text(text: &str) -> Result<Frames, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calibration.json");
        std::fs::write(&path, text).unwrap();
        let mut frames = Frames::default();
        read(&path, &mut frames)
            .map(|()| frames)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_transform_or_several_are_read() {
        let one = r#"{"frame_id": "camera", "child_frame_id": "world",
            "rotation_xyzw": [0, 0, 0, 1], "translation_m": [1, 2, 3]}"#;
        for text in [one.to_owned(), format!("[{one}]")] {
            let frames = read_text(&text).unwrap();
            let found = frames.lookup("camera", "world", Stamp::default()).unwrap();
            assert_eq!(
                found.translation.vector,
                nalgebra::Vector3::new(1.0, 2.0, 3.0)
            );
        }
    }

    #[test]
    fn what_is_no_transform_is_refused() {
        let long = r#"{"frame_id": "a", "child_frame_id": "b",
            "rotation_xyzw": [0, 0, 0, 2], "translation_m": [1, 2, 3]}"#;
        assert!(
            read_text(long)
                .unwrap_err()
                .contains("a quaternion of length 1")
        );
        let error = read_text("{}").unwrap_err();
        assert!(
            error.contains("calibration.json") && error.contains("rotation_xyzw"),
            "{error}"
        );
    }
}
