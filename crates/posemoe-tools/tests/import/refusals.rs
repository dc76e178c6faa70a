//! What cannot be imported is refused with what was found and what was expected.

use std::fs;
use std::path::Path;

use crate::{data, import, text};

/// Imports in vain; the message must have all of these texts.
fn refused(words: &[&str], expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let ran = import(words, folder.path(), 2);
    for expected in expected {
        assert!(
            ran.stderr.contains(expected),
            "{words:?}: {}, expected {expected}",
            ran.stderr
        );
    }
}

fn refused_h36m(file: &str, expected: &[&str]) {
    refused(&["h36m", &data(&format!("h36m/{file}.npz"))], expected);
}

#[test]
fn a_pickle_that_would_run_something_is_refused_by_name() {
    refused_h36m("evil", &["evil.npz", "posix.system", "nothing was run"]);
    assert!(
        !Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .join("posemoe_was_here")
            .exists()
    );
}

#[test]
fn arrays_that_are_not_as_they_should_be_are_refused() {
    refused_h36m(
        "nan",
        &["S9 Walking: frame 3: joint left_knee is not finite"],
    );
    refused_h36m("shape", &["found an array of [12, 16, 3]", "[32, 17]"]);
    refused_h36m("flat", &["S9: found no dictionary"]);
    refused_h36m("text", &["S9 Walking: found a text, expected an array"]);
    refused_h36m(
        "other",
        &["found positions.npy in the archive, expected positions_3d.npy"],
    );
    refused_h36m("numbers", &["'descr': '<f4'", "expected Python objects"]);
}

#[test]
fn who_is_not_there_and_what_is_not_known_are_named() {
    let file = data("h36m/data_3d_h36m.npz");
    refused(
        &["h36m", &file, "--subjects", "S9,S7"],
        &["found the subjects S9, S11, S4, expected S7"],
    );
    refused(
        &["h36m", &file, "--subjects", "S4"],
        &["S4 Walking: the cameras of S4 are not known"],
    );
    refused(
        &["h36m", &file, "--actions", "Dancing"],
        &["nothing fits what was asked for"],
    );
    let words = ["h36m", &file, "--subjects", "S9", "--cameras", "1"];
    refused(
        &words,
        &["found the cameras 54138969, 55011271", "expected 1"],
    );
    let seen = data("h36m/data_2d_coco.npz");
    refused(
        &["h36m", &file, "--detections", &seen],
        &["joints in the order of \"coco\""],
    );
    let seen = data("h36m/data_2d_h36m_test.npz");
    let words = ["h36m", &file, "--detections", &seen, "--subjects", "S11"];
    refused(
        &words,
        &["S11 Sitting: found keypoints of 0 cameras, expected 4"],
    );
    refused(&["h36m", "/nowhere/data.npz"], &["/nowhere/data.npz"]);
}

#[test]
fn a_sequence_without_calibration_or_frames_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = folder.path().join("studio");
    fs::create_dir(&sequence).unwrap();
    let words = ["panoptic", &text(&sequence)];
    refused(
        &words,
        &["found 0 of a calibration_SEQUENCE.json, expected one"],
    );
    let calibration = data("panoptic/studio_1/calibration_studio_1.json");
    fs::copy(&calibration, sequence.join("calibration_studio.json")).unwrap();
    refused(&words, &["hdPose3d_stage1_coco19"]);
    let scenes = sequence.join("hdPose3d_stage1_coco19");
    fs::create_dir(&scenes).unwrap();
    refused(&words, &["found no body3DScene_*.json"]);
    fs::write(
        scenes.join("body3DScene_00000001.json"),
        r#"{"bodies": [{"id": 0, "joints19": [1, 2]}]}"#,
    )
    .unwrap();
    refused(
        &words,
        &["body3DScene_00000001.json: body 0: found 2 numbers in joints19, expected 76"],
    );
    fs::write(
        scenes.join("body3DScene_00000001.json"),
        r#"{"bodies": [{"id": 0, "joints15": []}]}"#,
    )
    .unwrap();
    refused(&words, &["missing field `joints19`"]);
    let text = fs::read_to_string(&calibration)
        .unwrap()
        .replace("[1400, 0, 960]", "[0, 0, 960]");
    fs::write(sequence.join("calibration_studio.json"), text).unwrap();
    refused(&words, &["camera 00_05: K is not usable: found fx=0"]);
}

