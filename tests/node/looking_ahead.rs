//! Answers that wait for later frames (mode window, `lookahead_s`): all come, each under its own
//! stamp.

use posemoe::msg::encode;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe_core::health::Cause;

use crate::bus::{Outgoing, Rig};
use crate::managed::change;
use crate::messages::{CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready};

/// Milliseconds of our messages among `sent`, and how many people each tracks.
fn answered(rig: &Rig, sent: &[Outgoing]) -> Vec<(i64, usize)> {
    let messages: Vec<People3D> = rig.all_on(PEOPLE, sent);
    let tracked = |people: &[Person3D]| {
        let tracked = people.iter().filter(|p| p.state == Person3D::TRACKED);
        tracked.count()
    };
    let at_ms = |message: &People3D| {
        let stamp = &message.header.stamp;
        (i64::from(stamp.sec) - 1_700_000_000) * 1000 + i64::from(stamp.nanosec) / 1_000_000
    };
    messages
        .iter()
        .map(|message| (at_ms(message), tracked(&message.people)))
        .collect()
}

fn send(rig: &mut Rig, at_ms: i64, ids: &[&str]) -> Vec<(i64, usize)> {
    let people = ids.iter().map(|id| person(id, 0.0)).collect();
    let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), people));
    answered(rig, &sent)
}

fn finish(rig: &mut Rig) -> Vec<(i64, usize)> {
    let sent = rig.finish();
    answered(rig, &sent)
}

fn ahead() -> Rig {
    ready("-p mode:=window -p lookahead_s:=0.2")
}

#[test]
fn a_window_without_lookahead_answers_at_once() {
    let mut rig = ready("-p mode:=window");
    for i in 0..10 {
        assert_eq!(send(&mut rig, i * 50, &["7"]), [(i * 50, 1)]);
    }
    assert_eq!(finish(&mut rig), []);
}

#[test]
fn a_frame_is_answered_when_one_comes_that_is_later_by_the_lookahead() {
    let mut rig = ahead();
    for i in 0..4 {
        assert_eq!(send(&mut rig, i * 50, &["7"]), []);
    }
    assert_eq!(
        send(&mut rig, 200, &["7"]),
        [(0, 1)],
        "exactly so much later"
    );
    assert_eq!(send(&mut rig, 349, &[]), [(50, 1), (100, 1)]);
    assert_eq!(finish(&mut rig), [(150, 1), (200, 1), (349, 0)]);
    assert_eq!(finish(&mut rig), [], "nothing is said twice");
    let totals = rig.node.totals();
    assert_eq!((totals.frames_in, totals.frames_out), (6, 6));
}

#[test]
fn a_time_jump_and_another_camera_answer_what_waits_first() {
    let mut rig = ahead();
    send(&mut rig, 5000, &["7"]);
    send(&mut rig, 5050, &["7", "8"]);
    assert_eq!(send(&mut rig, 0, &["7"]), [(5000, 1), (5050, 2)]);
    let mut info = camera_info();
    let mut other = detections(ms(50), vec![person("7", 0.0)]);
    info.header.frame_id = "rear_optical_frame".into();
    other.header.frame_id = "rear_optical_frame".into();
    rig.send(CAMERA_INFO, &info);
    let sent = rig.send_bytes(KEYPOINTS, encode(&other));
    assert_eq!(answered(&rig, &sent), [(0, 1)]);
    let message: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(message.header.frame_id, "camera_optical_frame");
    assert_eq!(finish(&mut rig), [(50, 1)]);
    let totals = rig.node.totals();
    assert_eq!((totals.frames_in, totals.frames_out), (4, 4));
}

#[test]
fn more_waiting_frames_than_the_bound_are_answered_earlier_not_lost() {
    let mut rig = ready("-p mode:=window -p lookahead_s:=2.0");
    let mut answers: Vec<_> = (0..600).flat_map(|i| send(&mut rig, i, &["7"])).collect();
    assert_eq!(answers.len(), 600 - posemoe_core::lift::MOST_WAITING);
    answers.extend(finish(&mut rig));
    let expected: Vec<_> = (0..600).map(|at_ms| (at_ms, 1)).collect();
    assert_eq!(answers, expected);
}

#[test]
fn who_is_seen_again_in_a_waiting_frame_is_lost_and_found() {
    let mut rig = ready("-p mode:=window -p lookahead_s:=2.0 -p predict_s:=0.1");
    for i in 0..40 {
        let ids: &[&str] = if (10..30).contains(&i) { &[] } else { &["7"] };
        assert_eq!(send(&mut rig, i * 50, ids), []);
    }
    let sent = rig.finish();
    let states: Vec<Vec<u8>> = rig
        .all_on::<People3D>(PEOPLE, &sent)
        .iter()
        .map(|message| message.people.iter().map(|p| p.state).collect())
        .collect();
    let is = |state: u8| move |people: &Vec<u8>| people[..] == [state];
    assert!(states[..10].iter().all(is(Person3D::TRACKED)));
    assert!(states[10..12].iter().all(is(Person3D::PREDICTED)));
    assert!(states[12..13].iter().all(is(Person3D::LOST)));
    assert!(states[13..30].iter().all(Vec::is_empty));
    assert!(states[30..].iter().all(is(Person3D::TRACKED)));
}

#[test]
fn waiting_on_purpose_is_not_late() {
    let mut rig = ahead();
    rig.diagnose(ms(300), vec![]); // so late is it while these come
    let sent: Vec<_> = (0..5)
        .flat_map(|i| send(&mut rig, i * 50, &["7"]))
        .collect();
    assert_eq!(sent, [(0, 1)]);
    assert_eq!(rig.diagnose(ms(700), vec![]).message, "publishing");
    assert_eq!(send(&mut rig, 250, &["7"]), [(50, 1)]);
    let late = rig.diagnose(ms(750), vec![]).message;
    assert!(late.contains("late: up to 650 ms"), "{late}");
}

#[test]
fn who_was_in_a_frame_in_flight_when_the_node_was_deactivated_takes_no_room() {
    // Room for three; each round leaves one behind whose last frame is never answered.
    for waits in [
        "-p mode:=window -p lookahead_s:=0.2",
        "-p frames_together:=4",
    ] {
        let mut rig = ready(&format!("{waits} -p max_people:=3"));
        let mut tracked = 0;
        for round in 0..8 {
            for frame in 0..10 {
                let at_ms = round * 5000 + frame * 50;
                let seen = detections(ms(at_ms), vec![person(&format!("r{round}"), 0.0)]);
                let sent = rig.send(KEYPOINTS, &seen);
                let answers = answered(&rig, &sent);
                tracked += answers.iter().map(|(_, tracked)| tracked).sum::<usize>();
            }
            assert!(change(&mut rig, "deactivate") && change(&mut rig, "activate"));
        }
        assert!(
            tracked >= 8 * 5,
            "{waits}: {tracked}, {:?}",
            rig.node.drops()
        );
        // Those of the last frames, and nothing else.
        let causes: Vec<Cause> = rig.node.drops().iter().map(|(cause, _)| cause).collect();
        assert_eq!(causes, [Cause::Inactive], "{waits}");
    }
}
