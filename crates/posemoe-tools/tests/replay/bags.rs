//! Bags made of the recorded walk, and what a replay of them says.

use posemoe::msg::type_info;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use posemoe::msg::builtin_interfaces::Time;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Event, Qos, Topic};
use posemoe_stamp::Stamp;

use crate::program::walk;

pub const KEYPOINTS: &str = "/yolo/tracking";
pub const CAMERA_INFO: &str = "/camera/camera_info";

/// Every message of a topic, with the time at which it was recorded.
pub fn timed<M: Message>(bag: &Path, name: &str) -> Vec<(Stamp, M)> {
    let mut bus = BagBus::open(bag, None, BagOptions::new(type_info)).unwrap();
    let topic = Topic {
        name: name.to_owned(),
        type_name: M::TYPE_NAME,
        qos: Qos::reliable(10),
    };
    bus.subscribe(&topic).unwrap();
    let mut messages = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message {
            received, payload, ..
        } = event
        {
            messages.push((received, decode(&payload).unwrap()));
        }
    }
    messages
}

/// Every message of a topic.
pub fn messages<M: Message>(bag: &Path, name: &str) -> Vec<M> {
    let timed = timed(bag, name).into_iter();
    timed.map(|(_, message)| message).collect()
}

/// A camera's walk: its calibration, and the detections of each image.
pub fn recorded(camera: u32) -> (CameraInfo, Vec<DetectionArray>) {
    let info = messages(&walk(camera), CAMERA_INFO).swap_remove(0);
    (info, messages(&walk(camera), KEYPOINTS))
}

pub fn time(stamp: Stamp) -> Time {
    let (sec, nanosec) = stamp.to_parts();
    Time { sec, nanosec }
}

pub fn stamp(time: &Time) -> Stamp {
    Stamp::from_parts(time.sec, time.nanosec).unwrap()
}

/// A bag in the making.
pub struct NewBag {
    writer: mcap::Writer<BufWriter<File>>,
    sequences: BTreeMap<u16, u32>,
}

impl NewBag {
    pub fn create(path: &Path) -> Self {
        let file = BufWriter::new(File::create(path).unwrap());
        let options = mcap::WriteOptions::new().profile("ros2");
        Self {
            writer: options.create(file).unwrap(),
            sequences: BTreeMap::new(),
        }
    }

    /// Records a message at that time.
    pub fn put<M: Message>(&mut self, topic: &str, at: Stamp, message: &M) {
        self.put_bytes::<M>(topic, at, &encode(message));
    }

    /// Records such bytes as a message of that type.
    pub fn put_bytes<M: Message>(&mut self, topic: &str, at: Stamp, bytes: &[u8]) {
        let definition = M::DEFINITION.as_bytes();
        let schema = self
            .writer
            .add_schema(M::TYPE_NAME, "ros2msg", definition)
            .unwrap();
        let channel_id = self
            .writer
            .add_channel(schema, topic, "cdr", &BTreeMap::new())
            .unwrap();
        let sequence = self.sequences.entry(channel_id).or_default();
        *sequence += 1;
        let time = u64::try_from(at.nanos()).unwrap();
        let header = mcap::records::MessageHeader {
            channel_id,
            sequence: *sequence,
            log_time: time,
            publish_time: time,
        };
        self.writer.write_to_known_channel(&header, bytes).unwrap();
    }

    pub fn finish(mut self) {
        self.writer.finish().unwrap();
    }
}
