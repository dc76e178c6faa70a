//! Whether that can be a person: in the image, before anything is lifted, and in space afterwards.
//!
//! The network answers any keypoints with a pose that looks like a person's, and some distance
//! always fits it. What came in as shares of the image, or with a camera that is none, shows in how
//! it fits.

use nalgebra::Vector3;

use crate::geometry::camera::Camera;
use crate::geometry::canonical::Rays;
use crate::health::Cause;
use crate::keypoint::Keypoint;
use crate::person::observation::Sighting;
use crate::skeleton::{self, JOINTS, Pose};

/// Keypoints that span fewer pixels tell no pose.
const LEAST_SPAN_PX: f64 = 8.0;
/// Detectors guess joints beyond the image's edge, but not from nothing.
const FEWEST_INSIDE: usize = 3;
/// The middle of a person's keypoints may lie beyond their box by so much of it: trackers lag.
const BOX_MARGIN: f64 = 0.25;
/// Nearer or farther (m) nobody's whole pose can be seen.
const DISTANCE_M: [f64; 2] = [0.3, 30.0];
/// No bone of anybody is longer (m).
const LONGEST_BONE_M: f64 = 1.0;
/// All bones seen, in units of most people's: from a child of 1 m to a giant. Where the network is
/// asked for what it never learnt, such as people much farther away, it answers with smaller ones.
const SIZE: [f64; 2] = [0.6, 1.4];
/// Half of the joints of a pose that fits are nearer to their rays (m).
const MOST_OFF_M: f64 = 0.2;
/// How much nearer or farther than measured a person may seem: stature is not known.
const DISTANCE_FACTOR: f64 = 1.43;

/// What is wrong, for diagnostics.
type Fault = (Cause, String);

/// That the keypoints with rays can be a person's.
pub fn in_image(person: &Sighting, rays: &Rays, camera: &Camera) -> Result<(), Fault> {
    let joints = person.joints.iter().zip(rays);
    let seen: Vec<&Keypoint> = joints
        .filter_map(|(keypoint, ray)| keypoint.as_ref().filter(|_| ray.is_some()))
        .collect();
    let span = |of: fn(&Keypoint) -> f64| {
        let (least, most) = seen
            .iter()
            .map(|k| of(k))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
                (least.min(v), most.max(v))
            });
        most - least
    };
    let (across, down) = (span(|k| k.x_px), span(|k| k.y_px));
    if across.max(down) < LEAST_SPAN_PX {
        let (count, unit) = (seen.len(), Keypoint::likely_unit(seen.iter().copied()));
        let found = format!(
            "found {count} keypoints within {across:.2} x {down:.2} px, expected {LEAST_SPAN_PX} \
             px or more one way{unit}"
        );
        return Err((Cause::TooSmall, found));
    }
    if let Some(detail) = outside_box(&seen, person.box_px) {
        let image = camera.image();
        return Err((
            Cause::OutsideBox,
            format!("{detail} of an image of {image}"),
        ));
    }
    let (width, height) = (f64::from(camera.width_px), f64::from(camera.height_px));
    let is_inside =
        |k: &&&Keypoint| (0.0..=width).contains(&k.x_px) && (0.0..=height).contains(&k.y_px);
    let inside = seen.iter().filter(is_inside).count();
    if inside < FEWEST_INSIDE {
        let (count, image) = (seen.len(), camera.image());
        let found = format!(
            "found {inside} of {count} keypoints within {image}, expected {FEWEST_INSIDE} or more"
        );
        return Err((Cause::OutsideImage, found));
    }
    Ok(())
}

/// What is wrong where the middle of the keypoints is not in the box.
fn outside_box(seen: &[&Keypoint], box_px: Option<[[f64; 2]; 2]>) -> Option<String> {
    let [start, end] = box_px?;
    let mean = |of: fn(&Keypoint) -> f64| {
        let sum: f64 = seen.iter().map(|k| of(k)).sum();
        sum / seen.len() as f64
    };
    let (x, y) = (mean(|k| k.x_px), mean(|k| k.y_px));
    let is_within = |at: f64, axis: usize| {
        let margin = BOX_MARGIN * (end[axis] - start[axis]);
        (start[axis] - margin..=end[axis] + margin).contains(&at)
    };
    let is_in_box = is_within(x, 0) && is_within(y, 1);
    (!is_in_box).then(|| {
        format!(
            "found keypoints around ({x:.1}, {y:.1}) px, expected them in the box from ({:.0}, \
             {:.0}) to ({:.0}, {:.0}) px",
            start[0], start[1], end[0], end[1]
        )
    })
}

