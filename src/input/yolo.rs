//! `yolo_msgs/msg/DetectionArray` of yolo_ros, from `/yolo/tracking` or `/yolo/detections`.

use super::{header, person_score};
use crate::health::{Cause, Drops};
use crate::msg::yolo_msgs::{Detection, DetectionArray};
use crate::person::observation::{Keypoint, Observation, Sighting};
use crate::person::skeleton::JointSet;

const PERSON: &str = "person";

/// The people among the detections; `None` when the header is unusable.
pub fn observation(message: &DetectionArray, drops: &mut Drops) -> Option<Observation> {
    let (stamp, frame_id) = header(&message.header, drops)?;
    // Other object classes share the topic; a custom model may name its only class otherwise.
    let people = message
        .detections
        .iter()
        .filter(|d| d.class_name == PERSON || !d.keypoints.data.is_empty())
        .map(|detection| sighting(detection, drops))
        .collect();
    Some(Observation {
        stamp,
        frame_id,
        image_size_px: None,
        people,
    })
}

fn sighting(detection: &Detection, drops: &mut Drops) -> Sighting {
    let mut keypoints = [None; 17];
    for keypoint in &detection.keypoints.data {
        // yolo_ros numbers COCO's joints from 1 and leaves out those that it is not sure of.
        let place = usize::try_from(keypoint.id)
            .ok()
            .and_then(|id| id.checked_sub(1));
        match place.and_then(|place| keypoints.get_mut(place)) {
            Some(slot) => {
                *slot = Some(Keypoint {
                    x_px: keypoint.point.x,
                    y_px: keypoint.point.y,
                    score: keypoint.score,
                    depth_m: None,
                });
            }
            None => drops.note(
                Cause::UnknownKeypoint,
                format!(
                    "keypoint id {}, expected 1 to 17 (COCO index + 1)",
                    keypoint.id
                ),
            ),
        }
    }
    Sighting {
        // Only /yolo/tracking fills the id.
        track_id: (!detection.id.is_empty()).then(|| detection.id.clone()),
        score: person_score(detection.score),
        joints: JointSet::Coco17.to_joints(&keypoints),
        face: JointSet::Coco17.to_face(&keypoints),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::yolo_msgs::KeyPoint2D;

    fn detection(class: &str, ids: &[i32]) -> Detection {
        let mut detection = Detection {
            class_name: class.into(),
            id: "4".into(),
            score: 0.7,
            ..Default::default()
        };
        detection.keypoints.data = ids
            .iter()
            .map(|id| {
                let mut keypoint = KeyPoint2D {
                    id: *id,
                    score: 0.9,
                    ..Default::default()
                };
                keypoint.point.x = f64::from(*id);
                keypoint
            })
            .collect();
        detection
    }

    fn message(detections: Vec<Detection>) -> DetectionArray {
        let mut message = DetectionArray {
            detections,
            ..Default::default()
        };
        message.header.frame_id = "camera_optical_frame".into();
        message
    }

    #[test]
    fn ids_are_coco_plus_one_and_gaps_stay_gaps() {
        let mut drops = Drops::default();
        let seen = observation(
            &message(vec![detection("person", &[6, 13, 17])]),
            &mut drops,
        )
        .unwrap();
        let person = &seen.people[0];
        assert_eq!(person.track_id.as_deref(), Some("4"));
        assert_eq!(
            person.joints[11].map(|k| k.x_px),
            Some(6.0),
            "left shoulder is COCO 5"
        );
        assert_eq!(
            person.joints[1].map(|k| k.x_px),
            Some(13.0),
            "right hip is COCO 12"
        );
        assert_eq!(person.joints[0], None, "mid-hip needs both hips");
        assert!(drops.is_empty());
    }

    #[test]
    fn chairs_are_left_out_and_strange_ids_counted() {
        let mut drops = Drops::default();
        let seen = observation(
            &message(vec![
                detection("chair", &[]),
                detection("person", &[0, -3, 18, i32::MAX, 1]),
            ]),
            &mut drops,
        )
        .unwrap();
        assert_eq!(seen.people.len(), 1);
        assert_eq!(drops.count(Cause::UnknownKeypoint), 4);
    }

    #[test]
    fn a_bad_header_is_named() {
        let mut drops = Drops::default();
        assert_eq!(observation(&DetectionArray::default(), &mut drops), None);
        let mut late = message(vec![]);
        late.header.stamp.nanosec = 1_000_000_000;
        assert_eq!(observation(&late, &mut drops), None);
        assert_eq!(drops.count(Cause::BadHeader), 2);
    }
}
