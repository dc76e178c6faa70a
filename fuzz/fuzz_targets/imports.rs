//! Files of data sets, and tables of people: read or refused, and bounded either way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posemoe_tools::cli::tables;
use posemoe_tools::evaluate::Skips;
use posemoe_tools::import::h36m::H36m;
use posemoe_tools::import::{mpi_inf_3dhp, panoptic, pickle, trc};

/// Some of Human3.6M's.
const SUBJECTS: [&str; 3] = ["S1", "S9", "S11"];

fuzz_target!(|data: &[u8]| {
    if let Ok(pickle) = pickle::read(data.to_vec()) {
        let root = pickle.root();
        let _ = (
            root.array(),
            root.text(),
            root.items().map(|items| items.len()),
        );
        for (_, value) in root.entries().unwrap_or_default() {
            let _ = value.array();
        }
    }
    if let Ok(file) = H36m::open(data, Some(data)) {
        for subject in SUBJECTS.map(str::to_owned) {
            let actions = file.recordings(&[subject]).unwrap_or_default();
            for (subject, action) in actions {
                let _ = file.recording(&subject, &action);
            }
        }
    }
    let text = String::from_utf8_lossy(data);
    let _ = mpi_inf_3dhp::recording("S1_Seq1".to_owned(), data, &text, None);
    let _ = mpi_inf_3dhp::test_recording("TS1".to_owned(), data, None);
    let _ = (
        panoptic::views(&text),
        panoptic::moment(0, &text),
        trc::views(&text),
        tables::trc::read(&text, &mut Skips::default()).is_ok(),
        tables::csv::read(&text, &mut Skips::default()).is_ok(),
    );
});
