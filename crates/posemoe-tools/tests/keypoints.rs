//! `posemoe keypoints`: a table that training reads; the same file names its columns.

use std::process::{Command, Output};

fn keypoints(bags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_posemoe"))
        .arg("keypoints")
        .args(bags)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap()
}

#[test]
fn everybody_in_each_frame_is_a_row_of_finite_numbers() {
    let output = keypoints(&["tests/data/walk_cam01.mcap", "tests/data/walk_cam02.mcap"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    assert_eq!(
        head[..6],
        ["bag", "person", "stamp_s", "ray_x", "ray_y", "log_size"]
    );
    assert_eq!(head.len(), 6 + 3 * 17);
    let rows: Vec<_> = rows.collect();
    for bag in ["walk_cam01.mcap", "walk_cam02.mcap"] {
        assert_eq!(rows.iter().filter(|row| row[0] == bag).count(), 100);
    }
    for row in &rows {
        assert_eq!(row.len(), head.len());
        let numbers = row[2..].iter().map(|cell| cell.parse::<f64>().unwrap());
        assert!(numbers.into_iter().all(f64::is_finite));
    }
}

#[test]
fn what_is_no_bag_is_refused_by_name() {
    let output = keypoints(&["Cargo.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("Cargo.toml"), "{told}");
}
