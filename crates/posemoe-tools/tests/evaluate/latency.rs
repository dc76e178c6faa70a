//! How late people were told of: from log times, and never from those of a replay.

use std::fs;
use std::path::Path;

use posemoe::msg::posemoe::{Joint3D, People3D, Person3D};
use posemoe_stamp::Stamp;
use serde_json::Value;

use crate::bags::{RECORDER, logged, write};
use crate::{evaluate, program, report, text, truth};

/// Where the people of these bags are.
const PEOPLE: &str = "/people";

/// A bag of somebody each 0.05 s, each message recorded so many seconds after its stamp.
fn bag(path: &Path, library: &str, latencies_s: impl Iterator<Item = f64>) -> String {
    let mut messages = Vec::new();
    for (step, latency_s) in latencies_s.enumerate() {
        let stamp = Stamp::default().plus_seconds(1_000.0 + 0.05 * step as f64);
        let mut message = People3D {
            joint_names: vec!["pelvis".to_owned(), "nose".to_owned(), "head".to_owned()],
            ..People3D::default()
        };
        (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
        message.header.frame_id = "camera".to_owned();
        message.people.push(Person3D {
            id: "1".to_owned(),
            state: Person3D::TRACKED,
            joints: vec![Joint3D::default(); 3],
            ..Person3D::default()
        });
        messages.push(logged(PEOPLE, stamp.plus_seconds(latency_s), &message));
    }
    write(path, library, &messages)
}

/// 40 to 140 ms, each once.
fn even() -> impl Iterator<Item = f64> {
    (0..=100).map(|i| 0.04 + 0.001 * f64::from(i))
}

fn latency(words: &[&str]) -> Value {
    let report = report(words, 0);
    let of_one = &report["sequences"][0]["latency"];
    assert_eq!(of_one, &report["overall"]["latency"]);
    of_one["stamp_to_publish_ms"].clone()
}

#[test]
fn a_recording_says_how_late_people_were_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let bag = bag(&folder.path().join("robot.mcap"), RECORDER, even());
    let found = latency(&[&bag, "--truth", &bag, "--prediction-topic", PEOPLE]);
    for (key, expected) in [
        ("median", 90.0),
        ("p99", 139.0),
        ("p99_9", 139.9),
        ("min", 40.0),
        ("max", 140.0),
    ] {
        assert!(
            (found[key].as_f64().unwrap() - expected).abs() < 1e-6,
            "{key}: {found}"
        );
    }
    assert_eq!(
        (&found["messages"], &found["negative"]),
        (&101.into(), &0.into())
    );
    let ran = evaluate(&[&bag, "--truth", &bag, "--prediction-topic", PEOPLE], 0);
    let line =
        "stamp to publish: median 90.0 ms, 99 % 139.0, 99.9 % 139.9, longest 140.0 (101 messages)";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}

#[test]
fn clocks_that_differ_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let latencies_s = [0.02, -0.3, 0.01].into_iter();
    let bag = bag(&folder.path().join("robot.mcap"), RECORDER, latencies_s);
    let found = latency(&[&bag, "--truth", &bag, "--prediction-topic", PEOPLE]);
    assert!(
        (found["min"].as_f64().unwrap() + 300.0).abs() < 1e-6,
        "{found}"
    );
    assert_eq!(found["negative"], 1);
    let ran = evaluate(&[&bag, "--truth", &bag, "--prediction-topic", PEOPLE], 0);
    assert!(
        ran.stdout
            .contains("1 messages came before their stamp, by up to 300.0 ms"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_was_made_offline_knows_no_latency() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let replayed = path("replayed.mcap");
    program::replay_with(&program::walk(1), &replayed, 0, &["--keep-input"]);
    let simulated = bag(&path("simulated.mcap"), RECORDER, even().map(|_| 0.0));
    let ours = bag(&path("ours.mcap"), "posemoe 0.1.0", even());
    let (walk, truth) = (text(&program::walk(1)), truth());
    for words in [
        [
            &*walk,
            "--truth",
            &truth,
            "--truth-topic",
            "/truth/people3d",
        ],
        [
            &text(&replayed),
            "--truth",
            &truth,
            "--truth-topic",
            "/truth/people3d",
        ],
        [
            &simulated,
            "--truth",
            &simulated,
            "--prediction-topic",
            PEOPLE,
        ],
        [&ours, "--truth", &ours, "--prediction-topic", PEOPLE],
    ] {
        assert_eq!(latency(&words), Value::Null, "{words:?}");
        assert!(!evaluate(&words, 0).stdout.contains("stamp to publish"));
    }
}

#[test]
fn a_slower_robot_is_a_regression_and_an_unknown_latency_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let before = bag(&path("robot.mcap"), RECORDER, even());
    let json = text(&path("before.json"));
    let itself = [&*before, "--truth", &before, "--prediction-topic", PEOPLE];
    evaluate(&[&itself[..], &["--json", &json]].concat(), 0);
    let slower = bag(
        &path("robot.mcap"),
        RECORDER,
        even().map(|latency_s| latency_s + 0.018),
    );
    let words = [
        &*slower,
        "--truth",
        &slower,
        "--prediction-topic",
        PEOPLE,
        "--against",
        &json,
        "--tolerance",
    ];
    let found = report(&[&words[..], &["19%"]].concat(), 1);
    let differences = found["against"]["differences"].as_array().unwrap();
    let of = |metric: &str| {
        differences
            .iter()
            .find(|one| one["metric"] == metric)
            .unwrap()
    };
    let (median, p99) = (
        of("stamp_to_publish_median_ms"),
        of("stamp_to_publish_p99_ms"),
    );
    for difference in [median, p99] {
        let mean = difference["difference"]["mean"].as_f64().unwrap();
        assert!((mean - 18.0).abs() < 1e-6, "{difference}");
    }
    // 18 ms are 20 % of 90 and 13 % of 139.
    assert_eq!(
        (&median["is_regression"], &p99["is_regression"]),
        (&true.into(), &false.into())
    );
    evaluate(&[&words[..], &["21%"]].concat(), 0);
    fs::remove_file(&slower).unwrap();
    bag(&path("robot.mcap"), "posemoe 0.1.0", even());
    let found = report(&[&words[..], &["0%"]].concat(), 0);
    let differences = found["against"]["differences"].as_array().unwrap();
    assert!(
        differences
            .iter()
            .all(|one| !one["metric"].as_str().unwrap().starts_with("stamp"))
    );
}
