//! People who are frames on TF, as predictions and as truth.

use std::fs;

use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_stamp::Stamp;

use crate::bags::{RECORDER, logged, transform, write};
use crate::{evaluate, program, report, text};

const JOINTS: [(&str, [f64; 3]); 3] = [
    ("left_hip", [0.1, 0.0, 0.0]),
    ("right_hip", [-0.1, 0.0, 0.0]),
    ("nose", [0.0, 0.0, 0.8]),
];

#[test]
fn the_transforms_of_a_replay_are_its_people() {
    let folder = tempfile::tempdir().unwrap();
    let bag = text(&folder.path().join("walk.mcap"));
    program::replay(&program::walk(2), std::path::Path::new(&bag), 0);
    for (flag, pattern, joints) in [
        ("--prediction-tf", "posemoe", 17),
        ("--truth-tf", "posemoe", 17),
        ("--truth-tf", "posemoe_{joint}_{id}", 16), // all but the pelvis, which is body_<id>
    ] {
        let found = report(&[&bag, "--truth", &bag, flag, pattern], 0);
        let overall = &found["overall"];
        for key in ["abs_mpjpe_mm", "p99_9_error_mm", "root_error_mm"] {
            let error_mm = overall[key].as_f64().unwrap();
            assert!(error_mm < 1e-9, "{flag} {pattern}: {key} is {error_mm}");
        }
        assert_eq!(
            (&overall["poses"], &overall["recall_pct"]),
            (&100.into(), &100.0.into())
        );
        assert_eq!(overall["per_joint"].as_object().unwrap().len(), joints);
        let side = flag.trim_start_matches("--").trim_end_matches("-tf");
        assert_eq!(found["sequences"][0][side]["topic"], "/tf");
        assert_eq!(found["settings"][format!("{side}_tf")], pattern);
    }
}

/// A robot drives along y of `map` and sees two people, the second for half of the time; their
/// joints are frames below `base`. And a table of where they are in `map`.
fn drive(folder: &std::path::Path) -> [String; 2] {
    let (mut messages, mut table) = (Vec::new(), "stamp_s,person,joint,x_m,y_m,z_m\n".to_owned());
    for step in 0..40 {
        let seconds = 100.0 + 0.05 * f64::from(step);
        let at = Stamp::default().plus_seconds(seconds);
        let y_m = 0.1 * f64::from(step);
        // Half a step away from the people: they are in between.
        let of_base = Stamp::default().plus_seconds(seconds - 0.025);
        let base = transform("map", "base", of_base, [0.0, y_m - 0.05, 0.0], 0.0);
        messages.push(logged("/tf", of_base, &base));
        let mut people = TFMessage::default();
        for (person, x_m) in [("a", 2.0), ("b", 4.0)] {
            if person == "b" && step >= 20 {
                continue;
            }
            for (joint, [x, y, z]) in JOINTS {
                let place_m = [x + x_m, y - y_m, z];
                let frame = format!("person_{person}/{joint}");
                people
                    .transforms
                    .extend(transform("base", &frame, at, place_m, 0.0).transforms);
                table += &format!("{seconds:.2},{person},{joint},{},{y},{z}\n", x + x_m);
            }
        }
        messages.push(logged("/tf", at.plus_seconds(0.03), &people));
    }
    let path = folder.join("truth.csv");
    fs::write(&path, table).unwrap();
    let bag = write(&folder.join("drive.mcap"), RECORDER, &messages);
    [bag, text(&path)]
}

#[test]
fn people_below_a_moving_base_are_found_in_map_and_are_gone_when_stale() {
    let folder = tempfile::tempdir().unwrap();
    let [bag, table] = drive(folder.path());
    let pattern = "person_{id}/{joint}";
    let in_map = [
        "--prediction-tf",
        pattern,
        "--prediction-frame",
        "map",
        "--truth-frame",
        "map",
    ];
    let found = report(
        &[&[bag.as_str(), "--truth", &table][..], &in_map].concat(),
        0,
    );
    assert!(found["overall"]["abs_mpjpe_mm"].as_f64().unwrap() < 1e-9);
    // The last moment is after the last transform of the base.
    let expected = serde_json::json!({
        "frames_compared": 39, "true_people": 59, "predicted_people": 59, "found_people": 59,
    });
    assert_eq!(found["overall"]["counts"], expected);
    let skipped = &found["sequences"][0]["skipped"]["prediction"];
    assert_eq!(skipped, &serde_json::json!({"joint_without_transform": 3}));
    let latency = &found["overall"]["latency"]["stamp_to_publish_ms"];
    assert!(
        (latency["median"].as_f64().unwrap() - 30.0).abs() < 1e-6,
        "{latency}"
    );
    // Where people hang from: the base, in which the truth is looked up at each moment.
    let in_base = ["--prediction-tf", pattern, "--truth-frame", "map"];
    let found = report(
        &[&[bag.as_str(), "--truth", &table][..], &in_base].concat(),
        0,
    );
    assert!(found["overall"]["abs_mpjpe_mm"].as_f64().unwrap() < 1e-9);
    assert_eq!(
        found["sequences"][0]["skipped"]["comparison"]["frame_without_transform"],
        1
    );
}

#[test]
fn patterns_that_fit_nothing_and_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [bag, table] = drive(folder.path());
    for (words, expected) in [
        (
            vec![
                &*bag,
                "--truth",
                &table,
                "--prediction-tf",
                "human_{id}/{joint}",
            ],
            "base, person_a/left_hip",
        ),
        (
            vec![&*bag, "--truth", &table, "--prediction-tf", "{id}"],
            "expected {joint} once",
        ),
        (
            vec![&*bag, "--truth", &table, "--truth-tf", "posemoe"],
            "expected a bag, as --truth-tf is given",
        ),
    ] {
        let ran = evaluate(&words, 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
