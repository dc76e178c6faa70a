//! Depth images beside keypoints: people are where they are measured, and go on with what is left
//! when that fails.

use nalgebra::Isometry3;
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::encode;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::sensor_msgs::{CameraInfo, Image};

use crate::bus::{Outgoing, Rig};
use crate::messages::{KEYPOINTS, PEOPLE, camera_info, detections, header, ms, person, ready};
use crate::transforms::fix_turned;

pub const DEPTH: &str = "/camera/depth";
pub const DEPTH_INFO: &str = "/camera/depth_info";
pub const REGISTERED: &str = "-p depth_topic:=/camera/depth";
pub const OF_ITS_OWN: &str =
    "-p depth_topic:=/camera/depth -p depth_camera_info_topic:=/camera/depth_info";

/// A wall (m) in every pixel, as an image in millimetres.
pub fn wall(at_ms: i64, depth_m: f64) -> Image {
    sized(at_ms, depth_m, [640, 480])
}

pub fn sized(at_ms: i64, depth_m: f64, [width, height]: [u32; 2]) -> Image {
    let pixel = ((1000.0 * depth_m) as u16).to_le_bytes();
    Image {
        header: header(ms(at_ms)),
        height,
        width,
        encoding: "16UC1".into(),
        is_bigendian: 0,
        step: 2 * width,
        data: pixel.repeat((width * height) as usize),
    }
}

pub fn see(rig: &mut Rig, at_ms: i64) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", 0.0)]))
}

/// How far away the one person is that comes out (m).
pub fn distance_m(rig: &Rig, sent: &[Outgoing]) -> Option<f64> {
    let people: People3D = rig.on(PEOPLE, sent)?;
    let tracked = people.people.iter().find(|p| p.state == Person3D::TRACKED);
    tracked.map(|person| person.root_position.z)
}

pub fn seen_at(rig: &mut Rig, at_ms: i64) -> Option<f64> {
    let sent = see(rig, at_ms);
    distance_m(rig, &sent)
}

#[track_caller]
pub fn assert_near(found_m: Option<f64>, expected_m: f64) {
    let off = found_m.map(|m| (m - expected_m).abs());
    assert!(
        off.is_some_and(|off| off < 0.08),
        "{found_m:?}, expected {expected_m}"
    );
}

/// A dropped cause's text in the diagnostics, such as `3 (last: ...)`.
pub fn dropped(rig: &mut Rig, at_ms: i64, cause: &str) -> String {
    let diagnosis = rig.diagnose(ms(at_ms), vec![]);
    diagnosis.get(&format!("dropped: {cause}")).to_owned()
}

#[test]
fn people_are_where_their_surface_was_measured() {
    for depth_m in [3.6, 4.3] {
        let mut rig = ready(REGISTERED);
        assert_eq!(
            rig.send(DEPTH, &wall(0, depth_m)),
            [],
            "without keypoints nothing is said"
        );
        let sent = see(&mut rig, 0);
        assert_near(distance_m(&rig, &sent), depth_m + 0.09);
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let [.., z_m2] = out.people[0].root_covariance;
        assert!(z_m2.sqrt() < 0.08, "{z_m2}");
        assert!((z_m2.sqrt() - out.people[0].root_sigma.z).abs() < 1e-9);
    }
}

#[test]
fn an_image_in_metres_most_significant_byte_first_with_padding_says_the_same() {
    let mut rig = ready(REGISTERED);
    let mut image = wall(0, 0.0);
    (image.encoding, image.is_bigendian, image.step) = ("32FC1".into(), 1, 640 * 4 + 16);
    image.data = [4.3f32.to_be_bytes().repeat(640), vec![0xff; 16]]
        .concat()
        .repeat(480);
    rig.send(DEPTH, &image);
    let sent = see(&mut rig, 0);
    assert_near(distance_m(&rig, &sent), 4.39);
}

#[test]
fn the_size_that_was_measured_is_remembered() {
    let mut rig = ready(REGISTERED);
    for at_ms in (0..3000).step_by(50) {
        rig.send(DEPTH, &wall(at_ms, 4.3));
        see(&mut rig, at_ms);
    }
    // The depth camera is unplugged, and the person out of sight for longer than anyone is
    // predicted.
    rig.bus.now = ms(6000);
    rig.send(KEYPOINTS, &detections(ms(6000), vec![]));
    let mut sent = Vec::new();
    for at_ms in (20_000..20_500).step_by(50) {
        sent = see(&mut rig, at_ms);
    }
    let found_m = distance_m(&rig, &sent).unwrap();
    assert!(
        (4.2..4.45).contains(&found_m),
        "by rays alone 4.0, measured 4.39: {found_m}"
    );
}

#[test]
fn keypoints_wait_for_their_image_and_no_longer_than_they_may() {
    let mut rig = ready(&format!("{REGISTERED} -p depth_wait_s:=0.1"));
    rig.send(DEPTH, &wall(0, 4.3));
    assert!(seen_at(&mut rig, 0).is_some());
    assert_eq!(see(&mut rig, 200), [], "its image may come yet");
    rig.bus.now = ms(230);
    let sent = rig.send(DEPTH, &wall(200, 4.3));
    assert_near(distance_m(&rig, &sent), 4.39);
    assert_eq!(see(&mut rig, 400), []);
    rig.bus.now = ms(501);
    // Whatever comes next lets them go, and in the order of their stamps.
    let sent = rig.send(DEPTH, &wall(330, 4.3));
    assert!(distance_m(&rig, &sent).is_some());
    let text = dropped(&mut rig, 600, "no depth image in time");
    assert!(
        text.starts_with("1 (last: keypoints of") && text.contains("the newest is of"),
        "{text}"
    );
}

