//! Nobody is tracked who cannot be there: units, images and calibrations that do not go together.

use nalgebra::{Rotation3, Vector3};
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::Detection;

use crate::bus::Rig;
use crate::messages::{
    CAMERA_INFO, FRAME, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready, works,
};

/// A person whose pixels were changed, and what became of them after five images.
fn tracked_after(change: impl Fn(&mut Detection)) -> (Vec<Person3D>, Rig) {
    let mut rig = ready("");
    let mut last = Vec::new();
    for i in 0..5 {
        let mut someone = person("7", 0.0);
        change(&mut someone);
        let sent = rig.send(KEYPOINTS, &detections(ms(50 * i), vec![someone]));
        let out = rig.on::<People3D>(PEOPLE, &sent);
        last = out.map_or(Vec::new(), |out| out.people);
    }
    (last, rig)
}

fn each_place(person: &mut Detection, place: impl Fn(f64, f64) -> (f64, f64)) {
    for keypoint in &mut person.keypoints.data {
        let point = &mut keypoint.point;
        (point.x, point.y) = place(point.x, point.y);
    }
}

fn each_score(person: &mut Detection, score: impl Fn(f64) -> f64) {
    for keypoint in &mut person.keypoints.data {
        keypoint.score = score(keypoint.score);
    }
}

#[test]
fn keypoints_in_other_units_are_counted_and_nobody_is_there() {
    type Change = fn(&mut Detection);
    let cases: [(Change, &str, &str); 9] = [
        (
            |p| each_place(p, |x, y| (x / 640.0, y / 480.0)),
            "person too small in the image",
            "shares of the image (0 to 1) in place of pixels?",
        ),
        (
            |p| each_place(p, |_, _| (320.0, 240.0)),
            "person too small in the image",
            "within 0.00 x 0.00 px",
        ),
        (
            |p| each_place(p, |x, y| (x / 20.0, y / 20.0)),
            "impossible person",
            "expected 0.3 to 30 m",
        ),
        (
            |p| each_place(p, |x, y| (x - 500.0, y)),
            "keypoint outside image",
            "found 0 of 16 keypoints within 640 x 480 px",
        ),
        (
            |p| each_score(p, |score| 100.0 * score),
            "score is not 0 to 1",
            "found 80, expected 0 to 1 (percent? logits?)",
        ),
        (
            |p| each_score(p, |_| f64::NAN),
            "score is not 0 to 1",
            "that are NaN",
        ),
        (|p| p.score = 90.0, "score is not 0 to 1", "found 90"),
        (
            |p| p.keypoints.data.iter_mut().for_each(|k| k.id -= 1),
            "keypoint ids from 0",
            "found ids [0, 5, ",
        ),
        (
            |p| {
                let others = person("7", 0.7).keypoints.data;
                p.keypoints.data.extend(others);
            },
            "keypoint id twice",
            "more than once",
        ),
    ];
    for (change, cause, words) in cases {
        let (people, mut rig) = tracked_after(change);
        assert!(people.is_empty(), "{cause}: {people:?}");
        let diagnosis = rig.diagnose(ms(300), vec![]);
        let said = diagnosis.get(&format!("dropped: {cause}"));
        assert!(
            said.starts_with("5 ") && said.contains(words),
            "{cause}: {said}"
        );
    }
}

#[test]
fn who_becomes_impossible_is_predicted_and_not_moved() {
    let mut rig = ready("");
    assert!(works(&mut rig, 0) && works(&mut rig, 50));
    let mut shares = person("7", 0.0);
    each_place(&mut shares, |x, y| (x / 640.0, y / 480.0));
    let sent = rig.send(KEYPOINTS, &detections(ms(100), vec![shares]));
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.people[0].state, Person3D::PREDICTED);
    assert!((out.people[0].root_position.z - 4.0).abs() < 0.1);
}

#[test]
fn a_smaller_image_than_the_detectors_shows_in_boxes_and_keypoints() {
    let mut rig = Rig::new("");
    let mut half = camera_info();
    (half.width, half.height) = (320, 240);
    for i in [0, 2, 4, 5] {
        half.k[i] /= 2.0;
    }
    rig.send(CAMERA_INFO, &half);
    let mut someone = person("7", 0.0);
    let (at, size) = (&mut someone.bbox.center.position, &mut someone.bbox.size);
    (at.x, at.y, size.x, size.y) = (320.0, 250.0, 80.0, 260.0);
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![someone]));
    assert!(rig.on::<People3D>(PEOPLE, &sent).is_none());
    let diagnosis = rig.diagnose(ms(100), vec![]);
    let said = diagnosis.get("dropped: image size differs from camera_info");
    assert!(
        said.contains("a box that reaches to (360, 380) px"),
        "{said}"
    );
    assert!(said.contains("camera_info of 320 x 240 px"), "{said}");
}

