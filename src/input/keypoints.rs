//! `posemoe/msg/People2D`, our own message: the bridge target for every other detector.

use super::header;
use super::person::{Detected, named};
use crate::msg::posemoe::{Keypoint2D, People2D, Person2D};
use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::person::observation::{Observation, Sighting};
use posemoe_core::skeleton::JointSet;

/// The people of a message; `None` when its header or joint set is unusable.
pub fn observation(message: &People2D, drops: &mut Drops) -> Option<Observation> {
    let (stamp, frame_id) = header(&message.header, drops)?;
    let Some(set) = JointSet::from_name(&message.joint_set) else {
        let known = JointSet::ALL.map(JointSet::name).join(", ");
        let found = excerpt(&message.joint_set);
        drops.note(
            Cause::UnknownJointSet,
            format!("joint_set is {found}, expected one of {known}"),
        );
        return None;
    };
    let people: Vec<Sighting> = message
        .people
        .iter()
        .filter_map(|person| sighting(person, set, drops))
        .collect();
    let image_size_px = Some((message.image_width_px, message.image_height_px));
    Some(Observation {
        ground: None,
        stamp,
        frame_id,
        image_size_px,
        untaken: message.people.len() - people.len(),
        people,
    })
}

fn sighting(person: &Person2D, set: JointSet, drops: &mut Drops) -> Option<Sighting> {
    let track_id = (!person.id.is_empty()).then(|| person.id.clone());
    let (found, expected) = (person.keypoints.len(), set.keypoint_count());
    if found != expected {
        drops.note(
            Cause::WrongKeypointCount,
            format!(
                "{}: found {found} keypoints, expected {expected} of {}",
                named(track_id.as_deref()),
                set.name()
            ),
        );
        return None;
    }
    let keypoint = |k: &Keypoint2D| {
        // A place that is NaN is how the message says "not seen".
        let seen = !k.x_px.is_nan() && !k.y_px.is_nan();
        seen.then(|| Keypoint {
            x_px: f64::from(k.x_px),
            y_px: f64::from(k.y_px),
            score: f64::from(k.score),
            depth_m: None,
        })
    };
    Detected {
        track_id,
        score: f64::from(person.score),
        set,
        keypoints: person.keypoints.iter().map(keypoint).collect(),
        box_px: None,
        distance_m: None,
    }
    .judge(drops)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(joint_set: &str, counts: &[usize]) -> People2D {
        let keypoint = Keypoint2D {
            x_px: 10.0,
            y_px: 20.0,
            score: 0.5,
        };
        let mut message = People2D {
            joint_set: joint_set.into(),
            people: counts
                .iter()
                .map(|n| Person2D {
                    keypoints: vec![keypoint.clone(); *n],
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        };
        message.header.frame_id = "camera".into();
        message
    }

    #[test]
    fn a_wrong_count_costs_that_person_only() {
        let mut drops = Drops::default();
        let seen = observation(&message("body25", &[25, 17]), &mut drops).unwrap();
        assert_eq!(seen.people.len(), 1);
        let (cause, tally) = drops.iter().next().unwrap();
        assert_eq!(cause, Cause::WrongKeypointCount);
        assert!(
            tally
                .last
                .contains("found 17 keypoints, expected 25 of body25"),
            "{}",
            tally.last
        );
    }

    #[test]
    fn an_unknown_joint_set_is_named_with_the_known_ones() {
        let mut drops = Drops::default();
        assert_eq!(observation(&message("coco133", &[133]), &mut drops), None);
        let (_, tally) = drops.iter().next().unwrap();
        assert!(tally.last.contains("coco133") && tally.last.contains("openpose18"));
    }

    #[test]
    fn a_score_in_percent_costs_that_person_only() {
        let mut message = message("h36m17", &[17, 17]);
        message.people[0].keypoints[3].score = 50.0;
        let mut drops = Drops::default();
        assert_eq!(observation(&message, &mut drops).unwrap().people.len(), 1);
        assert_eq!(drops.count(Cause::BadScore), 1);
    }

    #[test]
    fn nan_and_score_zero_mean_not_seen() {
        let mut message = message("h36m17", &[17]);
        message.people[0].keypoints[3].x_px = f32::NAN;
        message.people[0].keypoints[4].score = 0.0;
        let mut drops = Drops::default();
        let seen = observation(&message, &mut drops).unwrap();
        assert_eq!(
            (seen.people[0].joints[3], seen.people[0].joints[4]),
            (None, None)
        );
        assert!(drops.is_empty());
    }
}
