use super::*;
use crate::geometry::canonical::Ray;
use crate::skeleton::JOINT_COUNT;
use nalgebra::Point2;

const K: [f64; 9] = [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0];

fn camera() -> Camera {
    Camera::new(&K, "plumb_bob", &[], 640, 480).unwrap()
}

/// Someone who stands upright, root-relative (m).
fn standing() -> Pose {
    [
        (0.0, 0.0),
        (-0.1, 0.0),
        (-0.1, 0.45),
        (-0.1, 0.9),
        (0.1, 0.0),
        (0.1, 0.45),
        (0.1, 0.9),
        (0.0, -0.25),
        (0.0, -0.5),
        (0.0, -0.65),
        (0.0, -0.75),
        (0.18, -0.48),
        (0.25, -0.2),
        (0.25, 0.05),
        (-0.18, -0.48),
        (-0.25, -0.2),
        (-0.25, 0.05),
    ]
    .map(|(x, y)| Vector3::new(x, y, 0.0))
}

fn seen_at(points: [Vector3<f64>; JOINT_COUNT]) -> Rays {
    points.map(|p| {
        Some(Ray {
            xy: Point2::new(p.x / p.z, p.y / p.z),
            score: 0.9,
            depth_m: None,
        })
    })
}

/// A person of these pixels, and whether they pass.
fn looked_at(
    place: impl Fn(&Vector3<f64>) -> [f64; 2],
    box_px: Option<[[f64; 2]; 2]>,
) -> Result<(), Fault> {
    let person = Sighting {
        track_id: None,
        score: 0.9,
        joints: standing().map(|joint| {
            let [x_px, y_px] = place(&joint);
            Some(Keypoint {
                x_px,
                y_px,
                score: 0.9,
                depth_m: None,
            })
        }),
        face: [None; 5],
        box_px,
        distance_m: None,
    };
    let rays = seen_at(standing().map(|joint| joint + Vector3::z()));
    in_image(&person, &rays, &camera())
}

/// Pixels of someone 4 m away.
fn pixels(joint: &Vector3<f64>) -> [f64; 2] {
    [320.0 + 150.0 * joint.x, 240.0 + 150.0 * joint.y]
}

fn refused(found: Result<(), Fault>, cause: Cause, words: &str) {
    let (found, detail) = found.unwrap_err();
    assert_eq!(found, cause, "{detail}");
    assert!(detail.contains(words), "{detail}");
}

#[test]
fn who_is_within_a_few_pixels_is_not_taken_and_the_likely_unit_is_named() {
    assert_eq!(looked_at(pixels, None), Ok(()));
    let shares = |joint: &Vector3<f64>| pixels(joint).map(|v| v / 640.0);
    let words = "px or more one way: shares of the image (0 to 1) in place of pixels?";
    refused(looked_at(shares, None), Cause::TooSmall, words);
    let around_the_middle = |joint: &Vector3<f64>| [joint.x, joint.y];
    refused(
        looked_at(around_the_middle, None),
        Cause::TooSmall,
        "shares of the image",
    );
    let one_pixel = |_: &Vector3<f64>| [400.0, 300.0];
    let words = "found 17 keypoints within 0.00 x 0.00 px, expected 8 px or more one way";
    refused(looked_at(one_pixel, None), Cause::TooSmall, words);
    let far = |joint: &Vector3<f64>| [400.0 + 6.0 * joint.x, 300.0 + 6.0 * joint.y];
    assert_eq!(looked_at(far, None), Ok(()), "9.9 px high");
}

#[test]
fn keypoints_belong_in_the_image() {
    let beside = |joint: &Vector3<f64>| [pixels(joint)[0] - 400.0, pixels(joint)[1]];
    let words = "found 0 of 17 keypoints within 640 x 480 px, expected 3 or more";
    refused(looked_at(beside, None), Cause::OutsideImage, words);
    let nearly = |joint: &Vector3<f64>| [pixels(joint)[0] - 300.0, pixels(joint)[1]];
    assert_eq!(looked_at(nearly, None), Ok(()), "an arm is in the image");
}

