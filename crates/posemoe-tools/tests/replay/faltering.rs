//! The walk as a faltering robot would have recorded it.

use std::path::Path;

use posemoe::msg::diagnostic_msgs::{DiagnosticArray, DiagnosticStatus};
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bags::{CAMERA_INFO, KEYPOINTS, NewBag, messages, recorded, stamp, time};
use crate::program::{Ran, people, replay};

/// Writes a bag, replays it, and looks into what came out.
fn replayed(write: impl FnOnce(&mut NewBag), look: impl FnOnce(&Ran, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.mcap"),
        folder.path().join("out.mcap"),
    );
    let mut bag = NewBag::create(&input);
    write(&mut bag);
    bag.finish();
    look(&replay(&input, &output, 0), &output);
}

fn states(message: &People3D) -> Vec<(&str, u8)> {
    let people = message.people.iter();
    people.map(|p| (p.id.as_str(), p.state)).collect()
}

#[test]
fn a_bag_played_in_a_loop_gives_each_round_anew() {
    let (info, seen) = recorded(1);
    let start = stamp(&seen[0].header.stamp);
    let write = |bag: &mut NewBag| {
        bag.put(CAMERA_INFO, start, &info);
        for round in 0..3 {
            for message in &seen {
                // The recorder's clock goes on, the stamps begin anew.
                let at = stamp(&message.header.stamp).plus_seconds(f64::from(round) * 2.0);
                bag.put(KEYPOINTS, at, message);
            }
        }
    };
    replayed(write, |ran, output| {
        assert!(
            ran.stdout.contains("2 x time jumped back"),
            "{}",
            ran.stdout
        );
        let rounds = people(output);
        assert_eq!(rounds.len(), 300);
        for (i, message) in rounds.iter().enumerate() {
            assert!(message == &rounds[i % 100], "{i}: memory of a round before");
        }
        let frames: Vec<TFMessage> = messages(output, "/tf");
        let stamps = frames
            .iter()
            .map(|frame| stamp(&frame.transforms[0].header.stamp));
        let stamps: Vec<_> = stamps.collect();
        let returns = stamps.windows(2).filter(|pair| pair[1] <= pair[0]);
        assert_eq!(returns.count(), 2, "once for each jump");
    });
}

#[test]
fn a_detector_that_dies_for_ten_seconds_is_missed_in_the_diagnostics() {
    let (info, seen) = recorded(1);
    let start = stamp(&seen[0].header.stamp);
    let write = |bag: &mut NewBag| {
        for second in 0..15 {
            bag.put(CAMERA_INFO, start.plus_seconds(f64::from(second)), &info);
        }
        for (i, message) in seen.iter().enumerate() {
            let mut message = message.clone();
            let mut at = stamp(&message.header.stamp);
            if i >= 50 {
                // It counts its people anew.
                at = at.plus_seconds(10.0);
                message.detections[0].id = "2".into();
            }
            message.header.stamp = time(at);
            bag.put(KEYPOINTS, at, &message);
        }
    };
    replayed(write, |_, output| {
        let out = people(output);
        assert_eq!(out.len(), 100);
        assert_eq!(states(&out[49]), [("1", Person3D::TRACKED)]);
        let lost = [("1", Person3D::LOST), ("2", Person3D::TRACKED)];
        assert_eq!(states(&out[50]), lost);
        assert_eq!(states(&out[51]), [("2", Person3D::TRACKED)]);
        let said: Vec<DiagnosticArray> = messages(output, "/diagnostics");
        let said = said.iter().map(|message| &message.status[0]);
        let levels: Vec<u8> = said.clone().map(|status| status.level).collect();
        let level = |wanted| levels.iter().filter(|level| **level == wanted).count();
        assert!(level(DiagnosticStatus::WARN) >= 4, "{levels:?}");
        assert!(level(DiagnosticStatus::ERROR) >= 4, "{levels:?}");
        let silent = said.filter(|status| status.message.starts_with("no keypoints for"));
        assert!(silent.count() >= 8);
    });
}

