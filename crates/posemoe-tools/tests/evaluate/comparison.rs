//! Better or worse than another result, and the exit code that says so.

use std::fs;

use serde_json::Value;

use crate::{evaluate, read, text, truth, walks};

/// The result of the walk, with every MPJPE so much higher (mm) than it is.
fn changed(folder: &std::path::Path, mm: f64) -> String {
    let json = text(&folder.join("other.json"));
    let words = ["--truth", &truth(), "--json", &json].map(str::to_owned);
    evaluate(&[walks(), words.to_vec()].concat(), 0);
    let mut report = read(&json);
    for sequence in report["sequences"].as_array_mut().unwrap() {
        sequence["mpjpe_mm"] = (sequence["mpjpe_mm"].as_f64().unwrap() + mm).into();
    }
    fs::write(&json, report.to_string()).unwrap();
    json
}

fn against(json: &str, tolerance: &str, code: i32) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let now = text(&folder.path().join("now.json"));
    let truth = truth();
    let words = [
        "--truth",
        &truth,
        "--against",
        json,
        "--tolerance",
        tolerance,
        "--json",
        &now,
    ];
    let words = words.map(str::to_owned).to_vec();
    let ran = evaluate(&[walks(), words].concat(), code);
    (ran.stdout, read(&now)["against"].clone())
}

#[test]
fn worse_beyond_the_tolerance_is_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let json = changed(folder.path(), -2.0);
    let (printed, found) = against(&json, "1mm", 1);
    assert!(printed.contains("REGRESSION"), "{printed}");
    let mpjpe = &found["differences"][0];
    assert_eq!(
        (&mpjpe["metric"], &mpjpe["verdict"]),
        (&"mpjpe_mm".into(), &"worse".into())
    );
    // The same difference everywhere: the interval is that.
    for end in [
        &mpjpe["difference"]["mean"],
        &mpjpe["difference"]["interval"][0],
    ] {
        assert!((end.as_f64().unwrap() - 2.0).abs() < 1e-9, "{mpjpe}");
    }
    let (printed, found) = against(&json, "2.1mm", 0);
    assert!(!printed.contains("REGRESSION"), "{printed}");
    assert_eq!(found["is_regression"], false);
    against(&json, "2%", 1);
    against(&json, "3%", 0);
}

#[test]
fn better_and_the_same_are_no_regression() {
    let folder = tempfile::tempdir().unwrap();
    let (_, found) = against(&changed(folder.path(), 2.0), "0%", 0);
    assert_eq!(found["differences"][0]["verdict"], "better");
    assert_eq!(found["differences"][1]["verdict"], "unclear"); // the same
    assert_eq!(found["sequences"], 4);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let json = changed(folder.path(), 0.0);
    let one = [
        walks().swap_remove(0),
        "--truth".to_owned(),
        truth(),
        "--against".to_owned(),
        json.clone(),
    ];
    let ran = evaluate(&one, 0);
    assert!(
        ran.stdout
            .contains("walk_cam04 is in one of both results only"),
        "{}",
        ran.stdout
    );
    for (content, expected) in [
        ("no json", "no JSON of posemoe evaluate"),
        ("{\"format\": 7}", "found format 7, expected 1"),
        (
            "{\"format\": 1, \"sequences\": []}",
            "no sequence is in both results: walk_cam01",
        ),
    ] {
        fs::write(&json, content).unwrap();
        let ran = evaluate(&one, 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
