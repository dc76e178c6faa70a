//! `posemoe bench` as a user runs it, for a moment's worth of frames.

use std::process::Command;

use serde_json::Value;

fn bench(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_posemoe"))
        .arg("bench")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn every_form_is_measured_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (json, report) = (path("bench.json"), path("bench.md"));
    let output = bench(&[
        "--memory=2,3",
        "--people=1,2",
        "--json",
        &json,
        "--report",
        &report,
        // What follows --ros-args must not swallow what the program adds for itself.
        "--ros-args",
        "-p",
        "publish_markers:=false",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let asked = |mode: &str, frames: u64, people: u64| {
        rows.iter().any(|row| {
            row["mode"] == mode && row["memory_frames"] == frames && row["people"] == people
        })
    };
    assert_eq!(rows.len(), 16);
    for mode in ["streaming", "streaming_xs", "window", "window_entangled"] {
        assert!(asked(mode, 2, 1) && asked(mode, 2, 2) && asked(mode, 3, 1) && asked(mode, 3, 2));
    }
    for row in &rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!(number("us_per_frame_median") > 0.0, "{row}");
        assert!(
            number("us_per_frame_p99") >= number("us_per_frame_median"),
            "{row}"
        );
        assert!(number("cpu_us_per_frame") > 0.0, "{row}");
        assert!(number("rss_mib") > 1.0, "{row}");
    }
    let page = std::fs::read_to_string(&report).unwrap();
    assert_eq!(page.matches("| window_entangled |").count(), 4, "{page}");
    assert!(page.contains("(bench.svg)"));
    assert!(
        std::fs::read_to_string(path("bench.svg"))
            .unwrap()
            .contains("window_entangled")
    );
}

#[test]
fn frames_at_a_rate_are_slept_for() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder
        .path()
        .join("bench.json")
        .to_string_lossy()
        .into_owned();
    let began = std::time::Instant::now();
    let output = bench(&[
        "--mode=streaming",
        "--memory=3",
        "--people=1",
        "--rate=100",
        "--json",
        &json,
    ]);
    assert!(output.status.success(), "{output:?}");
    // 300 frames, the first at once.
    assert!(began.elapsed().as_secs_f64() > 2.9);
    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(
        (&rows[0]["rate_hz"], &rows[0]["frames"]),
        (&100.into(), &300.into())
    );
}

#[test]
fn what_cannot_be_measured_is_named() {
    let output = bench(&["--people=0", "--memory=3", "--mode=streaming"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("max_people"), "{said}");
}

#[test]
fn what_a_depth_image_adds_is_measured_beside_frames_without() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("bench.json");
    let output = bench(&[
        "--mode=streaming",
        "--memory=3",
        "--people=2",
        "--depth",
        "--json",
        &json.to_string_lossy(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complained}");
    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let depth: Vec<_> = rows.iter().map(|row| row["depth"] == true).collect();
    assert_eq!(depth, [false, true]);
    assert!(said.contains("a depth image adds "), "{said}");
}
