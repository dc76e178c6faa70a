//! From keypoints in pixels to rays through the joints that were really seen.

use crate::geometry::camera::Camera;
use crate::geometry::canonical::{Ray, Rays};
use crate::health::{Cause, Drops};
use crate::keypoint::{FARTHEST_DEPTH_M, Keypoint};
use crate::person::gaze::FaceRays;
use crate::person::marks::{Mark, Marks};
use crate::person::observation::Sighting;
use crate::skeleton::{JOINT_COUNT, JOINTS};

/// Keypoints farther outside the image than this share of its size are nonsense.
const OUTSIDE_SHARE: f64 = 0.5;

/// The rays through the joints that were really seen.
pub fn rays_of(
    joints: &[Option<Keypoint>; JOINT_COUNT],
    camera: &Camera,
    min_score: f64,
    drops: &mut Drops,
) -> Rays {
    let mut rays = [None; JOINT_COUNT];
    for (joint, (ray, keypoint)) in rays.iter_mut().zip(joints).enumerate() {
        let Some(keypoint) = keypoint else { continue };
        match ray_of(keypoint, camera, min_score) {
            Ok(found) => {
                *ray = found;
                note_bad_depth(keypoint, JOINTS[joint], drops);
            }
            Err(cause) => drops.note(
                cause,
                format!(
                    "{} at ({}, {}) px of {} x {}, score {}",
                    JOINTS[joint],
                    keypoint.x_px,
                    keypoint.y_px,
                    camera.width_px,
                    camera.height_px,
                    keypoint.score
                ),
            ),
        }
    }
    rays
}

/// NaN, infinity and 0 are how depth cameras say that they measured nothing (REP 118); other
/// numbers that are no depth are lost.
fn note_bad_depth(keypoint: &Keypoint, joint: &str, drops: &mut Drops) {
    let Some(depth_m) = keypoint.depth_m else {
        return;
    };
    if keypoint.measured_m().is_none() && depth_m.is_finite() && depth_m != 0.0 {
        let expected = format!("above 0, at most {FARTHEST_DEPTH_M}");
        drops.note(
            Cause::DepthOutOfRange,
            format!("{joint} at {depth_m} m, expected {expected}"),
        );
    }
}

/// Where the image shows the joints that have rays, and the face. What is wrong with points of the
/// face is not counted: no pose is the poorer for it.
pub fn marks_of(person: &Sighting, rays: &Rays, camera: &Camera, min_score: f64) -> Marks {
    let size_px = (camera.width_px, camera.height_px);
    let mark = |keypoint: Option<Keypoint>| keypoint.map(|k| Mark::of(&k, size_px));
    let is_seen = |keypoint: &Keypoint| matches!(ray_of(keypoint, camera, min_score), Ok(Some(_)));
    Marks {
        joints: std::array::from_fn(|j| mark(person.joints[j].filter(|_| rays[j].is_some()))),
        face: person.face.map(|part| mark(part.filter(is_seen))),
    }
}

/// The rays through those points of the face that were really seen.
pub fn face_rays(person: &Sighting, camera: &Camera, min_score: f64) -> FaceRays {
    person.face.map(|part| {
        let ray = ray_of(&part?, camera, min_score);
        ray.ok().flatten().map(|ray| ray.xy)
    })
}

