//! Bad input never panics and never lies: each case with its diagnostic, and the node goes on.

use posemoe::bus::Loss;
use posemoe::msg::builtin_interfaces::Time;
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::encode;
use posemoe::msg::posemoe::{Keypoint2D, People2D, People3D, Person2D, Person3D};
use posemoe::msg::yolo_msgs::DetectionArray;

use crate::bus::{Answer, Rig};
use crate::messages::{
    CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, header, ms, person, ready, works,
};

#[test]
fn bytes_that_are_no_message_are_counted() {
    let mut rig = ready("");
    let good = encode(&detections(ms(0), vec![person("7", 0.0)]));
    let cases = [
        vec![],
        vec![0; 3],
        vec![0, 9, 0, 0],
        good[..good.len() / 2].to_vec(),
        vec![0xff; 4096],
    ];
    for case in &cases {
        assert!(rig.send_bytes(KEYPOINTS, case.clone()).is_empty());
        assert!(rig.send_bytes(CAMERA_INFO, case.clone()).is_empty());
    }
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert!(
        diagnosis
            .get("dropped: undecodable message")
            .starts_with("10 (last: ")
    );
    assert!(works(&mut rig, 200));
}

#[test]
fn giant_length_prefixes_cost_nothing() {
    let mut rig = ready("");
    let mut bytes = encode(&DetectionArray {
        header: header(ms(0)),
        detections: vec![],
    });
    let length = bytes.len();
    bytes[length - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(rig.send_bytes(KEYPOINTS, bytes).is_empty());
    assert!(works(&mut rig, 100));
}

#[test]
fn nan_and_nonsense_keypoints_cost_only_themselves() {
    let mut rig = ready("");
    let mut spoiled = person("7", 0.0);
    for (keypoint, value) in
        spoiled
            .keypoints
            .data
            .iter_mut()
            .zip([f64::NAN, f64::INFINITY, 1e9, -1.0])
    {
        (keypoint.point.x, keypoint.point.y) = (value, value);
    }
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![spoiled]));
    let people: People3D = rig.on(PEOPLE, &sent).unwrap();
    let person = &people.people[0];
    assert_eq!(person.state, Person3D::TRACKED);
    assert!(
        person
            .joints
            .iter()
            .all(|j| j.position.x.is_finite() && j.sigma_m.is_finite())
    );
    let diagnosis = rig.diagnose(ms(100), vec![]);
    // The nose and two shoulders, of which thorax and spine are made.
    assert!(
        diagnosis
            .values
            .keys()
            .any(|key| key == "dropped: keypoint not finite")
    );
    assert!(
        diagnosis
            .values
            .keys()
            .any(|key| key == "dropped: keypoint outside image")
    );
}

#[test]
fn empty_frames_and_people_without_keypoints_are_frames_with_nobody() {
    let mut rig = ready("");
    let mut bare = person("7", 0.0);
    bare.keypoints.data.clear();
    for (at, people) in [(0, vec![]), (50, vec![bare])] {
        let sent = rig.send(KEYPOINTS, &detections(ms(at), people));
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        assert!(out.people.is_empty());
        assert_eq!(out.header.stamp, header(ms(at)).stamp);
    }
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert!(
        diagnosis
            .get("dropped: too few keypoints")
            .contains("found 0, expected 4 or more")
    );
}

#[test]
fn more_people_than_the_bound_are_dropped_surest_first_and_counted() {
    let mut rig = ready("-p max_people:=3 -p reidentify_s:=0.0");
    let crowd: Vec<_> = (0..500)
        .map(|i| {
            let mut one = person(&i.to_string(), 0.0);
            one.score = f64::from(i) / 500.0;
            one
        })
        .collect();
    let sent = rig.send(KEYPOINTS, &detections(ms(0), crowd));
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    let ids: Vec<_> = out.people.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["497", "498", "499"]);
    // New people every frame: the memory stays bounded too.
    for i in 0..20 {
        let newcomers = (0..3).map(|j| person(&format!("n{i}_{j}"), 0.0)).collect();
        let sent = rig.send(KEYPOINTS, &detections(ms(10 + i * 10), newcomers));
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let tracked = out
            .people
            .iter()
            .filter(|p| p.state == Person3D::TRACKED)
            .count();
        assert!(
            tracked == 3 && out.people.len() <= 6,
            "{}",
            out.people.len()
        );
    }
    let diagnosis = rig.diagnose(ms(500), vec![]);
    let dropped: u64 = diagnosis
        .get("dropped: more people than max_people")
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(
        dropped,
        497 + 3 * 20,
        "each dropped and each forgotten person is counted"
    );
}

#[test]
fn one_id_twice_in_a_message_is_taken_once() {
    let mut rig = ready("");
    let sent = rig.send(
        KEYPOINTS,
        &detections(ms(0), vec![person("7", 0.0), person("7", 1.0)]),
    );
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    assert_eq!(out.people.len(), 1);
    assert!(
        rig.diagnose(ms(100), vec![])
            .get("dropped: duplicate person id")
            .contains("\"7\" twice")
    );
}

#[test]
fn a_looped_bag_resets_the_memory_and_late_or_repeated_stamps_are_dropped() {
    let mut rig = ready("");
    for i in 0..20 {
        let x_m = 0.05 * f64::from(i);
        rig.send(
            KEYPOINTS,
            &detections(ms(i64::from(i) * 50), vec![person("7", x_m)]),
        );
    }
    assert!(!works(&mut rig, 950), "the same stamp again");
    assert!(!works(&mut rig, 940), "a late message");
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    let velocity = &out.people[0].root_velocity;
    assert_eq!(
        (velocity.x, velocity.z),
        (0.0, 0.0),
        "nothing is left of the first round"
    );
    let diagnosis = rig.diagnose(ms(2000), vec![]);
    for cause in [
        "duplicate stamp",
        "out-of-order stamp",
        "time jumped back, memory reset",
    ] {
        assert!(
            diagnosis
                .get(&format!("dropped: {cause}"))
                .starts_with("1 "),
            "{cause}"
        );
    }
}

