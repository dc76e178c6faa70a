//! `yolo_msgs/msg/DetectionArray` of yolo_ros, from `/yolo/tracking` or `/yolo/detections`.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::header;
use super::person::{Detected, named};
use crate::msg::yolo_msgs::{BoundingBox2D, Detection, DetectionArray};
use posemoe_core::health::{Cause, Drops};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::person::observation::{Observation, Sighting};
use posemoe_core::skeleton::JointSet;

const PERSON: &str = "person";
/// yolo_ros numbers COCO's joints from 1.
const FIRST_ID: i32 = 1;
const LAST_ID: i32 = 17;

/// Reads a detector's messages.
///
/// What it remembers is whether keypoints were last numbered from 0, which not every message shows:
/// a nose that was not seen is left out, and all other joints would be taken one further.
#[derive(Clone, Copy, Debug, Default)]
pub struct Yolo {
    from_zero: bool,
}

impl Yolo {
    /// The people among the detections; `None` when the header is unusable.
    pub fn observation(
        &mut self,
        message: &DetectionArray,
        drops: &mut Drops,
    ) -> Option<Observation> {
        let (stamp, frame_id) = header(&message.header, drops)?;
        // Other object classes share the topic; a custom model may name its only class otherwise.
        let people = message
            .detections
            .iter()
            .filter(|d| d.class_name == PERSON || !d.keypoints.data.is_empty());
        people.clone().for_each(|person| self.look_at(person));
        let people = people
            .filter_map(|person| self.sighting(person, drops))
            .collect();
        Some(Observation {
            stamp,
            frame_id,
            image_size_px: None,
            people,
        })
    }

    /// Takes note of where a person's numbers begin, if they show it.
    fn look_at(&mut self, person: &Detection) {
        let has = |id| person.keypoints.data.iter().any(|k| k.id == id);
        match (has(0), has(LAST_ID)) {
            (true, false) => self.from_zero = true,
            (false, true) => self.from_zero = false,
            _ => {}
        }
    }

    fn sighting(&self, detection: &Detection, drops: &mut Drops) -> Option<Sighting> {
        // Only /yolo/tracking fills the id.
        let track_id = (!detection.id.is_empty()).then(|| detection.id.clone());
        let ids = || detection.keypoints.data.iter().map(|k| k.id);
        let is_full = ids().any(|id| id == LAST_ID);
        if ids().any(|id| id == 0) || (self.from_zero && !is_full && ids().next().is_some()) {
            let found: Vec<_> = ids().take(LAST_ID as usize).collect();
            let name = named(track_id.as_deref());
            drops.note(
                Cause::KeypointsFromZero,
                format!(
                    "{name}: found ids {found:?}, expected {FIRST_ID} to {LAST_ID} (COCO index + \
                     1, as yolo_ros numbers them); the person is not taken"
                ),
            );
            return None;
        }
        let keypoints = keypoints(detection, drops);
        Detected {
            track_id,
            score: detection.score,
            set: JointSet::Coco17,
            keypoints,
            box_px: extent(&detection.bbox),
            distance_m: None,
        }
        .judge(drops)
    }
}

/// A person's keypoints by COCO's index; the unsure ones are left out of the message. Where one
/// comes twice and not at the same place, nobody can tell which is right, and neither is taken.
fn keypoints(detection: &Detection, drops: &mut Drops) -> Vec<Option<Keypoint>> {
    let name = || named(Some(detection.id.as_str()).filter(|id| !id.is_empty()));
    let mut found = vec![None; JointSet::Coco17.keypoint_count()];
    // Ids that came again, and whether all said the same.
    let mut again: BTreeMap<i32, bool> = BTreeMap::new();
    for keypoint in &detection.keypoints.data {
        let id = keypoint.id;
        let place = id.checked_sub(FIRST_ID);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            drops.note(
                Cause::UnknownKeypoint,
                format!(
                    "{}: keypoint id {id}, expected {FIRST_ID} to {LAST_ID} (COCO index + 1)",
                    name()
                ),
            );
            continue;
        };
        let keypoint = Keypoint {
            x_px: keypoint.point.x,
            y_px: keypoint.point.y,
            score: keypoint.score,
            depth_m: None,
        };
        match slot {
            None => *slot = Some(keypoint),
            Some(first) => *again.entry(id).or_insert(true) &= *first == keypoint,
        }
    }
    if !again.is_empty() {
        let ids: Vec<_> = again.keys().collect();
        drops.note(
            Cause::RepeatedKeypoint,
            format!(
                "{}: found ids {ids:?} more than once, expected each once; taken where all say the \
                 same, else not seen",
                name()
            ),
        );
    }
    for (id, _) in again.into_iter().filter(|(_, agree)| !agree) {
        found[(id - FIRST_ID) as usize] = None;
    }
    found
}

/// Top left and bottom right of a box (px), where it has a size.
fn extent(bbox: &BoundingBox2D) -> Option<[[f64; 2]; 2]> {
    let (at, size) = (&bbox.center.position, &bbox.size);
    let half = [0.5 * size.x, 0.5 * size.y];
    // Not so for NaN either.
    let is_size = |v: &f64| *v > 0.0 && v.is_finite();
    let is_box = half.iter().all(is_size) && [at.x, at.y].iter().all(|v| v.is_finite());
    is_box.then(|| {
        [
            [at.x - half[0], at.y - half[1]],
            [at.x + half[0], at.y + half[1]],
        ]
    })
}