#[test]
fn another_camera_in_the_middle_is_another_frame_and_a_fresh_start() {
    let (first, seen_first) = recorded(1);
    let (second, seen_second) = recorded(2);
    let write = |bag: &mut NewBag| {
        for (i, messages) in seen_first.iter().zip(&seen_second).enumerate() {
            let (info, seen) = match i < 50 {
                true => (&first, messages.0),
                false => (&second, messages.1),
            };
            let at = stamp(&messages.0.header.stamp);
            let mut seen = seen.clone();
            seen.header.stamp = time(at);
            if i % 50 == 0 {
                bag.put(CAMERA_INFO, at, info);
            }
            bag.put(KEYPOINTS, at, &seen);
        }
    };
    replayed(write, |ran, output| {
        assert!(ran.stdout.contains("camera changed"), "{}", ran.stdout);
        let out = people(output);
        assert_eq!(out.len(), 100);
        for (i, message) in out.iter().enumerate() {
            let camera = if i < 50 { 1 } else { 2 };
            let frame = format!("cam0{camera}_optical_frame");
            assert_eq!(message.header.frame_id, frame);
            assert_eq!(states(message), [("1", Person3D::TRACKED)]);
        }
        // The first image of the second camera knows nothing of the first camera's.
        let velocity = &out[50].people[0].root_velocity;
        assert_eq!((velocity.x, velocity.y, velocity.z), (0.0, 0.0, 0.0));
    });
}

#[test]
fn another_focal_length_in_the_middle_moves_the_walker_along() {
    let (info, seen) = recorded(1);
    let mut zoomed = info.clone();
    (zoomed.k[0], zoomed.k[4]) = (2.0 * info.k[0], 2.0 * info.k[4]);
    let write = |bag: &mut NewBag| {
        for (i, message) in seen.iter().enumerate() {
            let at = stamp(&message.header.stamp);
            if i % 50 == 0 {
                bag.put(CAMERA_INFO, at, if i < 50 { &info } else { &zoomed });
            }
            bag.put(KEYPOINTS, at, message);
        }
    };
    replayed(write, |_, output| {
        let out = people(output);
        assert_eq!(out.len(), 100);
        let distance_m = |i: usize| {
            let root = &out[i].people[0].root_position;
            (root.x * root.x + root.y * root.y + root.z * root.z).sqrt()
        };
        let (before_m, after_m) = (distance_m(49), distance_m(99));
        assert!(after_m > 1.5 * before_m, "{before_m} m, then {after_m} m");
        assert!(out.iter().all(|m| m.people[0].state == Person3D::TRACKED));
    });
}

/// Where the walker's root is, by stamp (ns).
fn roots_m(output: &Path) -> Vec<(i64, [f64; 3])> {
    let root = |message: &People3D| {
        let [person] = message.people.as_slice() else {
            panic!("one person walks")
        };
        assert_eq!(person.state, Person3D::TRACKED);
        let root = &person.root_position;
        let at = stamp(&message.header.stamp).nanos();
        (at, [root.x, root.y, root.z])
    };
    people(output).iter().map(root).collect()
}

#[test]
fn one_frame_in_five_lost_hardly_moves_the_walker() {
    let (info, seen) = recorded(1);
    let write = |keep: fn(usize) -> bool| {
        let (info, seen) = (&info, &seen);
        move |bag: &mut NewBag| {
            bag.put(CAMERA_INFO, stamp(&seen[0].header.stamp), info);
            for (_, message) in seen.iter().enumerate().filter(|(i, _)| keep(*i)) {
                bag.put(KEYPOINTS, stamp(&message.header.stamp), message);
            }
        }
    };
    let (mut whole, mut part) = (Vec::new(), Vec::new());
    replayed(write(|_| true), |_, output| whole = roots_m(output));
    // The same fifth in every run, at no even distances.
    let keep = |i: usize| !(i * 7919 % 1009).is_multiple_of(5);
    replayed(write(keep), |_, output| part = roots_m(output));
    assert!((75..=85).contains(&part.len()), "{}", part.len());
    let mut worst_m = 0.0_f64;
    for (at, found) in &part {
        let (_, expected) = whole.iter().find(|(stamp, _)| stamp == at).unwrap();
        let off_m = found.iter().zip(expected).map(|(a, b)| (a - b).powi(2));
        worst_m = worst_m.max(off_m.sum::<f64>().sqrt());
    }
    println!("worst {worst_m} m");
    assert!(worst_m < 0.2, "{worst_m} m");
}
