//! How far people are from the robot: right, or said to be unknown. Never `clear` for want of news.

use nalgebra::{Isometry3, Vector3};
use posemoe::msg::geometry_msgs::Point;
use posemoe::msg::posemoe::{PartSeparation, People3D, Separation};
use posemoe_core::geometry::body::height_m;
use posemoe_core::separation::body::{PARTS, STATURE_M};
use posemoe_stamp::Stamp;

use crate::bus::{Answer, Outgoing, Rig};
use crate::messages::{CAMERA_INFO, FRAME, KEYPOINTS, PEOPLE, camera_info, detections, ms, person};
use crate::transforms::{fix, fix_turned, move_to, optical};

const ARM: &str = "-p target_frame:=base -p output_rate_hz:=100.0 -p stale_s:=0.1 \
    -p intrusion_m:=0.0 -p robot_parts:=[arm,post] -p arm.from:=shoulder -p arm.to:=tool \
    -p arm.radius_m:=0.06 -p post.from:=base -p post.to:=shoulder -p post.radius_m:=0.1";
const PERIOD_MS: i64 = 10;
const TOPIC: &str = "/posemoe/separation";

/// A robot whose tool is so far ahead of its shoulder at that moment (m): it goes out at 0.5 m/s.
fn tool_m(at_ms: i64) -> Vector3<f64> {
    Vector3::new(0.3 + 0.5e-3 * (at_ms % 1000) as f64, 0.2, 0.1)
}

/// A scene, with a detector at 50 Hz and TF at 100 Hz for as long as each goes on.
struct Scene {
    rig: Rig,
    detects: bool,
    transforms: bool,
    /// How far to the right of the camera people stand (m).
    people_m: Vec<f64>,
    now_ms: i64,
}

impl Scene {
    fn new(args: &str) -> Self {
        Self::answering(args, Answer::Stand)
    }

    fn answering(args: &str, answer: Answer) -> Self {
        let mut rig = Rig::answering(&format!("{ARM} {args}"), answer);
        rig.send(CAMERA_INFO, &camera_info());
        fix_turned(&mut rig, "base", FRAME, &optical([0.0, 0.0, 1.0]));
        fix(&mut rig, "base", "shoulder", [0.2, 0.0, 0.8]);
        Self {
            rig,
            detects: true,
            transforms: true,
            people_m: vec![0.4],
            now_ms: 0,
        }
    }

    fn period(&mut self) -> Vec<Outgoing> {
        self.now_ms += PERIOD_MS;
        let at_ms = self.now_ms;
        self.rig.bus.now = ms(at_ms);
        if self.transforms {
            let tool =
                Isometry3::from_parts(tool_m(at_ms).into(), nalgebra::UnitQuaternion::identity());
            move_to(&mut self.rig, ("shoulder", "tool"), at_ms, &tool);
        }
        if self.detects && at_ms % 20 == 0 {
            let people = self.people_m.iter().enumerate();
            let people = people
                .map(|(i, x_m)| person(&i.to_string(), *x_m))
                .collect();
            self.rig.send(KEYPOINTS, &detections(ms(at_ms), people));
        }
        self.rig.be_due(ms(at_ms))
    }

    /// What is said after so many periods.
    fn after(&mut self, periods: usize) -> Separation {
        let sent = (0..periods).map(|_| self.period()).last().unwrap();
        self.said(&sent)
    }

    fn said(&self, sent: &[Outgoing]) -> Separation {
        let all: Vec<Separation> = self.rig.all_on(TOPIC, sent);
        assert_eq!(all.len(), 1, "one message in each period");
        all.into_iter().next().unwrap()
    }
}

fn vector(point: &Point) -> Vector3<f64> {
    Vector3::new(point.x, point.y, point.z)
}

/// Distance of two capsules by many points on both.
fn by_force_m(
    one: ([Vector3<f64>; 2], f64),
    other: ([Vector3<f64>; 2], f64),
    points: usize,
) -> f64 {
    let along = |axis: [Vector3<f64>; 2]| {
        (0..=points).map(move |i| axis[0].lerp(&axis[1], i as f64 / points as f64))
    };
    let mut least_m = f64::INFINITY;
    for a in along(one.0) {
        for b in along(other.0) {
            least_m = least_m.min((a - b).norm());
        }
    }
    least_m - one.1 - other.1
}

