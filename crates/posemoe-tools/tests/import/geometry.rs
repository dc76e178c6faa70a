//! Keypoints, calibration, truth and time in the bags are what the script computed.

use std::path::Path;

use posemoe::msg::posemoe::People3D;

use crate::checks::{BODY25, H36M, check_seventeen, check_truth_is_at_keypoints, is_at, keypoints};
use crate::{bags, data, golden, import, messages};

#[test]
fn human36m_of_every_protocol_of_pickles_is_where_the_camera_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut contents = Vec::new();
    for name in ["data_3d_h36m", "protocol2", "protocol3", "protocol5"] {
        let file = data(&format!("h36m/{name}.npz"));
        let words = ["h36m", &file, "--subjects", "S9"];
        import(&words, folder.path(), 0);
        let found = bags(folder.path());
        assert_eq!(found.len(), 4);
        check_seventeen(&found[0], "h36m");
        found
            .iter()
            .for_each(|bag| check_truth_is_at_keypoints(bag, &H36M));
        contents.push(std::fs::read(&found[0]).unwrap());
    }
    // The same numbers, however they were stored, and the same bytes each time.
    assert!(contents.iter().all(|content| *content == contents[0]));
}

#[test]
fn time_goes_on_with_50_hz_from_a_moment_that_is_not_0_and_a_stride_leaves_frames_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = data("h36m/data_3d_h36m.npz");
    let words = [
        "h36m",
        &file,
        "--subjects",
        "S9",
        "--cameras",
        "58860488",
        "--stride",
        "5",
    ];
    import(&words, folder.path(), 0);
    let bag = folder.path().join("S9_Walking_1_58860488.mcap");
    assert_eq!(bags(folder.path()), std::slice::from_ref(&bag));
    let stamps = keypoints(&bag)
        .into_iter()
        .map(|message| message.header.stamp);
    let stamps: Vec<(i32, u32)> = stamps.map(|stamp| (stamp.sec, stamp.nanosec)).collect();
    let expected = [0, 100_000_000, 200_000_000].map(|nanosec| (1_600_000_000, nanosec));
    assert_eq!(stamps, expected);
}

#[test]
fn keypoints_of_a_detector_are_those_of_its_camera_and_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (file, seen) = (
        data("h36m/data_3d_h36m.npz"),
        data("h36m/data_2d_h36m_test.npz"),
    );
    let words = [
        "h36m",
        &file,
        "--detections",
        &seen,
        "--subjects",
        "S9",
        "--stride",
        "11",
    ];
    import(&words, folder.path(), 0);
    let expected = golden("h36m");
    for (camera, bag) in bags(folder.path()).iter().enumerate() {
        let found = keypoints(bag);
        assert_eq!(found.len(), 2);
        for (message, frame) in found.iter().zip([0, 11]) {
            for (joint, keypoint) in message.people[0].keypoints.iter().enumerate() {
                let mut keypoint = keypoint.clone();
                keypoint.x_px -= camera as f32; // as the script moved them
                assert!(
                    is_at(&keypoint, &expected[frame][joint]),
                    "{camera} {frame} {joint}"
                );
            }
        }
    }
}

#[test]
fn people_of_the_panoptic_studio_are_seen_through_its_lenses() {
    let folder = tempfile::tempdir().unwrap();
    let ran = import(&["panoptic", &data("panoptic/studio_1")], folder.path(), 0);
    for expected in [
        "studio_1_00_17.mcap  4 frames, 0 people seen, 8 out of the image, 1 outliers of the data \
        set",
        "2 bags  8 frames, 8 people seen, 8 out of the image, 2 outliers",
    ] {
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    }
    let bag = folder.path().join("studio_1_00_05.mcap");
    check_truth_is_at_keypoints(&bag, &BODY25);
    let (found, expected) = (keypoints(&bag), golden("panoptic"));
    for (frame, message) in found.iter().enumerate() {
        let ids: Vec<&str> = message.people.iter().map(|person| &*person.id).collect();
        assert_eq!(
            (ids, message.joint_set.as_str()),
            (vec!["7", "8"], "body25")
        );
        for (index, person) in message.people.iter().enumerate() {
            // Keypoint of body25, joint of the script.
            for (keypoint, joint) in [(0, 9), (1, 8), (4, 16), (8, 0), (11, 3), (14, 6)] {
                let (keypoint, pixel) =
                    (&person.keypoints[keypoint], &expected[frame][index][joint]);
                assert!(
                    is_at(keypoint, pixel),
                    "{frame} {index}: {keypoint:?}, expected {pixel}"
                );
            }
            let scores = |range: std::ops::Range<usize>| {
                person.keypoints[range].iter().all(|k| k.score == 0.0)
            };
            assert!(scores(15..25), "eyes, ears and feet");
            assert_eq!(
                person.keypoints[7].score == 0.0,
                (frame, index) == (2, 1),
                "uncertain wrist"
            );
        }
    }
    // 1001 / 30000 s for each frame, the first of which is number 120.
    assert_eq!(
        (found[0].header.stamp.sec, found[0].header.stamp.nanosec),
        (1_600_000_004, 4_000_000)
    );
    let away = folder.path().join("studio_1_00_17.mcap");
    let truth: Vec<People3D> = messages(&away, "/truth/people3d");
    assert!(
        keypoints(&away)
            .iter()
            .all(|message| message.people.is_empty())
    );
    assert!(truth.iter().all(|message| message.people.is_empty()));
}

