//! ROS4HRI (REP-155): `hri_msgs/msg/Skeleton2D`, a topic for each body, and who is there.

mod bodies;

pub use bodies::{Bodies, Change};

use super::ids::LONGEST_ID;
use crate::bus::is_name;
use crate::msg::hri_msgs::{NormalizedPointOfInterest2D, Skeleton2D};
use crate::person::observation::{Keypoint, Sighting};
use crate::person::skeleton::JointSet;

/// Where the ids of those who are there come from: an `hri_msgs/msg/IdsList` for each image.
pub const TRACKED_TOPIC: &str = "/humans/bodies/tracked";

/// The topic of a body's `hri_msgs/msg/Skeleton2D`; `None` for an id that cannot stand in a topic's
/// name: letters, digits and underscores, no digit first. With what stands around it, a topic's name
/// must stay below 248 characters.
pub fn skeleton_topic(id: &str) -> Option<String> {
    let fits = id.len() <= LONGEST_ID && is_name(id);
    fits.then(|| format!("/humans/bodies/{id}/skeleton2d"))
}

/// One body in an image of `image_size_px` (width, height). The message has no score of the whole
/// body: it is the mean of those points that were seen.
pub fn sighting(id: &str, message: &Skeleton2D, image_size_px: (u32, u32)) -> Sighting {
    let keypoints = message
        .skeleton
        .each_ref()
        .map(|p| keypoint(p, image_size_px));
    let seen = keypoints.iter().flatten();
    let count = seen.clone().count().max(1);
    Sighting {
        track_id: Some(id.to_owned()),
        score: seen.map(|k| k.score).sum::<f64>() / count as f64,
        joints: JointSet::Hri18.to_joints(&keypoints),
        face: JointSet::Hri18.to_face(&keypoints),
    }
}

/// A point in pixels; `None` where the message says that it was not seen.
fn keypoint(
    point: &NormalizedPointOfInterest2D,
    (width_px, height_px): (u32, u32),
) -> Option<Keypoint> {
    let seen = point.c > 0.0 && !point.x.is_nan() && !point.y.is_nan();
    seen.then(|| Keypoint {
        x_px: f64::from(point.x) * f64::from(width_px),
        y_px: f64::from(point.y) * f64::from(height_px),
        score: f64::from(point.c.min(1.0)),
        depth_m: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each point at a hundredth of its number to the right.
    fn skeleton() -> Skeleton2D {
        let mut message = Skeleton2D::default();
        for (i, point) in message.skeleton.iter_mut().enumerate() {
            (point.x, point.y, point.c) = (i as f32 / 100.0, 0.5, 0.8);
        }
        message
    }

    #[test]
    fn left_is_left_and_shares_of_the_image_become_pixels() {
        let seen = sighting("ab", &skeleton(), (1000, 400));
        let x_px = |joint: usize| seen.joints[joint].map(|k| k.x_px.round());
        // right and left hip, left and right wrist by the constants of the message
        let hips = [Skeleton2D::RIGHT_HIP, Skeleton2D::LEFT_HIP].map(|i| Some(f64::from(i) * 10.0));
        let wrists =
            [Skeleton2D::LEFT_WRIST, Skeleton2D::RIGHT_WRIST].map(|i| Some(f64::from(i) * 10.0));
        assert_eq!([x_px(1), x_px(4)], hips);
        assert_eq!([x_px(13), x_px(16)], wrists);
        assert_eq!(x_px(9), Some(0.0), "nose");
        assert_eq!(x_px(10), Some(165.0), "between the ears, 16 and 17");
        assert_eq!(seen.joints[9].map(|k| k.y_px), Some(200.0));
        assert_eq!(seen.track_id.as_deref(), Some("ab"));
        assert!((seen.score - 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_point_without_confidence_or_place_was_not_seen() {
        let mut message = skeleton();
        message.skeleton[usize::from(Skeleton2D::LEFT_WRIST)].c = 0.0;
        message.skeleton[usize::from(Skeleton2D::LEFT_ELBOW)].c = f32::NAN;
        message.skeleton[usize::from(Skeleton2D::RIGHT_WRIST)].x = f32::NAN;
        message.skeleton[usize::from(Skeleton2D::RIGHT_ELBOW)].c = -1.0;
        let seen = sighting("ab", &message, (640, 480));
        assert_eq!(
            [13, 12, 16, 15].map(|joint: usize| seen.joints[joint]),
            [None; 4]
        );
        assert!(seen.joints[11].is_some() && seen.joints[14].is_some());
        let nothing = sighting("ab", &Skeleton2D::default(), (640, 480));
        assert_eq!((nothing.score, nothing.joints), (0.0, [None; 17]));
    }

    #[test]
    fn only_ids_that_fit_have_a_topic() {
        let topic = skeleton_topic("abcde").unwrap();
        assert_eq!(topic, "/humans/bodies/abcde/skeleton2d");
        assert!(skeleton_topic("_7").is_some() && skeleton_topic(&"a".repeat(128)).is_some());
        for unfit in ["", "7", "a/b", "a b", "é", "~", "{node}", &"a".repeat(129)] {
            assert_eq!(skeleton_topic(unfit), None, "{unfit:?}");
        }
    }
}
