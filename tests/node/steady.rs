//! Everyone at a steady rate, whatever the detector does.

use std::time::Duration;

use nalgebra::Isometry3;
use posemoe::bus::Event;
use posemoe::msg::people_msgs::People;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::visualization_msgs::MarkerArray;
use posemoe_stamp::Stamp;

use crate::bus::{Outgoing, Rig};
use crate::messages::{FRAME, KEYPOINTS, PEOPLE, detections, header, ms, person, ready};
use crate::transforms::{fix, move_to};

/// Person 7, x m to the right, as seen at that moment and told of 10 ms later.
fn see(rig: &mut Rig, at_ms: i64, x_m: f64) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms + 10);
    rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", x_m)]))
}

/// Walks at 1 m/s to the right for a second; last seen at 980 ms.
fn walk(rig: &mut Rig) {
    for i in 0..50 {
        see(rig, i * 20, 0.02 * i as f64);
    }
}

fn told(rig: &mut Rig, now: Stamp) -> People3D {
    let sent = rig.be_due(now);
    let all: Vec<People3D> = rig.all_on(PEOPLE, &sent);
    assert_eq!(all.len(), 1, "one message for each period");
    all.into_iter().next().unwrap()
}

#[test]
fn people_come_when_the_timer_is_due_and_not_with_images() {
    let mut rig = ready("-p output_rate_hz:=100.0 -p publish_nav_people:=true");
    assert_eq!(rig.bus.timer, Some(Duration::from_millis(10)));
    let sent = rig.be_due(ms(0));
    assert_eq!(
        rig.on::<People3D>(PEOPLE, &sent),
        None,
        "no image yet: nobody knows"
    );
    let sent = see(&mut rig, 10, 0.0);
    assert_eq!(rig.on::<People3D>(PEOPLE, &sent), None);
    let sent = rig.be_due(ms(25));
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.header, header(ms(25)));
    assert_eq!(out.source_stamp, header(ms(10)).stamp);
    assert!((out.age_s - 0.015).abs() < 1e-9);
    let someone = &out.people[0];
    assert_eq!(
        (someone.state, someone.id.as_str()),
        (Person3D::TRACKED, "7")
    );
    assert_eq!(someone.source_stamp, header(ms(10)).stamp);
    let markers: MarkerArray = rig.on("/posemoe/markers", &sent).unwrap();
    assert_eq!(markers.markers[0].header, out.header);
    let people: People = rig.on("/people", &sent).unwrap();
    assert_eq!(people.people[0].position, someone.root_position);
}

#[test]
fn whoever_walks_is_where_they_will_be() {
    let mut rig = ready("-p output_rate_hz:=100.0 -p lead_s:=0.2");
    walk(&mut rig);
    let out = told(&mut rig, ms(1000));
    assert_eq!(
        out.header.stamp,
        header(ms(1200)).stamp,
        "the moment of use"
    );
    let someone = &out.people[0];
    // Last seen at 0.98 m, 0.22 s before, at 1 m/s that fades over 2 s.
    let x_m = someone.root_position.x;
    assert!((x_m - 1.19).abs() < 0.03, "{x_m}");
    assert_eq!(someone.state, Person3D::TRACKED, "a lead is no age");
    let nearer = told(&mut ready_walker("-p output_rate_hz:=100.0"), ms(1000));
    let (soon, late) = (&nearer.people[0], someone);
    assert!(late.root_sigma.x > soon.root_sigma.x + 1e-4);
    assert!(late.joints[13].sigma_m > soon.joints[13].sigma_m);
    assert!((soon.root_position.x - 1.0).abs() < 0.02);
}

fn ready_walker(args: &str) -> Rig {
    let mut rig = ready(args);
    walk(&mut rig);
    rig
}

#[test]
fn a_detector_that_stops_makes_people_predicted_then_lost_and_that_goes_on_being_said() {
    let mut rig = ready_walker("-p output_rate_hz:=50.0 -p stale_s:=0.2 -p predict_s:=0.5");
    let mut states = Vec::new();
    for now_ms in (1000..5000).step_by(20) {
        let out = told(&mut rig, ms(now_ms));
        let someone = &out.people[0];
        let age_ms = now_ms - 980;
        assert!((out.age_s - age_ms as f64 * 1e-3).abs() < 1e-9);
        assert_eq!(someone.age_s, out.age_s);
        let expected = match age_ms {
            ..=200 => Person3D::TRACKED,
            201..=500 => Person3D::PREDICTED,
            _ => Person3D::LOST,
        };
        assert_eq!(someone.state, expected, "{age_ms} ms");
        states.push(someone.state);
    }
    assert_eq!(states.last(), Some(&Person3D::LOST));
    // It comes back.
    see(&mut rig, 5000, 1.0);
    let out = told(&mut rig, ms(5020));
    assert_eq!(out.people[0].state, Person3D::TRACKED);
}