#[test]
fn mpi_inf_3dhp_is_read_packed_and_plain_and_seen_by_all_cameras() {
    let folder = tempfile::tempdir().unwrap();
    let from = data("mpi_inf_3dhp/S1/Seq2");
    import(&["mpi-inf-3dhp", &from], folder.path(), 0);
    let plain = tempfile::tempdir().unwrap();
    let sequence = plain.path().join("S1/Seq2");
    std::fs::create_dir_all(&sequence).unwrap();
    let file = |name: &str| Path::new(&from).join(name);
    std::fs::copy(file("plain.mat"), sequence.join("annot.mat")).unwrap();
    std::fs::copy(
        file("camera.calibration"),
        sequence.join("camera.calibration"),
    )
    .unwrap();
    let output = plain.path().join("bags");
    import(&["mpi-inf-3dhp", sequence.to_str().unwrap()], &output, 0);
    for camera in ["0", "1"] {
        let name = format!("S1_Seq2_{camera}.mcap");
        let bag = folder.path().join(&name);
        check_seventeen(&bag, &format!("mpi_inf_3dhp_{camera}"));
        check_truth_is_at_keypoints(&bag, &H36M);
        assert_eq!(
            std::fs::read(&bag).unwrap(),
            std::fs::read(output.join(&name)).unwrap()
        );
        // Filmed at 50 Hz.
        assert_eq!(keypoints(&bag)[1].header.stamp.nanosec, 20_000_000);
    }
}

#[test]
fn the_test_set_of_mpi_inf_3dhp_is_read_without_its_invalid_frames() {
    let folder = tempfile::tempdir().unwrap();
    import(
        &["mpi-inf-3dhp", &data("mpi_inf_3dhp/TS5"), "--rate-hz", "50"],
        folder.path(),
        0,
    );
    let bag = folder.path().join("TS5_0.mcap");
    check_seventeen(&bag, "mpi_inf_3dhp_test");
    check_truth_is_at_keypoints(&bag, &H36M);
    // 3 and 4 are left out.
    let nanos = keypoints(&bag)[3].header.stamp.nanosec;
    assert_eq!((keypoints(&bag).len(), nanos), (10, 100_000_000));
}

#[test]
fn markers_are_seen_by_a_camera_that_was_described() {
    let folder = tempfile::tempdir().unwrap();
    let (file, camera) = (data("trc/walk.trc"), data("trc/camera.json"));
    import(
        &["trc", &file, "--camera", &camera, "--up", "y"],
        folder.path(),
        0,
    );
    let bag = folder.path().join("walk_virtual.mcap");
    check_truth_is_at_keypoints(&bag, &BODY25);
    let expected = golden("trc");
    for (frame, message) in keypoints(&bag).iter().enumerate() {
        let keypoints = &message.people[0].keypoints;
        // Nose, wrists and ankles, and the pelvis, which is between the hips. A marker has six
        // digits.
        for (keypoint, joint) in [(0, 9), (4, 16), (7, 13), (8, 0), (11, 3), (14, 6)] {
            let (keypoint, pixel) = (&keypoints[keypoint], &expected[frame][joint]);
            assert!(
                is_at(keypoint, pixel),
                "{frame}: {keypoint:?}, expected {pixel}"
            );
        }
    }
}
