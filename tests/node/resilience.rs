//! Cameras, detectors and networks that falter: the node says so, and goes on.

use std::collections::BTreeMap;

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bus::{Outgoing, Rig};
use crate::messages::{CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready};

fn see(rig: &mut Rig, at_ms: i64, ids: &[&str]) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let people = ids.iter().map(|id| person(id, 0.0)).collect();
    rig.send(KEYPOINTS, &detections(ms(at_ms), people))
}

fn people(rig: &Rig, sent: &[Outgoing]) -> Vec<Person3D> {
    let out: Option<People3D> = rig.on(PEOPLE, sent);
    out.map_or(vec![], |out| out.people)
}

#[test]
fn a_calibration_that_changes_counts_from_the_next_image_on() {
    let mut rig = ready("");
    for i in 0..10 {
        see(&mut rig, i * 50, &["7"]);
    }
    let mut info = camera_info();
    (info.k[0], info.k[4]) = (1200.0, 1200.0);
    rig.send(CAMERA_INFO, &info);
    // The same pixels are twice as far away now; the track goes on, and is there within a second.
    let mut last_m = 0.0;
    for i in 10..50 {
        let sent = see(&mut rig, i * 50, &["7"]);
        let found = people(&rig, &sent);
        assert_eq!((found.len(), found[0].state), (1, Person3D::TRACKED));
        last_m = found[0].root_position.z;
        assert!(last_m > 3.9 && last_m < 9.5, "{last_m}");
    }
    assert!((last_m - 8.0).abs() < 0.3, "{last_m}");
}

#[test]
fn a_camera_that_is_renamed_begins_anew_and_says_who_is_lost() {
    let mut rig = ready("");
    see(&mut rig, 0, &["7", "8"]);
    let mut info = camera_info();
    info.header.frame_id = "other_frame".into();
    rig.send(CAMERA_INFO, &info);
    assert!(see(&mut rig, 50, &["7"]).is_empty(), "still the old name");
    let mut seen = detections(ms(100), vec![person("7", 0.0)]);
    seen.header.frame_id = "other_frame".into();
    let sent = rig.send(KEYPOINTS, &seen);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.header.frame_id, "other_frame");
    let states: Vec<_> = out
        .people
        .iter()
        .map(|p| (p.id.as_str(), p.state))
        .collect();
    assert_eq!(states, [("7", Person3D::TRACKED), ("8", Person3D::LOST)]);
    let diagnosis = rig.diagnose(ms(150), vec![]);
    let counted = diagnosis.get("dropped: frame_id differs from camera_info");
    assert!(counted.starts_with("2 (last: camera changed"), "{counted}");
}

#[test]
fn a_detector_that_dies_and_returns_is_missed_and_then_forgiven() {
    let mut rig = ready("");
    for i in 0..40 {
        see(&mut rig, i * 50, &["7"]);
    }
    assert_eq!(rig.diagnose(ms(2000), vec![]).message, "publishing");
    let mut levels = BTreeMap::new();
    for second in 3..12 {
        let diagnosis = rig.diagnose(ms(second * 1000), vec![]);
        assert!(
            diagnosis.message.starts_with("no keypoints for "),
            "{}",
            diagnosis.message
        );
        *levels.entry(diagnosis.level).or_insert(0) += 1;
    }
    let (warn, error) = (DiagnosticStatus::WARN, DiagnosticStatus::ERROR);
    assert_eq!(levels, BTreeMap::from([(warn, 4), (error, 5)]));
    // It counts from 1 again; who stood there before is lost, and said so.
    let sent = see(&mut rig, 12_000, &["1"]);
    let states: Vec<_> = people(&rig, &sent)
        .into_iter()
        .map(|p| (p.id, p.state))
        .collect();
    let expected = [("1", Person3D::TRACKED), ("7", Person3D::LOST)];
    assert_eq!(states, expected.map(|(id, state)| (id.to_owned(), state)));
    assert_eq!(rig.diagnose(ms(12_100), vec![]).message, "publishing");
    let sent = see(&mut rig, 12_150, &["1"]);
    assert_eq!(people(&rig, &sent).len(), 1, "lost once");
}

#[test]
fn who_is_back_under_the_same_id_after_long_does_not_rush_there() {
    let mut rig = ready("");
    for i in 0..40 {
        let seen = detections(ms(i * 50), vec![person("7", -1.0 + 0.05 * i as f64)]);
        rig.send(KEYPOINTS, &seen);
    }
    let sent = see(&mut rig, 12_000, &["7"]);
    let found = &people(&rig, &sent)[0];
    let velocity = &found.root_velocity;
    assert_eq!((velocity.x, velocity.y, velocity.z), (0.0, 0.0, 0.0));
    assert!(found.root_position.x.abs() < 0.05);
}

#[test]
fn tf_goes_back_in_time_only_where_the_bag_does() {
    let mut rig = ready("");
    let mut newest: BTreeMap<String, (i32, u32)> = BTreeMap::new();
    let mut returns = 0;
    for round in 0..3 {
        // Late and repeated messages among the others.
        for at_ms in (0..60).flat_map(|i| [i * 33, i * 33, i * 33 - 20]) {
            let is_jump = round > 0 && at_ms == 0 && returns < round;
            let sent = see(&mut rig, at_ms, &["7", "8"]);
            let frames: Option<TFMessage> = rig.on("/tf", &sent);
            if is_jump {
                newest.clear();
                returns += 1;
            }
            for transform in frames.into_iter().flat_map(|message| message.transforms) {
                let stamp = transform.header.stamp;
                let stamp = (stamp.sec, stamp.nanosec);
                let child = transform.child_frame_id;
                let before = newest.insert(child.clone(), stamp);
                assert!(before < Some(stamp), "{child}: {before:?}, {stamp:?}");
            }
        }
    }
    assert_eq!((returns, newest.len()), (2, 34));
    let diagnosis = rig.diagnose(ms(5000), vec![]);
    let jumps = diagnosis.get("dropped: time jumped back, memory reset");
    assert!(jumps.starts_with("2 "), "{jumps}");
}

#[test]
fn one_frame_in_five_lost_at_60_hz_is_only_less_often() {
    let mut rig = ready("");
    let (mut sent_count, mut speeds) = (0, Vec::new());
    for i in 0..300 {
        // The same fifth in every run, at no even distances.
        if (i * 7919 % 1009) % 5 == 0 {
            continue;
        }
        sent_count += 1;
        let at_s = i as f64 / 60.0;
        let stamp = ms(0).plus_seconds(at_s);
        let seen = detections(stamp, vec![person("7", -1.25 + 0.5 * at_s)]);
        let sent = rig.send(KEYPOINTS, &seen);
        let found = people(&rig, &sent);
        assert_eq!((found.len(), found[0].state), (1, Person3D::TRACKED));
        speeds.push(found[0].root_velocity.x);
    }
    assert_eq!(rig.node.totals().frames_out, sent_count);
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
    let settled = &speeds[60..];
    assert!(settled.iter().all(|v| (v - 0.5).abs() < 0.1), "{settled:?}");
}
