//! People in a frame that is not the camera's: right, or not at all.

use std::f64::consts::FRAC_PI_4;

use nalgebra::{Isometry3, UnitQuaternion, Vector3};
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::people_msgs::People;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::visualization_msgs::MarkerArray;

use crate::bus::{Outgoing, Rig};
use crate::messages::{
    CAMERA_INFO, FRAME, KEYPOINTS, PEOPLE, camera_info, detections, header, ms, person, ready,
};
use crate::transforms::{fix, fix_turned, move_to, optical};

/// Person 7, x m to the right of the image's centre; what is published upon it.
fn see(rig: &mut Rig, at_ms: i64, x_m: f64) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", x_m)]))
}

fn placed(rig: &Rig, sent: &[Outgoing]) -> Option<People3D> {
    rig.on(PEOPLE, sent)
}

fn at(x: f64, y: f64, z: f64) -> Isometry3<f64> {
    Isometry3::translation(x, y, z)
}

fn root_m(out: &People3D) -> Vector3<f64> {
    let root = &out.people[0].root_position;
    Vector3::new(root.x, root.y, root.z)
}

fn velocity_m_s(out: &People3D) -> Vector3<f64> {
    let velocity = &out.people[0].root_velocity;
    Vector3::new(velocity.x, velocity.y, velocity.z)
}

fn off_m(found: &Vector3<f64>, x: f64, y: f64, z: f64) -> f64 {
    (found - Vector3::new(x, y, z)).norm()
}

#[test]
fn a_fixed_camera_gives_people_where_they_are_on_the_base() {
    let mut rig = ready("-p target_frame:=base -p publish_nav_people:=true");
    fix_turned(&mut rig, "base", FRAME, &optical([0.2, 0.0, 1.0]));
    let mut sent = Vec::new();
    for i in 0..60 {
        // 1 m/s to the right of a camera that looks ahead: the base's -y.
        sent = see(&mut rig, i * 20, -0.6 + 0.02 * i as f64);
    }
    let out = placed(&rig, &sent).unwrap();
    assert_eq!(out.header.frame_id, "base");
    assert_eq!(out.header.stamp, header(ms(59 * 20)).stamp);
    let root_m = root_m(&out);
    assert!(off_m(&root_m, 4.2, -0.58, 1.0) < 0.15, "{root_m}");
    let velocity_m_s = velocity_m_s(&out);
    assert!(off_m(&velocity_m_s, 0.0, -1.0, 0.0) < 0.3, "{velocity_m_s}");
    let head = &out.people[0].joints[10].position;
    assert!(head.z > 1.6, "up is the base's z: {head:?}");
    let markers: MarkerArray = rig.on("/posemoe/markers", &sent).unwrap();
    assert!(markers.markers.iter().all(|m| m.header.frame_id == "base"));
    let label = markers.markers.iter().find(|m| m.text == "7").unwrap();
    let label = &label.pose.position;
    assert!(label.z > head.z + 0.25, "above the head: {label:?}");
    assert!((label.x - head.x).abs() < 0.1 && (label.y - head.y).abs() < 0.1);
    let people: People = rig.on("/people", &sent).unwrap();
    assert_eq!(people.header, out.header);
    assert_eq!(people.people[0].position, out.people[0].root_position);
    // Frames of bodies stay where they were measured: TF itself takes them further.
    let frames: TFMessage = rig.on("/tf", &sent).unwrap();
    assert_eq!(frames.transforms[0].header.frame_id, FRAME);
    let there = &frames.transforms[0].transform.translation;
    assert!((there.z - 4.0).abs() < 0.1, "{there:?}");
}

