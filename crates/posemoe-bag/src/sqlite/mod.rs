//! A file of rosbag2's sqlite3 storage, read by rows as they stand in the table.
//!
//! The index over time is not used: a damaged one would leave out messages without a word. SQLite
//! has no checksums, so a changed byte within a message is not noticed.

mod database;
mod topics;
mod walk;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use mcap::records::MessageHeader;
use rusqlite::{Connection, types::ValueRef};

use super::channels::Channel;
use super::storage::{Contents, Loaded, Storage};
pub use database::whole_pages;
use posemoe_bus::BusError;
use walk::{Head, Run};

/// Why a row's message is not there.
const UNREADABLE: &str = "unreadable row";

/// Reads a file's messages.
pub struct SqliteFile {
    connection: Connection,
    /// The channel of each topic's id.
    channel_ids: BTreeMap<i64, u16>,
    runs: VecDeque<Run>,
}

impl SqliteFile {
    /// Finds out what is in the file, `len` bytes long.
    ///
    /// # Errors
    /// Why it is no usable bag.
    pub fn open(path: &Path, len: u64, contents: &mut Contents) -> Result<Self, String> {
        let connection = database::open(path).map_err(|error| format!("SQLite: {error}"))?;
        contents.damage.extend(database::why_cut(path, len));
        let channel_ids = topics::read(&connection, contents)
            .map_err(|error| format!("{error}; expected rosbag2's table topics"))?;
        let mut runs = walk::walk(&connection, &channel_ids, contents)
            .map_err(|error| format!("{error}; expected rosbag2's table messages"))?;
        if runs.is_empty() && !contents.damage.is_empty() {
            return Err("no message is readable".to_owned());
        }
        let found = contents.found.iter();
        contents.counts = found.map(|(&id, tally)| (id, tally.count)).collect();
        runs.sort_by_key(|run| (run.start_ns, run.first));
        let runs = runs.into();
        Ok(Self {
            connection,
            channel_ids,
            runs,
        })
    }

    fn data(&self, row: i64) -> Result<Vec<u8>, String> {
        let text = |error: rusqlite::Error| error.to_string();
        let query = "SELECT data FROM messages NOT INDEXED WHERE rowid = ?1";
        let mut statement = self.connection.prepare_cached(query).map_err(text)?;
        let mut rows = statement.query([row]).map_err(text)?;
        let row = rows.next().map_err(text)?.ok_or("found no such row")?;
        match row.get_ref(0).map_err(text)? {
            ValueRef::Blob(data) => Ok(data.to_vec()),
            other => Err(format!(
                "found {} as data, expected Blob",
                other.data_type()
            )),
        }
    }
}

impl Storage for SqliteFile {
    fn identifier(&self) -> &'static str {
        "sqlite3"
    }

    fn next_start_ns(&self) -> Option<u64> {
        self.runs.front().map(|run| run.start_ns)
    }

    fn load(
        &mut self,
        contents: &mut Contents,
        wants: &dyn Fn(&Channel) -> bool,
    ) -> Result<Vec<Loaded>, BusError> {
        let Some(run) = self.runs.pop_front() else {
            return Ok(Vec::new());
        };
        let mut heads = Vec::new();
        let read = walk::heads(&self.connection, run.first, run.last, |head| {
            heads.extend(head.ok());
            true
        });
        if let Err(error) = read {
            // They could be read a moment ago.
            let text = format!("rows {} to {}: {error}", run.first, run.last);
            contents.damage.push(text);
        }
        let mut loaded = Vec::new();
        for Head {
            row, topic, log_ns, ..
        } in heads
        {
            let channel_id = self.channel_ids.get(&topic).copied();
            let Some(channel_id) =
                channel_id.filter(|&id| contents.channels.get(id).is_some_and(wants))
            else {
                continue;
            };
            match self.data(row) {
                Ok(data) => loaded.push(Loaded {
                    place: (row as u64, 0),
                    header: MessageHeader {
                        channel_id,
                        sequence: 0,
                        log_time: log_ns,
                        publish_time: log_ns,
                    },
                    data,
                }),
                Err(problem) => {
                    // The first says what it is like; all are counted.
                    if contents.lose(channel_id, UNREADABLE) == 1 {
                        contents.damage.push(format!("row {row}: {problem}"));
                    }
                }
            }
        }
        Ok(loaded)
    }
}
