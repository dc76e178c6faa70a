//! Standard output that was closed, or takes no more.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use posemoe_stamp::Stamp;

use crate::bags::{CAMERA_INFO, KEYPOINTS, NewBag, recorded};
use crate::program::walk;

/// Every subcommand that prints, on something small.
fn commands(folder: &Path) -> Vec<Vec<String>> {
    let (input, truth) = (folder.join("in.mcap"), folder.join("truth.csv"));
    let (info, frames) = recorded(1);
    let mut bag = NewBag::create(&input);
    for (number, frame) in frames[..3].iter().enumerate() {
        let at = Stamp::from_nanos(number as i64);
        bag.put(CAMERA_INFO, at, &info);
        bag.put(KEYPOINTS, at, frame);
    }
    bag.finish();
    let header = "stamp_s,person,joint,x_m,y_m,z_m\n";
    fs::write(&truth, format!("{header}0,a,nose,1,2,3\n")).unwrap();
    let markers = folder.join("walk.trc");
    fs::write(
        &markers,
        "PathFileType\t4\t(X/Y/Z)\twalk.trc\nNumFrames\tNumMarkers\tUnits\n1\t8\tm\n\
         Frame#\tTime\tRHip\tLHip\tRKnee\tLKnee\tRAnkle\tLAnkle\tRShoulder\tLShoulder\n\
         X1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\tX4\tY4\tZ4\t\
         X5\tY5\tZ5\tX6\tY6\tZ6\tX7\tY7\tZ7\tX8\tY8\tZ8\n\
         1\t0.0\t0\t0\t4\t1\t0\t4\t0\t1\t4\t1\t1\t4\t0\t2\t4\t1\t2\t4\t0\t-1\t4\t1\t-1\t4\n",
    )
    .unwrap();
    let camera = folder.join("camera.json");
    fs::write(
        &camera,
        r#"{"name": "a", "width": 640, "height": 480,
            "K": [[600, 0, 320], [0, 600, 240], [0, 0, 1]],
            "R_camera_from_world": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            "t_camera_from_world_m": [0, 0, 0]}"#,
    )
    .unwrap();
    let words = |line: &str| {
        let word = |word: &str| match word {
            "IN" => input.to_str().unwrap().to_owned(),
            "WALK" => walk(1).to_str().unwrap().to_owned(),
            "TRUTH" => truth.to_str().unwrap().to_owned(),
            "TRC" => markers.to_str().unwrap().to_owned(),
            "CAMERA" => camera.to_str().unwrap().to_owned(),
            "OUT" => folder.join("out").to_str().unwrap().to_owned(),
            word => word.to_owned(),
        };
        line.split(' ').map(word).collect()
    };
    [
        "info IN",
        "replay IN",
        "evaluate TRUTH --truth TRUTH --truth-frame a --prediction-frame a",
        "evaluate --list TRUTH --truth TRUTH",
        "import trc TRC --camera CAMERA --up z --output OUT",
        "bench --memory 2 --people 1 --mode window",
        "doctor",
        "parameters",
        "--help",
        "--version",
        "replay --help",
    ]
    .map(words)
    .to_vec()
}

fn run(words: &[String], stdout: Stdio) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_posemoe"));
    let program = program
        .args(words)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    program
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

/// A pipe whose other end nobody holds any more.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn who_closes_standard_output_has_had_enough() {
    let folder = tempfile::tempdir().unwrap();
    for words in commands(folder.path()) {
        let heard = run(&words, Stdio::piped());
        assert!(
            !heard.stdout.is_empty() && heard.status.success(),
            "{words:?}: {heard:?}"
        );
        let unheard = run(&words, closed());
        assert!(unheard.status.success(), "{words:?}: {unheard:?}");
        let stderr = String::from_utf8_lossy(&unheard.stderr);
        assert!(!stderr.contains("panicked"), "{words:?}: {stderr}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for words in commands(folder.path()) {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let unheard = run(&words, full.into());
        let stderr = String::from_utf8_lossy(&unheard.stderr);
        assert_eq!(unheard.status.code(), Some(2), "{words:?}: {stderr}");
        let expected = "standard output: No space left on device";
        assert!(stderr.contains(expected), "{words:?}: {stderr}");
    }
}

#[test]
fn the_files_that_were_asked_for_are_written_though_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let mut words = commands(folder.path()).swap_remove(1);
    words.extend(["--json".to_owned(), json.to_str().unwrap().to_owned()]);
    assert!(run(&words, closed()).status.success());
    assert!(
        fs::read_to_string(json)
            .unwrap()
            .contains("\"frames_out\": 3")
    );
    // Nor does anyone hear of what is wrong.
    let mut program = Command::new(env!("CARGO_BIN_EXE_posemoe"));
    let program = program.args(["info", "/nowhere"]).stdout(closed());
    assert_eq!(program.stderr(closed()).status().unwrap().code(), Some(2));
}
