//! Depth cameras that falter: people go on with what is left, nothing grows, and it is said.

use allocation_counter::measure;
use nalgebra::Isometry3;
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::sensor_msgs::Image;

use crate::bus::{Outgoing, Rig};
use crate::depth_images::{
    DEPTH, DEPTH_INFO, OF_ITS_OWN, REGISTERED, assert_near, distance_m, dropped, scaled, see,
    seen_at, sized, wall,
};
use crate::messages::{FRAME, PEOPLE, detections, ms, person, ready};
use crate::several_cameras;
use crate::transforms::{fix, fix_turned, move_to};

const DEPTH_FRAME: &str = "depth_optical_frame";

/// A wall (m) as a depth camera with a frame of its own has it.
fn of_its_own(at_ms: i64, depth_m: f64) -> Image {
    let mut image = sized(at_ms, depth_m, [320, 240]);
    image.header.frame_id = DEPTH_FRAME.into();
    image
}

/// A node whose depth camera has a frame of its own, and is calibrated.
fn apart() -> Rig {
    let mut rig = ready(OF_ITS_OWN);
    let mut info = scaled(0.5);
    info.header.frame_id = DEPTH_FRAME.into();
    rig.send(DEPTH_INFO, &info);
    rig
}

/// Where the one person is in each image from `from_ms` to `to_ms` at 20 Hz, each with depths.
fn walk_by(
    rig: &mut Rig,
    [from_ms, to_ms]: [i64; 2],
    image: impl Fn(i64) -> Image,
) -> Vec<Option<f64>> {
    let times = (from_ms..to_ms).step_by(50);
    times
        .map(|at_ms| {
            rig.bus.now = ms(at_ms);
            rig.send(DEPTH, &image(at_ms));
            seen_at(rig, at_ms)
        })
        .collect()
}

#[test]
fn what_does_not_fit_its_own_calibration_is_named_and_people_go_on() {
    type Spoil = fn(&mut Image, &mut posemoe::msg::sensor_msgs::CameraInfo);
    let cases: [(Spoil, &str); 3] = [
        (
            |image, _| *image = sized(0, 4.3, [640, 480]),
            "640 x 480 px, its camera_info of 320 x 240 px",
        ),
        (
            |image, _| image.header.frame_id = "elsewhere".into(),
            "it is in \"elsewhere\", its camera_info in \"camera_optical_frame\"",
        ),
        (
            |_, info| info.k = [0.0; 9],
            "camera_info of \"camera_optical_frame\": ",
        ),
    ];
    for (spoil, expected) in cases {
        let mut rig = ready(OF_ITS_OWN);
        let (mut image, mut info) = (sized(0, 4.3, [320, 240]), scaled(0.5));
        spoil(&mut image, &mut info);
        rig.send(DEPTH_INFO, &info);
        rig.send(DEPTH, &image);
        assert_near(seen_at(&mut rig, 0), 4.0);
        let text = dropped(&mut rig, 100, "unusable depth image");
        assert!(text.contains(expected), "{text}");
        // As soon as both fit, it is as if nothing had been.
        rig.send(DEPTH_INFO, &scaled(0.5));
        let found = walk_by(&mut rig, [200, 3000], |at_ms| sized(at_ms, 4.3, [320, 240]));
        assert_near(found[found.len() - 1], 4.39);
    }
}

#[test]
fn of_images_of_8k_one_is_held_and_only_its_pixels_at_keypoints_are_read() {
    const SIZE: [u32; 2] = [7680, 5760];
    let bytes = u64::from(SIZE[0] * SIZE[1] * 2);
    let mut rig = ready(OF_ITS_OWN);
    rig.send(DEPTH_INFO, &scaled(12.0));
    let kept = measure(|| {
        for at_ms in [0, 50, 100, 150] {
            rig.send(DEPTH, &sized(at_ms, 4.3, SIZE));
        }
    });
    assert!(
        (kept.bytes_current as u64) < bytes + (1 << 20),
        "{kept:?}, an image is {bytes} bytes"
    );
    let mut found = None;
    let read = measure(|| found = seen_at(&mut rig, 150));
    assert_near(found, 4.39);
    assert!(read.bytes_max < 1 << 20, "{read:?}");
}

