//! `zed_msgs/msg/ObjectsStamped` of the ZED wrapper, from `~/body_trk/skeletons`.
//!
//! The wrapper's traps, by its source of 2026 (5.x):
//!
//! - The header names the frame of the left camera, whose x is forward, yet the pixels belong to
//!   the optical frame, which is the one that `camera_info` names.
//! - A body's label is `Body_` and its number, not `Person`: what makes an object a person is that
//!   it has a skeleton.
//! - The pixels are those of the rectified left image at the camera's own resolution, and the
//!   message does not say which that is. Where the wrapper publishes its images smaller (so by
//!   default), theirs is not the `camera_info` of these pixels: shown by how far away the message
//!   says that people are.
//! - There is no score for a keypoint: that of the body stands for all.
//!
//! Not verified on a camera: which value the SDK gives a keypoint that it has not seen (its manual
//! says NaN, older ones negative numbers; both are taken as not seen), and whether its keypoints of
//! an occluded body are guesses (taken as such).

use super::header;
use super::person::Detected;
use crate::msg::zed_msgs::{Object, ObjectsStamped};
use posemoe_core::health::{Cause, Drops};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::person::observation::{Observation, Sighting};
use posemoe_core::skeleton::JointSet;

/// `tracking_state` of a body whose number means nothing.
const OFF: i8 = 0;
/// `tracking_state` of a body that is hidden; from here on, its skeleton is the ZED's prediction.
pub const SEARCHING: i8 = 2;
/// What the wrapper's versions make of `<camera>_frame` to name the optical frame.
const OPTICAL: [(&str, &str); 2] = [("_frame", "_frame_optical"), ("_frame", "_optical_frame")];

/// The people of a message; `None` when its header is unusable. `camera_frame_id` is the frame of
/// `camera_info`, if one has come: the observation bears it where it is that camera's.
pub fn observation(
    message: &ObjectsStamped,
    camera_frame_id: Option<&str>,
    drops: &mut Drops,
) -> Option<Observation> {
    let (stamp, stamped_frame) = header(&message.header, drops)?;
    let frame_id = match camera_frame_id {
        Some(camera) if is_optical_frame_of(camera, &stamped_frame) => camera.to_owned(),
        _ => stamped_frame,
    };
    let objects = message.objects.iter();
    let shown = objects.filter(|object| object.skeleton_available && !is_guess(object));
    let people: Vec<Sighting> = shown
        .clone()
        .filter_map(|object| sighting(object, drops))
        .collect();
    Some(Observation {
        ground: None,
        stamp,
        frame_id,
        image_size_px: None,
        untaken: shown.count() - people.len(),
        people,
    })
}

fn is_optical_frame_of(optical: &str, frame: &str) -> bool {
    OPTICAL.iter().any(|(end, optical_end)| {
        let camera = frame.strip_suffix(end);
        camera.is_some() && camera == optical.strip_suffix(optical_end)
    })
}

/// Whether nobody was seen there in this image: we predict for ourselves, and say so.
pub fn is_guess(object: &Object) -> bool {
    object.tracking_available && object.tracking_state >= SEARCHING
}

/// Which keypoints a body has; `None` for a format that nobody knows.
pub fn joint_set(object: &Object) -> Option<JointSet> {
    match object.body_format {
        0 => Some(JointSet::Openpose18),
        1 => Some(JointSet::Zed34),
        2 => Some(JointSet::Zed38),
        _ => None,
    }
}

/// The number of a body, where the ZED tracks it.
pub fn track_id(object: &Object) -> Option<String> {
    let is_tracked = object.tracking_available && object.tracking_state != OFF;
    (is_tracked && object.label_id >= 0).then(|| object.label_id.to_string())
}

fn sighting(object: &Object, drops: &mut Drops) -> Option<Sighting> {
    let Some(set) = joint_set(object) else {
        let other = object.body_format;
        let found = format!("body_format is {other}, expected 0 (18), 1 (34) or 2 (38)");
        drops.note(Cause::UnknownJointSet, found);
        return None;
    };
    let score = f64::from(object.confidence / 100.0);
    let points = &object.skeleton_2d.keypoints;
    Detected {
        track_id: track_id(object),
        score,
        set,
        keypoints: points
            .iter()
            .take(set.keypoint_count())
            .map(|point| keypoint(point.kp, score))
            .collect(),
        box_px: None,
        distance_m: distance_m(object),
    }
    .judge(drops)
}

fn keypoint([x_px, y_px]: [f32; 2], score: f64) -> Option<Keypoint> {
    // Not so for NaN either.
    let seen = x_px >= 0.0 && y_px >= 0.0;
    seen.then(|| Keypoint {
        x_px: f64::from(x_px),
        y_px: f64::from(y_px),
        score,
        depth_m: None,
    })
}

