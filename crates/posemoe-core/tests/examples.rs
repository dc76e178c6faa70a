//! The examples do what they say, with the network that ships.

#![cfg(feature = "onnx")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use posemoe_core::Camera;

#[allow(dead_code, reason = "its main is for the command line")]
#[path = "../examples/table.rs"]
mod table;
#[allow(dead_code, reason = "its main is for the command line")]
#[path = "../examples/walk.rs"]
mod walk;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// ONNX Runtime and the model.
fn files() -> (PathBuf, PathBuf) {
    let fetched = checkout().join(".cache/onnxruntime");
    let mut found = fetched.read_dir().into_iter().flatten().flatten();
    let library = found.find_map(|one| {
        let path = one.path().join("libonnxruntime.so");
        path.exists().then_some(path)
    });
    let library = library.expect("scripts/setup brings libonnxruntime.so");
    (library, checkout().join("models/posemoe.onnx"))
}

#[test]
fn the_walker_is_followed_through_every_frame() {
    let (library, model) = files();
    let mut out = Vec::new();
    walk::follow(
        &library,
        &model,
        &checkout().join("tests/data/walk"),
        &mut out,
    )
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells = line.split_whitespace();
            cells.map(|cell| cell.parse().unwrap()).collect()
        })
        .collect();
    assert_eq!(rows.len(), 100, "{text}");
    for row in rows {
        let [_, _, y_m, z_m, sigma_m, speed_m_s, _, ankle_y_m, _] = row[..] else {
            panic!("{row:?}");
        };
        assert!((2.0..8.0).contains(&z_m), "{row:?}");
        assert!((0.0..0.5).contains(&sigma_m), "{row:?}");
        assert!(speed_m_s < 3.0, "{row:?}");
        // y points down: ankles are below the hips, by a leg's length at most.
        assert!((0.2..1.1).contains(&(ankle_y_m - y_m)), "{row:?}");
    }
}

/// Two who stand side by side, the second seen in every other image only.
fn keypoints() -> String {
    let pixels = [
        (320, 110),
        (324, 105),
        (316, 105),
        (330, 108),
        (310, 108),
        (348, 145),
        (292, 145),
        (356, 195),
        (284, 195),
        (358, 240),
        (282, 240),
        (338, 240),
        (302, 240),
        (340, 315),
        (300, 315),
        (340, 385),
        (300, 385),
    ];
    let mut text = "time_s,person,keypoint,x_px,y_px,score\n".to_owned();
    for image in 0..10 {
        let time_s = 0.1 * f64::from(image);
        for (person, shift_px) in [("ada", -150), ("bob", 150)] {
            if person == "bob" && image % 2 == 1 {
                continue;
            }
            for (keypoint, (x, y)) in pixels.iter().enumerate() {
                let x = x + shift_px;
                writeln!(text, "{time_s},{person},{keypoint},{x},{y},0.9").unwrap();
            }
        }
    }
    text
}

#[test]
fn everyone_in_a_table_comes_out_in_metres() {
    let (library, model) = files();
    let k = [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0];
    let camera = Camera::new(&k, "plumb_bob", &[], 640, 480).unwrap();
    let mut pipeline = table::pipeline(&library, &model).unwrap();
    let mut out = Vec::new();
    let input = keypoints();
    table::convert(
        &mut pipeline,
        &camera,
        (640, 480),
        input.as_bytes(),
        &mut out,
    )
    .unwrap();

    let text = String::from_utf8(out).unwrap();
    let mut said: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        said.entry((cells[1], cells[2]))
            .or_default()
            .insert(cells[0]);
        if cells[3] == "pelvis" {
            let [x_m, z_m]: [f64; 2] = [cells[4], cells[6]].map(|cell| cell.parse().unwrap());
            assert!((3.0..6.0).contains(&z_m), "{line}");
            assert_eq!(x_m > 0.0, cells[1] == "bob", "{line}");
        }
    }
    let images = |person, state| said.get(&(person, state)).map_or(0, BTreeSet::len);
    assert_eq!(images("ada", "Tracked"), 10, "{text}");
    assert_eq!(images("bob", "Tracked"), 5, "{text}");
    // In the images that do not show him he is predicted.
    assert_eq!(images("bob", "Predicted"), 5, "{text}");
}

#[test]
fn a_line_that_is_none_is_named() {
    let (library, model) = files();
    let k = [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0];
    let camera = Camera::new(&k, "plumb_bob", &[], 640, 480).unwrap();
    let mut pipeline = table::pipeline(&library, &model).unwrap();
    let input = "0.0,ada,0,320,110,0.9\n0.0,ada,17,324,105,0.9\n";
    let error = table::convert(
        &mut pipeline,
        &camera,
        (640, 480),
        input.as_bytes(),
        Vec::new(),
    );
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("line 2: found \"0.0,ada,17,"), "{error}");
}