#[test]
fn depth_images_without_keypoints_cost_no_more_than_the_last_few() {
    let mut rig = ready(REGISTERED);
    let image_bytes = 640 * 480 * 2;
    let kept = measure(|| {
        for at_ms in (0..10_000).step_by(33) {
            rig.bus.now = ms(at_ms);
            assert_eq!(rig.send(DEPTH, &wall(at_ms, 4.3)), []);
        }
    });
    assert!(
        kept.bytes_current < 9 * image_bytes && kept.bytes_max < 13 * image_bytes as u64,
        "{kept:?}, an image is {image_bytes} bytes"
    );
    let diagnosis = rig.diagnose(ms(10_000), vec![]);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::WARN, "no keypoints yet")
    );
    assert_near(seen_at(&mut rig, 9_999), 4.39);
}

#[test]
fn the_line_of_keypoints_that_wait_is_bounded_and_who_leaves_it_is_counted() {
    let mut rig = ready(&format!("{REGISTERED} -p depth_wait_s:=1.0"));
    rig.send(DEPTH, &wall(0, 4.3));
    rig.bus.now = ms(500);
    let show = |rig: &mut Rig, at_ms: i64| {
        let seen = detections(ms(at_ms), vec![person("7", 0.0)]);
        let sent = rig.send(crate::messages::KEYPOINTS, &seen);
        rig.all_on::<People3D>(PEOPLE, &sent).len()
    };
    // A detector that catches up: all of these come at once, and each may have its image yet.
    let published: usize = (0..200).map(|i| show(&mut rig, 100 + i)).sum();
    assert_eq!(published, 200 - 32);
    let text = dropped(&mut rig, 501, "no depth image in time");
    assert!(text.starts_with("168 "), "{text}");
    rig.bus.now = ms(1600);
    let sent = rig.send(DEPTH, &wall(250, 4.3));
    assert_eq!(rig.all_on::<People3D>(PEOPLE, &sent).len(), 32);
}

#[test]
fn a_transform_that_jumps_moves_nobody_and_is_reported() {
    let mut rig = apart();
    let beside = Isometry3::translation(0.1, 0.0, 0.0);
    fix_turned(&mut rig, FRAME, DEPTH_FRAME, &beside);
    let before = walk_by(&mut rig, [0, 3000], |at_ms| of_its_own(at_ms, 4.3));
    assert_near(before[before.len() - 1], 4.39);
    assert_eq!(
        dropped(&mut rig, 3000, "depths disagree with the person"),
        ""
    );
    // As where a calibration goes wrong, or somebody knocks against the camera.
    for (n, jump_m) in [1.2, -1.2].into_iter().enumerate() {
        let from_ms = 3000 + 10_000 * n as i64;
        let elsewhere = Isometry3::translation(0.1, 0.0, jump_m);
        fix_turned(&mut rig, FRAME, DEPTH_FRAME, &elsewhere);
        let meanwhile = walk_by(&mut rig, [from_ms, from_ms + 2000], |at_ms| {
            of_its_own(at_ms, 4.3)
        });
        for found in meanwhile {
            let found_m = found.unwrap();
            assert!((found_m - 4.39).abs() < 0.15, "{jump_m}: {found_m}");
        }
        let text = dropped(&mut rig, from_ms + 2000, "depths disagree with the person");
        assert!(text.contains("person \"7\""), "{jump_m}: {text}");
        fix_turned(&mut rig, FRAME, DEPTH_FRAME, &beside);
        // Depths that were behind people are held against the camera for some seconds more.
        let after = walk_by(&mut rig, [from_ms + 2000, from_ms + 10_000], |at_ms| {
            of_its_own(at_ms, 4.3)
        });
        assert_near(after[after.len() - 1], 4.39);
    }
}

#[test]
fn a_transform_that_stops_and_comes_again_costs_the_depths_of_that_time_only() {
    let mut rig = apart();
    let beside = Isometry3::translation(0.1, 0.0, 0.2);
    let mut pass = |from_ms, to_ms, is_known: bool| {
        let mut last = None;
        for at_ms in (from_ms..to_ms).step_by(50) {
            if is_known {
                move_to(&mut rig, (FRAME, DEPTH_FRAME), at_ms, &beside);
            }
            last = walk_by(&mut rig, [at_ms, at_ms + 50], |at_ms| {
                of_its_own(at_ms, 4.3)
            })[0];
            assert!(last.is_some(), "{at_ms}");
        }
        (
            last,
            dropped(&mut rig, to_ms, "no transform to the depth camera"),
        )
    };
    let (found, text) = pass(0, 3000, true);
    assert_near(found, 4.59);
    assert_eq!(text, "");
    let (found, text) = pass(3000, 5000, false);
    // By rays alone 4.0: what was measured of their size is remembered.
    assert!(found.is_some_and(|m| (4.3..4.65).contains(&m)), "{found:?}");
    assert!(
        text.starts_with("40 (last: ") && text.contains(DEPTH_FRAME) && text.contains("s before"),
        "{text}"
    );
    let (found, text) = pass(5000, 6000, true);
    assert_near(found, 4.59);
    assert!(text.starts_with("40 "), "{text}");
    // A looped bag: everything of before is of another time.
    let (found, text) = pass(0, 3000, true);
    assert_near(found, 4.59);
    assert!(text.starts_with("40 "), "{text}");
}

