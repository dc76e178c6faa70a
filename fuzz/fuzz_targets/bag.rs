//! A file that says it is a bag, or a folder's `metadata.yaml`: read to its end or refused.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use posemoe::bus::{Bus, Qos, Topic};
use posemoe::msg::{Message, type_info, yolo_msgs::DetectionArray};
use posemoe_bag::{BagBus, BagOptions, describe};

fuzz_target!(|data: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let bag = folder.path().join("bag_0.mcap");
    let metadata = folder.path().join("metadata.yaml");
    if data.starts_with(b"rosbag2_bagfile_information") {
        // The file that it names has no message.
        if std::fs::write(&metadata, data).is_ok() && std::fs::write(&bag, EMPTY).is_ok() {
            read(folder.path());
        }
    } else if std::fs::write(&bag, data).is_ok() {
        read(&bag);
        let _ = describe(&bag, type_info);
    }
});

fn read(path: &Path) {
    let Ok(mut bus) = BagBus::open(path, None, BagOptions::new(type_info)) else {
        return;
    };
    let topic = Topic {
        name: "/yolo/tracking".to_owned(),
        type_name: DetectionArray::TYPE_NAME,
        qos: Qos::SENSOR_DATA,
    };
    if bus.subscribe(&topic).is_err() {
        return;
    }
    while let Ok(Some(_)) = bus.next_event() {}
    let _ = (bus.damage().len(), bus.losses());
}

/// An MCAP file: its magic, an empty header and footer, its magic.
const EMPTY: &[u8] = b"\x89MCAP0\r\n\
    \x01\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x02\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x89MCAP0\r\n";