/// That a pose (root-relative, m) that was placed at `root_m` can be a person's who was seen there.
pub fn in_space(
    pose: &Pose,
    root_m: &Vector3<f64>,
    rays: &Rays,
    measured_m: Option<f64>,
) -> Result<(), Fault> {
    let impossible = |found: String| Err((Cause::ImpossiblePerson, found));
    let distance_m = root_m.norm();
    // None of these is so for NaN either.
    let [nearest_m, farthest_m] = DISTANCE_M;
    if !(nearest_m..=farthest_m).contains(&distance_m) {
        return impossible(format!(
            "found {distance_m:.3} m away, expected {nearest_m} to {farthest_m} m; are keypoints \
             and camera_info of one image?"
        ));
    }
    let lengths = skeleton::BONES.map(|(from, to)| ((pose[to] - pose[from]).norm(), to));
    let fits = |length_m: f64| length_m <= LONGEST_BONE_M;
    if let Some((length_m, end)) = lengths.iter().find(|(length_m, _)| !fits(*length_m)) {
        return impossible(format!(
            "found a bone of {length_m:.2} m to {}, expected {LONGEST_BONE_M} m at most",
            JOINTS[*end]
        ));
    }
    let [least, most] = SIZE;
    let is_nobodys = |size: &f64| !(least..=most).contains(size);
    if let Some(size) = size(pose, rays).filter(is_nobodys) {
        return impossible(format!(
            "found bones {size:.2} times as long as most people's, expected {least} to {most} \
             times; are keypoints and camera_info of one image, and is the person 1 to 12 m away?"
        ));
    }
    let off_m = median_off_m(pose, root_m, rays);
    if off_m > MOST_OFF_M {
        return impossible(format!(
            "found half of the joints {off_m:.2} m or more from where they were seen, expected \
             {MOST_OFF_M} m at most"
        ));
    }
    match measured_m.map(|measured_m| (measured_m, distance_m / measured_m)) {
        Some((measured_m, factor)) if factor.max(factor.recip()) > DISTANCE_FACTOR => Err((
            Cause::OtherDistance,
            format!(
                "found {distance_m:.2} m away by keypoints and camera_info, {measured_m:.2} m in \
                 the detector's message; is camera_info that of an image of another size?"
            ),
        )),
        _ => Ok(()),
    }
}

/// How long the bones are of which both ends were seen, in units of most people's; `None` without
/// any.
fn size(pose: &Pose, rays: &Rays) -> Option<f64> {
    let bones = skeleton::BONES.iter().zip(skeleton::BONES_M);
    let seen = bones.filter(|((from, to), _)| rays[*from].is_some() && rays[*to].is_some());
    let (found_m, most_m) = seen.fold((0.0, 0.0), |(found_m, most_m), ((from, to), bone_m)| {
        let length_m = (pose[*to] - pose[*from]).norm();
        (found_m + length_m, most_m + bone_m)
    });
    (most_m > 0.0).then(|| found_m / most_m)
}

/// How far half of the joints seen are from their rays at most (m).
fn median_off_m(pose: &Pose, root_m: &Vector3<f64>, rays: &Rays) -> f64 {
    let joints = pose.iter().zip(rays);
    let mut off_m: Vec<f64> = joints
        .filter_map(|(joint, ray)| {
            let ray = ray.as_ref()?;
            let direction = Vector3::new(ray.xy.x, ray.xy.y, 1.0).normalize();
            Some((joint + root_m).cross(&direction).norm())
        })
        .collect();
    off_m.sort_by(f64::total_cmp);
    off_m.get(off_m.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
