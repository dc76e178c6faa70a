//! Made-up people before a made-up camera, and a bus that ends at this desk.

use std::f64::consts::TAU;
use std::time::Duration;

use posemoe::msg::posemoe::{Keypoint2D, People2D, Person2D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::{Message, encode};
use posemoe_bus::{
    Bus, EndpointError, Event, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic, wall_clock,
};
use posemoe_stamp::Stamp;

/// By the stamps of frames, where nobody asked for a rate.
const RATE_HZ: f64 = 30.0;
const FOCAL_PX: f64 = 600.0;
const WIDTH_PX: u32 = 1280;
const HEIGHT_PX: u32 = 720;
const FRAME_ID: &str = "camera_color_optical_frame";
const FARTHEST_M: f64 = 8.0;

/// Where COCO's joints are on somebody who stands 1.7 m tall and looks at the camera: right, up
/// (m).
const STANDING_M: [(f64, f64); 17] = [
    (0.0, 1.55),
    (0.03, 1.6),
    (-0.03, 1.6),
    (0.07, 1.57),
    (-0.07, 1.57),
    (0.18, 1.4),
    (-0.18, 1.4),
    (0.25, 1.12),
    (-0.25, 1.12),
    (0.27, 0.88),
    (-0.27, 0.88),
    (0.1, 0.92),
    (-0.1, 0.92),
    (0.12, 0.5),
    (-0.12, 0.5),
    (0.12, 0.08),
    (-0.12, 0.08),
];
/// How far each swings to the side of the stride (m).
const SWING_M: [f64; 17] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.02, -0.02, 0.1, -0.1, 0.2, -0.2, 0.0, 0.0, -0.1, 0.1, -0.2, 0.2,
];

/// People who stride on the spot, side by side.
pub struct Crowd {
    people: usize,
    rate_hz: f64,
    frame: u32,
}

impl Crowd {
    /// So many of them, in frames at this rate.
    pub fn new(people: usize, rate_hz: Option<u32>) -> Self {
        Self {
            people,
            rate_hz: rate_hz.map_or(RATE_HZ, f64::from),
            frame: 0,
        }
    }

    /// What a detector says of the next frame, serialized.
    pub fn next_frame(&mut self) -> Vec<u8> {
        let time_s = f64::from(self.frame) / self.rate_hz;
        self.frame += 1;
        let people = (0..self.people).map(|n| self.person(n, time_s)).collect();
        let mut message = People2D {
            joint_set: "coco17".into(),
            image_width_px: WIDTH_PX,
            image_height_px: HEIGHT_PX,
            people,
            ..Default::default()
        };
        let stamp = Stamp::from_nanos(1_000_000_000_000).plus_seconds(time_s);
        (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
        FRAME_ID.clone_into(&mut message.header.frame_id);
        encode(&message)
    }

    fn person(&self, number: usize, time_s: f64) -> Person2D {
        let share = (number as f64 + 0.5) / self.people as f64;
        let distance_m = FARTHEST_M * (0.6 + 0.4 * share);
        let aside_m = (share - 0.5) * 0.8 * distance_m * f64::from(WIDTH_PX) / FOCAL_PX;
        let stride = (TAU * (time_s + share)).sin();
        let keypoints = STANDING_M
            .iter()
            .zip(SWING_M)
            .map(|((right_m, up_m), swing_m)| {
                let px_per_m = FOCAL_PX / distance_m;
                let x_m = aside_m + right_m + swing_m * stride;
                Keypoint2D {
                    x_px: (f64::from(WIDTH_PX) / 2.0 + px_per_m * x_m) as f32,
                    y_px: (f64::from(HEIGHT_PX) / 2.0 + px_per_m * (1.0 - up_m)) as f32,
                    score: 0.9,
                }
            })
            .collect();
        Person2D {
            id: number.to_string(),
            score: 0.9,
            keypoints,
        }
    }
}

/// Takes what the node publishes and forgets it.
#[derive(Default)]
pub struct Desk {
    topics: Vec<Topic>,
    publishers: usize,
}

impl Desk {
    fn message(&self, type_name: &str, payload: Vec<u8>) -> Event {
        let place = self.topics.iter().position(|t| t.type_name == type_name);
        Event::Message {
            subscription: SubscriptionId(place.unwrap_or_default()),
            received: self.now(),
            payload,
        }
    }

    /// The keypoints, as they would arrive.
    pub fn keypoints(&self, payload: Vec<u8>) -> Event {
        self.message(People2D::TYPE_NAME, payload)
    }

    /// A calibration without distortion.
    pub fn camera_info(&self) -> Event {
        let (cx, cy) = (f64::from(WIDTH_PX) / 2.0, f64::from(HEIGHT_PX) / 2.0);
        let mut info = CameraInfo {
            width: WIDTH_PX,
            height: HEIGHT_PX,
            distortion_model: "plumb_bob".into(),
            d: vec![0.0; 5],
            k: [FOCAL_PX, 0.0, cx, 0.0, FOCAL_PX, cy, 0.0, 0.0, 1.0],
            ..Default::default()
        };
        FRAME_ID.clone_into(&mut info.header.frame_id);
        self.message(CameraInfo::TYPE_NAME, encode(&info))
    }
}

impl Bus for Desk {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        self.topics.push(topic.clone());
        Ok(SubscriptionId(self.topics.len() - 1))
    }

    fn unsubscribe(&mut self, _: SubscriptionId) {}

    fn advertise(&mut self, _: &Topic) -> Result<PublisherId, EndpointError> {
        self.publishers += 1;
        Ok(PublisherId(self.publishers - 1))
    }

    fn unadvertise(&mut self, _: PublisherId) {}

    fn publish(&mut self, _: PublisherId, _: Stamp, _: &[u8]) {}

    fn serve(&mut self, _: &Service) -> Result<ServiceId, EndpointError> {
        Ok(ServiceId(0))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, _: &[u8]) {}

    fn set_timer(&mut self, _: Option<Duration>) {}

    fn now(&self) -> Stamp {
        wall_clock()
    }

    fn losses(&self) -> Vec<Loss> {
        Vec::new()
    }
}
