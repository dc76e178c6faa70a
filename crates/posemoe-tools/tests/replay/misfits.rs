//! Libraries and models that do not fit: what was found, and what is needed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::{Ran, posemoe, walk};

fn replay_with(words: &[&str]) -> Ran {
    let bag = walk(1);
    let mut all = vec!["replay", bag.to_str().unwrap()];
    all.extend(words);
    let ran = posemoe(&all);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    ran
}

#[test]
fn a_missing_library_is_named_with_the_remedy() {
    let ran = replay_with(&["--onnxruntime", "/nowhere/libonnxruntime.so"]);
    assert!(
        ran.stderr.contains("/nowhere/libonnxruntime.so"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("run scripts/setup"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_no_library_is_refused() {
    let ran = replay_with(&[
        "--onnxruntime",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"),
    ]);
    assert!(
        ran.stderr
            .contains("ONNX Runtime 1.17 or newer is needed at"),
        "{}",
        ran.stderr
    );
}

#[test]
fn too_old_a_library_is_named_with_both_versions() {
    // A library that says it is ONNX Runtime 1.16, which the C compiler that Rust links with
    // builds.
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (
        folder.path().join("old.c"),
        folder.path().join("libonnxruntime.so"),
    );
    fs::write(
        &source,
        "static const void *api(unsigned v) { (void)v; return 0; }\n\
         static const char *version(void) { return \"1.16.3\"; }\n\
         struct base { const void *(*get)(unsigned); const char *(*version)(void); };\n\
         static const struct base b = { api, version };\n\
         const struct base *OrtGetApiBase(void) { return &b; }\n",
    )
    .unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status();
    assert!(built.unwrap().success());
    let ran = replay_with(&["--onnxruntime", library.to_str().unwrap()]);
    assert!(
        ran.stderr.contains("1.16.3") && ran.stderr.contains("1.17"),
        "{}",
        ran.stderr
    );
}

/// The shipped model with one text in it replaced by another of the same length.
fn spoiled(folder: &Path, from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/posemoe.onnx"
    ))
    .unwrap();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter_map(|(place, window)| (window == from.as_bytes()).then_some(place))
        .collect();
    assert!(!places.is_empty(), "the model has no {from}");
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    let path = folder.join("spoiled.onnx");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_model_that_does_not_fit_says_what_was_found_and_expected() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, expected) in [
        (
            "posemoe_manifest",
            "posemoe_manifesT",
            "no posemoe_manifest in the file's metadata",
        ),
        (
            "\"format\": 3",
            "\"format\": 1",
            "manifest says format = 1, expected 3",
        ),
        ("\"spine\"", "\"spinx\"", "expected pelvis right_hip"),
        (
            "\"output_unit\": \"m\"",
            "\"output_unit\": \"k\"",
            "output_unit = k, expected m",
        ),
        (
            "\"blocks\": 4",
            "\"blocks\": 5",
            "input memory_4 is absent, expected float32 [-1, 17, -1, ",
        ),
        ("\"blocks\": 4", "\"blocks\": 3", "output entries is "),
        (
            "age_s",
            "age_x",
            "input age_s is absent, expected float32 [-1, -1, -1]",
        ),
        (
            "sigma_m",
            "sigma_x",
            "output sigma_m is absent, expected float32 [-1, -1, 17]",
        ),
    ] {
        let ran = replay_with(&["--model", &spoiled(folder.path(), from, to)]);
        assert!(ran.stderr.contains(expected), "{from}: {}", ran.stderr);
    }
    let ran = replay_with(&[
        "--model",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"),
    ]);
    assert!(ran.stderr.contains("Cargo.toml"), "{}", ran.stderr);
    let ran = replay_with(&["--model", "/nowhere/model.onnx"]);
    assert!(ran.stderr.contains("/nowhere/model.onnx"), "{}", ran.stderr);
}

#[test]
fn a_model_for_the_other_mode_says_so() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
    for (mode, file, expected) in [
        (
            "stream",
            "posemoe_window.onnx",
            "is of kind window, expected stream, as the parameter mode says",
        ),
        (
            "window",
            "posemoe.onnx",
            "is of kind stream, expected window, as the parameter mode says",
        ),
    ] {
        let (mode, model) = (format!("mode:={mode}"), format!("{folder}/{file}"));
        let ran = replay_with(&["--model", &model, "--ros-args", "-p", &mode]);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn looking_ahead_in_a_stream_is_refused_with_both_names() {
    let ran = replay_with(&["--ros-args", "-p", "lookahead_s:=0.2"]);
    assert!(
        ran.stderr.contains("parameters mode and lookahead_s"),
        "{}",
        ran.stderr
    );
}

#[test]
fn providers_are_tried_strictly_in_order_and_the_winner_is_named() {
    let gpu = || {
        posemoe(&[
            "replay",
            walk(1).to_str().unwrap(),
            "--ros-args",
            "-p",
            "providers:=[tensorrt, cuda]",
        ])
    };
    let ran = gpu();
    if ran.code == 2 {
        // No GPU here: both refusals are told, and the CPU does not take over in silence.
        assert!(
            ran.stderr.contains("tensorrt (") && ran.stderr.contains("cuda ("),
            "{}",
            ran.stderr
        );
    }
    let ran = posemoe(&[
        "replay",
        walk(1).to_str().unwrap(),
        "--ros-args",
        "--log-level",
        "info",
        "-p",
        "providers:=[tensorrt, cpu]",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("network loaded") && ran.stderr.contains("provider"),
        "{}",
        ran.stderr
    );
}

#[test]
fn doctor_says_what_runs() {
    let ran = posemoe(&["doctor"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for expected in [
        "cpu           runs the model",
        "trained on    CMU",
        "memory        96 frames within 8 s: ",
        " kB for each frame",
    ] {
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    }
    let ran = posemoe(&["doctor", "--ros-args", "-p", "mode:=window"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let expected = "window        27 frames from 8 s before to 0 s after";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    let ran = posemoe(&["doctor", "--ros-args", "-p", "onnxruntime:=/nowhere/lib.so"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.contains("missing") && ran.stdout.contains("/nowhere/lib.so"),
        "{}",
        ran.stdout
    );
}
