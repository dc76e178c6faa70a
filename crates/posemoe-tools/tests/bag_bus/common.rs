//! Bags to read and ways to read them.

use posemoe::msg::type_info;
use std::path::{Path, PathBuf};

use posemoe::msg::{Message, decode, encode, posemoe as pm, std_msgs};
use posemoe_bag::{BagBus, BagOptions, Compression};
use posemoe_bus::{Bus, BusError, Event, Qos, SubscriptionId, Topic};
use posemoe_stamp::Stamp;

pub const SECOND_NS: i64 = 1_000_000_000;
pub const START_NS: i64 = 1_700_000_000 * SECOND_NS;
pub const COMPRESSIONS: [Compression; 3] = [Compression::Zstd, Compression::Lz4, Compression::None];

pub fn topic<M: Message>(name: &str) -> Topic {
    Topic {
        name: name.to_owned(),
        type_name: M::TYPE_NAME,
        qos: Qos::reliable(10),
    }
}

pub fn text(data: impl Into<String>) -> Vec<u8> {
    encode(&std_msgs::String { data: data.into() })
}

pub fn options(compression: Compression) -> BagOptions {
    BagOptions {
        types: type_info,
        compression,
        keep_input: false,
    }
}

/// The same bytes but for the one at this place: all of its bits are turned, or one of them.
pub fn flipped(whole: &[u8], place: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes[place] ^= if place.is_multiple_of(2) {
        0xff
    } else {
        1 << (place % 8)
    };
    bytes
}

/// A bag written with the `mcap` crate alone: (topic, log time, payload).
pub fn write_bag(
    path: &Path,
    options: mcap::WriteOptions,
    encoding: &str,
    messages: &[(&str, i64, Vec<u8>)],
) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut writer = options.profile("ros2").create(file).unwrap();
    let kind = std_msgs::String::TYPE_NAME;
    for (sequence, (topic, log_ns, data)) in messages.iter().enumerate() {
        let schema = writer
            .add_schema(kind, "ros2msg", b"string data\n")
            .unwrap();
        let channel = writer
            .add_channel(schema, topic, encoding, &Default::default())
            .unwrap();
        let header = mcap::records::MessageHeader {
            channel_id: channel,
            sequence: sequence as u32,
            log_time: *log_ns as u64,
            publish_time: *log_ns as u64 - 7,
        };
        writer.write_to_known_channel(&header, data).unwrap();
    }
    writer.finish().unwrap();
}

/// Messages 100 ms apart on two topics, long enough for several chunks of 2 kB.
pub fn sample() -> Vec<(&'static str, i64, Vec<u8>)> {
    let name = |i: i64| if i % 3 == 2 { "/other" } else { "/text" };
    let data = |i: i64| text(format!("{i} {}", "abcdefgh".repeat((i % 13) as usize)));
    (0..90)
        .map(|i| (name(i), START_NS + i * SECOND_NS / 10, data(i)))
        .collect()
}

pub fn small_chunks(compression: Compression) -> mcap::WriteOptions {
    let compression = match compression {
        Compression::Zstd => Some(mcap::Compression::Zstd),
        Compression::Lz4 => Some(mcap::Compression::Lz4),
        Compression::None => None,
    };
    mcap::WriteOptions::new()
        .compression(compression)
        .chunk_size(Some(1024))
}

pub struct Replayed {
    pub bus: BagBus,
    pub messages: Vec<(i64, Vec<u8>)>,
    pub ticks: Vec<i64>,
}

/// Everything that a bag has to say on `/text`.
pub fn replay(path: &Path) -> Result<Replayed, BusError> {
    let mut bus = BagBus::open(path, None, BagOptions::new(type_info))?;
    bus.subscribe(&topic::<std_msgs::String>("/text")).unwrap();
    let (mut messages, mut ticks) = (Vec::new(), Vec::new());
    while let Some(event) = bus.next_event()? {
        match event {
            Event::Message {
                subscription,
                received,
                payload,
            } => {
                assert_eq!(subscription, SubscriptionId(0));
                messages.push((received.nanos(), payload));
            }
            Event::Tick { now } => ticks.push(now.nanos()),
            Event::Request { .. } | Event::Timer { .. } => panic!("a bag asks nothing"),
        }
    }
    assert_eq!(bus.next_event()?, None, "an ended bag stays at its end");
    Ok(Replayed {
        bus,
        messages,
        ticks,
    })
}

