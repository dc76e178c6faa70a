//! From keypoints in pixels to rays through the joints that were really seen.

use crate::geometry::camera::Camera;
use crate::geometry::canonical::{Ray, Rays};
use crate::health::{Cause, Drops};
use crate::person::observation::Keypoint;
use crate::person::skeleton::{JOINT_COUNT, JOINTS};

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
            Ok(found) => *ray = found,
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

fn ray_of(keypoint: &Keypoint, camera: &Camera, min_score: f64) -> Result<Option<Ray>, Cause> {
    let Keypoint { x_px, y_px, score } = *keypoint;
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
    }))
}
