//! Writes a bag as rosbag2 does: profile `ros2`, schemas in `ros2msg`, messages in CDR.
//!
//! The same calls write the same bytes: nothing of the machine, the time or the threads gets in.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use mcap::records::MessageHeader;
use mcap::{McapError, WriteOptions, Writer};

use super::channels::{MESSAGE_ENCODING, QOS_KEY, TYPE_HASH_KEY};
use super::read_ahead::Described;
use super::replay::Recorded;
use super::target::Target;
use posemoe_bus::{BusError, Durability, EndpointError, Qos, Reliability, Topic};
use posemoe_bus::{KnownTypes, TypeInfo};
use posemoe_stamp::Stamp;

/// What the bags that are written here say has written them, before its version.
pub const LIBRARY: &str = "posemoe";

/// How the chunks of a written bag are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Small files.
    #[default]
    Zstd,
    /// Fast to write.
    Lz4,
    /// Not at all.
    None,
}

/// A bag being written.
pub struct Output {
    target: Target,
    writer: Writer<BufWriter<File>>,
    publishers: Vec<Publisher>,
    /// The output's channel for each of each input file's.
    kept: BTreeMap<(usize, u16), u16>,
}

struct Publisher {
    channel_id: u16,
    sequence: u32,
}

impl Output {
    /// Starts a bag, which takes the place of the one that is there when it is finished.
    pub fn create<'a>(
        path: &Path,
        inputs: impl IntoIterator<Item = &'a Path>,
        compression: Compression,
    ) -> Result<Self, BusError> {
        let mut target = Target::new(path, inputs)?;
        let file = BufWriter::new(target.start()?);
        let with_path = |source| BusError::File {
            path: target.file.clone(),
            source,
        };
        let writer = WriteOptions::new()
            .profile("ros2")
            .library(format!("{LIBRARY} {}", env!("CARGO_PKG_VERSION")))
            .compression(match compression {
                Compression::Zstd => Some(mcap::Compression::Zstd),
                Compression::Lz4 => Some(mcap::Compression::Lz4),
                Compression::None => None,
            })
            // More threads cut the stream elsewhere: other bytes on other machines.
            .compression_threads(0)
            .create(file)
            .map_err(|error| with_path(io_error(error)))?;
        Ok(Self {
            target,
            writer,
            publishers: Vec::new(),
            kept: BTreeMap::new(),
        })
    }

    /// What a bag is to say of a topic's type.
    ///
    /// # Errors
    /// [`EndpointError::Refused`] when nothing defines it.
    pub fn definition(topic: &Topic, types: KnownTypes) -> Result<TypeInfo, EndpointError> {
        types(topic.type_name).ok_or_else(|| {
            EndpointError::refused(
                format!("announcing {} with type {}", topic.name, topic.type_name),
                &"found no definition of this type",
            )
        })
    }

    /// Adds a channel; the publisher's number is how many were added before it.
    pub fn advertise(&mut self, topic: &Topic, info: TypeInfo) -> Result<(), BusError> {
        let metadata = BTreeMap::from([
            (QOS_KEY.to_owned(), qos_profile(topic.qos)),
            (TYPE_HASH_KEY.to_owned(), info.type_hash.to_owned()),
        ]);
        let channel_id = self
            .writer
            .add_schema(info.type_name, "ros2msg", info.definition.as_bytes())
            .and_then(|schema| {
                self.writer
                    .add_channel(schema, &topic.name, MESSAGE_ENCODING, &metadata)
            })
            .map_err(|error| self.failed(error))?;
        self.publishers.push(Publisher {
            channel_id,
            sequence: 0,
        });
        Ok(())
    }

    /// Appends a message of ours.
    pub fn publish(
        &mut self,
        publisher: usize,
        now: Stamp,
        stamp: Stamp,
        payload: &[u8],
    ) -> Result<(), BusError> {
        let Some(Publisher {
            channel_id,
            sequence,
        }) = self.publishers.get_mut(publisher)
        else {
            return Ok(());
        };
        let header = MessageHeader {
            channel_id: *channel_id,
            sequence: *sequence,
            log_time: nanos(now),
            publish_time: nanos(stamp),
        };
        *sequence = sequence.wrapping_add(1);
        self.writer
            .write_to_known_channel(&header, payload)
            .map_err(|error| self.failed(error))
    }

    /// Appends a message of the input as it was.
    pub fn keep(&mut self, described: &Described, message: &Recorded) -> Result<(), BusError> {
        let channel_id = self.kept_channel(described, message)?;
        let header = MessageHeader {
            channel_id,
            ..message.header
        };
        self.writer
            .write_to_known_channel(&header, &message.data)
            .map_err(|error| self.failed(error))
    }

    fn kept_channel(&mut self, described: &Described, message: &Recorded) -> Result<u16, BusError> {
        let id = (message.source, message.header.channel_id);
        if let Some(&known) = self.kept.get(&id) {
            return Ok(known);
        }
        let channel = &described.channel;
        let schema_id = match &described.schema {
            Some(schema) => self
                .writer
                .add_schema(&schema.name, &schema.encoding, &schema.data)
                .map_err(|error| self.failed(error))?,
            None => 0,
        };
        let added = self
            .writer
            .add_channel(
                schema_id,
                &channel.topic,
                &channel.message_encoding,
                &channel.metadata,
            )
            .map_err(|error| self.failed(error))?;
        self.kept.insert(id, added);
        Ok(added)
    }

    /// Writes what is still in memory, the index and the end.
    pub fn close(mut self) -> Result<(), BusError> {
        let summary = self.writer.finish().map_err(|error| self.failed(error))?;
        let Self { target, writer, .. } = self;
        let path = target.file.clone();
        let flushed = writer
            .into_inner()
            .into_inner()
            .map_err(|error| error.into_error());
        flushed
            .and_then(|file| file.sync_all())
            .map_err(|source| BusError::File { path, source })?;
        target.complete(&summary)
    }

    fn failed(&self, error: McapError) -> BusError {
        BusError::File {
            path: self.target.file.clone(),
            source: io_error(error),
        }
    }
}

fn io_error(error: McapError) -> std::io::Error {
    match error {
        McapError::Io(error) => error,
        other => std::io::Error::other(other),
    }
}

/// MCAP counts time from the epoch on; nothing before it can be said.
fn nanos(stamp: Stamp) -> u64 {
    u64::try_from(stamp.nanos()).unwrap_or(0)
}

/// As rosbag2 writes it since Iron.
fn qos_profile(qos: Qos) -> String {
    let reliability = match qos.reliability {
        Reliability::BestEffort => "best_effort",
        Reliability::Reliable => "reliable",
    };
    let durability = match qos.durability {
        Durability::Volatile => "volatile",
        Durability::TransientLocal => "transient_local",
    };
    let depth = qos.depth;
    // The largest duration stands for "no deadline".
    let forever = "\n    sec: 9223372036\n    nsec: 854775807";
    format!(
        "- history: keep_last
  depth: {depth}
  reliability: {reliability}
  durability: {durability}
  deadline:{forever}
  lifespan:{forever}
  liveliness: automatic
  liveliness_lease_duration:{forever}
  avoid_ros_namespace_conventions: false
"
    )
}