#[test]
fn who_is_lost_between_two_messages_is_told_of() {
    let mut rig = ready_walker("-p output_rate_hz:=1.0 -p predict_s:=0.1 -p reidentify_s:=0.0");
    told(&mut rig, ms(1000));
    for i in 0..20 {
        rig.bus.now = ms(1000 + i * 40);
        rig.send(
            KEYPOINTS,
            &detections(ms(1000 + i * 40), vec![person("8", 1.0)]),
        );
    }
    let out = told(&mut rig, ms(2000));
    let states: Vec<_> = out
        .people
        .iter()
        .map(|p| (p.id.as_str(), p.state))
        .collect();
    assert_eq!(
        states,
        [("8", Person3D::LOST), ("7", Person3D::LOST)],
        "neither was seen of late"
    );
    let out = told(&mut rig, ms(3000));
    assert!(out.people.iter().any(|p| p.id == "8") && out.people.len() <= 2);
}

#[test]
fn a_clock_that_jumps_leaves_nobody_tracked() {
    let mut rig = ready_walker("-p output_rate_hz:=50.0");
    for jumped_ms in [-3_600_000, -500, 60_000, 3_600_000] {
        let out = told(&mut rig, ms(1000 + jumped_ms));
        assert_eq!(out.people[0].state, Person3D::LOST, "{jumped_ms} ms");
        assert!(out.people[0].root_position.x.abs() < 2.0);
    }
    let out = told(&mut rig, ms(1000));
    assert_eq!(out.people[0].state, Person3D::TRACKED, "it was set right");
}

#[test]
fn people_in_a_target_frame_go_on_there() {
    let mut rig = ready("-p output_rate_hz:=50.0 -p target_frame:=odom -p lead_s:=0.1");
    fix(&mut rig, "base", FRAME, [0.0; 3]);
    // The camera itself drives to the right at 1 m/s, past someone who stands at x = 0.5 m in odom.
    for i in 0..50 {
        let x_m = 0.02 * i as f64;
        rig.bus.now = ms(i * 20);
        move_to(
            &mut rig,
            ("odom", "base"),
            i * 20,
            &Isometry3::translation(x_m, 0.0, 0.0),
        );
        see(&mut rig, i * 20, 0.5 - x_m);
    }
    let out = told(&mut rig, ms(1000));
    assert_eq!(out.header.frame_id, "odom");
    let (place, speed) = (&out.people[0].root_position, &out.people[0].root_velocity);
    assert!(
        (place.x - 0.5).abs() < 0.03 && speed.x.abs() < 0.1,
        "{place:?} {speed:?}"
    );
}

#[test]
fn the_rate_may_change_while_the_node_runs() {
    let mut rig = ready("");
    assert_eq!(rig.bus.timer, None);
    assert!(comes_with_image(&mut rig, 0));
    set(&mut rig, "output_rate_hz", 20.0);
    assert_eq!(rig.bus.timer, Some(Duration::from_millis(50)));
    assert!(!comes_with_image(&mut rig, 20));
    assert_eq!(told(&mut rig, ms(50)).people.len(), 1);
    set(&mut rig, "output_rate_hz", 0.0);
    assert_eq!(rig.bus.timer, None);
    let sent = rig.happen(&Event::Timer { now: ms(60) });
    assert!(
        rig.on::<People3D>(PEOPLE, &sent).is_none(),
        "one that was on its way"
    );
    assert!(comes_with_image(&mut rig, 60));
}

fn comes_with_image(rig: &mut Rig, at_ms: i64) -> bool {
    let sent = see(rig, at_ms, 0.0);
    rig.on::<People3D>(PEOPLE, &sent).is_some()
}

fn set(rig: &mut Rig, name: &str, value: f64) {
    use posemoe::msg::rcl_interfaces::{Parameter, SetParameters_Request, SetParameters_Response};
    let mut parameter = Parameter {
        name: name.into(),
        ..Default::default()
    };
    (parameter.value.r#type, parameter.value.double_value) = (3, value);
    let question = SetParameters_Request {
        parameters: vec![parameter],
    };
    let answer: SetParameters_Response = rig.ask("set_parameters", &question);
    assert!(answer.results[0].successful, "{:?}", answer.results);
}
