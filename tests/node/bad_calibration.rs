//! A camera that does not say where its pixels look, or whose keypoints they are.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::sensor_msgs::CameraInfo;

use crate::bus::Rig;
use crate::messages::{CAMERA_INFO, KEYPOINTS, camera_info, detections, ms, person, ready, works};

#[test]
fn keypoints_before_any_calibration_wait_with_an_error() {
    let mut rig = Rig::new("");
    assert!(!works(&mut rig, 0));
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::ERROR, "no camera_info yet")
    );
    assert!(
        diagnosis
            .get("dropped: keypoints before camera_info")
            .starts_with("1 ")
    );
    rig.send(CAMERA_INFO, &camera_info());
    assert!(works(&mut rig, 200));
}

#[test]
fn an_uncalibrated_camera_is_named_and_a_later_calibration_heals_it() {
    let mut rig = Rig::new("");
    let mut zero = camera_info();
    zero.k = [0.0; 9];
    rig.send(CAMERA_INFO, &zero);
    assert!(!works(&mut rig, 0));
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert_eq!(diagnosis.level, DiagnosticStatus::ERROR);
    assert!(
        diagnosis
            .message
            .contains("K is all zero: the camera is uncalibrated"),
        "{}",
        diagnosis.message
    );
    rig.send(CAMERA_INFO, &camera_info());
    assert!(works(&mut rig, 200));
}

#[test]
fn unusable_calibrations_say_what_was_found_and_expected() {
    type Spoil = fn(&mut CameraInfo);
    let cases: [(Spoil, &str); 5] = [
        (|c| c.k[0] = f64::NAN, "found fx=NaN"),
        (|c| c.k[4] = -1.0, "fy=-1"),
        (
            |c| c.distortion_model = "fov".into(),
            "expected plumb_bob, rational_polynomial or equidistant",
        ),
        (|c| c.d = vec![0.1; 3], "expected 0, 4 or 5 finite numbers"),
        (|c| c.width = 0, "image size is 0 x 480 px"),
    ];
    for (spoil, expected) in cases {
        let mut rig = Rig::new("");
        let mut info = camera_info();
        spoil(&mut info);
        rig.send(CAMERA_INFO, &info);
        let diagnosis = rig.diagnose(ms(100), vec![]);
        assert!(
            diagnosis.message.contains(expected),
            "{}",
            diagnosis.message
        );
    }
}

#[test]
fn keypoints_of_another_camera_are_refused() {
    let mut rig = ready("");
    let mut other = detections(ms(0), vec![person("7", 0.0)]);
    other.header.frame_id = "rear_optical_frame".into();
    assert!(rig.send(KEYPOINTS, &other).is_empty());
    other.header.frame_id = String::new();
    assert!(rig.send(KEYPOINTS, &other).is_empty());
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert!(
        diagnosis
            .get("dropped: frame_id differs from camera_info")
            .contains("\"rear_optical_frame\"")
    );
    assert!(
        diagnosis
            .get("dropped: bad header")
            .contains("frame_id is empty")
    );
}
