//! Many bags: in folders, by patterns, some of them broken.

use posemoe::msg::type_info;
use std::fs;
use std::path::{Path, PathBuf};

use posemoe::msg::Message;
use posemoe::msg::posemoe::People3D;
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Event, Qos, Topic};
use serde_json::Value;

use crate::program::walk;
use crate::{evaluate, text, truth};

/// A copy of a camera's walk.
pub fn copy(camera: u32, path: &Path) -> String {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(walk(camera), path).unwrap();
    text(path)
}

/// The JSON of a run as text, which must end with `code`; and what it said on standard error.
pub fn json_of(words: &[&str], code: i32) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let json = text(&folder.path().join("report.json"));
    let ran = evaluate(&[&["--json", &json], words].concat(), code);
    (fs::read_to_string(&json).unwrap(), ran.stderr)
}

/// Names and files of the sequences that would be compared.
fn listed(words: &[&str]) -> Vec<(String, String, String)> {
    let ran = evaluate(&[words, &["--list"]].concat(), 0);
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        (field("name"), field("prediction"), field("truth"))
    };
    ran.stdout.lines().map(line).collect()
}

fn names(words: &[&str]) -> Vec<String> {
    let listed = listed(words).into_iter();
    listed.map(|(name, ..)| name).collect()
}

/// Four bags in folders, in each form, with the truth among them.
fn runs(folder: &Path) -> PathBuf {
    let runs = folder.join("runs");
    copy(2, &runs.join("b/late.mcap"));
    copy(1, &runs.join("b/early.mcap"));
    let crashed = runs.join("a/crashed");
    copy(3, &crashed.join("crashed_0.mcap")); // no metadata.yaml yet
    let output = text(&runs.join("c/whole"));
    let input = text(&walk(4));
    let ran = crate::program::posemoe(&["replay", &input, "--output", &output, "--keep-input"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    fs::copy(truth(), runs.join("b/truth.mcap")).unwrap();
    fs::write(runs.join("b/notes.txt"), "walked").unwrap();
    fs::write(runs.join("metadata.yaml"), "about: this data\n").unwrap();
    runs
}

#[test]
fn folders_are_searched_and_bags_in_them_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path());
    let (all, truth) = (text(&runs), text(&runs.join("b/truth.mcap")));
    let expected = ["crashed", "early", "late", "whole"];
    assert_eq!(names(&[&all, "--truth", &truth]), expected);
    let (json, stderr) = json_of(&[&all, "--truth", &truth], 0);
    let report: Value = serde_json::from_str(&json).unwrap();
    let sequences = report["sequences"].as_array().unwrap();
    let poses = sequences.iter().map(|one| one["poses"].as_u64().unwrap());
    assert_eq!(poses.collect::<Vec<_>>(), [100; 4]);
    assert!(
        stderr.contains(&format!("not a prediction, but the truth: {truth}")),
        "{stderr}"
    );
    // Named, it is one; found twice, a bag is still one.
    let twice = [&all, truth.as_str(), &all, "--truth", &truth];
    assert_eq!(
        names(&twice),
        ["crashed", "early", "late", "truth", "whole"]
    );
    let without = [&all, "--truth", &truth, "--exclude", "*/b/*"];
    assert_eq!(names(&without), ["crashed", "whole"]);
}

#[test]
fn links_are_followed_and_never_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, elsewhere) = (folder.path().join("runs"), folder.path().join("elsewhere"));
    copy(1, &elsewhere.join("far.mcap"));
    copy(2, &runs.join("near.mcap"));
    for (to, name) in [
        (elsewhere.as_path(), "link"),
        (&runs, "loop"),
        (Path::new("nowhere"), "notes.txt"),
        (Path::new("nowhere"), "gone.mcap"),
    ] {
        std::os::unix::fs::symlink(to, runs.join(name)).unwrap();
    }
    let (runs, truth) = (text(&runs), truth());
    let words = [&runs, "--truth", &truth];
    assert_eq!(names(&words), ["gone", "far", "near"]);
    let (_, stderr) = json_of(&words, 3);
    assert!(
        stderr.contains("unusable: ") && stderr.contains("gone.mcap"),
        "{stderr}"
    );
}

#[test]
fn patterns_are_as_in_a_shell_and_a_bags_file_is_the_bag() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path());
    let of = |pattern: &str| names(&[&text(&runs.join(pattern)), "--truth", &truth()]);
    assert_eq!(
        of("**/*.mcap"),
        ["crashed", "early", "late", "truth", "whole"]
    );
    assert_eq!(of("**/whole*"), ["whole"]);
    assert_eq!(of("b/*[ey].mcap"), ["early", "late"]);
    assert_eq!(of("?/"), of("**/*.mcap"));
}

