//! Where keypoints and joints of a bag must be.

use std::path::Path;

use nalgebra::{Isometry3, Point3, Quaternion, Translation3, UnitQuaternion};
use posemoe::msg::posemoe::{Keypoint2D, People2D, People3D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_core::geometry::camera::Camera;

use crate::{golden, messages};

/// Keypoints are floats of 32 bits, which are 1e-4 px apart at 2000; so are Human3.6M's joints.
const TOLERANCE_PX: f64 = 1e-3;

pub fn keypoints(bag: &Path) -> Vec<People2D> {
    messages(bag, "/people2d")
}

pub fn is_at(keypoint: &Keypoint2D, pixel: &serde_json::Value) -> bool {
    let off = |found: f32, axis: usize| (f64::from(found) - pixel[axis].as_f64().unwrap()).abs();
    keypoint.score == 1.0 && off(keypoint.x_px, 0).max(off(keypoint.y_px, 1)) < TOLERANCE_PX
}

/// All 17 joints of the one person in each frame.
pub fn check_seventeen(bag: &Path, name: &str) {
    let (found, expected) = (keypoints(bag), golden(name));
    assert_eq!(found.len(), expected.as_array().unwrap().len());
    for (frame, message) in found.iter().enumerate() {
        assert_eq!(message.joint_set, "h36m17");
        let [person] = message.people.as_slice() else {
            panic!("{} people", message.people.len());
        };
        assert_eq!(person.keypoints.len(), 17);
        for (joint, keypoint) in person.keypoints.iter().enumerate() {
            let pixel = &expected[frame][joint];
            assert!(
                is_at(keypoint, pixel),
                "{name} {frame} {joint}: {keypoint:?}, expected {pixel}"
            );
        }
    }
}

/// The truth, seen through the bag's own transform and calibration, is where its keypoints are.
pub fn check_truth_is_at_keypoints(bag: &Path, joint_of_keypoint: &[(usize, &str)]) {
    let transforms: Vec<TFMessage> = messages(bag, "/tf_static");
    let infos: Vec<CameraInfo> = messages(bag, "/camera/camera_info");
    let truth: Vec<People3D> = messages(bag, "/truth/people3d");
    let seen = keypoints(bag);
    let one = &transforms[0].transforms[0];
    let (t, r) = (&one.transform.translation, &one.transform.rotation);
    let world_from_camera = Isometry3::from_parts(
        Translation3::new(t.x, t.y, t.z),
        UnitQuaternion::from_quaternion(Quaternion::new(r.w, r.x, r.y, r.z)),
    );
    assert_eq!((infos.len(), truth.len()), (seen.len(), seen.len()));
    for ((info, truth), seen) in infos.iter().zip(&truth).zip(&seen) {
        assert_eq!(
            (&info.header, &info.header.stamp),
            (&seen.header, &truth.header.stamp)
        );
        assert_eq!(
            (&one.header.frame_id, &one.child_frame_id),
            (&truth.header.frame_id, &seen.header.frame_id)
        );
        assert_eq!(
            (info.width, info.height),
            (seen.image_width_px, seen.image_height_px)
        );
        let camera = Camera::new(
            &info.k,
            &info.distortion_model,
            &info.d,
            info.width,
            info.height,
        );
        let camera = camera.unwrap();
        for (truly, person) in truth.people.iter().zip(&seen.people) {
            assert_eq!(truly.id, person.id);
            for (keypoint, name) in joint_of_keypoint {
                let joint = truth.joint_names.iter().position(|n| n == name).unwrap();
                let position = &truly.joints[joint].position;
                let keypoint = &person.keypoints[*keypoint];
                if position.x.is_nan() {
                    assert_eq!((truly.joints[joint].score, keypoint.score), (0.0, 0.0));
                    continue;
                }
                let point = Point3::new(position.x, position.y, position.z);
                let pixel = camera
                    .pixel(&(world_from_camera.inverse() * point))
                    .unwrap();
                let off =
                    (pixel.x - f64::from(keypoint.x_px)).hypot(pixel.y - f64::from(keypoint.y_px));
                assert!(off < TOLERANCE_PX, "{name}: {off} px");
            }
        }
    }
}

/// Keypoints of h36m17, and the joints that they show.
pub const H36M: [(usize, &str); 4] = [
    (0, "pelvis"),
    (3, "right_ankle"),
    (10, "head"),
    (13, "left_wrist"),
];
/// The same of body25.
pub const BODY25: [(usize, &str); 4] = [
    (8, "pelvis"),
    (11, "right_ankle"),
    (0, "nose"),
    (7, "left_wrist"),
];