#[test]
fn keypoints_belong_in_the_persons_box() {
    let around = Some([[280.0, 120.0], [360.0, 380.0]]);
    assert_eq!(looked_at(pixels, around), Ok(()));
    let lagging = Some([[335.0, 120.0], [415.0, 380.0]]);
    assert_eq!(looked_at(pixels, lagging), Ok(()));
    // In pixels of the box; with x and y changed; in percent of the image.
    let of_box = |joint: &Vector3<f64>| [pixels(joint)[0] - 280.0, pixels(joint)[1] - 120.0];
    let words =
        "expected them in the box from (280, 120) to (360, 380) px of an image of 640 x 480 px";
    refused(looked_at(of_box, around), Cause::OutsideBox, words);
    let turned = |joint: &Vector3<f64>| {
        let [x, y] = pixels(joint);
        [y, x]
    };
    refused(
        looked_at(turned, around),
        Cause::OutsideBox,
        "around (233.7, 320.0) px",
    );
    let percent = |joint: &Vector3<f64>| pixels(joint).map(|v| v / 6.4);
    refused(
        looked_at(percent, around),
        Cause::OutsideBox,
        "around (50.0, ",
    );
}

fn in_space_at(root_m: Vector3<f64>, pose: &Pose, measured_m: Option<f64>) -> Result<(), Fault> {
    let rays = seen_at(standing().map(|joint| joint + root_m));
    in_space(pose, &root_m, &rays, measured_m)
}

#[test]
fn nobody_is_seen_too_near_or_too_far_to_be_seen() {
    let at = |z| in_space_at(Vector3::new(0.0, 0.0, z), &standing(), None);
    assert_eq!([at(0.5), at(4.0), at(29.0)], [Ok(()), Ok(()), Ok(())]);
    refused(
        at(2283.0),
        Cause::ImpossiblePerson,
        "found 2283.000 m away, expected 0.3 to 30 m",
    );
    refused(
        at(0.013),
        Cause::ImpossiblePerson,
        "are keypoints and camera_info of one image?",
    );
    refused(at(f64::NAN), Cause::ImpossiblePerson, "found NaN m away");
}

#[test]
fn bones_are_a_persons() {
    let of_size = |size: f64, unseen: &[usize]| {
        let pose = standing().map(|joint| joint * size);
        let root_m = Vector3::new(0.0, 0.0, 4.0);
        let mut rays = seen_at(pose.map(|joint| joint + root_m));
        unseen.iter().for_each(|joint| rays[*joint] = None);
        in_space(&pose, &root_m, &rays, None)
    };
    let of_all = |size| of_size(size, &[]);
    assert_eq!(
        [of_all(0.65), of_all(1.0), of_all(1.3)],
        [Ok(()), Ok(()), Ok(())]
    );
    refused(
        of_all(0.5),
        Cause::ImpossiblePerson,
        "bones 0.52 times as long as most people's",
    );
    refused(
        of_all(1.5),
        Cause::ImpossiblePerson,
        "expected 0.6 to 1.4 times",
    );
    refused(
        of_all(2.5),
        Cause::ImpossiblePerson,
        "a bone of 1.12 m to right_knee",
    );
    refused(of_all(f64::NAN), Cause::ImpossiblePerson, "a bone of NaN m");
    // Between the joints that are left there is no bone.
    assert_eq!(of_size(0.5, &[0, 1, 3, 4, 6, 7, 8, 10, 12, 15]), Ok(()));
}

#[test]
fn a_pose_that_is_not_what_was_seen_is_nobodys() {
    let mut pose = standing();
    for joint in &mut pose[8..] {
        joint.x += 0.4;
    }
    let root_m = Vector3::new(0.0, 0.0, 4.0);
    refused(
        in_space_at(root_m, &pose, None),
        Cause::ImpossiblePerson,
        "half of the joints 0.40 m or more from where they were seen",
    );
    pose[8].x -= 0.4;
    assert_eq!(
        in_space_at(root_m, &pose, None),
        Ok(()),
        "fewer than half are off"
    );
}

#[test]
fn what_the_detector_measured_may_differ_by_stature_only() {
    let at = |measured_m| {
        let root_m = Vector3::new(0.0, 0.0, 3.5);
        in_space_at(root_m, &standing(), Some(measured_m))
    };
    assert_eq!([at(3.5), at(2.6), at(4.9)], [Ok(()), Ok(()), Ok(())]);
    let words = "found 3.50 m away by keypoints and camera_info, 7.00 m in the detector's message";
    refused(at(7.0), Cause::OtherDistance, words);
    refused(
        at(1.75),
        Cause::OtherDistance,
        "camera_info that of an image of another size?",
    );
}
