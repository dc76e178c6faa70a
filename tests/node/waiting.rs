//! The line of those who wait for a transform: in order, bounded, and nobody leaves it unnoticed.

use posemoe::msg::posemoe::People3D;
use posemoe_core::health::Cause;

use crate::bus::{Outgoing, Rig};
use crate::messages::{
    CAMERA_INFO, FRAME, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready,
};
use crate::transforms::fix;

/// People for whom nothing is known of `base` yet.
fn waiting() -> Rig {
    ready("-p target_frame:=base -p transform_timeout_s:=5.0")
}

fn see(rig: &mut Rig, at_ms: i64, frame_id: &str) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let mut seen = detections(ms(at_ms), vec![person("7", 0.0)]);
    seen.header.frame_id = frame_id.into();
    rig.send(KEYPOINTS, &seen)
}

const NOBODY: [i64; 0] = [];

/// Milliseconds of the messages for people among `sent`.
fn answered_ms(rig: &Rig, sent: &[Outgoing]) -> Vec<i64> {
    let messages: Vec<People3D> = rig.all_on(PEOPLE, sent);
    let at_ms = |message: &People3D| {
        let stamp = &message.header.stamp;
        (i64::from(stamp.sec) - 1_700_000_000) * 1000 + i64::from(stamp.nanosec) / 1_000_000
    };
    messages.iter().map(at_ms).collect()
}

fn answer_ms(rig: &mut Rig, at_ms: i64, frame_id: &str) -> Vec<i64> {
    let sent = see(rig, at_ms, frame_id);
    answered_ms(rig, &sent)
}

#[test]
fn everyone_is_placed_in_the_order_of_their_images() {
    let mut rig = waiting();
    for i in 0..5 {
        assert_eq!(answer_ms(&mut rig, i * 33, FRAME), NOBODY);
    }
    let sent = fix(&mut rig, "base", FRAME, [0.0; 3]);
    assert_eq!(answered_ms(&rig, &sent), [0, 33, 66, 99, 132]);
    assert_eq!(answer_ms(&mut rig, 165, FRAME), [165]);
}

#[test]
fn nobody_overtakes_others_of_the_same_camera() {
    let mut rig = waiting();
    fix(&mut rig, "base", "renamed", [0.0; 3]);
    see(&mut rig, 0, FRAME);
    let mut info = camera_info();
    info.header.frame_id = "renamed".into();
    rig.send(CAMERA_INFO, &info);
    // Its own transform is there, but that of the one before is not.
    assert_eq!(answer_ms(&mut rig, 33, "renamed"), NOBODY);
    let sent = fix(&mut rig, "base", FRAME, [0.0; 3]);
    assert_eq!(answered_ms(&rig, &sent), [0, 33]);
}

#[test]
fn the_line_is_bounded_and_those_who_wait_longest_leave_it_counted() {
    let mut rig = waiting();
    for i in 0..300 {
        see(&mut rig, i * 2, FRAME);
    }
    assert_eq!(rig.node.drops().count(Cause::NoTransform), 300 - 256);
    let sent = fix(&mut rig, "base", FRAME, [0.0; 3]);
    let expected: Vec<i64> = (300 - 256..300).map(|i| i * 2).collect();
    assert_eq!(answered_ms(&rig, &sent), expected);
    assert_eq!(rig.node.drops().count(Cause::NoTransform), 300 - 256);
}

#[test]
fn those_who_still_wait_at_the_end_are_counted() {
    let mut rig = waiting();
    for i in 0..5 {
        see(&mut rig, i * 33, FRAME);
    }
    assert!(rig.node.drops().is_empty());
    let sent = rig.finish();
    assert_eq!(answered_ms(&rig, &sent), NOBODY);
    assert_eq!(rig.node.drops().count(Cause::NoTransform), 5);
    let sent = rig.finish();
    assert_eq!(answered_ms(&rig, &sent), NOBODY);
    assert_eq!(rig.node.drops().count(Cause::NoTransform), 5, "once");
}

#[test]
fn frames_that_are_answered_only_at_the_end_are_placed_or_counted_too() {
    for (is_known, placed, dropped) in [(true, vec![0, 33], 0), (false, vec![], 2)] {
        let mut rig = ready("-p target_frame:=base -p frames_together:=8");
        if is_known {
            fix(&mut rig, "base", FRAME, [0.0; 3]);
        }
        see(&mut rig, 0, FRAME);
        see(&mut rig, 33, FRAME);
        let sent = rig.finish();
        assert_eq!(answered_ms(&rig, &sent), placed);
        assert_eq!(rig.node.drops().count(Cause::NoTransform), dropped);
    }
}
