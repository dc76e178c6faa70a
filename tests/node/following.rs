//! People who come, walk, hide and leave.

use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::visualization_msgs::{Marker, MarkerArray};

use crate::messages::{FRAME, KEYPOINTS, PEOPLE, detections, header, ms, person, ready};

#[test]
fn a_person_is_placed_where_they_stand_under_the_inputs_stamp() {
    let mut rig = ready("");
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.5)]));
    let people: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(people.header, header(ms(0)));
    assert_eq!(people.joint_names.len(), 17);
    let person = &people.people[0];
    assert_eq!((person.id.as_str(), person.state), ("7", Person3D::TRACKED));
    let root = &person.root_position;
    // The stand-in poses exactly as the keypoints do, but for the turn of the view.
    assert!(
        (root.x - 0.5).abs() < 0.05 && root.y.abs() < 0.05 && (root.z - 4.0).abs() < 0.1,
        "{root:?}"
    );
    assert!(
        person.root_sigma.z > 0.2,
        "stature alone is 6 % of 4 m: {:?}",
        person.root_sigma
    );
}

#[test]
fn walking_shows_in_the_velocity() {
    let mut rig = ready("");
    let mut sent = Vec::new();
    for i in 0..60 {
        let x_m = -0.6 + 0.02 * f64::from(i);
        sent = rig.send(
            KEYPOINTS,
            &detections(ms(i64::from(i) * 20), vec![person("7", x_m)]),
        );
    }
    let people: People3D = rig.on(PEOPLE, &sent).unwrap();
    let velocity = &people.people[0].root_velocity;
    assert!(
        (velocity.x - 1.0).abs() < 0.1 && velocity.z.abs() < 0.3,
        "{velocity:?}"
    );
}

#[test]
fn the_hidden_are_predicted_without_frames_then_lost_once_and_their_markers_deleted() {
    let mut rig = ready("");
    for i in 0..10 {
        rig.send(KEYPOINTS, &detections(ms(i * 50), vec![person("7", 0.0)]));
    }
    let mut states = Vec::new();
    let mut deleted = 0;
    for i in 10..30 {
        let sent = rig.send(KEYPOINTS, &detections(ms(i * 50), vec![]));
        let people: People3D = rig.on(PEOPLE, &sent).unwrap();
        states.extend(people.people.iter().map(|p| p.state));
        let frames: TFMessage = rig.on("/tf", &sent).unwrap();
        assert!(
            frames.transforms.is_empty(),
            "a guess must not look like a fresh transform"
        );
        let markers: MarkerArray = rig.on("/posemoe/markers", &sent).unwrap();
        deleted += markers
            .markers
            .iter()
            .filter(|m| m.action == Marker::DELETE)
            .count();
    }
    let predicted = states.iter().filter(|s| **s == Person3D::PREDICTED).count();
    assert_eq!(predicted, 10, "0.5 s at 20 Hz");
    assert_eq!(&states[predicted..], [Person3D::LOST]);
    assert_eq!(deleted, 4);
}

#[test]
fn markers_vanish_when_nothing_more_comes() {
    let mut rig = ready("");
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    let markers: MarkerArray = rig.on("/posemoe/markers", &sent).unwrap();
    let lifetimes_s: Vec<i32> = markers.markers.iter().map(|m| m.lifetime.sec).collect();
    assert_eq!(lifetimes_s, [1; 4]);
}

#[test]
fn who_is_lost_after_a_long_silence_is_not_carried_on_through_it() {
    let mut rig = ready("");
    for i in 0..40 {
        let seen = detections(ms(i * 50), vec![person("7", -1.0 + 0.05 * i as f64)]);
        rig.send(KEYPOINTS, &seen);
    }
    let sent = rig.send(KEYPOINTS, &detections(ms(62_000), vec![]));
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    let lost = &out.people[0];
    assert_eq!(lost.state, Person3D::LOST);
    // Half a second further at 1 m/s, not a minute.
    assert!((lost.root_position.x - 1.5).abs() < 0.2, "{lost:?}");
}

#[test]
fn frames_are_named_after_people_and_turned_with_them() {
    let mut rig = ready("");
    let sent = rig.send(
        KEYPOINTS,
        &detections(ms(0), vec![person("7", 0.0), person("anna", 0.8)]),
    );
    let message: TFMessage = rig.on("/tf", &sent).unwrap();
    assert_eq!(message.transforms.len(), 2 * 17);
    let names: std::collections::BTreeSet<_> = message
        .transforms
        .iter()
        .map(|t| t.child_frame_id.as_str())
        .collect();
    assert_eq!(names.len(), 34, "no frame is owned twice");
    assert!(names.contains("body_p7") && names.contains("posemoe_left_wrist_anna"));
    for transform in &message.transforms {
        assert_eq!(transform.header.stamp, header(ms(0)).stamp);
        let parent = transform.header.frame_id.as_str();
        let is_body = transform.child_frame_id.starts_with("body_");
        assert!(if is_body {
            parent == FRAME
        } else {
            names.contains(parent)
        });
        let q = &transform.transform.rotation;
        assert!((q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w - 1.0).abs() < 1e-9);
    }
    let body = message
        .transforms
        .iter()
        .find(|t| t.child_frame_id == "body_p7")
        .unwrap();
    let q = &body.transform.rotation;
    let turn =
        nalgebra::UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(q.w, q.x, q.y, q.z));
    // Facing the camera: x out of the chest is the camera's -z, z to the head is its -y.
    assert!((turn * nalgebra::Vector3::x() + nalgebra::Vector3::z()).norm() < 0.1);
    assert!((turn * nalgebra::Vector3::z() + nalgebra::Vector3::y()).norm() < 0.1);
}

#[test]
fn a_detector_without_tracking_still_gets_persistent_people() {
    let mut rig = ready("");
    for i in 0..20 {
        let mut people = vec![person("", -0.5), person("", 0.5)];
        if i % 2 == 1 {
            people.reverse();
        }
        let sent = rig.send(KEYPOINTS, &detections(ms(i * 33), people));
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let ids: Vec<_> = out
            .people
            .iter()
            .map(|p| (p.id.as_str(), p.root_position.x < 0.0))
            .collect();
        assert_eq!(ids, [("u1", true), ("u2", false)]);
    }
}

#[test]
fn outputs_can_be_switched_off_and_topics_renamed() {
    let mut rig = ready("-p publish_tf:=false -p publish_markers:=false -r ~/people3d:=/humans");
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    assert_eq!(sent.len(), 1);
    assert!(rig.on::<People3D>("/humans", &sent).is_some());
}
