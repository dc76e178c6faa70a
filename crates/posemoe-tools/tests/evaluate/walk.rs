//! The four recorded walks against the pose that was triangulated from them.

use crate::python::{printed, script};
use crate::{of_walks, read, replayed, report, text, truth, walks};

/// What the demo prints, by camera and for `all`: another implementation, in numpy.
fn demo() -> Option<serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let json = text(&folder.path().join("walk.json"));
    let mut script = script("../../scripts/walk_report.py")?;
    script.args(replayed(folder.path())).args(["--json", &json]);
    printed(&mut script);
    Some(read(&json))
}

#[test]
fn the_walk_gives_the_figures_of_the_demo() {
    let Some(demo) = demo() else { return };
    let report = report(&of_walks(&[]), 0);
    let assert_same = |ours: &serde_json::Value, camera: &str| {
        for figure in ["mpjpe_mm", "p_mpjpe_mm"] {
            let [found, expected] = [&ours[figure], &demo[camera][figure]];
            let off_mm = found.as_f64().unwrap() - expected.as_f64().unwrap();
            assert!(
                off_mm.abs() < 0.01,
                "{camera} {figure}: {found}, {expected}"
            );
        }
    };
    let sequences = report["sequences"].as_array().unwrap();
    assert_eq!(sequences.len(), 4);
    for (sequence, camera) in sequences.iter().zip(["cam01", "cam02", "cam03", "cam04"]) {
        assert_eq!(sequence["name"], format!("walk_{camera}"));
        assert_same(sequence, camera);
        assert_eq!(sequence["counts"]["frames_compared"], 100);
        assert_eq!(
            sequence["per_person"]["walker"]["mpjpe_mm"],
            sequence["mpjpe_mm"]
        );
        let replayed = &sequence["prediction"]["replayed"];
        assert_eq!(replayed["provider"], "cpu");
        assert_eq!(replayed["parameters"]["memory_frames"], 96);
        assert_eq!(sequence["truth"]["topic"], "/truth/people3d");
        let ours_only = serde_json::json!(["head", "nose", "pelvis", "spine", "thorax"]);
        assert_eq!(sequence["joints_not_in_both"], ours_only);
    }
    let overall = &report["overall"];
    assert_same(overall, "all");
    assert_eq!(overall["poses"], 400);
    assert_eq!(overall["per_joint"].as_object().unwrap().len(), 12);
    assert_eq!(
        (&overall["recall_pct"], &overall["id_switches"]),
        (&100.0.into(), &0.0.into())
    );
    assert_eq!(report["posemoe_version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_smaller_network_is_chosen_by_its_name_and_lifts_the_walk() {
    let report = report(&of_walks(&["--model", "posemoe_xs.onnx"]), 0);
    let replayed = &report["sequences"][0]["prediction"]["replayed"];
    let model = replayed["model"].as_str().unwrap();
    assert!(model.starts_with("posemoe_xs "), "{model}");
    let mpjpe_mm = report["overall"]["mpjpe_mm"].as_f64().unwrap();
    assert!(mpjpe_mm < 90.0, "{mpjpe_mm} mm; an average pose has 227");
}

#[test]
fn sigma_becomes_true_by_the_factor_that_is_reported() {
    let overall = |sigma_scale: f64| {
        let scale = format!("sigma_scale:={sigma_scale}");
        let words = of_walks(&["--ros-args", "-p", &scale, "--"]);
        let overall = report(&words, 0)["overall"].take();
        ["sigma_factor", "within_1_sigma_pct", "mpjpe_mm"].map(|key| overall[key].as_f64().unwrap())
    };
    let too_small = 0.4;
    let [factor, within_pct, mpjpe_mm] = overall(too_small);
    assert!(
        factor > 1.5 && within_pct < 50.0,
        "{factor}, {within_pct} %"
    );
    let mended = overall(too_small * factor);
    let off = [mended[0] - 1.0, mended[1] - 68.27, mended[2] - mpjpe_mm];
    assert!(
        off[0].abs() < 1e-3 && off[1].abs() < 0.1 && off[2].abs() < 1e-6,
        "{mended:?}, and {mpjpe_mm} mm before"
    );
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
    assert!(after < before, "{after}, {before} before");
    let shapes = [&placed, &aligned].map(|report| figure(report, "p_mpjpe_mm"));
    assert!((shapes[0] - shapes[1]).abs() < 1e-6, "{shapes:?}");
}
