//! Results that are kept from one run to the next.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::many::{copy, json_of};
use crate::program::walk;
use crate::{evaluate, read, text, truth};

/// The results in a folder, by name, with when they were written.
fn kept(work: &str) -> Vec<(PathBuf, std::time::SystemTime)> {
    let files = fs::read_dir(work).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = files
        .map(|file| (file.path(), file.metadata().unwrap().modified().unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_run_goes_on_where_another_ended_and_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bags = folder.path().join("bags");
    let first = copy(1, &bags.join("cam1.mcap"));
    for camera in 2..=4 {
        copy(camera, &bags.join(format!("cam{camera}.mcap")));
    }
    fs::write(bags.join("bad.mcap"), "no bag").unwrap();
    // Read, but of another time: that, too, is a result.
    let early = "stamp_s,person,joint,x_m,y_m,z_m\n1,a,nose,1,1,1\n";
    let early_csv = text(&bags.join("early.csv"));
    fs::write(&early_csv, early).unwrap();
    let (bags, work, truth) = (text(&bags), text(&folder.path().join("work")), truth());
    let all = [
        &bags,
        early_csv.as_str(),
        "--prediction-frame",
        "world",
        "--truth",
        &truth,
    ];
    let run = |more: &[&str]| json_of(&[&all, more].concat(), 3);
    let (alone, _) = run(&[]);
    // Broken off after the first.
    evaluate(
        &[
            &first,
            "--truth",
            &truth,
            "--prediction-frame",
            "world",
            "--work",
            &work,
        ],
        0,
    );
    let one = kept(&work);
    assert_eq!(one.len(), 1);
    let (json, stderr) = run(&["--work", &work, "--jobs", "2"]);
    assert!(
        json == alone && stderr.contains("1 of 6 results were in "),
        "{stderr}"
    );
    let five = kept(&work);
    assert!(five.len() == 5 && five.contains(&one[0]), "{five:?}");
    assert_eq!(run(&["--work", &work]).0, alone);
    assert_eq!(kept(&work), five); // nothing was compared anew

    // Another parameter is another result, and the same again the old.
    let other = ["--work", &work, "--ros-args", "-p", "stature_sigma:=0.1"];
    assert_ne!(run(&other).0, alone);
    assert_eq!(kept(&work).len(), 10);
    assert_eq!(run(&["--work", &work, "--jobs", "2"]).0, alone);

    // A result that a crash cut short is made anew.
    fs::write(&five[0].0, &fs::read(&five[0].0).unwrap()[..99]).unwrap();
    let (json, stderr) = run(&["--work", &work]);
    assert!(
        json == alone && stderr.contains("compared anew: "),
        "{stderr}"
    );
    let (json, stderr) = run(&["--work", &work]);
    assert!(json == alone && !stderr.contains("anew"), "{stderr}");

    // Another bag of the same name is another bag.
    fs::copy(walk(2), &first).unwrap();
    let (json, _) = run(&["--work", &work]);
    assert_eq!(json, run(&[]).0);
    assert_ne!(json, alone);
    assert_eq!(kept(&work).len(), 11);
}

#[test]
fn the_list_says_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (work, bag, truth) = (text(&folder.path().join("work")), text(&walk(1)), truth());
    let words = [bag.as_str(), "--truth", &truth, "--work", &work];
    let line = || -> Value {
        let ran = evaluate(&[&words[..], &["--list"]].concat(), 0);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let before = line();
    assert_eq!(
        (&before["is_kept"], &before["name"]),
        (&false.into(), &"walk_cam01".into())
    );
    let json = text(&folder.path().join("report.json"));
    evaluate(&[&words[..], &["--json", &json]].concat(), 0);
    assert_eq!(line()["is_kept"], true);
    assert!(
        Path::new(&work)
            .join(before["result"].as_str().unwrap())
            .exists()
    );
    assert_eq!(read(&json)["failed"], serde_json::json!([]));
}
