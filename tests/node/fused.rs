//! One node, several cameras that see the same person: one person comes out.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bus::{Outgoing, Rig};
use crate::messages::{PEOPLE, ms};
use crate::several_cameras::{both, see, show};
use crate::transforms::fix;

/// Two cameras that look the same way from places beside each other; people in `base`.
fn beside(rear_at_m: [f64; 3], more: &str) -> Rig {
    let mut rig = both(&format!("-p target_frame:=base {more}"), [600.0; 2]);
    fix(&mut rig, "base", "front_optical", [0.0; 3]);
    fix(&mut rig, "base", "rear_optical", rear_at_m);
    rig
}

/// Images of both at 30 Hz; the people that were told of upon them.
fn images(rig: &mut Rig, from_ms: i64, count: i64) -> Vec<People3D> {
    let images = (0..count).flat_map(|i| [("front", i), ("rear", i)]);
    images
        .filter_map(|(camera, i)| {
            let sent = see(rig, camera, from_ms + 33 * i);
            rig.on(PEOPLE, &sent)
        })
        .collect()
}

fn frames_of(rig: &Rig, sent: &[Outgoing]) -> Vec<(String, String)> {
    let tf: TFMessage = rig.on("/tf", sent).unwrap();
    let transforms = tf.transforms.into_iter();
    transforms
        .map(|one| (one.header.frame_id, one.child_frame_id))
        .collect()
}

#[test]
fn whom_two_cameras_see_is_one_person_in_every_output() {
    let mut rig = beside([0.0; 3], "");
    let told = images(&mut rig, 0, 10);
    assert_eq!(told.len(), 10, "one message for both images of a moment");
    for message in &told {
        assert_eq!(message.header.frame_id, "base");
        let [person] = message.people.as_slice() else {
            panic!("{:?}", message.people)
        };
        assert_eq!(
            (person.id.as_str(), person.state),
            ("f1", Person3D::TRACKED)
        );
        assert!((person.root_position.z - 4.0).abs() < 0.15);
    }
    assert!(see(&mut rig, "front", 330).is_empty(), "the other is due");
    let sent = see(&mut rig, "rear", 330);
    let frames = frames_of(&rig, &sent);
    assert_eq!(frames[0], ("base".to_owned(), "body_f1".to_owned()));
    assert_eq!(rig.diagnose(ms(400), vec![]).message, "publishing");
}

#[test]
fn a_camera_that_falls_silent_is_waited_for_no_longer_than_a_moment() {
    let mut rig = beside([0.0; 3], "");
    images(&mut rig, 0, 10);
    let told = |rig: &mut Rig, at_ms| {
        let sent = see(rig, "front", at_ms);
        let message: Option<People3D> = rig.on(PEOPLE, &sent);
        message.map(|message| message.people[0].id.clone())
    };
    assert_eq!(told(&mut rig, 330), None, "the rear camera is due");
    for i in 11..300 {
        assert_eq!(told(&mut rig, 33 * i).as_deref(), Some("f1"), "image {i}");
    }
    let back = images(&mut rig, 33 * 300, 10);
    assert!(back.iter().all(|message| message.people.len() == 1));
    assert!(back.iter().all(|message| message.people[0].id == "f1"));
}

#[test]
fn cameras_that_disagree_are_named() {
    let mut rig = beside([0.8, 0.0, 0.0], "");
    let told = images(&mut rig, 0, 20);
    let ids = told[15].people.iter().map(|person| person.id.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["f1", "f2"]);
    let diagnosis = rig.diagnose(ms(700), vec![]);
    assert_eq!(diagnosis.level, DiagnosticStatus::WARN);
    let text = &diagnosis.message;
    assert!(
        text.contains("cameras disagree") && text.contains("front_7") && text.contains("rear_7"),
        "{text}"
    );
}

#[test]
fn a_camera_without_a_transform_is_left_out_and_named() {
    let mut rig = both("-p target_frame:=base", [600.0; 2]);
    fix(&mut rig, "base", "front_optical", [0.0; 3]);
    let told = images(&mut rig, 0, 20);
    assert_eq!(told.len(), 20);
    assert!(told.iter().all(|message| message.people.len() == 1));
    let diagnosis = rig.diagnose(ms(700), vec![]);
    assert!(
        diagnosis
            .message
            .contains("no transform into the target frame"),
        "{}",
        diagnosis.message
    );
}

#[test]
fn at_a_steady_rate_the_one_person_is_told_of() {
    let mut rig = beside([0.0; 3], "-p output_rate_hz:=50.0");
    images(&mut rig, 0, 10);
    show(&mut rig, "front", 330, &["7"]);
    let sent = rig.be_due(ms(350));
    let message: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(message.people.len(), 1);
    assert_eq!(message.people[0].id, "f1");
    // The rear camera is further behind.
    assert_eq!(message.source_stamp, crate::messages::header(ms(297)).stamp);
}