#[test]
fn while_the_depth_camera_is_unplugged_people_come_at_once() {
    let mut rig = ready(REGISTERED);
    rig.send(DEPTH, &wall(0, 4.3));
    see(&mut rig, 0);
    for at_ms in (1050..11_000).step_by(50) {
        assert!(seen_at(&mut rig, at_ms).is_some(), "{at_ms}");
    }
    let diagnosis = rig.diagnose(ms(11_000), vec![]);
    assert_eq!(
        diagnosis.level,
        DiagnosticStatus::OK,
        "{}",
        diagnosis.message
    );
    assert!(
        diagnosis
            .get("dropped: no depth image in time")
            .starts_with("199 ")
    );
    rig.send(DEPTH, &wall(11_000, 3.7));
    let mut sent = see(&mut rig, 11_000);
    for at_ms in (11_050..14_000).step_by(50) {
        rig.send(DEPTH, &wall(at_ms, 3.7));
        sent = see(&mut rig, at_ms);
    }
    assert_near(distance_m(&rig, &sent), 3.79);
}

#[test]
fn without_a_single_image_nobody_waits() {
    let mut rig = ready(REGISTERED);
    assert_near(seen_at(&mut rig, 0), 4.0);
    let text = dropped(&mut rig, 100, "no depth image in time");
    assert!(text.contains("none has come"), "{text}");
}

#[test]
fn an_image_that_cannot_be_used_is_named_and_people_go_on() {
    type Spoil = fn(&mut Image);
    let cases: [(Spoil, &str); 6] = [
        (
            |image| image.encoding = "rgb8".into(),
            "encoding \"rgb8\", expected 16UC1 (mm) or 32FC1",
        ),
        (
            |image| image.data.truncate(1000),
            "1000 bytes of data, expected",
        ),
        (
            |image| image.step = 100,
            "step is 100 bytes, expected 1280 or more",
        ),
        (|image| (image.width, image.height) = (0, 0), "0 x 0 px"),
        (
            |image| *image = sized(0, 4.3, [320, 240]),
            "320 x 240 px, its camera_info of 640 x 480 px",
        ),
        (
            |image| image.header.frame_id = "other".into(),
            "it is in \"other\", its camera_info in",
        ),
    ];
    for (spoil, expected) in cases {
        let mut rig = ready(REGISTERED);
        let mut image = wall(0, 4.3);
        spoil(&mut image);
        rig.send(DEPTH, &image);
        assert_near(seen_at(&mut rig, 0), 4.0);
        let text = dropped(&mut rig, 100, "unusable depth image");
        assert!(text.contains(expected), "{text}");
    }
    let mut rig = ready(REGISTERED);
    let mut bytes = encode(&wall(0, 4.3));
    bytes.truncate(5000);
    rig.send_bytes(DEPTH, bytes);
    assert_near(seen_at(&mut rig, 0), 4.0);
    assert!(dropped(&mut rig, 100, "undecodable message").starts_with("1 "));
}

#[test]
fn an_image_of_8k_is_read_where_keypoints_are() {
    let mut rig = ready(OF_ITS_OWN);
    rig.send(DEPTH_INFO, &scaled(12.0));
    rig.send(DEPTH, &sized(0, 4.3, [7680, 5760]));
    assert_near(seen_at(&mut rig, 0), 4.39);
}

/// The calibration of the keypoints' camera, of an image so many times as large.
pub fn scaled(by: f64) -> CameraInfo {
    let mut info = camera_info();
    for place in [0, 2, 4, 5] {
        info.k[place] *= by;
    }
    (info.width, info.height) = ((640.0 * by) as u32, (480.0 * by) as u32);
    info
}

#[test]
fn a_depth_camera_of_its_own_is_used_once_it_is_known_where_it_is() {
    let mut rig = ready(OF_ITS_OWN);
    let mut info = scaled(0.5);
    info.header.frame_id = "depth_optical_frame".into();
    let image = |at_ms| {
        let mut image = sized(at_ms, 4.3, [320, 240]);
        image.header.frame_id = "depth_optical_frame".into();
        image
    };
    rig.send(DEPTH, &image(0));
    assert_near(seen_at(&mut rig, 0), 4.0);
    let text = dropped(&mut rig, 10, "unusable depth image");
    assert!(text.contains("no camera_info yet"), "{text}");
    rig.send(DEPTH_INFO, &info);
    rig.send(DEPTH, &image(50));
    assert_near(seen_at(&mut rig, 50), 4.0);
    let text = dropped(&mut rig, 60, "no transform to the depth camera");
    assert!(
        text.starts_with("1 ") && text.contains("depth_optical_frame"),
        "{text}"
    );
    // 10 cm to the right, and 20 cm ahead of the camera.
    let beside = Isometry3::translation(0.1, 0.0, 0.2);
    fix_turned(
        &mut rig,
        crate::messages::FRAME,
        "depth_optical_frame",
        &beside,
    );
    let mut sent = Vec::new();
    for at_ms in (100..4000).step_by(50) {
        rig.send(DEPTH, &image(at_ms));
        sent = see(&mut rig, at_ms);
    }
    assert_near(distance_m(&rig, &sent), 4.59);
}

#[test]
fn a_wall_in_front_of_everybody_is_not_believed() {
    let mut rig = ready(REGISTERED);
    rig.send(DEPTH, &wall(0, 1.5));
    assert_near(seen_at(&mut rig, 0), 4.0);
    let text = dropped(&mut rig, 100, "depths disagree with the person");
    assert!(
        text.starts_with("1 (last: person \"7\": 0 of 16 depths are behind, the others make bones"),
        "{text}"
    );
}