fn ray_of(keypoint: &Keypoint, camera: &Camera, min_score: f64) -> Result<Option<Ray>, Cause> {
    let Keypoint {
        x_px, y_px, score, ..
    } = *keypoint;
    if !(x_px.is_finite() && y_px.is_finite() && score.is_finite()) {
        return Err(Cause::NotFinite);
    }
    if score < min_score || score <= 0.0 {
        return Ok(None);
    }
    // Detectors mark joints that they did not find as (0, 0) or (-1, -1).
    let not_found = x_px <= 0.0 && y_px <= 0.0;
    let (width, height) = (f64::from(camera.width_px), f64::from(camera.height_px));
    let within =
        |v: f64, size: f64| (-OUTSIDE_SHARE * size..=(1.0 + OUTSIDE_SHARE) * size).contains(&v);
    if not_found || !within(x_px, width) || !within(y_px, height) {
        return Err(Cause::OutsideImage);
    }
    let xy = camera
        .ray(nalgebra::Point2::new(x_px, y_px))
        .ok_or(Cause::NoRay)?;
    Ok(Some(Ray {
        xy,
        score: score.min(1.0),
        depth_m: keypoint.measured_m(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        let k = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0];
        Camera::new(&k, "plumb_bob", &[0.0; 5], 640, 480).unwrap()
    }

    #[test]
    fn depths_that_cannot_be_are_none_and_counted_where_they_are_no_way_to_say_so() {
        let nan = f64::NAN;
        for (given_m, measured_m, bad) in [
            (None, None, 0),
            (Some(3.5), Some(3.5), 0),
            (Some(FARTHEST_DEPTH_M), Some(FARTHEST_DEPTH_M), 0),
            (Some(nan), None, 0),
            (Some(f64::INFINITY), None, 0),
            (Some(0.0), None, 0),
            (Some(-2.0), None, 1),
            (Some(65.535), None, 1),
            (Some(1e9), None, 1),
        ] {
            let mut joints = [None; JOINT_COUNT];
            joints[1] = Some(Keypoint {
                x_px: 300.0,
                y_px: 200.0,
                score: 0.9,
                depth_m: given_m,
            });
            let mut drops = Drops::default();
            let ray = rays_of(&joints, &camera(), 0.1, &mut drops)[1].unwrap();
            assert_eq!(ray.depth_m, measured_m, "{given_m:?}");
            assert_eq!(drops.count(Cause::DepthOutOfRange), bad, "{given_m:?}");
            let texts: Vec<_> = drops.iter().map(|(_, tally)| &tally.last).collect();
            let named = |text: &&String| text.starts_with("right_hip at ");
            assert!(texts.iter().all(named) && texts.len() as u64 == bad);
        }
    }

    #[test]
    fn marks_are_shares_of_the_image_of_what_was_really_seen() {
        let camera = camera();
        let keypoint = |x_px, y_px, score| {
            Some(Keypoint {
                x_px,
                y_px,
                score,
                depth_m: None,
            })
        };
        let mut person = Sighting {
            track_id: None,
            box_px: None,
            distance_m: None,
            score: 0.9,
            joints: [None; JOINT_COUNT],
            face: [
                keypoint(320.0, 120.0, 1.5),
                keypoint(330.0, 110.0, 0.05),
                keypoint(f64::NAN, 110.0, 0.9),
                keypoint(-1.0, -1.0, 0.9),
                None,
            ],
        };
        (person.joints[3], person.joints[4]) =
            (keypoint(64.0, 480.0, 0.8), keypoint(5e3, 1.0, 0.8));
        let rays = rays_of(&person.joints, &camera, 0.1, &mut Drops::default());
        let marks = marks_of(&person, &rays, &camera, 0.1);
        let mark = |x, y, score| Some(Mark { x, y, score });
        assert_eq!(marks.joints[3], mark(0.1, 1.0, 0.8));
        assert_eq!(marks.joints.iter().flatten().count(), 1);
        assert_eq!(marks.face, [mark(0.5, 0.25, 1.0), None, None, None, None]);
    }

    #[test]
    fn no_ray_weighs_more_than_one_whatever_the_detector_scores() {
        let k = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0];
        let camera = Camera::new(&k, "plumb_bob", &[0.0; 5], 640, 480).unwrap();
        let score = |j: usize| [0.5, 1.0, 1.5, 97.0, f64::MAX][j % 5];
        let joints = std::array::from_fn(|j| {
            let (x_px, y_px) = (300.0, 10.0 * (j + 1) as f64);
            Some(Keypoint {
                x_px,
                y_px,
                score: score(j),
                depth_m: None,
            })
        });
        let rays = rays_of(&joints, &camera, 0.1, &mut Drops::default());
        assert_eq!(rays[0].map(|ray| ray.score), Some(0.5));
        assert_eq!(rays[1].map(|ray| ray.score), Some(1.0));
        assert!(
            rays.iter().flatten().all(|ray| ray.score <= 1.0),
            "{rays:?}"
        );
    }
}
