//! Topics with one name and several types, types that are defined otherwise than here, and topics
//! that several listen to.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use posemoe::msg::{Message, encode, std_msgs, type_info};
use posemoe_bag::{BagBus, BagOptions, Timer};
use posemoe_bus::{Bus, EndpointError, Event, SubscriptionId};

use crate::common::*;

/// Messages 1 s apart: (topic, type, the bag's definition of it, payload).
fn write(path: &Path, messages: &[(&str, &str, &str, Vec<u8>)]) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut writer = mcap::WriteOptions::new()
        .profile("ros2")
        .create(file)
        .unwrap();
    for (number, (topic, kind, definition, data)) in messages.iter().enumerate() {
        let schema = writer.add_schema(kind, "ros2msg", definition.as_bytes());
        let nothing = BTreeMap::new();
        let channel = writer.add_channel(schema.unwrap(), topic, "cdr", &nothing);
        let log_time = (START_NS + number as i64 * SECOND_NS) as u64;
        let header = mcap::records::MessageHeader {
            channel_id: channel.unwrap(),
            sequence: 0,
            log_time,
            publish_time: log_time,
        };
        writer.write_to_known_channel(&header, data).unwrap();
    }
    writer.finish().unwrap();
}

const STRING: &str = std_msgs::String::TYPE_NAME;
const HEADER: &str = std_msgs::Header::TYPE_NAME;

fn definition(type_name: &str) -> &'static str {
    type_info(type_name).unwrap().definition
}

fn header() -> Vec<u8> {
    encode(&std_msgs::Header::default())
}

fn delivered(bus: &mut BagBus) -> Vec<(SubscriptionId, Vec<u8>)> {
    let mut delivered = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message {
            subscription,
            payload,
            ..
        } = event
        {
            delivered.push((subscription, payload));
        }
    }
    delivered
}

#[test]
fn of_topics_with_one_name_each_subscription_gets_its_own_type() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let (a, b) = (text("a"), text("b"));
    let messages = [
        ("/x", STRING, definition(STRING), a.clone()),
        ("/x", HEADER, definition(HEADER), header()),
        ("/x", STRING, definition(STRING), b.clone()),
    ];
    write(&path, &messages);
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    let strings = bus.subscribe(&topic::<std_msgs::String>("/x")).unwrap();
    let headers = bus.subscribe(&topic::<std_msgs::Header>("/x")).unwrap();
    let expected = [(strings, a), (headers, header()), (strings, b)];
    assert_eq!(delivered(&mut bus), expected);
    assert_eq!((bus.damage(), bus.losses()), (&[] as &[String], vec![]));
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    let other = bus.subscribe(&topic::<std_msgs::Empty>("/x")).unwrap_err();
    assert!(matches!(other, EndpointError::WrongType { .. }), "{other}");
}

/// Time that passes only while somebody waits.
#[derive(Default)]
struct ManualClock(Duration);

impl Timer for ManualClock {
    fn now(&self) -> Duration {
        self.0
    }

    fn wait_until(&mut self, moment: Duration) {
        self.0 = moment;
    }
}

#[test]
fn several_listen_to_one_topic() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let messages = ["a", "b"].map(|data| ("/x", STRING, definition(STRING), text(data)));
    write(&path, &messages);
    for is_paced in [false, true] {
        let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
        let wanted = topic::<std_msgs::String>("/x");
        let [first, second] = [(); 2].map(|()| bus.subscribe(&wanted).unwrap());
        if is_paced {
            bus.pace(Box::new(ManualClock::default()));
        }
        let mut expected = Vec::new();
        for data in ["a", "b"] {
            expected.extend([first, second].map(|id| (id, text(data))));
        }
        assert_eq!(delivered(&mut bus), expected, "{is_paced}");
    }
    // Who leaves gets nothing any more, not even of the message that the other has just got.
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    let wanted = topic::<std_msgs::String>("/x");
    let [first, second] = [(); 2].map(|()| bus.subscribe(&wanted).unwrap());
    bus.next_event().unwrap();
    bus.unsubscribe(second);
    assert_eq!(delivered(&mut bus), [(first, text("b"))]);
}

#[test]
fn messages_of_a_type_that_the_bag_defines_otherwise_are_lost_and_the_field_is_named() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let ours = definition(HEADER);
    for (from, to, expected) in [
        (
            "string frame_id",
            "int32 id\nstring frame_id",
            "found int32 id after stamp",
        ),
        (
            "string frame_id",
            "",
            "found no frame_id, expected string frame_id",
        ),
        ("string frame_id", "string frame", "found no frame_id"),
        (
            "string frame_id",
            "wstring frame_id",
            "found wstring frame_id, expected string",
        ),
        (
            "uint32 nanosec",
            "int32 nanosec",
            "builtin_interfaces/msg/Time: found int32 nanosec",
        ),
        (
            "int32 sec",
            "int32 second",
            "builtin_interfaces/msg/Time: found no sec",
        ),
    ] {
        assert!(ours.contains(from), "{from}");
        let theirs = ours.replacen(from, to, 1);
        write(&path, &[("/text", HEADER, &theirs, header())]);
        let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
        bus.subscribe(&topic::<std_msgs::Header>("/text")).unwrap();
        assert_eq!(delivered(&mut bus), [], "{to}");
        let losses = bus.losses();
        let lost = (losses.len(), losses[0].cause, losses[0].count);
        assert_eq!(lost, (1, "another definition", 1));
        let damage = bus.damage().join("; ");
        assert!(damage.contains(expected), "{damage}");
        let (code, _, stderr) = posemoe(&["info", path.to_str().unwrap()]);
        assert!(code == 3 && stderr.contains(expected), "{code} {stderr}");
    }
    // What nobody listens to may be as it likes.
    write(&path, &[("/text", HEADER, "string other", header())]);
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    assert_eq!(delivered(&mut bus), []);
    assert_eq!((bus.damage(), bus.losses()), (&[] as &[String], vec![]));
}

#[test]
fn our_own_types_do_not_differ_from_themselves_and_do_from_each_other() {
    for type_name in [
        "yolo_msgs/msg/DetectionArray",
        "sensor_msgs/msg/CameraInfo",
        "visualization_msgs/msg/MarkerArray",
        "zed_msgs/msg/ObjectsStamped",
    ] {
        let text = type_info(type_name).unwrap().definition;
        let difference = |found| posemoe_bag::definition::difference(type_name, found, text);
        assert_eq!(difference(text), None);
        assert!(difference("string data").is_some());
    }
}