#[test]
fn what_is_not_found_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let empty = text(folder.path());
    let pattern = text(&folder.path().join("*.mcap"));
    let bag = copy(1, &folder.path().join("below/walk.mcap"));
    fs::remove_file(&bag).unwrap();
    for (words, expected) in [
        ([empty.as_str(), "", ""], "found no bag in it or below"),
        ([&pattern, "", ""], "found no file or folder that fits"),
        ([&truth(), "--exclude", "*"], "no prediction is left"),
        ([&truth(), "--exclude", "***"], "--exclude \"***\""),
        (
            [&truth(), "--truth", "{nome}"],
            "expected {bag}, {name} or {folder}",
        ),
    ] {
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let truth = truth();
        let more: &[&str] = if words.contains(&"--truth") {
            &[]
        } else {
            &["--truth", &truth]
        };
        let ran = evaluate(&[&words, more].concat(), 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn each_bag_finds_its_truth_by_name_or_folder() {
    let folder = tempfile::tempdir().unwrap();
    let runs = text(&runs(folder.path()));
    let of = |pattern: &str| {
        let listed = listed(&[&runs, "--truth", pattern]).into_iter();
        listed.map(|(.., truth)| truth).collect::<Vec<_>>()
    };
    let expected = ["crashed", "early", "late", "truth", "whole"];
    assert_eq!(
        of("t/{name}.csv"),
        expected.map(|name| format!("t/{name}.csv"))
    );
    // In the folder of the others, so that it is no prediction.
    let expected = ["a", "b", "b", "c"].map(|name| format!("{runs}/{name}/truth.mcap"));
    assert_eq!(of("{folder}/truth.mcap"), expected);
}

/// A camera's walk and the truth in one bag.
fn with_truth(camera: u32, path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let people = Topic {
        name: "/truth/people3d".to_owned(),
        type_name: People3D::TYPE_NAME,
        qos: Qos::reliable(10),
    };
    let mut source = BagBus::open(Path::new(&truth()), None, BagOptions::new(type_info)).unwrap();
    source.subscribe(&people).unwrap();
    let options = BagOptions {
        keep_input: true,
        ..BagOptions::new(type_info)
    };
    let mut bus = BagBus::open(&walk(camera), Some(path), options).unwrap();
    let publisher = bus.advertise(&people).unwrap();
    while let Some(event) = source.next_event().unwrap() {
        if let Event::Message { payload, .. } = event {
            bus.publish(publisher, source.now(), &payload);
        }
    }
    while bus.next_event().unwrap().is_some() {}
    bus.close().unwrap();
}

#[test]
fn truth_may_be_in_the_bag_itself() {
    let folder = tempfile::tempdir().unwrap();
    for camera in [1, 2] {
        with_truth(
            camera,
            &folder.path().join(format!("walk_cam0{camera}.mcap")),
        );
    }
    let bags = text(folder.path());
    let (within, _) = json_of(&[&bags, "--truth", "{bag}", "--align", "rigid"], 0);
    let walks = [text(&walk(1)), text(&walk(2))];
    let words = [
        &walks[0],
        &walks[1],
        "--truth",
        &truth(),
        "--align",
        "rigid",
    ];
    let (beside, _) = json_of(&words, 0);
    let [within, beside] = [within, beside].map(|json| {
        let report: Value = serde_json::from_str(&json).unwrap();
        report["overall"].clone()
    });
    assert_eq!(within, beside);
    assert_eq!(within["poses"], 200);
}

#[test]
fn a_broken_bag_does_not_end_the_others() {
    let folder = tempfile::tempdir().unwrap();
    copy(1, &folder.path().join("good.mcap"));
    fs::write(folder.path().join("bad.mcap"), "no bag").unwrap();
    let (bags, truth) = (text(folder.path()), truth());
    let missing = text(&folder.path().join("gone.mcap"));
    let words = [&bags, missing.as_str(), "--truth", &truth];
    let (json, stderr) = json_of(&words, 3);
    let report: Value = serde_json::from_str(&json).unwrap();
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(report["sequences"].as_array().unwrap().len(), 1);
    assert_eq!(failed.len(), 2);
    assert!(failed[0]["file"].as_str().unwrap().ends_with("bad.mcap"));
    for (one, reason) in failed
        .iter()
        .zip(["found text: \"no bag\"", "No such file"])
    {
        let error = one["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
        assert!(stderr.contains(&format!("unusable: {error}")), "{stderr}");
    }
    let table = evaluate(&words, 3).stdout;
    assert!(table.contains("2 of 3 predictions are unusable"), "{table}");
    let ran = evaluate(
        &[&bags, "--exclude", "*good*", &missing, "--truth", &truth],
        2,
    );
    assert!(
        ran.stderr.contains("none of 2 predictions is usable"),
        "{}",
        ran.stderr
    );
}
