//! Bodies of a ZED camera in.

use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::zed_msgs::{Object, ObjectsStamped};

use crate::bus::{Outgoing, Rig, standing};
use crate::messages::{CAMERA_INFO, PEOPLE, camera_info, header, ms};

const SKELETONS: &str = "/zed/zed_node/body_trk/skeletons";
const OPTICAL: &str = "zed_left_camera_frame_optical";
/// The ZED's 18 points and the network's joints.
const POINTS: [(usize, usize); 13] = [
    (0, 9),
    (2, 14),
    (3, 15),
    (4, 16),
    (5, 11),
    (6, 12),
    (7, 13),
    (8, 1),
    (9, 2),
    (10, 3),
    (11, 4),
    (12, 5),
    (13, 6),
];

fn zed() -> Rig {
    let mut rig = Rig::new(&format!(
        "-p keypoints_type:=zed_msgs/msg/ObjectsStamped -p keypoints_topic:={SKELETONS}"
    ));
    let mut info = camera_info();
    info.header.frame_id = OPTICAL.into();
    rig.send(CAMERA_INFO, &info);
    rig
}

/// Someone who stands with the mid-hip at (x, 0, 4) m before the left camera.
fn body(number: i16, x_m: f64) -> Object {
    let mut body = Object {
        label: format!("Body_{number}"),
        label_id: number,
        confidence: 80.0,
        tracking_available: true,
        tracking_state: 1,
        skeleton_available: true,
        body_format: 0,
        ..Default::default()
    };
    for point in &mut body.skeleton_2d.keypoints {
        point.kp = [-1.0, -1.0];
    }
    for (point, joint) in POINTS {
        let p = standing()[joint];
        let pixel = [320.0 + 600.0 * (p.x + x_m) / 4.0, 240.0 + 600.0 * p.y / 4.0];
        body.skeleton_2d.keypoints[point].kp = pixel.map(|px| px as f32);
    }
    body
}

fn send(rig: &mut Rig, at_ms: i64, objects: Vec<Object>) -> Vec<Outgoing> {
    let mut message = ObjectsStamped {
        header: header(ms(at_ms)),
        objects,
    };
    message.header.frame_id = "zed_left_camera_frame".into();
    rig.send(SKELETONS, &message)
}

#[test]
fn bodies_are_lifted_in_the_optical_frame_that_the_pixels_belong_to() {
    let mut rig = zed();
    let sent = send(&mut rig, 0, vec![body(3, 0.5), body(4, -0.5)]);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.header.frame_id, OPTICAL);
    let found: Vec<_> = out.people.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(found, ["3", "4"]);
    for (person, x_m) in out.people.iter().zip([0.5, -0.5]) {
        let root = &person.root_position;
        assert_eq!(person.state, Person3D::TRACKED);
        assert!(
            (root.x - x_m).abs() < 0.05 && (root.z - 4.0).abs() < 0.1,
            "{root:?}"
        );
    }
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
}

#[test]
fn where_the_zed_only_guesses_we_predict_and_say_so() {
    let mut rig = zed();
    for i in 0..5 {
        send(&mut rig, i * 66, vec![body(3, 0.0)]);
    }
    let mut searching = body(3, 2.0);
    searching.tracking_state = 2;
    let sent = send(&mut rig, 5 * 66, vec![searching]);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.people[0].state, Person3D::PREDICTED);
    assert!(out.people[0].root_position.x.abs() < 0.1, "not the ZED's");
}

#[test]
fn another_cameras_calibration_is_refused_by_name() {
    let mut rig = zed();
    rig.send(CAMERA_INFO, &camera_info());
    assert!(send(&mut rig, 0, vec![body(3, 0.0)]).is_empty());
    let diagnosis = rig.diagnose(ms(10), vec![]);
    let said = diagnosis.get("dropped: frame_id differs from camera_info");
    assert!(said.contains("zed_left_camera_frame"), "{said}");
    assert_ne!(diagnosis.level, DiagnosticStatus::STALE);
}

#[test]
fn a_camera_info_of_another_size_shows_in_the_zeds_own_distance() {
    // Images are published at half the size of the camera's, as is the wrapper's default.
    let mut rig = zed();
    let mut half = camera_info();
    half.header.frame_id = OPTICAL.into();
    (half.width, half.height) = (320, 240);
    for i in [0, 2, 4, 5] {
        half.k[i] /= 2.0;
    }
    rig.send(CAMERA_INFO, &half);
    let mut someone = body(3, -0.5);
    // x is forward there.
    someone.position = [4.0, 0.5, 0.0];
    let sent = send(&mut rig, 0, vec![someone.clone()]);
    assert!(rig.on::<People3D>(PEOPLE, &sent).unwrap().people.is_empty());
    let diagnosis = rig.diagnose(ms(10), vec![]);
    let said = diagnosis.get("dropped: distance differs from the detector's");
    assert!(said.contains("4.03 m in the detector's message"), "{said}");
    let mut whole = camera_info();
    whole.header.frame_id = OPTICAL.into();
    rig.send(CAMERA_INFO, &whole);
    let sent = send(&mut rig, 50, vec![someone]);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.people[0].state, Person3D::TRACKED);
}
