//! Bodies of ROS4HRI in: a topic for each, which comes and goes.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe::msg::posemoe::{People3D, Person3D};

use crate::bus::{Outgoing, Rig, standing};
use crate::messages::{CAMERA_INFO, PEOPLE, camera_info, header, ms};

const HRI: &str = "-p keypoints_type:=hri_msgs/msg/Skeleton2D";
const TRACKED: &str = "/humans/bodies/tracked";
/// The message's points and the network's joints.
const POINTS: [(u8, usize); 13] = [
    (Skeleton2D::NOSE, 9),
    (Skeleton2D::RIGHT_SHOULDER, 14),
    (Skeleton2D::RIGHT_ELBOW, 15),
    (Skeleton2D::RIGHT_WRIST, 16),
    (Skeleton2D::LEFT_SHOULDER, 11),
    (Skeleton2D::LEFT_ELBOW, 12),
    (Skeleton2D::LEFT_WRIST, 13),
    (Skeleton2D::RIGHT_HIP, 1),
    (Skeleton2D::RIGHT_KNEE, 2),
    (Skeleton2D::RIGHT_ANKLE, 3),
    (Skeleton2D::LEFT_HIP, 4),
    (Skeleton2D::LEFT_KNEE, 5),
    (Skeleton2D::LEFT_ANKLE, 6),
];

fn topic(id: &str) -> String {
    format!("/humans/bodies/{id}/skeleton2d")
}

fn track(rig: &mut Rig, at_ms: i64, ids: &[&str]) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    let list = IdsList {
        header: header(ms(at_ms)),
        ids,
    };
    rig.send(TRACKED, &list)
}

/// Someone who stands with the mid-hip at (x, 0, 4) m.
fn skeleton(rig: &mut Rig, id: &str, at_ms: i64, x_m: f64) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let mut message = Skeleton2D {
        header: header(ms(at_ms)),
        ..Default::default()
    };
    for (point, joint) in POINTS {
        let (place, p) = (&mut message.skeleton[usize::from(point)], standing()[joint]);
        place.x = ((320.0 + 600.0 * (p.x + x_m) / 4.0) / 640.0) as f32;
        place.y = ((240.0 + 600.0 * p.y / 4.0) / 480.0) as f32;
        place.c = 0.8;
    }
    rig.send(&topic(id), &message)
}

fn people(rig: &Rig, sent: &[Outgoing]) -> Vec<(String, u8)> {
    let out: Option<People3D> = rig.on(PEOPLE, sent);
    let people = out.into_iter().flat_map(|out| out.people);
    people.map(|p| (p.id, p.state)).collect()
}

fn is_subscribed(rig: &Rig, id: &str) -> bool {
    rig.bus.subscribed.iter().any(|t| t.name == topic(id))
}

fn ready() -> Rig {
    let mut rig = Rig::new(HRI);
    rig.send(CAMERA_INFO, &camera_info());
    rig
}

#[test]
fn a_body_is_lifted_under_its_own_id() {
    let mut rig = ready();
    assert!(!is_subscribed(&rig, "ab"));
    track(&mut rig, 0, &["ab"]);
    let sent = skeleton(&mut rig, "ab", 0, 0.5);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.header, header(ms(0)));
    let [person] = out.people.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!(
        (person.id.as_str(), person.state),
        ("ab", Person3D::TRACKED)
    );
    let root = &person.root_position;
    assert!(
        (root.x - 0.5).abs() < 0.05 && (root.z - 4.0).abs() < 0.1,
        "{root:?}"
    );
}

#[test]
fn bodies_of_one_image_come_out_together() {
    let mut rig = ready();
    track(&mut rig, 0, &["ab", "cd"]);
    assert!(skeleton(&mut rig, "cd", 0, 0.5).is_empty());
    let sent = skeleton(&mut rig, "ab", 0, -0.5);
    let both = ["ab", "cd"].map(|id| (id.to_owned(), Person3D::TRACKED));
    assert_eq!(people(&rig, &sent), both);
    // The one is missing in the next image: it waits for her until one comes after that.
    assert!(skeleton(&mut rig, "ab", 50, -0.5).is_empty());
    let sent = skeleton(&mut rig, "ab", 100, -0.5);
    let states: Vec<u8> = people(&rig, &sent).into_iter().map(|p| p.1).collect();
    assert_eq!(states, [Person3D::TRACKED, Person3D::PREDICTED]);
}

#[test]
fn the_last_image_of_a_bag_comes_out_as_far_as_it_has_come() {
    let mut rig = ready();
    track(&mut rig, 0, &["ab", "cd"]);
    skeleton(&mut rig, "cd", 0, 0.5);
    skeleton(&mut rig, "ab", 0, -0.5);
    assert!(skeleton(&mut rig, "ab", 50, -0.5).is_empty());
    let sent = rig.finish();
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.header, header(ms(50)));
    let states: Vec<u8> = out.people.iter().map(|person| person.state).collect();
    assert_eq!(states, [Person3D::TRACKED, Person3D::PREDICTED]);
    assert_eq!(rig.node.totals().frames_in, 2);
    assert!(rig.finish().is_empty(), "nothing is said twice");
}

