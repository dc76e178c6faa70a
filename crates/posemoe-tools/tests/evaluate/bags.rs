//! Bags made for a test, with the `mcap` crate alone: of any topics, recorded by anybody.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::{Message, encode, type_info};
use posemoe_stamp::Stamp;

use crate::text;

/// What rosbag2 says of itself.
pub const RECORDER: &str = "rosbag2_storage_mcap 0.15.9";

/// A message on its topic.
pub struct Logged {
    topic: String,
    type_name: &'static str,
    log_time: Stamp,
    definition: String,
    payload: Vec<u8>,
}

impl Logged {
    /// The same of another release, whose definition says `to` instead of `from`.
    pub fn defined_otherwise(mut self, from: &str, to: &str) -> Self {
        assert!(self.definition.contains(from), "{from}");
        self.definition = self.definition.replacen(from, to, 1);
        self
    }
}

/// A message that was recorded at this moment.
pub fn logged<M: Message>(topic: &str, log_time: Stamp, message: &M) -> Logged {
    Logged {
        topic: topic.to_owned(),
        type_name: M::TYPE_NAME,
        log_time,
        definition: type_info(M::TYPE_NAME).unwrap().definition.to_owned(),
        payload: encode(message),
    }
}

/// A bag of these messages, written by this library.
pub fn write(path: &Path, library: &str, messages: &[Logged]) -> String {
    let file = BufWriter::new(File::create(path).unwrap());
    let options = mcap::WriteOptions::new().profile("ros2").library(library);
    let mut writer = options.create(file).unwrap();
    for message in messages {
        let definition = message.definition.as_bytes();
        let schema = writer.add_schema(message.type_name, "ros2msg", definition);
        let channel = writer.add_channel(schema.unwrap(), &message.topic, "cdr", &BTreeMap::new());
        let log_time = u64::try_from(message.log_time.nanos()).unwrap();
        let header = mcap::records::MessageHeader {
            channel_id: channel.unwrap(),
            sequence: 0,
            log_time,
            publish_time: log_time,
        };
        writer
            .write_to_known_channel(&header, &message.payload)
            .unwrap();
    }
    writer.finish().unwrap();
    text(path)
}

/// A frame in its parent, turned about z (rad).
pub fn transform(
    parent: &str,
    child: &str,
    at: Stamp,
    place_m: [f64; 3],
    yaw_rad: f64,
) -> TFMessage {
    let mut one = TransformStamped::default();
    (one.header.stamp.sec, one.header.stamp.nanosec) = at.to_parts();
    one.header.frame_id = parent.to_owned();
    one.child_frame_id = child.to_owned();
    let (translation, rotation) = (&mut one.transform.translation, &mut one.transform.rotation);
    [translation.x, translation.y, translation.z] = place_m;
    (rotation.z, rotation.w) = (yaw_rad / 2.0).sin_cos();
    TFMessage {
        transforms: vec![one],
    }
}
