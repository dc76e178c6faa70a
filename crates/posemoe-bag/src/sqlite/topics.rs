//! The tables that say what the messages are.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::super::channels::{Channel, MSG_ENCODING, QOS_KEY, Schema, TYPE_HASH_KEY};
use super::super::storage::Contents;

/// How rosbag2 calls the definition of a type that its recorder did not have.
const UNKNOWN_ENCODING: &str = "unknown";

/// Puts the topics into `contents`, and says which channel each topic's id became.
pub fn read(
    connection: &Connection,
    contents: &mut Contents,
) -> rusqlite::Result<BTreeMap<i64, u16>> {
    let definitions = definitions(connection).unwrap_or_default();
    let mut channel_ids = BTreeMap::new();
    let mut schema_ids = BTreeMap::<String, u16>::new();
    let mut statement = connection.prepare("SELECT * FROM topics ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let type_name: String = row.get("type")?;
        let Ok(channel_id) = u16::try_from(channel_ids.len()) else {
            let text = format!("found more than {} topics", channel_ids.len());
            contents.damage.push(text);
            break;
        };
        channel_ids.insert(row.get("id")?, channel_id);
        // 0 means none in MCAP. There are no more types than topics.
        let next = u16::try_from(schema_ids.len() + 1).unwrap_or(u16::MAX);
        let schema_id = *schema_ids.entry(type_name.clone()).or_insert(next);
        let schema = definitions.get(&type_name).cloned();
        let schema = schema.unwrap_or_else(|| not_defined(&type_name, contents));
        // Older recorders knew neither.
        let metadata = [(QOS_KEY, QOS_KEY), (TYPE_HASH_KEY, "type_description_hash")];
        let metadata = metadata.into_iter().filter_map(|(key, column)| {
            let value: String = row.get(column).ok()?;
            Some((key.to_owned(), value))
        });
        let channel = Channel {
            topic: row.get("name")?,
            type_name,
            message_encoding: row.get("serialization_format")?,
            metadata: metadata.collect(),
            schema_id,
        };
        contents.channels.insert(channel_id, channel, Some(schema));
    }
    Ok(channel_ids)
}

/// The definitions of types by their names; none before ROS 2 Iron.
fn definitions(connection: &Connection) -> rusqlite::Result<BTreeMap<String, Schema>> {
    let query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions";
    let mut statement = connection.prepare(query)?;
    let schema = |row: &Row| {
        let (name, data): (String, String) = (row.get(0)?, row.get(2)?);
        let encoding = row.get(1)?;
        let schema = Schema {
            name: name.clone(),
            encoding,
            data: data.into_bytes(),
        };
        Ok((name, schema))
    };
    statement.query_map([], schema)?.collect()
}

/// For a type that the file does not define.
fn not_defined(type_name: &str, contents: &Contents) -> Schema {
    let (encoding, data) = match (contents.types)(type_name) {
        Some(info) => (MSG_ENCODING, info.definition),
        None => (UNKNOWN_ENCODING, ""),
    };
    Schema {
        name: type_name.to_owned(),
        encoding: encoding.to_owned(),
        data: data.as_bytes().to_vec(),
    }
}