pub fn on_text(all: &[(&str, i64, Vec<u8>)]) -> Vec<(i64, Vec<u8>)> {
    let wanted = all.iter().filter(|(topic, ..)| *topic == "/text");
    wanted
        .map(|(_, log_ns, data)| (*log_ns, data.clone()))
        .collect()
}

pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A node in small: an output for every detection, stamped like it.
pub fn run_node(input: &Path, output: &Path, options: BagOptions) -> BagBus {
    let mut bus = BagBus::open(input, Some(output), options).unwrap();
    bus.subscribe(&topic::<std_msgs::String>("/text")).unwrap();
    let people = bus.advertise(&topic::<pm::People3D>("/people")).unwrap();
    let alive = bus.advertise(&topic::<std_msgs::String>("/alive")).unwrap();
    while let Some(event) = bus.next_event().unwrap() {
        match event {
            Event::Message {
                received, payload, ..
            } => {
                let input: std_msgs::String = decode(&payload).unwrap();
                let mut output = pm::People3D {
                    joint_names: vec![input.data],
                    ..Default::default()
                };
                let stamp = Stamp::from_nanos(received.nanos() - 5);
                (output.header.stamp.sec, output.header.stamp.nanosec) = stamp.to_parts();
                bus.publish(people, stamp, &encode(&output));
            }
            Event::Tick { now } => bus.publish(alive, now, &text("alive")),
            Event::Request { .. } | Event::Timer { .. } => panic!("a bag asks nothing"),
        }
    }
    bus.close().unwrap();
    bus
}

/// The tables of a recorder of ROS 2 Humble, which writes no definitions.
pub const HUMBLE: &str = "
    CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
        serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
        timestamp INTEGER NOT NULL, data BLOB NOT NULL);
    CREATE INDEX timestamp_idx ON messages (timestamp ASC);";

/// A database of small pages with `tables` and these messages: (topic, log time, payload).
pub fn write_db3(path: &Path, tables: &str, messages: &[(&str, i64, Vec<u8>)]) {
    let _ = std::fs::remove_file(path);
    let mut database = rusqlite::Connection::open(path).unwrap();
    database.pragma_update(None, "page_size", 1024).unwrap();
    database.execute_batch(tables).unwrap();
    let transaction = database.transaction().unwrap();
    let mut topics = Vec::new();
    for (topic, log_ns, data) in messages {
        let known = topics.iter().position(|known| *known == topic);
        let id = known.unwrap_or_else(|| {
            let query = "INSERT INTO topics(name, type, serialization_format, offered_qos_profiles)
                         VALUES(?1, 'std_msgs/msg/String', 'cdr', '')";
            transaction.execute(query, [topic]).unwrap();
            topics.push(topic);
            topics.len() - 1
        });
        let row = (id as i64 + 1, log_ns, data);
        let query = "INSERT INTO messages(topic_id, timestamp, data) VALUES(?1, ?2, ?3)";
        transaction.execute(query, row).unwrap();
    }
    transaction.commit().unwrap();
}

/// Runs the program with these words: exit code, standard output, standard error.
pub fn posemoe(words: &[&str]) -> (i32, String, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_posemoe"));
    let ran = program
        .args(words)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let ran = ran.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = ran.status.code().unwrap();
    (code, text(ran.stdout), text(ran.stderr))
}

pub fn zstd(path: &Path) -> PathBuf {
    let packed = PathBuf::from(format!("{}.zstd", path.display()));
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(&packed, zstd::encode_all(&bytes[..], 3).unwrap()).unwrap();
    packed
}

/// A `metadata.yaml` with what it has in version 5.
pub fn write_metadata(folder: &Path, files: &[&str], counts: &[(&str, u64)], mode: &str) {
    let mut text = format!(
        "rosbag2_bagfile_information:\n  version: 5\n  storage_identifier: sqlite3\n  \
         duration: {{nanoseconds: 0}}\n  starting_time: {{nanoseconds_since_epoch: 0}}\n  \
         message_count: 0\n  files: []\n  \
         relative_file_paths: [{}]\n  compression_format: {}\n  compression_mode: {mode:?}\n  \
         topics_with_message_count:{}\n",
        files.join(", "),
        if mode.is_empty() { "''" } else { "zstd" },
        if counts.is_empty() { " []" } else { "" },
    );
    for (name, count) in counts {
        text += &format!(
            "    - topic_metadata: {{name: {name}, type: std_msgs/msg/String, \
             serialization_format: cdr, offered_qos_profiles: ''}}\n      message_count: {count}\n"
        );
    }
    std::fs::write(folder.join("metadata.yaml"), text).unwrap();
}
