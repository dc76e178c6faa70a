//! From a data set to figures: import, then evaluate.

use std::path::Path;

use serde_json::Value;

use crate::program::posemoe;
use crate::{bags, data, import, text};

fn report(words: &[&str], folder: &Path) -> Value {
    let json = text(&folder.join("report.json"));
    let ran = posemoe(&[&["evaluate"], words, &["--json", &json]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap()
}

fn imported(folder: &Path) -> Vec<String> {
    let output = folder.join("bags");
    import(
        &[
            "h36m",
            &data("h36m/data_3d_h36m.npz"),
            "--subjects",
            "S9,S11",
        ],
        &output,
        0,
    );
    bags(&output).iter().map(|bag| text(bag)).collect()
}

#[test]
fn the_node_is_run_on_every_bag_and_compared_with_the_truth_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let bags = imported(folder.path());
    let words: Vec<&str> = bags.iter().map(String::as_str).collect();
    let found = report(&words, folder.path());
    let sequences = found["sequences"].as_array().unwrap();
    assert_eq!(sequences.len(), 8);
    for sequence in sequences {
        let counts = &sequence["counts"];
        assert_eq!(counts["true_people"], counts["found_people"], "{sequence}");
        assert!(sequence["prediction"]["replayed"].is_object());
        assert_eq!(sequence["truth"]["topic"], "/truth/people3d");
        assert_eq!(sequence["joints_not_in_both"], serde_json::json!([]));
    }
    assert_eq!(found["overall"]["poses"], 4 * (12 + 6));
    // Somebody upright of average size, without noise: well below an average pose's error, and not
    // 0.
    let error_mm = found["overall"]["mpjpe_mm"].as_f64().unwrap();
    assert!((1.0..120.0).contains(&error_mm), "{error_mm}");
    // The same, where the bag is given as its own truth.
    let own = report(&[words[0], "--truth", words[0]], folder.path());
    let (own, first) = (&own["sequences"][0], &sequences[0]);
    assert_eq!(
        (&own["mpjpe_mm"], &own["name"]),
        (&first["mpjpe_mm"], &first["name"])
    );
}

#[test]
fn the_truth_of_one_camera_is_the_truth_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let bags = imported(folder.path());
    let words = [
        bags[0].as_str(),
        "--truth",
        &bags[1],
        "--prediction-topic",
        "/truth/people3d",
    ];
    let found = report(&words, folder.path());
    for figure in [
        "mpjpe_mm",
        "p_mpjpe_mm",
        "root_error_mm",
        "abs_mpjpe_mm",
        "mpjve_mm_s",
    ] {
        let error = found["overall"][figure].as_f64().unwrap();
        assert!(error < 1e-6, "{figure}: {error}");
    }
}

#[test]
fn several_people_with_joints_that_are_not_known_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("bags");
    let words = ["panoptic", &data("panoptic/studio_1"), "--cameras", "00_05"];
    import(&words, &output, 0);
    let found = report(&[&text(&bags(&output)[0])], folder.path());
    let sequence = &found["sequences"][0];
    assert_eq!(sequence["counts"]["found_people"], 8);
    // Four of the face in each pose, and the wrist of one.
    assert_eq!(sequence["skipped"]["truth"]["joint_not_seen"], 8 * 4 + 1);
    assert_eq!(sequence["per_joint"]["left_wrist"]["poses"], 7);
}

#[test]
fn a_bag_without_a_truth_of_its_own_is_refused() {
    let bag = text(&crate::program::walk(1));
    let ran = posemoe(&["evaluate", &bag]);
    assert_eq!(ran.code, 2);
    for expected in ["no topic /truth/people3d", "--truth says where else"] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    let table = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    let rows = "stamp_s,person,joint,x_m,y_m,z_m\n0,a,nose,1,2,3\n";
    std::fs::write(table.path(), rows).unwrap();
    let ran = posemoe(&["evaluate", &text(table.path())]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("cannot have a truth of its own"),
        "{}",
        ran.stderr
    );
}
