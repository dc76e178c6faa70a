//! One node, two cameras: what each shows, and what is wrong with one of them.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::hri_msgs::IdsList;
use posemoe::msg::people_msgs::People;
use posemoe::msg::posemoe::{People3D, Person3D};

use crate::bus::{Outgoing, Rig};
use crate::messages::{PEOPLE, camera_info, detections, ms, person};

const TWO: &str = "-p sources:=[front,rear] -p front.keypoints_topic:=/front/tracking \
    -p front.camera_info_topic:=/front/camera_info -p rear.keypoints_topic:=/rear/tracking \
    -p rear.camera_info_topic:=/rear/camera_info";

/// The rear camera sees people at half of their distance.
const OTHER: [f64; 2] = [600.0, 300.0];

/// The calibration of a camera, in the optical frame that bears its name.
fn calibrate(rig: &mut Rig, camera: &str, focal_px: f64) {
    let mut info = camera_info();
    info.header.frame_id = format!("{camera}_optical");
    (info.k[0], info.k[4]) = (focal_px, focal_px);
    rig.send(&format!("/{camera}/camera_info"), &info);
}

/// Person 7 in an image of this camera; what is published upon it.
pub fn see(rig: &mut Rig, camera: &str, at_ms: i64) -> Vec<Outgoing> {
    show(rig, camera, at_ms, &["7"])
}

pub fn show(rig: &mut Rig, camera: &str, at_ms: i64, ids: &[&str]) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let people = ids.iter().map(|id| person(id, 0.0)).collect();
    let mut seen = detections(ms(at_ms), people);
    seen.header.frame_id = format!("{camera}_optical");
    rig.send(&format!("/{camera}/tracking"), &seen)
}

/// Both, with their focal lengths.
pub fn both(more: &str, [front_px, rear_px]: [f64; 2]) -> Rig {
    let mut rig = Rig::new(&format!("{TWO} {more}"));
    calibrate(&mut rig, "front", front_px);
    calibrate(&mut rig, "rear", rear_px);
    rig
}

#[test]
fn one_id_of_two_detectors_is_two_people_each_by_their_own_camera() {
    let mut rig = both("", OTHER);
    let mut distance_m = |camera: &str, at_ms| {
        let sent = see(&mut rig, camera, at_ms);
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let [person] = out.people.as_slice() else {
            panic!("{out:?}")
        };
        assert_eq!(person.id, format!("{camera}_7"));
        assert_eq!(person.state, Person3D::TRACKED);
        assert_eq!(out.header.frame_id, format!("{camera}_optical"));
        person.root_position.z
    };
    // The same pixels: half the focal length is half the distance.
    let (front_m, rear_m) = (distance_m("front", 0), distance_m("rear", 5));
    assert!((front_m - 4.0).abs() < 0.1, "{front_m}");
    assert!((rear_m - 2.0).abs() < 0.1, "{rear_m}");
    // Stamps of one camera say nothing of the other's.
    distance_m("front", 3);
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
}

#[test]
fn who_hides_from_one_camera_is_predicted_there_only() {
    let mut rig = both("", OTHER);
    for i in 0..10 {
        see(&mut rig, "front", i * 50);
        see(&mut rig, "rear", i * 50 + 10);
    }
    let mut states = |camera: &str, ids: &[&str]| {
        let sent = show(&mut rig, camera, 520, ids);
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let people = out.people.into_iter().map(|p| (p.id, p.state));
        people.collect::<Vec<_>>()
    };
    let (front, rear) = ("front_7".to_owned(), "rear_7".to_owned());
    assert_eq!(states("front", &[]), [(front, Person3D::PREDICTED)]);
    assert_eq!(states("rear", &["7"]), [(rear, Person3D::TRACKED)]);
}

#[test]
fn a_camera_without_calibration_is_named_while_the_other_works() {
    let mut rig = Rig::new(TWO);
    let unknown = rig.diagnose(ms(0), vec![]).message;
    assert_eq!(
        unknown,
        "front: no camera_info yet; rear: no camera_info yet"
    );
    calibrate(&mut rig, "front", 600.0);
    let sent = see(&mut rig, "front", 100);
    assert!(rig.on::<People3D>(PEOPLE, &sent).is_some());
    assert!(see(&mut rig, "rear", 100).is_empty());
    let diagnosis = rig.diagnose(ms(200), vec![]);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::ERROR, "rear: no camera_info yet")
    );
    calibrate(&mut rig, "rear", 0.0);
    let diagnosis = rig.diagnose(ms(300), vec![]);
    assert!(
        diagnosis
            .message
            .starts_with("rear: camera_info of \"rear_optical\": "),
        "{}",
        diagnosis.message
    );
    calibrate(&mut rig, "rear", 300.0);
    see(&mut rig, "rear", 400);
    assert_eq!(rig.diagnose(ms(450), vec![]).message, "publishing");
}