/// Ids and states in the last message of people.
fn states(rig: &Rig, sent: &[Outgoing]) -> Vec<(String, u8)> {
    let told: People3D = rig.on(PEOPLE, sent).unwrap();
    told.people.into_iter().map(|p| (p.id, p.state)).collect()
}

#[test]
fn a_depth_camera_that_is_unplugged_with_its_colour_loses_people_and_has_them_again() {
    let mut rig = ready(&format!("{REGISTERED} -p output_rate_hz:=20.0"));
    let show = |rig: &mut Rig, at_ms: i64, depth_m: f64| {
        rig.bus.now = ms(at_ms);
        rig.send(DEPTH, &wall(at_ms, depth_m));
        see(rig, at_ms);
        rig.be_due(ms(at_ms + 10))
    };
    for at_ms in (0..3000).step_by(50) {
        show(&mut rig, at_ms, 4.3);
    }
    let mut seen = Vec::new();
    for at_ms in (3000..13_000).step_by(50) {
        let sent = rig.be_due(ms(at_ms));
        let state = states(&rig, &sent).pop().map(|(_, state)| state);
        if seen.last() != Some(&state) {
            seen.push(state);
        }
    }
    let (tracked, predicted, lost) = (Person3D::TRACKED, Person3D::PREDICTED, Person3D::LOST);
    assert_eq!(
        seen,
        [Some(tracked), Some(predicted), Some(lost)],
        "tracked while the last image is fresh"
    );
    let message = rig.diagnose(ms(13_000), vec![]).message;
    assert!(message.contains("no keypoints for 10.1 s"), "{message}");
    // The person has gone nearer meanwhile; no depth of before is taken for that.
    let sent = show(&mut rig, 13_000, 3.7);
    assert_near(distance_m(&rig, &sent), 3.79);
    assert_eq!(states(&rig, &sent), [("7".to_owned(), tracked)]);
    assert_eq!(rig.diagnose(ms(13_020), vec![]).message, "publishing");
}

#[test]
fn of_two_cameras_the_one_that_is_unplugged_leaves_its_people_to_the_other() {
    let more = "-p target_frame:=base -p front.depth_topic:=/front/depth";
    let mut rig = several_cameras::both(more, [600.0; 2]);
    for camera in ["front_optical", "rear_optical"] {
        fix(&mut rig, "base", camera, [0.0; 3]);
    }
    let mut told = |at_ms: i64, is_plugged: bool| {
        let mut last = None;
        if is_plugged {
            rig.bus.now = ms(at_ms);
            let mut image = wall(at_ms, 4.3);
            image.header.frame_id = "front_optical".into();
            rig.send("/front/depth", &image);
        }
        let cameras: &[&str] = if is_plugged {
            &["front", "rear"]
        } else {
            &["rear"]
        };
        for camera in cameras {
            let sent = several_cameras::see(&mut rig, camera, at_ms);
            last = rig.all_on::<People3D>(PEOPLE, &sent).pop().or(last);
        }
        last
    };
    let mut check = |from_ms: i64, to_ms: i64, is_plugged: bool| {
        for at_ms in (from_ms..to_ms).step_by(50) {
            let Some(message) = told(at_ms, is_plugged) else {
                continue;
            };
            let [person] = message.people.as_slice() else {
                panic!("{at_ms} ms: {:?}", message.people)
            };
            assert_eq!(
                (person.id.as_str(), person.state),
                ("f1", Person3D::TRACKED)
            );
            let found_m = person.root_position.z;
            let is_settled = at_ms >= 2500;
            assert!(
                !is_settled || (found_m - 4.39).abs() < 0.15,
                "{at_ms} ms: {found_m}"
            );
        }
    };
    check(0, 4000, true);
    check(4000, 14_000, false);
    check(14_000, 15_000, true);
}
