//! What a deactivated node forgets: everyone, wherever they are on the way through it.

use posemoe::msg::people_msgs::People;
use posemoe::msg::posemoe::{People3D, Person3D};

use crate::bus::{Outgoing, Rig};
use crate::managed::change;
use crate::messages::{FRAME, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready};
use crate::transforms::fix;

/// These people in one frame, each at a place of their own; what is published upon it.
fn see(rig: &mut Rig, at_ms: i64, ids: &[&str]) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let people = ids.iter().zip(0..);
    let people = people.map(|(id, place)| person(id, 0.5 * f64::from(place)));
    rig.send(KEYPOINTS, &detections(ms(at_ms), people.collect()))
}

/// Who is told of in each message for people, and as what.
fn told(rig: &Rig, sent: &[Outgoing]) -> Vec<Vec<(String, u8)>> {
    let messages: Vec<People3D> = rig.all_on(PEOPLE, sent);
    let people = |message: People3D| message.people.into_iter().map(|p| (p.id, p.state));
    messages
        .into_iter()
        .map(|message| people(message).collect())
        .collect()
}

fn away_and_back(rig: &mut Rig) {
    assert!(change(rig, "deactivate") && change(rig, "activate"));
}

#[test]
fn who_was_tracked_is_lost_at_once_and_not_predicted() {
    let mut rig = ready("");
    see(&mut rig, 0, &["7", "8"]);
    away_and_back(&mut rig);
    let sent = see(&mut rig, 33, &["8"]);
    let expected = [
        ("7".into(), Person3D::LOST),
        ("8".into(), Person3D::TRACKED),
    ];
    assert_eq!(told(&rig, &sent), [expected]);
    let sent = see(&mut rig, 66, &[]);
    assert_eq!(
        told(&rig, &sent),
        [[("8".into(), Person3D::PREDICTED)]],
        "7 is said once"
    );
}

#[test]
fn who_comes_back_begins_anew() {
    let mut rig = ready("");
    let position_m = |rig: &mut Rig, at_ms, x_m| {
        let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", x_m)]));
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        (out.people[0].root_position.x, out.people[0].root_velocity.x)
    };
    for i in 0..30 {
        position_m(&mut rig, i * 33, 0.03 * i as f64);
    }
    let (_, velocity_m_s) = position_m(&mut rig, 990, 0.9);
    assert!(velocity_m_s > 0.5, "{velocity_m_s}");
    away_and_back(&mut rig);
    // As of somebody just met: there, and at rest.
    let mut stranger = ready("");
    let found = position_m(&mut rig, 1023, 0.3);
    assert_eq!(found, position_m(&mut stranger, 1023, 0.3));
    assert_eq!(found.1, 0.0);
}

#[test]
fn frames_that_wait_for_later_ones_are_never_answered() {
    for waits in [
        "-p mode:=window -p lookahead_s:=0.2",
        "-p frames_together:=8",
    ] {
        let mut rig = ready(waits);
        see(&mut rig, 0, &["7"]);
        see(&mut rig, 33, &["7"]);
        away_and_back(&mut rig);
        let mut sent = see(&mut rig, 5000, &["8"]);
        sent.extend(rig.finish());
        let all = told(&rig, &sent);
        assert_eq!(all, [[("8".into(), Person3D::TRACKED)]], "{waits}");
    }
}

#[test]
fn people_who_wait_for_a_transform_are_never_placed() {
    let mut rig = ready("-p target_frame:=base -p transform_timeout_s:=5.0");
    see(&mut rig, 0, &["7"]);
    away_and_back(&mut rig);
    let sent = fix(&mut rig, "base", FRAME, [0.0; 3]);
    assert_eq!(told(&rig, &sent), [] as [Vec<(String, u8)>; 0]);
    let sent = see(&mut rig, 33, &["8"]);
    let expected = [
        ("7".into(), Person3D::LOST),
        ("8".into(), Person3D::TRACKED),
    ];
    assert_eq!(told(&rig, &sent), [expected]);
}

#[test]
fn lists_of_everyone_have_nobody_of_before() {
    let mut rig = Rig::new(
        "-p sources:=[front,rear] -p front.keypoints_topic:=/front -p rear.keypoints_topic:=/rear \
         -p front.camera_info_topic:=/front_info -p rear.camera_info_topic:=/rear_info \
         -p publish_nav_people:=true",
    );
    for topic in ["/front_info", "/rear_info"] {
        rig.send(topic, &camera_info());
    }
    let names = |rig: &mut Rig, topic: &str, at_ms| {
        let sent = rig.send(topic, &detections(ms(at_ms), vec![person("7", 0.0)]));
        let people: People = rig.on("/people", &sent).unwrap();
        people
            .people
            .into_iter()
            .map(|p| p.name)
            .collect::<Vec<_>>()
    };
    names(&mut rig, "/front", 0);
    assert_eq!(names(&mut rig, "/rear", 10), ["front_7", "rear_7"]);
    away_and_back(&mut rig);
    assert_eq!(names(&mut rig, "/rear", 40), ["rear_7"]);
}

#[test]
fn nobody_is_counted_while_it_is_away() {
    let mut rig = ready("");
    see(&mut rig, 0, &["7", "8"]);
    assert_eq!(rig.diagnose(ms(100), vec![]).get("people"), "2");
    assert!(change(&mut rig, "deactivate"));
    assert_eq!(rig.diagnose(ms(200), vec![]).get("people"), "0");
}