/// Where somebody is seen whose pixels are those of [`person`], by another camera.
fn root_m(ros_args: &str, change: impl Fn(&mut CameraInfo)) -> Result<Vector3<f64>, String> {
    let mut rig = Rig::new(ros_args);
    let mut info = camera_info();
    info.p = [
        600.0, 0.0, 320.0, 0.0, 0.0, 600.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0,
    ];
    change(&mut info);
    rig.send(CAMERA_INFO, &info);
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    let Some(out) = rig.on::<People3D>(PEOPLE, &sent) else {
        let diagnosis = rig.diagnose(ms(100), vec![]);
        assert_eq!(diagnosis.level, DiagnosticStatus::ERROR);
        return Err(diagnosis.message);
    };
    assert_eq!(out.header.frame_id, FRAME);
    let root = &out.people[0].root_position;
    Ok(Vector3::new(root.x, root.y, root.z))
}

#[test]
fn binning_and_roi_are_applied() {
    // The same pixels of a camera with twice the resolution, of which every second is sent.
    let binned = root_m("", |info| {
        info.k = [1200.0, 0.0, 640.0, 0.0, 1200.0, 480.0, 0.0, 0.0, 1.0];
        (info.width, info.height) = (1280, 960);
        (info.binning_x, info.binning_y) = (2, 2);
    });
    let cut = root_m("", |info| {
        info.k = [600.0, 0.0, 420.0, 0.0, 600.0, 290.0, 0.0, 0.0, 1.0];
        (info.width, info.height) = (840, 580);
        let roi = &mut info.roi;
        (roi.x_offset, roi.y_offset, roi.width, roi.height) = (100, 50, 640, 480);
    });
    for found in [binned, cut] {
        let off = found.unwrap() - Vector3::new(0.0, 0.0, 4.0);
        assert!(off.norm() < 0.05, "{off}");
    }
    let beyond = root_m("", |info| {
        let roi = &mut info.roi;
        (roi.x_offset, roi.y_offset, roi.width, roi.height) = (100, 50, 640, 480);
    });
    let said = beyond.unwrap_err();
    assert!(said.contains("roi of 640 x 480 px at (100, 50)"), "{said}");
}

#[test]
fn with_a_rectified_image_r_is_applied_and_a_second_camera_refused() {
    let rectified = "-p image_rectified:=true";
    let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 0.1);
    let turned = root_m(rectified, |info| {
        info.r = std::array::from_fn(|i| turn[(i / 3, i % 3)]);
    });
    let expected = turn.inverse() * Vector3::new(0.0, 0.0, 4.0);
    let off = turned.unwrap() - expected;
    assert!(off.norm() < 0.1 && expected.x < -0.3, "{off}");
    // Of an image that nobody rectified, R says nothing.
    let raw = root_m("", |info| {
        info.r = std::array::from_fn(|i| turn[(i / 3, i % 3)]);
    });
    assert!(raw.unwrap().x.abs() < 0.05);
    let second = root_m(rectified, |info| info.p[3] = -72.0).unwrap_err();
    assert!(
        second.contains("P[3]=-72") && second.contains("0.120 m"),
        "{second}"
    );
    let empty = root_m(rectified, |info| info.p = [0.0; 12]).unwrap_err();
    assert!(
        empty.contains("P is all zero") && empty.contains("image_rectified"),
        "{empty}"
    );
    assert!(!empty.contains("K is"), "{empty}");
}

#[test]
fn a_leading_slash_is_no_part_of_a_frames_name() {
    for (of_info, of_keypoints) in [("/", ""), ("", "/"), ("/", "/")] {
        let mut rig = Rig::new("");
        let mut info = camera_info();
        info.header.frame_id = format!("{of_info}{FRAME}");
        rig.send(CAMERA_INFO, &info);
        let mut message = detections(ms(0), vec![person("7", 0.0)]);
        message.header.frame_id = format!("{of_keypoints}{FRAME}");
        let sent = rig.send(KEYPOINTS, &message);
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        assert_eq!((out.header.frame_id.as_str(), out.people.len()), (FRAME, 1));
    }
    let mut rig = ready("");
    let mut nameless = detections(ms(0), vec![person("7", 0.0)]);
    nameless.header.frame_id = "/".into();
    assert!(rig.send(KEYPOINTS, &nameless).is_empty());
    assert!(
        rig.diagnose(ms(10), vec![])
            .get("dropped: bad header")
            .contains("frame_id is empty")
    );
}
