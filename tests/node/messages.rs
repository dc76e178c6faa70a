//! Messages as a camera and a detector send them.

use posemoe::msg::builtin_interfaces::Time;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::std_msgs::Header;
use posemoe::msg::yolo_msgs::{Detection, DetectionArray, KeyPoint2D};
use posemoe_stamp::Stamp;

use crate::bus::{Rig, standing};

pub const KEYPOINTS: &str = "/yolo/tracking";
pub const CAMERA_INFO: &str = "/camera/camera_info";
pub const PEOPLE: &str = "/posemoe/people3d";
pub const FRAME: &str = "camera_optical_frame";
pub const FOCAL_PX: f64 = 600.0;
pub const CENTRE_PX: (f64, f64) = (320.0, 240.0);
/// COCO's joints among the network's 17, for those that both have.
const COCO: [(i32, usize); 13] = [
    (0, 9),
    (5, 11),
    (6, 14),
    (7, 12),
    (8, 15),
    (9, 13),
    (10, 16),
    (11, 4),
    (12, 1),
    (13, 5),
    (14, 2),
    (15, 6),
    (16, 3),
];

pub fn ms(ms: i64) -> Stamp {
    Stamp::from_nanos(1_700_000_000_000_000_000 + ms * 1_000_000)
}

pub fn header(stamp: Stamp) -> Header {
    let (sec, nanosec) = stamp.to_parts();
    Header {
        stamp: Time { sec, nanosec },
        frame_id: FRAME.into(),
    }
}

pub fn camera_info() -> CameraInfo {
    CameraInfo {
        header: header(ms(0)),
        width: 640,
        height: 480,
        distortion_model: "plumb_bob".into(),
        d: vec![0.0; 5],
        k: [
            FOCAL_PX,
            0.0,
            CENTRE_PX.0,
            0.0,
            FOCAL_PX,
            CENTRE_PX.1,
            0.0,
            0.0,
            1.0,
        ],
        ..Default::default()
    }
}

/// Someone who stands with the mid-hip at (x, 0, 4) m.
pub fn person(id: &str, x_m: f64) -> Detection {
    let joints = standing();
    let mut detection = Detection {
        id: id.into(),
        class_name: "person".into(),
        score: 0.9,
        ..Default::default()
    };
    for (coco, joint) in COCO {
        let p = joints[joint];
        let mut keypoint = KeyPoint2D {
            id: coco + 1,
            score: 0.8,
            ..Default::default()
        };
        keypoint.point.x = CENTRE_PX.0 + FOCAL_PX * (p.x + x_m) / (p.z + 4.0);
        keypoint.point.y = CENTRE_PX.1 + FOCAL_PX * p.y / (p.z + 4.0);
        detection.keypoints.data.push(keypoint);
    }
    detection
}

pub fn detections(stamp: Stamp, people: Vec<Detection>) -> DetectionArray {
    DetectionArray {
        header: header(stamp),
        detections: people,
    }
}

/// A node that knows its camera.
pub fn ready(ros_args: &str) -> Rig {
    let mut rig = Rig::new(ros_args);
    rig.send(CAMERA_INFO, &camera_info());
    rig
}

/// Sends one good frame at `at_ms` and says whether a person came out.
pub fn works(rig: &mut Rig, at_ms: i64) -> bool {
    let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", 0.0)]));
    let people: Option<People3D> = rig.on(PEOPLE, &sent);
    people.is_some_and(|people| people.people.iter().any(|p| p.state == Person3D::TRACKED))
}
