//! `posemoe evaluate` as a user runs it: the recorded walk, another implementation, and bad input.

mod agreement;
mod bags;
mod comparison;
mod inputs;
mod latency;
mod many;
mod moving;
mod page;
mod people_on_tf;
#[path = "../replay/program.rs"]
#[allow(dead_code)] // the tests of replay use the rest
mod program;
#[path = "../../../../tests/support/python.rs"]
mod python;
mod resume;
mod walk;
mod zed_truth;

use std::path::{Path, PathBuf};

use program::{Ran, posemoe};
use serde_json::Value;

/// Where the walker truly was, in `world`, with the cameras on `/tf_static`.
fn truth() -> String {
    text(
        &Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .join("tests/data/walk_truth.mcap"),
    )
}

/// The bags of keypoints of all cameras.
fn walks() -> Vec<String> {
    (1..=4).map(|camera| text(&program::walk(camera))).collect()
}

/// Words that evaluate them against the truth, and these.
fn of_walks(more: &[&str]) -> Vec<String> {
    let truth = truth();
    let more = ["--truth", &truth].into_iter().chain(more.iter().copied());
    walks().into_iter().chain(more.map(str::to_owned)).collect()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Evaluates with these words, which must end with `code`.
fn evaluate<Word: AsRef<str>>(words: &[Word], code: i32) -> Ran {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let ran = posemoe(&[&["evaluate"], words.as_slice()].concat());
    assert_eq!(ran.code, code, "{words:?}: {}{}", ran.stdout, ran.stderr);
    ran
}

/// The JSON of such a run.
fn report<Word: AsRef<str>>(words: &[Word], code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let json = text(&folder.path().join("report.json"));
    let mut all: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    all.extend(["--json", &json]);
    evaluate(&all, code);
    read(&json)
}

fn read(json: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap()
}

/// The output of `posemoe replay` for each camera.
fn replayed(folder: &Path) -> Vec<PathBuf> {
    let one = |camera| {
        let output = folder.join(format!("walk_cam0{camera}.mcap"));
        program::replay(&program::walk(camera), &output, 0);
        output
    };
    (1..=4).map(one).collect()
}
