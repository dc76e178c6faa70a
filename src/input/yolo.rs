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
const EXPECTED_IDS: &str = "1 to 17 (COCO index + 1, as yolo_ros numbers keypoints)";

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
        let shown = people.clone().count();
        let people: Vec<Sighting> = people
            .filter_map(|person| self.sighting(person, drops))
            .collect();
        Some(Observation {
            ground: None,
            stamp,
            frame_id,
            image_size_px: None,
            untaken: shown - people.len(),
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
        let name = || named(track_id.as_deref());
        if let Some((cause, found)) = self.foreign_ids(detection) {
            let (name, expected) = (name(), EXPECTED_IDS);
            drops.note(
                cause,
                format!("{name}: found {found}, expected {expected}; the person is not taken"),
            );
            return None;
        }
        let (keypoints, again) = keypoints(detection);
        if !again.is_empty() {
            let (name, ids) = (name(), again.keys());
            drops.note(
                Cause::RepeatedKeypoint,
                format!(
                    "{name}: found ids {ids:?} more than once, expected each once; taken where all \
                     say the same, else not seen"
                ),
            );
        }
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

    /// What is wrong where a person's ids are not those of yolo_ros. One that it does not have says
    /// that all others may mean other joints, too.
    fn foreign_ids(&self, person: &Detection) -> Option<(Cause, String)> {
        let ids = || person.keypoints.data.iter().map(|k| k.id);
        let has = |id| ids().any(|found| found == id);
        let may_count_from_0 = !has(LAST_ID) && ids().next().is_some();
        if has(0) || (self.from_zero && may_count_from_0) {
            let found: Vec<_> = ids().take(LAST_ID as usize).collect();
            return Some((Cause::KeypointsFromZero, format!("ids {found:?}")));
        }
        let id = ids().find(|id| !(FIRST_ID..=LAST_ID).contains(id))?;
        Some((Cause::UnknownKeypoint, format!("keypoint id {id}")))
    }
}

/// A person's keypoints by COCO's index; the unsure ones are left out of the message. Beside them
/// the ids that came more than once, and whether all said the same: where they did not, nobody can
/// tell which is right, and none is taken.
fn keypoints(person: &Detection) -> (Vec<Option<Keypoint>>, BTreeMap<i32, bool>) {
    let mut found = vec![None; JointSet::Coco17.keypoint_count()];
    let mut again = BTreeMap::new();
    for keypoint in &person.keypoints.data {
        let place = keypoint.id.checked_sub(FIRST_ID);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            continue;
        };
        let seen = Keypoint {
            x_px: keypoint.point.x,
            y_px: keypoint.point.y,
            score: keypoint.score,
            depth_m: None,
        };
        match slot {
            None => *slot = Some(Some(seen)),
            Some(first) => {
                let agree = again.entry(keypoint.id).or_insert(true);
                *agree &= *first == Some(seen);
                if !*agree {
                    *first = None;
                }
            }
        }
    }
    let found = found.into_iter().map(Option::flatten).collect();
    (found, again)
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