fn pair<'a>(said: &'a Separation, part: &str) -> &'a PartSeparation {
    said.pairs.iter().find(|pair| pair.part == part).unwrap()
}

fn is_unknown_for(said: &Separation, reason: &str) {
    assert_eq!(said.level, Separation::UNKNOWN);
    assert!(said.reason.contains(reason), "{}", said.reason);
}

#[test]
fn distances_are_those_of_brute_force_and_levels_follow() {
    let mut scene = Scene::new("");
    scene.after(50);
    for (x_m, level) in [(0.4, Separation::CLEAR), (-0.2, Separation::CLEAR)] {
        scene.people_m = vec![x_m];
        scene.after(99);
        let sent = scene.period();
        let said = scene.said(&sent);
        let people: People3D = scene.rig.on(PEOPLE, &sent).unwrap();
        assert_eq!(said.header, people.header);
        assert_eq!(said.source_stamp, people.source_stamp);
        assert_eq!((said.level, said.reason.as_str()), (level, ""));
        let joints: Vec<_> = people.people[0]
            .joints
            .iter()
            .map(|j| vector(&j.position))
            .collect();
        let joints: [Vector3<f64>; 17] = joints.try_into().unwrap();
        let size = height_m(&joints).unwrap() / STATURE_M;
        let shoulder = Vector3::new(0.2, 0.0, 0.8);
        let tool = shoulder + tool_m(scene.now_ms);
        for (name, axis, radius_m) in [
            ("arm", [shoulder, tool], 0.06),
            ("post", [Vector3::zeros(), shoulder], 0.1),
        ] {
            let pair = pair(&said, name);
            let part = PARTS
                .iter()
                .find(|part| part.name == pair.body_part)
                .unwrap();
            let limb = (part.joints.map(|joint| joints[joint]), part.radius_m * size);
            let expected_m = by_force_m((axis, radius_m), limb, 400);
            assert!(
                (pair.distance_m - expected_m).abs() < 1e-3,
                "{name}: {pair:?} {expected_m}"
            );
            let between_m = (vector(&pair.person_point) - vector(&pair.part_point)).norm();
            assert!((between_m - pair.distance_m).abs() < 1e-9);
            assert!(pair.sigma_m > 0.0 && pair.margin_m < pair.distance_m);
            // No other part of the body is nearer by more than what is unknown of where it is.
            for other in &PARTS {
                let limb = (
                    other.joints.map(|joint| joints[joint]),
                    other.radius_m * size,
                );
                assert!(by_force_m((axis, radius_m), limb, 30) > pair.distance_m - 0.3);
            }
        }
        // The tool goes out towards people who stand 4 m ahead, at 0.5 m/s.
        let arm = pair(&said, "arm");
        assert!((arm.approach_speed_m_s - 0.5).abs() < 0.05, "{arm:?}");
        assert!((arm.time_to_contact_s - arm.distance_m / arm.approach_speed_m_s).abs() < 1e-9);
        assert!(pair(&said, "post").approach_speed_m_s.abs() < 0.05);
    }
}

#[test]
fn whoever_is_near_is_told_so() {
    // Someone 4 m ahead; what is asked for grows with the time that the robot takes to stop.
    for (stopping_s, level) in [
        (0.3, Separation::CLEAR),
        (1.0, Separation::REDUCE),
        (2.0, Separation::STOP),
    ] {
        let mut scene = Scene::new(&format!("-p stopping_time_s:={stopping_s}"));
        let said = scene.after(60);
        assert_eq!(said.level, level, "{stopping_s} s: {:?}", said.pairs[0]);
    }
}