#[test]
fn a_driver_that_sets_no_stamps_is_named() {
    let mut rig = ready("");
    let mut unstamped = detections(ms(0), vec![person("7", 0.0)]);
    unstamped.header.stamp = Time::default();
    // Simulated time begins at 0, once.
    assert!(!rig.send(KEYPOINTS, &unstamped).is_empty());
    for _ in 0..3 {
        assert!(rig.send(KEYPOINTS, &unstamped).is_empty());
    }
    let diagnosis = rig.diagnose(ms(100), vec![]);
    let counted = diagnosis.get("dropped: stamp is 0");
    assert!(
        counted.starts_with("3 ") && counted.contains("the driver sets no stamps"),
        "{counted}"
    );
    // Among good ones it is no jump of time.
    assert!(works(&mut rig, 200) && works(&mut rig, 250));
    assert!(rig.send(KEYPOINTS, &unstamped).is_empty());
    assert!(works(&mut rig, 300));
    let diagnosis = rig.diagnose(ms(400), vec![]);
    assert_eq!(diagnosis.get("dropped: time jumped back, memory reset"), "");
}

#[test]
fn who_is_forgotten_by_a_reset_is_declared_lost_once() {
    let mut rig = ready("");
    rig.send(
        KEYPOINTS,
        &detections(ms(5000), vec![person("7", 0.0), person("8", 0.5)]),
    );
    let states = |rig: &mut Rig, at_ms| {
        let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", 0.0)]));
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let pairs = out.people.into_iter().map(|p| (p.id, p.state));
        pairs.collect::<Vec<_>>()
    };
    let tracked = ("7".to_owned(), Person3D::TRACKED);
    let lost = ("8".to_owned(), Person3D::LOST);
    assert_eq!(states(&mut rig, 0), [tracked.clone(), lost]);
    assert_eq!(states(&mut rig, 50), [tracked]);
}

#[test]
fn our_own_message_is_checked_against_joint_set_and_image_size() {
    let mut rig = ready("-p keypoints_type:=posemoe/msg/People2D -p keypoints_topic:=/kp");
    let mut message = People2D {
        header: header(ms(0)),
        joint_set: "coco17".into(),
        image_width_px: 1280,
        image_height_px: 720,
        people: vec![Person2D {
            id: "7".into(),
            score: 0.9,
            keypoints: vec![
                Keypoint2D {
                    x_px: 320.0,
                    y_px: 240.0,
                    score: 0.9
                };
                17
            ],
        }],
    };
    assert!(rig.send("/kp", &message).is_empty());
    (message.image_width_px, message.image_height_px) = (640, 480);
    message.people[0].keypoints.pop();
    let sent = rig.send("/kp", &message);
    assert!(rig.on::<People3D>(PEOPLE, &sent).unwrap().people.is_empty());
    message.joint_set = "coco133".into();
    assert!(rig.send("/kp", &message).is_empty());
    let diagnosis = rig.diagnose(ms(100), vec![]);
    assert!(
        diagnosis
            .get("dropped: image size differs from camera_info")
            .contains("1280 x 720")
    );
    assert!(
        diagnosis
            .get("dropped: wrong keypoint count")
            .contains("found 16 keypoints, expected 17")
    );
    assert!(
        diagnosis
            .get("dropped: unknown joint set")
            .contains("coco133")
    );
}

#[test]
fn a_network_that_fails_publishes_nobody_and_says_so() {
    for (answer, said) in [
        (Answer::Fail, "out of memory"),
        (Answer::NotFinite, "result is not finite"),
    ] {
        let mut rig = Rig::answering("", answer);
        rig.send(CAMERA_INFO, &camera_info());
        assert!(!works(&mut rig, 0));
        assert!(
            rig.diagnose(ms(100), vec![])
                .get("dropped: network failed")
                .contains(said)
        );
    }
}

#[test]
fn silence_and_lateness_climb_the_ladder() {
    let mut rig = ready("");
    assert_eq!(rig.diagnose(ms(0), vec![]).message, "no keypoints yet");
    assert!(works(&mut rig, -300));
    let late = rig.diagnose(ms(500), vec![]);
    assert!(
        late.level == DiagnosticStatus::WARN && late.message.contains("late: up to 300 ms"),
        "{}",
        late.message
    );
    let silent = rig.diagnose(ms(2000), vec![]);
    assert_eq!(
        (silent.level, silent.message.as_str()),
        (DiagnosticStatus::WARN, "no keypoints for 2.0 s")
    );
    let dead = rig.diagnose(ms(9000), vec![]);
    assert_eq!(
        (dead.level, dead.message.as_str()),
        (DiagnosticStatus::ERROR, "no keypoints for 9.0 s")
    );
}

#[test]
fn what_the_bus_lost_is_in_the_diagnostics() {
    let mut rig = ready("");
    let loss = Loss {
        topic: KEYPOINTS.into(),
        cause: "queue full",
        count: 12,
    };
    assert_eq!(
        rig.diagnose(ms(0), vec![loss])
            .get("lost: /yolo/tracking: queue full"),
        "12"
    );
}
