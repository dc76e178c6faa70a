//! ROS4HRI (REP-155): `hri_msgs/msg/Skeleton2D`, a topic for each body, and who is there.

mod bodies;

pub use bodies::{Bodies, Change};

use super::LONGEST_ID;
use super::person::{Detected, named};
use crate::bus::is_name;
use crate::msg::hri_msgs::{NormalizedPointOfInterest2D, Skeleton2D};
use posemoe_core::health::{Cause, Drops};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::person::observation::Sighting;
use posemoe_core::skeleton::JointSet;

/// Where the ids of those who are there come from: an `hri_msgs/msg/IdsList` for each image.
pub const TRACKED_TOPIC: &str = "/humans/bodies/tracked";

/// The topic of a body's `hri_msgs/msg/Skeleton2D`; `None` for an id that cannot stand in a topic's
/// name: letters, digits and underscores, no digit first. With what stands around it, a topic's
/// name must stay below 248 characters.
pub fn skeleton_topic(id: &str) -> Option<String> {
    let fits = id.len() <= LONGEST_ID && is_name(id);
    fits.then(|| format!("/humans/bodies/{id}/skeleton2d"))
}

/// Points this far beyond the image's edge (shares of it) are none that a detector guessed there.
const FARTHEST_SHARE: f32 = 3.0;

/// One body in an image of `image_size_px` (width, height); `None`, and counted, where it has no
/// shares of the image. The message has no score of the whole body: it is the mean of those points
/// that were seen.
pub fn sighting(
    id: &str,
    message: &Skeleton2D,
    image_size_px: (u32, u32),
    drops: &mut Drops,
) -> Option<Sighting> {
    let is_pixel = |p: &&NormalizedPointOfInterest2D| p.x.max(p.y) > FARTHEST_SHARE && p.c > 0.0;
    let pixels = message.skeleton.iter().filter(is_pixel);
    if let (Some(found), true) = (
        pixels.clone().next(),
        2 * pixels.count() > message.skeleton.len(),
    ) {
        let (name, x, y) = (named(Some(id)), found.x, found.y);
        drops.note(
            Cause::OutsideImage,
            format!("{name}: found ({x}, {y}), expected shares of the image (0 to 1): pixels?"),
        );
        return None;
    }
    let keypoints = message
        .skeleton
        .each_ref()
        .map(|p| keypoint(p, image_size_px));
    let seen = keypoints.iter().flatten().filter(|k| k.score > 0.0);
    let count = seen.clone().count().max(1);
    Detected {
        track_id: Some(id.to_owned()),
        score: seen.map(|k| k.score).sum::<f64>() / count as f64,
        set: JointSet::Hri18,
        keypoints: keypoints.to_vec(),
        box_px: None,
        distance_m: None,
    }
    .judge(drops)
}

/// A point in pixels; `None` where its place is no number.
fn keypoint(
    point: &NormalizedPointOfInterest2D,
    (width_px, height_px): (u32, u32),
) -> Option<Keypoint> {
    let seen = !point.x.is_nan() && !point.y.is_nan();
    seen.then(|| Keypoint {
        x_px: f64::from(point.x) * f64::from(width_px),
        y_px: f64::from(point.y) * f64::from(height_px),
        score: f64::from(point.c),
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

    fn seen(message: &Skeleton2D, size_px: (u32, u32)) -> Sighting {
        sighting("ab", message, size_px, &mut Drops::default()).unwrap()
    }

    #[test]
    fn left_is_left_and_shares_of_the_image_become_pixels() {
        let seen = seen(&skeleton(), (1000, 400));
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
        let mut drops = Drops::default();
        let seen = sighting("ab", &message, (640, 480), &mut drops).unwrap();
        assert_eq!(
            [13, 12, 16, 15].map(|joint: usize| seen.joints[joint]),
            [None; 4]
        );
        assert!(seen.joints[11].is_some() && seen.joints[14].is_some());
        assert_eq!(drops.count(Cause::BadScore), 1, "a confidence that is NaN");
        let nothing = self::seen(&Skeleton2D::default(), (640, 480));
        assert_eq!((nothing.score, nothing.joints), (0.0, [None; 17]));
    }

    #[test]
    fn a_confidence_in_percent_is_counted() {
        let mut message = skeleton();
        message.skeleton[3].c = 80.0;
        let mut drops = Drops::default();
        assert_eq!(sighting("ab", &message, (640, 480), &mut drops), None);
        assert_eq!(drops.count(Cause::BadScore), 1);
    }

    #[test]
    fn pixels_in_place_of_shares_are_named() {
        let mut message = skeleton();
        for point in &mut message.skeleton {
            (point.x, point.y) = (point.x * 640.0 + 4.0, point.y * 480.0);
        }
        let mut drops = Drops::default();
        assert_eq!(sighting("ab", &message, (640, 480), &mut drops), None);
        let (cause, tally) = drops.iter().next().unwrap();
        assert_eq!(cause, Cause::OutsideImage);
        let expected = "person \"ab\": found (4, 240), expected shares of the image (0 to 1)";
        assert!(tally.last.contains(expected), "{}", tally.last);
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