#[test]
fn before_anything_is_known_it_is_unknown() {
    let mut rig = Rig::new(ARM);
    for now_ms in [0, 10, 1000] {
        let sent = rig.be_due(ms(now_ms));
        let said: Separation = rig.on(TOPIC, &sent).unwrap();
        assert_eq!(said.level, Separation::UNKNOWN);
        assert!(
            said.reason.contains("no image of any camera yet"),
            "{}",
            said.reason
        );
        assert!(said.age_s.is_infinite() && said.pairs.is_empty());
    }
    // A camera without calibration gives nobody.
    rig.bus.now = ms(1010);
    rig.send(KEYPOINTS, &detections(ms(1010), vec![person("7", 0.0)]));
    let sent = rig.be_due(ms(1010));
    let said: Separation = rig.on(TOPIC, &sent).unwrap();
    assert_eq!(said.level, Separation::UNKNOWN);
    assert_eq!(Separation::UNKNOWN, 0, "a message of zeros is unknown");
}

#[test]
fn nobody_there_is_clear_for_as_long_as_somebody_looks() {
    let mut scene = Scene::new("");
    scene.people_m.clear();
    let said = scene.after(20);
    assert_eq!((said.level, said.pairs.len()), (Separation::CLEAR, 0));
    scene.detects = false;
    let said = scene.after(10 + 2);
    assert_eq!(said.level, Separation::UNKNOWN, "{}", said.reason);
    assert!(said.reason.contains("newest image is"), "{}", said.reason);
}

#[test]
fn a_detector_that_is_killed_is_unknown_two_periods_after_its_last_image_is_stale() {
    let mut scene = Scene::new("");
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    scene.detects = false;
    let mut periods = 0;
    while scene.after(1).level != Separation::UNKNOWN {
        periods += 1;
        assert!(periods <= 10 + 2, "stale after 0.1 s");
    }
    for _ in 0..300 {
        assert_eq!(
            scene.after(1).level,
            Separation::UNKNOWN,
            "for as long as it is silent"
        );
    }
    scene.detects = true;
    assert_eq!(scene.after(2).level, Separation::CLEAR);
}

#[test]
fn transforms_that_stop_are_unknown_likewise() {
    let mut scene = Scene::new("");
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    scene.transforms = false;
    scene.after(10);
    let said = scene.after(2);
    is_unknown_for(&said, "arm: the newest transform from \"tool\"");
    let (arm, post) = (pair(&said, "arm"), pair(&said, "post"));
    assert!(arm.level == Separation::UNKNOWN && arm.distance_m.is_nan() && !arm.reason.is_empty());
    assert_eq!(post.level, Separation::CLEAR, "it does not move");
    scene.transforms = true;
    assert_eq!(scene.after(2).level, Separation::CLEAR);
}

#[test]
fn a_frame_that_is_not_there_is_named() {
    let mut scene = Scene::new("-p post.to:=nowhere");
    let said = scene.after(60);
    is_unknown_for(&said, "post: ");
    is_unknown_for(&said, "\"nowhere\"");
    assert_eq!(pair(&said, "arm").level, Separation::CLEAR);
}

#[test]
fn transforms_that_are_no_numbers_are_unknown() {
    let mut scene = Scene::new("");
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    scene.transforms = false;
    for _ in 0..12 {
        let nowhere = Isometry3::translation(f64::NAN, 0.0, 0.0);
        move_to(&mut scene.rig, ("shoulder", "tool"), scene.now_ms, &nowhere);
        scene.after(1);
    }
    assert_eq!(scene.after(1).level, Separation::UNKNOWN);
}

#[test]
fn a_network_that_answers_with_no_numbers_is_unknown_at_once() {
    let mut scene = Scene::answering("", Answer::NotFinite);
    let said = scene.after(2);
    is_unknown_for(&said, "1 people seen whose place is not known");
}

#[test]
fn people_who_cannot_be_placed_are_there_all_the_same() {
    let mut scene = Scene::new("");
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    // Only a face is seen of a second one: too little to be lifted.
    scene.detects = false;
    let mut someone = person("9", -0.5);
    someone.keypoints.data.truncate(2);
    let at_ms = scene.now_ms + PERIOD_MS;
    scene.rig.bus.now = ms(at_ms);
    scene.rig.send(
        KEYPOINTS,
        &detections(ms(at_ms), vec![person("0", 0.4), someone]),
    );
    assert_eq!(scene.after(1).level, Separation::UNKNOWN);
}

