//! The four recorded walks against the pose that was triangulated from them.

use crate::{replayed, report, text, truth, walks};

/// Camera, MPJPE and P-MPJPE as `scripts/walk_report.py` gives them, and docs/model.md (mm).
const DEMO: [(&str, f64, f64); 4] = [
    ("walk_cam01", 95.6, 65.7),
    ("walk_cam02", 75.7, 50.9),
    ("walk_cam03", 80.6, 54.8),
    ("walk_cam04", 74.3, 54.0),
];

#[test]
fn the_walk_gives_the_figures_of_the_demo() {
    let report = report(&[walks(), vec!["--truth".to_owned(), truth()]].concat(), 0);
    let assert_is = |figure: &serde_json::Value, expected: f64| {
        let found = figure.as_f64().unwrap();
        assert!(
            (found - expected).abs() <= 0.05 + 1e-9,
            "{found}, expected {expected}"
        );
    };
    for (sequence, (name, mpjpe_mm, p_mpjpe_mm)) in
        report["sequences"].as_array().unwrap().iter().zip(DEMO)
    {
        assert_eq!(sequence["name"], name);
        assert_is(&sequence["mpjpe_mm"], mpjpe_mm);
        assert_is(&sequence["p_mpjpe_mm"], p_mpjpe_mm);
        assert_eq!(sequence["counts"]["frames_compared"], 100);
        assert_eq!(
            sequence["per_person"]["walker"]["mpjpe_mm"],
            sequence["mpjpe_mm"]
        );
        let replayed = &sequence["prediction"]["replayed"];
        assert_eq!(replayed["provider"], "cpu");
        assert_eq!(replayed["parameters"]["memory_frames"], 243);
        assert_eq!(sequence["truth"]["topic"], "/truth/people3d");
        let ours_only = serde_json::json!(["head", "nose", "pelvis", "spine", "thorax"]);
        assert_eq!(sequence["joints_not_in_both"], ours_only);
    }
    let overall = &report["overall"];
    assert_is(&overall["mpjpe_mm"], 81.6);
    assert_is(&overall["p_mpjpe_mm"], 56.3);
    assert_eq!(overall["poses"], 400);
    assert_eq!(overall["per_joint"].as_object().unwrap().len(), 12);
    assert_eq!(
        (&overall["recall_pct"], &overall["id_switches"]),
        (&100.0.into(), &0.0.into())
    );
    assert_eq!(report["posemoe_version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_recorded_output_and_several_jobs_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let outputs: Vec<String> = replayed(folder.path())
        .iter()
        .map(|path| text(path))
        .collect();
    let of = |predictions: &[String], jobs: &str| {
        let more = ["--truth", &truth(), "--jobs", jobs].map(str::to_owned);
        let mut report = report(&[predictions, &more].concat(), 0);
        for sequence in report["sequences"].as_array_mut().unwrap() {
            let origin = sequence
                .as_object_mut()
                .unwrap()
                .remove("prediction")
                .unwrap();
            assert_eq!(origin.get("replayed").is_some(), predictions == walks());
        }
        report
    };
    let fresh = of(&walks(), "1");
    assert_eq!(of(&walks(), "3"), fresh);
    assert_eq!(of(&outputs, "1"), fresh);
}

#[test]
fn an_alignment_needs_no_calibration_and_leaves_the_shape_alone() {
    let words = [walks().swap_remove(1), "--truth".to_owned(), truth()];
    let placed = report(&words, 0);
    let aligned = report(
        &[&words[..], &["--align".to_owned(), "rigid".to_owned()]].concat(),
        0,
    );
    let figure = |report: &serde_json::Value, key: &str| report["overall"][key].as_f64().unwrap();
    let (before, after) = (
        figure(&placed, "abs_mpjpe_mm"),
        figure(&aligned, "abs_mpjpe_mm"),
    );
    assert!(after < 0.7 * before, "{after}, {before} before");
    let shapes = [&placed, &aligned].map(|report| figure(report, "p_mpjpe_mm"));
    assert!((shapes[0] - shapes[1]).abs() < 1e-6, "{shapes:?}");
}