#[test]
fn doubt_along_the_ray_is_turned_into_the_target_as_a_whole() {
    // A camera that looks 45° to the left of the base's x, and someone 45° to the right in its
    // image.
    let mut rig = ready("-p target_frame:=base");
    let turn = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), FRAC_PI_4);
    fix_turned(&mut rig, "base", FRAME, &(turn * optical([0.0; 3])));
    let mut info = camera_info();
    (info.k[0], info.k[4]) = (300.0, 300.0);
    rig.send(CAMERA_INFO, &info);
    let mut someone = person("7", 0.0);
    let away = UnitQuaternion::from_axis_angle(&Vector3::y_axis(), FRAC_PI_4);
    for keypoint in &mut someone.keypoints.data {
        let place = &mut keypoint.point;
        let ray = Vector3::new((place.x - 320.0) / 600.0, (place.y - 240.0) / 600.0, 1.0);
        let ray = away * ray;
        (place.x, place.y) = (320.0 + 300.0 * ray.x / ray.z, 240.0 + 300.0 * ray.y / ray.z);
    }
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![someone]));
    let out = placed(&rig, &sent).unwrap();
    let (root_m, sigma) = (root_m(&out), &out.people[0].root_sigma);
    assert!(
        off_m(&root_m, 4.0, 0.0, 0.0) < 0.1,
        "straight ahead: {root_m}"
    );
    assert!(
        (0.20..0.25).contains(&sigma.x),
        "5 % of 4 m and a little: {sigma:?}"
    );
    assert!(
        sigma.y < 0.05 && sigma.z < 0.05,
        "across the ray: {sigma:?}"
    );
}

#[test]
fn a_transform_that_is_a_little_late_is_waited_for() {
    let mut rig = ready("-p target_frame:=odom");
    fix(&mut rig, "base", FRAME, [0.0; 3]);
    for i in 0..3 {
        move_to(&mut rig, ("odom", "base"), i * 50, &at(1.0, 0.0, 0.0));
    }
    let sent = see(&mut rig, 120, 0.0);
    assert!(placed(&rig, &sent).is_none(), "odom is known up to 100 ms");
    assert!(rig.on::<TFMessage>("/tf", &sent).is_some(), "at once");
    rig.bus.now = ms(170);
    let sent = move_to(&mut rig, ("odom", "base"), 150, &at(1.0, 0.0, 0.0));
    let out = placed(&rig, &sent).unwrap();
    assert_eq!(out.header.stamp, header(ms(120)).stamp);
    assert!(off_m(&root_m(&out), 1.0, 0.0, 4.0) < 0.1);
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
    assert_eq!(rig.diagnose(ms(200), vec![]).message, "publishing");
}

#[test]
fn a_transform_that_never_comes_costs_the_people_and_is_named() {
    let mut rig = ready("-p target_frame:=odom -p transform_timeout_s:=0.3");
    fix(&mut rig, "base", FRAME, [0.0; 3]);
    rig.diagnose(ms(-10), vec![]);
    for i in 0..20 {
        let sent = see(&mut rig, i * 50, 0.0);
        assert!(placed(&rig, &sent).is_none(), "never in another frame");
    }
    let diagnosis = rig.diagnose(ms(990), vec![]);
    assert_eq!(diagnosis.level, DiagnosticStatus::ERROR);
    for (text, said) in [
        (&diagnosis.message, "no transform into the target frame: "),
        (
            &diagnosis.message,
            "frame \"odom\" is not known; known are base, camera_optical_frame",
        ),
    ] {
        assert!(text.contains(said), "{text}");
    }
    // Those up to 650 ms have waited for 0.3 s; the others are in time yet.
    let dropped = diagnosis.get("dropped: no transform into the target frame");
    assert!(dropped.starts_with("14 (last: frame \"odom\""), "{dropped}");
    assert_eq!(diagnosis.get("people"), "0");

    // It comes after all: for those in time, and the trouble is over a period later.
    let sent = fix(&mut rig, "odom", "base", [1.0, 0.0, 0.0]);
    let healed: Vec<People3D> = rig.all_on(PEOPLE, &sent);
    assert_eq!(healed.len(), 6);
    let late = rig.diagnose(ms(1000), vec![]).message;
    assert!(late.starts_with("late: up to 290 ms"), "{late}");
    see(&mut rig, 1050, 0.0);
    assert_eq!(rig.diagnose(ms(1100), vec![]).message, "publishing");
}

#[test]
fn some_dropped_and_some_published_is_a_warning() {
    let mut rig = ready("-p target_frame:=odom -p transform_timeout_s:=0.0");
    see(&mut rig, 0, 0.0);
    fix(&mut rig, "odom", FRAME, [0.0; 3]);
    see(&mut rig, 50, 0.0);
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert_eq!(diagnosis.level, DiagnosticStatus::WARN);
    assert!(diagnosis.message.contains("\"odom\" is not known"));
}

