//! Which topic and type a channel number stands for.

use std::collections::BTreeMap;

use mcap::records::{Record, SchemaHeader};

use super::record;
use crate::definition;
use posemoe_bus::KnownTypes;

/// How rosbag2 encodes the messages themselves.
pub const MESSAGE_ENCODING: &str = "cdr";
/// How it writes their definitions; `ros2idl` it uses for those that have no `.msg` file.
const SCHEMA_ENCODINGS: [&str; 2] = [MSG_ENCODING, "ros2idl"];
/// Definitions as `.msg` files have them, those of all types in one after the other.
pub const MSG_ENCODING: &str = "ros2msg";

/// One recorded stream of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The topic.
    pub topic: String,
    /// The type, as `package/msg/Type`; empty when the file does not say.
    pub type_name: String,
    /// The encoding of its messages.
    pub message_encoding: String,
    /// Quality of service and type hash, as the recorder wrote them.
    pub metadata: BTreeMap<String, String>,
    /// Its schema, for copying.
    pub schema_id: u16,
}

/// Under which key a channel's metadata have the quality of service, as YAML.
pub const QOS_KEY: &str = "offered_qos_profiles";
/// And the hash of its type.
pub const TYPE_HASH_KEY: &str = "topic_type_hash";

/// A type's definition as the recorder wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The type.
    pub name: String,
    /// Of the definition.
    pub encoding: String,
    /// The definition.
    pub data: Vec<u8>,
}

/// All channels that a file describes.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    schemas: BTreeMap<u16, Schema>,
    channels: BTreeMap<u16, Channel>,
}

impl Channels {
    /// Takes in a schema or channel record; files repeat them.
    ///
    /// # Errors
    /// When it does not parse or contradicts an earlier one, which then stays.
    pub fn add(&mut self, opcode: u8, body: &[u8]) -> Result<(), String> {
        match record::parse(opcode, body)? {
            Record::Schema {
                header: SchemaHeader { id, name, encoding },
                data,
            } => {
                let schema = Schema {
                    name,
                    encoding,
                    data: data.into_owned(),
                };
                let known = self.schemas.entry(id).or_insert_with(|| schema.clone());
                (*known == schema)
                    .then_some(())
                    .ok_or_else(|| format!("schema {id} is {} and {}", known.name, schema.name))
            }
            Record::Channel(found) => {
                let schema = self.schemas.get(&found.schema_id);
                let channel = Channel {
                    type_name: schema.map(type_name).unwrap_or_default(),
                    topic: found.topic,
                    message_encoding: found.message_encoding,
                    metadata: found.metadata,
                    schema_id: found.schema_id,
                };
                let known = self
                    .channels
                    .entry(found.id)
                    .or_insert_with(|| channel.clone());
                (*known == channel).then_some(()).ok_or_else(|| {
                    format!(
                        "channel {} is {} and {}",
                        found.id, known.topic, channel.topic
                    )
                })
            }
            _ => Ok(()),
        }
    }

    /// Takes in a channel with its schema, as formats have them that know no records.
    pub fn insert(&mut self, id: u16, channel: Channel, schema: Option<Schema>) {
        if let Some(schema) = schema {
            self.schemas.entry(channel.schema_id).or_insert(schema);
        }
        self.channels.insert(id, channel);
    }

    /// The channel with this number.
    pub fn get(&self, id: u16) -> Option<&Channel> {
        self.channels.get(&id)
    }

    /// The schema of a channel, unless it has none.
    pub fn schema(&self, channel: &Channel) -> Option<&Schema> {
        self.schemas.get(&channel.schema_id)
    }

    /// Every channel with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Channel)> {
        self.channels.iter().map(|(&id, channel)| (id, channel))
    }

    /// Whether the file describes no channel.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Why the messages of a channel cannot be read by who knows `types`, if so.
    pub fn why_unreadable(&self, channel: &Channel, types: KnownTypes) -> Option<Unreadable> {
        let not_cdr = |why| {
            Some(Unreadable {
                cause: "not CDR",
                why,
            })
        };
        if channel.message_encoding != MESSAGE_ENCODING {
            let found = &channel.message_encoding;
            return not_cdr(format!(
                "message encoding {found:?}, expected {MESSAGE_ENCODING:?}"
            ));
        }
        match self.schema(channel) {
            Some(schema) if SCHEMA_ENCODINGS.contains(&schema.encoding.as_str()) => {
                let why = other_definition(channel, schema, types)?;
                let cause = "another definition";
                Some(Unreadable { cause, why })
            }
            // Older sqlite3 bags name the type and have no definition.
            None if !channel.type_name.is_empty() => None,
            found => not_cdr(format!(
                "schema encoding {:?}, expected one of {SCHEMA_ENCODINGS:?}",
                found.map_or("", |schema| &schema.encoding)
            )),
        }
    }
}

/// Why a channel's messages cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// In short, as losses are counted by.
    pub cause: &'static str,
    /// What was found and expected.
    pub why: String,
}

/// How the definition that the bag has of a channel's type differs from the one that we read by.
fn other_definition(channel: &Channel, schema: &Schema, types: KnownTypes) -> Option<String> {
    let ours = types(&channel.type_name)?;
    if schema.encoding == MSG_ENCODING {
        let found = String::from_utf8_lossy(&schema.data);
        let difference = definition::difference(ours.type_name, &found, ours.definition)?;
        return Some(format!(
            "the bag's definition differs from ours: {difference}"
        ));
    }
    // In a language that is not read here: the hash tells whether it is the same.
    let found = channel.metadata.get(TYPE_HASH_KEY)?;
    let (is_said, expected) = (!found.is_empty(), ours.type_hash);
    (is_said && found != expected)
        .then(|| format!("found a type with the hash {found}, expected {expected}"))
}

/// Some recorders leave out the middle of `package/msg/Type`.
fn type_name(schema: &Schema) -> String {
    match schema.name.split_once('/') {
        Some((package, name)) if !name.contains('/') => format!("{package}/msg/{name}"),
        _ => schema.name.clone(),
    }
}