#[test]
fn annotations_of_other_shapes_and_versions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let from = data("mpi_inf_3dhp/S1/Seq2");
    let words = ["mpi-inf-3dhp", &text(folder.path())];
    refused(&words, &["annot.mat"]);
    fs::write(
        folder.path().join("annot.mat"),
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64",
    )
    .unwrap();
    refused(&words, &["camera.calibration"]);
    let calibration = fs::read_to_string(Path::new(&from).join("camera.calibration")).unwrap();
    fs::write(folder.path().join("camera.calibration"), &calibration).unwrap();
    refused(
        &words,
        &["found MATLAB 7.3 (HDF5), expected version 5", "-v7"],
    );
    fs::copy(
        Path::new(&from).join("annot.mat"),
        folder.path().join("annot.mat"),
    )
    .unwrap();
    let cut = calibration.replace("extrinsic", "extrinsics");
    fs::write(folder.path().join("camera.calibration"), cut).unwrap();
    refused(
        &words,
        &["camera.calibration: camera 0: expected 16 numbers after extrinsic"],
    );
}

#[test]
fn a_test_set_as_it_comes_and_a_sequence_that_is_none_of_it_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sequence = folder.path().join("TS1");
    fs::create_dir(&sequence).unwrap();
    let words = ["mpi-inf-3dhp", &text(&sequence)];
    fs::write(sequence.join("annot_data.mat"), b"MATLAB 7.3 MAT-file").unwrap();
    refused(
        &words,
        &["TS1/annot_data.mat: found MATLAB 7.3 (HDF5), expected version 5"],
    );
    let from = data("mpi_inf_3dhp/TS5/annot_data_v5.mat");
    let other = folder.path().join("TS9");
    fs::create_dir(&other).unwrap();
    fs::copy(&from, other.join("annot_data_v5.mat")).unwrap();
    refused(
        &["mpi-inf-3dhp", &text(&other)],
        &["found the sequence TS9, expected TS1 to TS6"],
    );
    let training = data("mpi_inf_3dhp/S1/Seq2/annot.mat");
    fs::copy(training, sequence.join("annot_data_v5.mat")).unwrap();
    refused(
        &words,
        &["annot_data_v5.mat: found frames, annot3, expected valid_frame"],
    );
}

#[test]
fn markers_without_keypoints_and_cameras_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, camera) = (data("trc/walk.trc"), data("trc/camera.json"));
    let other = text(&folder.path().join("other.trc"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &other,
        text.replace("RHip", "A")
            .replace("LHip", "B")
            .replace("Knee", "C")
            .replace("Elbow", "D")
            .replace("Wrist", "E")
            .replace("Ankle", "F"),
    )
    .unwrap();
    let words = ["trc", &other, "--camera", &camera, "--up", "y"];
    refused(
        &words,
        &["found the markers A, B", "expected at least 8 such as RHip"],
    );
    fs::write(&other, text.replace("0.016667", "0.000000")).unwrap();
    refused(&words, &["the time 0.000000000 s is there twice"]);
    let end = text.trim_end().rfind('\n').unwrap();
    fs::write(&other, &text[..end]).unwrap();
    refused(
        &words,
        &["other.trc: found ", " rows, expected ", "(NumFrames)"],
    );
    let bent = fs::read_to_string(&camera)
        .unwrap()
        .replacen("[[", "[[2.0, 0.0, 0.0], [", 1);
    let not_one = folder.path().join("camera.json");
    fs::write(&not_one, bent).unwrap();
    refused(
        &[
            "trc",
            &file,
            "--camera",
            not_one.to_str().unwrap(),
            "--up",
            "y",
        ],
        &["camera.json: expected name"],
    );
}