#[test]
fn someone_who_stands_before_a_moving_robot_stands_in_odom() {
    let mut rig = ready("-p target_frame:=odom");
    fix_turned(&mut rig, "base", FRAME, &optical([0.1, 0.0, 0.0]));
    let mut placed_people = Vec::new();
    for i in 0..100 {
        // The robot goes 1 m/s to its left, past a person who stands 4 m ahead of where it began.
        let left_m = 0.02 * i as f64 - 1.0;
        move_to(
            &mut rig,
            ("odom", "base"),
            i * 20 + 1,
            &at(0.0, left_m, 0.0),
        );
        let sent = see(&mut rig, i * 20, left_m - 0.001);
        placed_people.extend(placed(&rig, &sent));
    }
    assert!(placed_people.len() >= 98, "{}", placed_people.len());
    let out = placed_people.last().unwrap();
    let (root_m, velocity_m_s) = (root_m(out), velocity_m_s(out));
    assert!(off_m(&root_m, 4.1, 0.0, 0.0) < 0.2, "{root_m}");
    assert!(velocity_m_s.norm() < 0.15, "{velocity_m_s}");
}

#[test]
fn time_that_jumps_back_in_tf_too_heals() {
    let mut rig = ready("-p target_frame:=odom");
    fix(&mut rig, "base", FRAME, [0.0; 3]);
    for round in 0..3_i64 {
        // Each round the robot is elsewhere: nothing of the round before may be left.
        let there = at(round as f64, 0.0, 0.0);
        let mut found = 0;
        for i in 0..400 {
            // The clock goes on while stamps begin anew.
            move_to(&mut rig, ("odom", "base"), i * 50 + 10, &there);
            let seen = detections(ms(i * 50), vec![person("7", 0.0)]);
            rig.bus.now = ms(round * 20_000 + i * 50);
            let sent = rig.send(KEYPOINTS, &seen);
            if let Some(out) = placed(&rig, &sent) {
                assert_eq!(out.people[0].state, Person3D::TRACKED);
                assert!(off_m(&root_m(&out), round as f64, 0.0, 4.0) < 0.1);
                found += 1;
            }
        }
        assert!(found >= 398, "{found} of round {round}");
    }
}

#[test]
fn a_clock_that_jumps_back_leaves_nobody_waiting_for_ever() {
    let mut rig = ready("-p target_frame:=odom -p transform_timeout_s:=0.2");
    see(&mut rig, 60_000, 0.0);
    see(&mut rig, 0, 0.0);
    let dropped = rig.diagnose(ms(10), vec![]);
    let dropped = dropped.get("dropped: no transform into the target frame");
    assert!(dropped.starts_with("1 "), "{dropped}");
}

#[test]
fn frames_of_robots_may_be_called_like_bodies() {
    let mut rig = ready("-p target_frame:=body_link");
    let sent = fix(&mut rig, "body_link", "body_camera", [0.0; 3]);
    assert!(sent.is_empty());
    fix(&mut rig, "body_camera", FRAME, [1.0, 0.0, 0.0]);
    let sent = see(&mut rig, 0, 0.0);
    assert!(off_m(&root_m(&placed(&rig, &sent).unwrap()), 1.0, 0.0, 4.0) < 0.1);
}

#[test]
fn what_the_node_publishes_itself_is_not_kept() {
    // 60 people an image under ever new names would fill a buffer of 1000 frames within a second.
    let mut rig = ready("-p target_frame:=base -p max_people:=256");
    fix(&mut rig, "base", FRAME, [0.0; 3]);
    for i in 0..3 {
        let people = (0..60).map(|p| person(&format!("{i}_{p}"), 0.0)).collect();
        let sent = rig.send(KEYPOINTS, &detections(ms(i * 50), people));
        let own: TFMessage = rig.on("/tf", &sent).unwrap();
        assert_eq!(own.transforms.len(), 60 * 17);
        rig.send("/tf", &own);
    }
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
}
