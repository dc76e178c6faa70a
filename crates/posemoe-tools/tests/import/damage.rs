//! Damaged bytes are refused, or read as something else; nothing ever panics.

use std::fs;

use posemoe_tools::import::h36m::H36m;
use posemoe_tools::import::{mpi_inf_3dhp, panoptic, pickle, trc};

use crate::data;

/// As many changes as this of each file: a byte each, and where it ends.
const CHANGES: usize = 3000;

/// Copies of the bytes with one changed, or cut short; the same each time.
fn damaged(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 1_u64;
    let mut draw = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..CHANGES).map(move |number| {
        let mut bytes = whole.to_vec();
        let place = draw(bytes.len());
        match number % 8 {
            0 => bytes.truncate(place),
            1 => bytes[place] = 0xFF,
            _ => bytes[place] = draw(256) as u8,
        }
        bytes
    })
}

/// Looks at everything.
fn look(object: pickle::View<'_>, depth: usize) -> usize {
    let _ = object.array();
    let _ = object.text();
    if depth == 0 {
        return 1;
    }
    let entries = object
        .entries()
        .unwrap_or_default()
        .into_iter()
        .map(|(_, value)| value);
    let items = object.items().unwrap_or_default();
    entries
        .chain(items)
        .map(|object| look(object, depth - 1))
        .sum::<usize>()
        + 1
}

#[test]
fn pickles() {
    for name in [
        "data_3d_h36m",
        "data_2d_h36m_test",
        "protocol2",
        "protocol3",
        "protocol5",
    ] {
        let entry = if name.starts_with("data_2d") {
            "positions_2d"
        } else {
            "positions_3d"
        };
        let archive = fs::read(data(&format!("h36m/{name}.npz"))).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
        let mut npy = Vec::new();
        let mut file = archive.by_name(&format!("{entry}.npy")).unwrap();
        std::io::Read::read_to_end(&mut file, &mut npy).unwrap();
        let start = 10 + usize::from(u16::from_le_bytes([npy[8], npy[9]]));
        let whole = npy.split_off(start);
        assert!(look(pickle::read(whole.clone()).unwrap().root(), 4) >= 3);
        let read =
            damaged(&whole).filter_map(|bytes| Some(look(pickle::read(bytes).ok()?.root(), 4)));
        assert!(read.count() > 0, "most bytes are numbers, which may be any");
    }
}

#[test]
fn archives() {
    let whole = fs::read(data("h36m/data_3d_h36m.npz")).unwrap();
    for bytes in damaged(&whole) {
        let Ok(file) = H36m::open(&bytes, None) else {
            continue;
        };
        for (subject, action) in file.recordings(&[]).unwrap_or_default() {
            let _ = file.recording(&subject, &action);
        }
    }
}

#[test]
fn annotations() {
    let folder = data("mpi_inf_3dhp/S1/Seq2");
    let calibration = fs::read_to_string(format!("{folder}/camera.calibration")).unwrap();
    for name in ["annot.mat", "plain.mat"] {
        let whole = fs::read(format!("{folder}/{name}")).unwrap();
        let read =
            |bytes: &[u8]| mpi_inf_3dhp::recording("S1_Seq1".to_owned(), bytes, &calibration, None);
        assert_eq!(read(&whole).unwrap().moments.len(), 12);
        damaged(&whole).for_each(|bytes| drop(read(&bytes)));
    }
    let whole = fs::read(data("mpi_inf_3dhp/TS5/annot_data_v5.mat")).unwrap();
    let read = |bytes: &[u8]| mpi_inf_3dhp::test_recording("TS5".to_owned(), bytes, None);
    assert_eq!(read(&whole).unwrap().moments.len(), 10);
    damaged(&whole).for_each(|bytes| drop(read(&bytes)));
    let whole = fs::read(format!("{folder}/annot.mat")).unwrap();
    for bytes in damaged(calibration.as_bytes()) {
        let _ = mpi_inf_3dhp::recording(
            "S1_Seq1".to_owned(),
            &whole,
            &String::from_utf8_lossy(&bytes),
            None,
        );
    }
}

#[test]
fn texts() {
    let cameras = fs::read(data("trc/camera.json")).unwrap();
    damaged(&cameras).for_each(|bytes| drop(trc::views(&String::from_utf8_lossy(&bytes))));
    let calibration = fs::read(data("panoptic/studio_1/calibration_studio_1.json")).unwrap();
    damaged(&calibration).for_each(|bytes| drop(panoptic::views(&String::from_utf8_lossy(&bytes))));
}
