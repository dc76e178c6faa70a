//! Made-up people before a made-up camera, and a bus that ends at this desk.

use std::f64::consts::TAU;
use std::time::Duration;

use posemoe::msg::posemoe::{Keypoint2D, People2D, Person2D};
use posemoe::msg::sensor_msgs::{CameraInfo, Image};
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

/// Where depth images come, and their camera's calibration.
pub const DEPTH_TOPIC: &str = "/camera/depth/image_raw";
pub const DEPTH_INFO_TOPIC: &str = "/camera/depth/camera_info";
/// As a RealSense D435 sends them; in the keypoints' frame.
const DEPTH_SIZE_PX: [u32; 2] = [848, 480];
const DEPTH_FOCAL_PX: f64 = FOCAL_PX * DEPTH_SIZE_PX[0] as f64 / WIDTH_PX as f64;
/// Half of how wide a person is, and how far behind everybody the wall is (m).
const HALF_WIDTH_M: f64 = 0.5;
const WALL_M: f64 = 9.5;

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
        let (time_s, stamp) = (self.time_s(), self.stamp());
        self.frame += 1;
        let people = (0..self.people).map(|n| self.person(n, time_s)).collect();
        let mut message = People2D {
            joint_set: "coco17".into(),
            image_width_px: WIDTH_PX,
            image_height_px: HEIGHT_PX,
            people,
            ..Default::default()
        };
        (message.header.stamp.sec, message.header.stamp.nanosec) = stamp.to_parts();
        FRAME_ID.clone_into(&mut message.header.frame_id);
        encode(&message)
    }

    /// The depth image of the next frame, serialized: everybody is an upright board before a wall.
    pub fn depth_image(&self) -> Vec<u8> {
        let [width, height] = DEPTH_SIZE_PX;
        let depth_mm = |column: u32| -> u16 {
            let x = (f64::from(column) - f64::from(width) / 2.0) / DEPTH_FOCAL_PX;
            let boards = (0..self.people).map(|number| self.stand(number));
            let seen =
                boards.filter(|(away_m, aside_m)| (x * away_m - aside_m).abs() < HALF_WIDTH_M);
            let nearest_m = seen.fold(WALL_M, |nearest_m, (away_m, _)| away_m.min(nearest_m));
            (1000.0 * nearest_m) as u16
        };
        let row: Vec<u8> = (0..width)
            .flat_map(|column| depth_mm(column).to_le_bytes())
            .collect();
        let mut image = Image {
            width,
            height,
            encoding: "16UC1".into(),
            step: 2 * width,
            data: row.repeat(height as usize),
            ..Default::default()
        };
        (image.header.stamp.sec, image.header.stamp.nanosec) = self.stamp().to_parts();
        FRAME_ID.clone_into(&mut image.header.frame_id);
        encode(&image)
    }

    fn time_s(&self) -> f64 {
        f64::from(self.frame) / self.rate_hz
    }

    fn stamp(&self) -> Stamp {
        Stamp::from_nanos(1_000_000_000_000).plus_seconds(self.time_s())
    }

    /// How far away and how far aside somebody stands (m).
    fn stand(&self, number: usize) -> (f64, f64) {
        let share = (number as f64 + 0.5) / self.people as f64;
        let distance_m = FARTHEST_M * (0.6 + 0.4 * share);
        let aside_m = (share - 0.5) * 0.8 * distance_m * f64::from(WIDTH_PX) / FOCAL_PX;
        (distance_m, aside_m)
    }

    fn person(&self, number: usize, time_s: f64) -> Person2D {
        let share = (number as f64 + 0.5) / self.people as f64;
        let (distance_m, aside_m) = self.stand(number);
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

    /// A depth image, as it would arrive.
    pub fn depth(&self, payload: Vec<u8>) -> Event {
        self.message(Image::TYPE_NAME, payload)
    }

    /// A calibration without distortion of each camera that is listened to.
    pub fn camera_infos(&self) -> Vec<Event> {
        let topics = self.topics.iter().enumerate();
        let infos = topics.filter(|(_, topic)| topic.type_name == CameraInfo::TYPE_NAME);
        infos
            .map(|(place, topic)| {
                let info = match topic.name.as_str() {
                    DEPTH_INFO_TOPIC => camera_info(DEPTH_SIZE_PX, DEPTH_FOCAL_PX),
                    _ => camera_info([WIDTH_PX, HEIGHT_PX], FOCAL_PX),
                };
                Event::Message {
                    subscription: SubscriptionId(place),
                    received: self.now(),
                    payload: encode(&info),
                }
            })
            .collect()
    }
}

fn camera_info([width, height]: [u32; 2], focal_px: f64) -> CameraInfo {
    let (cx, cy) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let mut info = CameraInfo {
        width,
        height,
        distortion_model: "plumb_bob".into(),
        d: vec![0.0; 5],
        k: [focal_px, 0.0, cx, 0.0, focal_px, cy, 0.0, 0.0, 1.0],
        ..Default::default()
    };
    FRAME_ID.clone_into(&mut info.header.frame_id);
    info
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
