//! A file that says it is a bag: it is read to its end or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posemoe::bus::bag::{BagBus, BagOptions};
use posemoe::bus::{Bus, Qos, Topic};
use posemoe::msg::{Message, yolo_msgs::DetectionArray};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if std::fs::write(file.path(), data).is_err() {
        return;
    }
    let Ok(mut bus) = BagBus::open(file.path(), None, BagOptions::default()) else { return };
    let topic = Topic {
        name: "/yolo/tracking".to_owned(),
        type_name: DetectionArray::TYPE_NAME,
        qos: Qos::SensorData,
    };
    if bus.subscribe(&topic).is_err() {
        return;
    }
    while let Ok(Some(_)) = bus.next_event() {}
    let _ = (bus.damage().len(), bus.losses());
});
