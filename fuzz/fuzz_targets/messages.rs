//! Bytes of a topic or a service: no panic, what decodes survives a round trip, and the node goes
//! on.
#![no_main]

mod support;

use libfuzzer_sys::fuzz_target;
use posemoe::msg::diagnostic_msgs::DiagnosticArray;
use posemoe::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe::msg::posemoe::{People2D, People3D, Separation};
use posemoe::msg::rcl_interfaces::SetParameters_Request;
use posemoe::msg::sensor_msgs::{CameraInfo, CompressedImage, Image, PointCloud2};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::visualization_msgs::MarkerArray;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::zed_msgs::ObjectsStamped;
use posemoe::msg::{Message, decode, encode};
use support::{ARGUMENTS, Rig};

/// NaN differs from itself: bytes are compared, not values.
fn survives<M: Message>(data: &[u8]) {
    if let Ok(message) = decode::<M>(data) {
        let bytes = encode(&message);
        let again: M = decode(&bytes).expect("our own bytes decode");
        assert_eq!(encode(&again), bytes);
    }
}

/// A calibration for the frame that detections name.
fn calibration(data: &[u8]) -> CameraInfo {
    let detections = decode::<DetectionArray>(data);
    let mut info = CameraInfo {
        width: 640,
        height: 480,
        distortion_model: "plumb_bob".into(),
        k: [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0],
        ..Default::default()
    };
    info.header.frame_id = match detections {
        Ok(message) => message.header.frame_id,
        Err(_) => "camera_optical_frame".to_owned(),
    };
    info
}

fuzz_target!(|data: &[u8]| {
    survives::<DetectionArray>(data);
    survives::<People2D>(data);
    survives::<ObjectsStamped>(data);
    survives::<Skeleton2D>(data);
    survives::<IdsList>(data);
    survives::<CameraInfo>(data);
    survives::<Image>(data);
    survives::<CompressedImage>(data);
    survives::<PointCloud2>(data);
    survives::<Separation>(data);
    survives::<TFMessage>(data);
    survives::<People3D>(data);
    survives::<MarkerArray>(data);
    survives::<DiagnosticArray>(data);
    survives::<SetParameters_Request>(data);

    let mut rig = Rig::new(ARGUMENTS);
    let calibration = encode(&calibration(data));
    for subscription in 0..rig.bus.subscribed.len() {
        if rig.bus.subscribed[subscription].type_name == CameraInfo::TYPE_NAME {
            rig.send(subscription, calibration.clone());
        }
    }
    // Bodies bring topics of their own.
    let mut subscription = 0;
    while subscription < rig.bus.subscribed.len() {
        rig.send(subscription, data.to_vec());
        subscription += 1;
    }
    for service in 0..rig.bus.served.len() {
        rig.ask(service, data.to_vec());
    }
    rig.tick();
});
