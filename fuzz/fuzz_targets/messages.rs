//! Bytes of a topic: no panic, and what decodes survives a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posemoe::health::Drops;
use posemoe::input;
use posemoe::msg::posemoe::People2D;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};

/// NaN differs from itself: bytes are compared, not values.
fn survives<M: Message>(data: &[u8]) -> Option<M> {
    let message: M = decode(data).ok()?;
    let bytes = encode(&message);
    let again: M = decode(&bytes).expect("our own bytes decode");
    assert_eq!(encode(&again), bytes);
    Some(message)
}

fuzz_target!(|data: &[u8]| {
    let mut drops = Drops::default();
    if let Some(message) = survives::<DetectionArray>(data) {
        let _ = input::yolo::observation(&message, &mut drops);
    }
    if let Some(message) = survives::<People2D>(data) {
        let _ = input::keypoints::observation(&message, &mut drops);
    }
    if let Some(message) = survives::<CameraInfo>(data) {
        let _ = input::camera_info::camera(&message, false);
        let _ = input::camera_info::camera(&message, true);
    }
});