#[test]
fn people_who_cannot_be_read_are_there_all_the_same() {
    let mut scene = Scene::new("");
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    // All scores are percent: nobody is taken, and the image is not empty for that.
    scene.detects = false;
    for _ in 0..60 {
        scene.after(1);
        let mut someone = person("9", -0.5);
        someone
            .keypoints
            .data
            .iter_mut()
            .for_each(|point| point.score = 80.0);
        let at = ms(scene.now_ms);
        scene.rig.send(KEYPOINTS, &detections(at, vec![someone]));
    }
    let said = scene.after(1);
    is_unknown_for(&said, "1 people seen whose place is not known");
}

#[test]
fn keypoints_that_are_no_numbers_are_not_seen() {
    for (unseen, level) in [
        ("unknown", Separation::UNKNOWN),
        ("reach", Separation::CLEAR),
        ("inferred", Separation::CLEAR),
    ] {
        let mut scene = Scene::new(&format!("-p unseen_limbs:={unseen}"));
        scene.detects = false;
        for _ in 0..30 {
            scene.after(1);
            let mut someone = person("0", 0.4);
            let wrist = someone
                .keypoints
                .data
                .iter_mut()
                .find(|point| point.id == 10)
                .unwrap();
            wrist.point.x = f64::NAN;
            let at = ms(scene.now_ms);
            scene.rig.send(KEYPOINTS, &detections(at, vec![someone]));
        }
        let said = scene.after(1);
        assert_eq!(said.level, level, "{unseen}: {}", said.reason);
        let is_named = said.reason.contains("person \"0\": left_wrist is not seen");
        assert_eq!(is_named, unseen == "unknown", "{}", said.reason);
    }
}

#[test]
fn who_is_not_seen_any_more_is_unknown_until_lost() {
    let mut scene = Scene::new("-p predict_s:=0.3");
    scene.people_m = vec![0.4, -0.4];
    assert_eq!(scene.after(60).level, Separation::CLEAR);
    scene.people_m = vec![0.4];
    let said = scene.after(2);
    is_unknown_for(&said, "person \"1\": not seen");
    scene.after(40);
    assert_eq!(scene.after(1).level, Separation::CLEAR, "predict_s later");
}

#[test]
fn clocks_that_jump_are_unknown_at_once() {
    for jumped_ms in [-3_600_000, -1000, 1000, 3_600_000] {
        let mut scene = Scene::new("");
        assert_eq!(scene.after(60).level, Separation::CLEAR);
        let jumped: Stamp = ms(scene.now_ms + jumped_ms);
        for _ in 0..2 {
            let sent = scene.rig.be_due(jumped);
            let said = scene.said(&sent);
            assert_eq!(said.level, Separation::UNKNOWN, "{jumped_ms} ms: {said:?}");
        }
        // Everything goes on by the new clock.
        scene.now_ms += jumped_ms;
        let level = scene.after(60).level;
        assert_eq!(level, Separation::CLEAR, "{jumped_ms} ms");
    }
}

#[test]
fn one_camera_of_two_that_says_nothing_is_unknown() {
    let two = "-p sources:=[front,rear] -p front.keypoints_topic:=/yolo/tracking \
        -p rear.keypoints_topic:=/rear -p rear.camera_info_topic:=/rear/camera_info";
    let mut scene = Scene::new(two);
    scene.rig.send("/rear/camera_info", &camera_info());
    let said = scene.after(60);
    is_unknown_for(&said, "no image of 1 of 2 cameras");
    // Heard of once, and silent from then on.
    scene
        .rig
        .send("/rear", &detections(ms(scene.now_ms), vec![]));
    assert_eq!(scene.after(1).level, Separation::CLEAR);
    assert_eq!(scene.after(13).level, Separation::UNKNOWN);
}

#[test]
fn a_node_that_is_not_active_says_nothing() {
    let mut rig = Rig::new(&format!("{ARM} -p autostart:=false"));
    assert!(rig.be_due(ms(10)).is_empty(), "silence is unknown too");
}