#[test]
fn a_silent_camera_is_named_while_the_other_is_fed() {
    let mut rig = both("", OTHER);
    rig.diagnose(ms(0), vec![]);
    see(&mut rig, "front", 50);
    let first = rig.diagnose(ms(100), vec![]);
    assert_eq!(
        (first.level, first.message.as_str()),
        (DiagnosticStatus::WARN, "rear: no keypoints yet")
    );
    see(&mut rig, "rear", 150);
    assert_eq!(rig.diagnose(ms(200), vec![]).message, "publishing");
    let mut said = Vec::new();
    for second in 1..=7 {
        for i in 0..10 {
            see(&mut rig, "front", second * 1000 + i * 100);
        }
        let diagnosis = rig.diagnose(ms(second * 1000 + 950), vec![]);
        said.push((diagnosis.level, diagnosis.message.clone()));
        if second == 3 {
            assert_eq!(diagnosis.get("front: input rate (Hz)"), "10.0");
            assert_eq!(diagnosis.get("rear: input rate (Hz)"), "0.0");
            let cycle = diagnosis.get("front: cycle time (ms)");
            assert_eq!(cycle, "mean 100.00, max 100.00");
        }
    }
    let silent = |level, s: f64| (level, format!("rear: no keypoints for {s:.1} s"));
    assert_eq!(said[0], silent(DiagnosticStatus::WARN, 1.8));
    assert_eq!(said[3], silent(DiagnosticStatus::WARN, 4.8));
    assert_eq!(said[4], silent(DiagnosticStatus::ERROR, 5.8));
    see(&mut rig, "rear", 7960);
    assert_eq!(rig.diagnose(ms(7990), vec![]).message, "publishing");
}

/// The ids of the bodies, and of the people for Nav2, that are told upon an image.
fn told(rig: &mut Rig, sent: &[Outgoing]) -> (Vec<String>, Vec<String>) {
    let bodies: IdsList = rig.on("/humans/bodies/tracked", sent).unwrap();
    let people: People = rig.on("/people", sent).unwrap();
    let names = people.people.into_iter().map(|person| person.name);
    (bodies.ids, names.collect())
}

#[test]
fn lists_of_everyone_have_everyone_until_their_camera_falls_silent() {
    // A person stands 4 m before each camera; the cameras look the same way, side by side.
    let mut rig = both(
        "-p publish_hri:=true -p publish_nav_people:=true -p target_frame:=base -p fuse:=false",
        OTHER,
    );
    for camera in ["front", "rear"] {
        let optical = format!("{camera}_optical");
        crate::transforms::fix(&mut rig, "base", &optical, [0.0; 3]);
    }
    see(&mut rig, "rear", 0);
    let sent = see(&mut rig, "front", 20);
    let all = vec!["front_7".to_owned(), "rear_7".to_owned()];
    assert_eq!(told(&mut rig, &sent), (all.clone(), all.clone()));
    let sent = see(&mut rig, "rear", 40);
    assert_eq!(told(&mut rig, &sent), (all.clone(), all));
    // Nobody is before the front camera any more; then the rear one says nothing any more.
    let sent = show(&mut rig, "front", 700, &[]);
    let rear = vec!["rear_7".to_owned()];
    assert_eq!(told(&mut rig, &sent), (rear.clone(), rear));
    let sent = show(&mut rig, "front", 1200, &[]);
    assert_eq!(told(&mut rig, &sent), (vec![], vec![]));
}

#[test]
fn people_of_cameras_in_different_frames_are_not_mixed() {
    let mut rig = both("-p publish_nav_people:=true", OTHER);
    see(&mut rig, "rear", 0);
    let sent = see(&mut rig, "front", 20);
    let people: People = rig.on("/people", &sent).unwrap();
    assert_eq!(people.header.frame_id, "front_optical");
    assert_eq!(people.people.len(), 1);
}

#[test]
fn one_camera_without_a_transform_does_not_hold_up_the_other() {
    let mut rig = both("-p target_frame:=base -p fuse:=false", OTHER);
    crate::transforms::fix(&mut rig, "base", "rear_optical", [0.0; 3]);
    assert_eq!(see(&mut rig, "front", 0).len(), 1, "/tf alone");
    let sent = see(&mut rig, "rear", 10);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.people[0].id, "rear_7");
}