#[test]
fn who_leaves_is_lost_and_their_topic_is_given_back_after_a_while() {
    let mut rig = ready();
    for i in 0..10 {
        track(&mut rig, i * 50, &["ab", "cd"]);
        skeleton(&mut rig, "cd", i * 50, 0.5);
        skeleton(&mut rig, "ab", i * 50, -0.5);
    }
    // cd goes at once, ab a second later; in an empty list nobody was seen, which makes ab lost.
    track(&mut rig, 500, &["ab"]);
    for i in 10..30 {
        skeleton(&mut rig, "ab", i * 50, -0.5);
    }
    let mut states = Vec::new();
    for i in 30..50 {
        let sent = track(&mut rig, i * 50, &[]);
        states.extend(people(&rig, &sent));
    }
    let lost = states.iter().filter(|(_, state)| *state == Person3D::LOST);
    let lost: Vec<&str> = lost.map(|(id, _)| id.as_str()).collect();
    assert_eq!(lost, ["ab"], "cd was lost before");

    rig.diagnose(ms(5400), vec![]);
    assert!(
        is_subscribed(&rig, "cd"),
        "away for 4.9 s: trackers flicker"
    );
    rig.diagnose(ms(5600), vec![]);
    assert!(!is_subscribed(&rig, "cd") && is_subscribed(&rig, "ab"));
    track(&mut rig, 5700, &["ab"]);
    rig.diagnose(ms(20_000), vec![]);
    assert!(is_subscribed(&rig, "ab"), "who is back in time stays");
    let count = rig.bus.subscribed.iter().filter(|t| t.name == topic("ab"));
    assert_eq!(count.count(), 1);
    // And cd comes back under a new subscription.
    track(&mut rig, 20_050, &["ab", "cd"]);
    skeleton(&mut rig, "cd", 20_050, 0.5);
    let sent = skeleton(&mut rig, "ab", 20_050, -0.5);
    assert_eq!(people(&rig, &sent).len(), 2);
}

#[test]
fn without_camera_info_the_pixels_are_unknown_and_that_is_counted() {
    let mut rig = Rig::new(HRI);
    track(&mut rig, 0, &["ab"]);
    assert!(skeleton(&mut rig, "ab", 0, 0.0).is_empty());
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert_eq!(
        diagnosis.get("dropped: keypoints before camera_info"),
        "1 (last: skeleton of \"ab\")"
    );
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::ERROR, "no camera_info yet")
    );
    rig.send(CAMERA_INFO, &camera_info());
    let sent = skeleton(&mut rig, "ab", 100, 0.0);
    assert_eq!(people(&rig, &sent).len(), 1);
}

#[test]
fn images_are_counted_not_messages() {
    let mut rig = ready();
    rig.diagnose(ms(-1), vec![]);
    for i in 0..10 {
        track(&mut rig, i * 100, &["ab", "cd"]);
        skeleton(&mut rig, "cd", i * 100, 0.5);
        skeleton(&mut rig, "ab", i * 100, -0.5);
    }
    let diagnosis = rig.diagnose(ms(999), vec![]);
    assert_eq!(diagnosis.get("input rate (Hz)"), "10.0");
    assert_eq!(rig.node.totals().frames_in, 10);
}

#[test]
fn a_list_alone_is_no_keypoints() {
    let mut rig = ready();
    for i in 0..10 {
        track(&mut rig, i * 100, &["ab"]);
    }
    let diagnosis = rig.diagnose(ms(999), vec![]);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::WARN, "no keypoints yet")
    );
}

#[test]
fn ids_that_are_no_names_open_no_topics() {
    let mut rig = ready();
    let before = rig.bus.subscribed.len();
    track(&mut rig, 0, &["7", "a/b", "", "a b", "../x"]);
    assert_eq!(rig.bus.subscribed.len(), before);
    let diagnosis = rig.diagnose(ms(10), vec![]);
    let counted = diagnosis.get("dropped: unusable body id");
    assert!(counted.starts_with("5 "), "{counted}");
}

/// Whatever a peer made of one body's topic, the others are lifted.
#[test]
fn a_body_whose_topic_has_another_type_is_counted_and_others_are_heard() {
    let mut rig = Rig::new(HRI);
    rig.send(CAMERA_INFO, &camera_info());
    rig.bus.refused = vec![topic("a")];
    track(&mut rig, 0, &["a", "b"]);
    let mut sent = skeleton(&mut rig, "b", 0, 0.0);
    for at_ms in (50..=1_000).step_by(50) {
        sent.extend(track(&mut rig, at_ms, &["a", "b"]));
        sent.extend(skeleton(&mut rig, "b", at_ms, 0.0));
    }
    assert_eq!(people(&rig, &sent)[0].0, "b");
    let said = rig.diagnose(ms(1_000), vec![]);
    let counted = said.get("dropped: topic of a body refused");
    assert!(
        counted.starts_with("1 "),
        "{counted:?} of {:?}",
        said.values
    );
    track(&mut rig, 10_000, &["b"]);
    rig.happen(&posemoe::bus::Event::Tick { now: ms(20_000) }); // gives nothing back twice
}
