//! A frame for the head: where it points, as its face shows.

use nalgebra::{Quaternion, UnitQuaternion, Vector3};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::yolo_msgs::{Detection, KeyPoint2D};

use crate::bus::Rig;
use crate::messages::{CENTRE_PX, FOCAL_PX, KEYPOINTS, detections, ms, person, ready};

/// Nose, eyes and ears of COCO beside the middle between the ears (m, camera optical frame), of a
/// head that was turned to its left from facing the camera.
fn face(turned_rad: f64) -> [(i32, Vector3<f64>); 5] {
    let (sin, cos) = turned_rad.sin_cos();
    [
        (1, [0.12, 0.0, -0.015]),
        (2, [0.085, 0.033, 0.025]),
        (3, [0.085, -0.033, 0.025]),
        (4, [0.0, 0.073, 0.0]),
        (5, [0.0, -0.073, 0.0]),
    ]
    .map(|(id, [forward, left, up]): (i32, [f64; 3])| {
        let (to_camera, aside) = (cos * forward - sin * left, sin * forward + cos * left);
        (id, Vector3::new(aside, -up, -to_camera))
    })
}

/// Someone whose head shows these parts of the face.
fn looking(turned_rad: f64, shown: &[i32]) -> Detection {
    let mut detection = person("7", 0.0);
    detection.keypoints.data.retain(|keypoint| keypoint.id > 5);
    for (id, at) in face(turned_rad) {
        let at = at + Vector3::new(0.0, -0.65, 4.0);
        let mut keypoint = KeyPoint2D {
            id,
            score: 0.8,
            ..Default::default()
        };
        keypoint.point.x = CENTRE_PX.0 + FOCAL_PX * at.x / at.z;
        keypoint.point.y = CENTRE_PX.1 + FOCAL_PX * at.y / at.z;
        if shown.contains(&id) {
            detection.keypoints.data.push(keypoint);
        }
    }
    detection
}

/// Where the head points, in the camera's optical frame.
fn gaze(rig: &mut Rig, at_ms: i64, detection: Detection) -> Option<Vector3<f64>> {
    let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), vec![detection]));
    let frames: TFMessage = rig.on("/tf", &sent)?;
    let turn = |child: &str| {
        let found = frames
            .transforms
            .iter()
            .find(|t| t.child_frame_id == child)?;
        let r = &found.transform.rotation;
        let turn = UnitQuaternion::from_quaternion(Quaternion::new(r.w, r.x, r.y, r.z));
        Some((found.header.frame_id.clone(), turn))
    };
    let (_, camera_from_body) = turn("body_p7")?;
    let (parent, body_from_head) = turn("posemoe_gaze_p7")?;
    assert_eq!(parent, "body_p7");
    Some(camera_from_body * body_from_head * Vector3::x())
}

#[test]
fn a_head_has_a_frame_whose_x_is_where_it_looks() {
    let mut rig = ready("");
    for (n, (turned_rad, shown)) in [
        (0.0, &[1, 2, 3, 4, 5][..]),
        (0.8, &[1, 2, 3, 5]),
        (-0.8, &[1, 2, 3, 4]),
        (1.4, &[1, 3, 5]),
    ]
    .into_iter()
    .enumerate()
    {
        let found = gaze(&mut rig, 33 * n as i64, looking(turned_rad, shown)).unwrap();
        let level = Vector3::new(found.x, 0.0, found.z);
        let expected = Vector3::new(f64::sin(turned_rad), 0.0, -f64::cos(turned_rad));
        let off_deg = level.angle(&expected).to_degrees();
        assert!(off_deg < 12.0, "{turned_rad}: {found}, off by {off_deg}");
    }
}

#[test]
fn where_a_head_looks_that_shows_no_face_is_not_said() {
    let mut rig = ready("");
    assert_eq!(gaze(&mut rig, 0, looking(3.0, &[4, 5])), None);
    assert_eq!(gaze(&mut rig, 33, looking(0.0, &[1])), None);
    let sent = rig.send(KEYPOINTS, &detections(ms(66), vec![looking(3.0, &[4, 5])]));
    let frames: TFMessage = rig.on("/tf", &sent).unwrap();
    assert!(
        frames
            .transforms
            .iter()
            .any(|t| t.child_frame_id == "body_p7")
    );
}