/// From the left camera to the body, whatever the axes of the frame that the wrapper gives it in.
fn distance_m(object: &Object) -> Option<f64> {
    let [x, y, z] = object.position.map(f64::from);
    let distance_m = x.hypot(y).hypot(z);
    (distance_m.is_finite() && distance_m > 0.0).then_some(distance_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each keypoint ten times its number to the right.
    fn body(format: i8, number: i16) -> Object {
        let mut body = Object {
            label: format!("Body_{number}"),
            label_id: number,
            confidence: 75.0,
            tracking_available: true,
            tracking_state: 1,
            skeleton_available: true,
            body_format: format,
            ..Default::default()
        };
        for (i, point) in body.skeleton_2d.keypoints.iter_mut().enumerate() {
            point.kp = [10.0 * i as f32 + 1.0, 200.0];
        }
        body
    }

    fn message(objects: Vec<Object>) -> ObjectsStamped {
        let mut message = ObjectsStamped {
            objects,
            ..Default::default()
        };
        message.header.frame_id = "zed_left_camera_frame".into();
        message
    }

    fn people(objects: Vec<Object>, drops: &mut Drops) -> Vec<Sighting> {
        observation(&message(objects), None, drops).unwrap().people
    }

    #[test]
    fn each_format_has_its_own_left_and_right() {
        let mut drops = Drops::default();
        let seen = people(vec![body(0, 1), body(1, 2), body(2, 3)], &mut drops);
        // left wrist, right wrist, left ankle, right ankle, nose
        let numbers = [[7, 4, 13, 10, 0], [7, 14, 20, 24, 27], [16, 17, 22, 23, 5]];
        for (person, numbers) in seen.iter().zip(numbers) {
            let x_px = [13, 16, 6, 3, 9].map(|joint: usize| person.joints[joint].map(|k| k.x_px));
            assert_eq!(x_px, numbers.map(|i| Some(f64::from(10 * i + 1))));
            assert!(person.joints.iter().all(Option::is_some));
            assert_eq!(
                (person.score, person.joints[0].map(|k| k.score)),
                (0.75, Some(0.75))
            );
        }
        let ids: Vec<_> = seen.iter().filter_map(|p| p.track_id.as_deref()).collect();
        assert_eq!(ids, ["1", "2", "3"]);
        assert!(drops.is_empty());
    }

    #[test]
    fn a_keypoint_with_nan_or_below_zero_was_not_seen() {
        let mut half = body(2, 1);
        half.skeleton_2d.keypoints[16].kp = [-1.0, -1.0];
        half.skeleton_2d.keypoints[17].kp = [f32::NAN, f32::NAN];
        let seen = people(vec![half], &mut Drops::default());
        assert_eq!((seen[0].joints[13], seen[0].joints[16]), (None, None));
        assert!(seen[0].joints[12].is_some());
        let (mut unsure, mut too_sure) = (body(2, 1), body(2, 2));
        (unsure.confidence, too_sure.confidence) = (f32::NAN, 7500.0);
        let mut drops = Drops::default();
        let seen = people(vec![unsure, too_sure], &mut drops);
        assert_eq!((seen[0].score, seen[0].joints), (0.0, [None; 17]));
        assert_eq!((seen.len(), drops.count(Cause::BadScore)), (1, 2));
    }

    #[test]
    fn the_distance_is_the_same_along_any_axes() {
        let mut far = body(2, 1);
        far.position = [3.0, 0.0, -4.0];
        let mut unknown = body(2, 2);
        unknown.position = [f32::NAN; 3];
        let seen = people(vec![far, unknown, body(2, 3)], &mut Drops::default());
        let found: Vec<_> = seen.iter().map(|person| person.distance_m).collect();
        assert_eq!(found, [Some(5.0), None, None]);
    }

    #[test]
    fn only_people_who_are_seen_count() {
        let mut drops = Drops::default();
        let chair = Object::default();
        let (mut hidden, mut leaving) = (body(2, 1), body(2, 2));
        (hidden.tracking_state, leaving.tracking_state) = (2, 3);
        assert_eq!(people(vec![chair, hidden, leaving], &mut drops), []);
        assert!(drops.is_empty());
        assert_eq!(people(vec![body(3, 1), body(-1, 1)], &mut drops), []);
        assert_eq!(drops.count(Cause::UnknownJointSet), 2);
        assert_eq!(people(vec![], &mut drops), []);
    }

    #[test]
    fn without_tracking_there_is_no_id() {
        let (mut untracked, mut off, mut none) = (body(0, -1), body(0, 4), body(0, 5));
        untracked.tracking_state = 1;
        off.tracking_state = 0;
        none.tracking_available = false;
        let seen = people(vec![untracked, off, none], &mut Drops::default());
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|person| person.track_id.is_none()));
    }

    #[test]
    fn pixels_belong_to_the_optical_frame_of_the_same_camera() {
        let frame = |camera| {
            let seen = observation(&message(vec![]), camera, &mut Drops::default());
            seen.unwrap().frame_id
        };
        for optical in [
            "zed_left_camera_frame_optical",
            "zed_left_camera_optical_frame",
        ] {
            assert_eq!(frame(Some(optical)), optical);
        }
        for other in [
            None,
            Some("zed_right_camera_frame_optical"),
            Some("zed_left_camera_frame"),
            Some(""),
        ] {
            assert_eq!(frame(other), "zed_left_camera_frame");
        }
        let nameless = observation(&ObjectsStamped::default(), None, &mut Drops::default());
        assert_eq!(nameless, None);
    }
}
