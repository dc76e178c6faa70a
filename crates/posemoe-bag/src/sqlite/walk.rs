//! Finds the messages without reading them, and finds a way around pages that are damaged.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::super::storage::Contents;

/// About so many bytes of messages are read at once.
const RUN_LEN: u64 = 1 << 20;
/// And so many messages at most.
const RUN_ROWS: u64 = 4096;

const HEADS: &str = "SELECT rowid, topic_id, timestamp, length(data) FROM messages NOT INDEXED
                     WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid";

/// Rows that are read at once.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Its first row.
    pub first: i64,
    /// Its last row.
    pub last: i64,
    /// Log time of its first message, ns.
    pub start_ns: u64,
    rows: u64,
    len: u64,
}

/// A row without its message.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its number.
    pub row: i64,
    /// The topic's id.
    pub topic: i64,
    /// Log time, ns.
    pub log_ns: u64,
    /// Bytes of the message.
    len: u64,
}

impl Head {
    fn of(row: &Row) -> Result<Self, String> {
        let text = |error: rusqlite::Error| error.to_string();
        let number = row.get(0).map_err(text)?;
        let log_ns: i64 = row.get(2).map_err(text)?;
        let log_ns = u64::try_from(log_ns)
            .map_err(|_| format!("found timestamp {log_ns}, expected 0 or more"))?;
        let len: Option<i64> = row.get(3).map_err(text)?;
        Ok(Self {
            row: number,
            topic: row.get(1).map_err(text)?,
            log_ns,
            len: len.map_or(0, i64::unsigned_abs),
        })
    }
}

/// Hands over the heads of the rows from `first` to `last`, while `take` wants more. A head that
/// makes no sense comes as what was found in its place.
pub fn heads(
    connection: &Connection,
    first: i64,
    last: i64,
    mut take: impl FnMut(Result<Head, String>) -> bool,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(HEADS)?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        if !take(Head::of(row)) {
            break;
        }
    }
    Ok(())
}

/// Finds all rows, counts them into `contents`, and says there what is wrong.
///
/// # Errors
/// When there is no such table.
pub fn walk(
    connection: &Connection,
    channel_ids: &BTreeMap<i64, u16>,
    contents: &mut Contents,
) -> rusqlite::Result<Vec<Run>> {
    connection.prepare_cached(HEADS)?;
    let mut walk = Walk {
        runs: Vec::new(),
        next: 0,
        is_behind_gap: false,
        problem: None,
        problems: 0,
        strangers: BTreeMap::new(),
    };
    loop {
        let from = walk.next;
        let read = heads(connection, from, i64::MAX, |head| {
            walk.take(head, channel_ids, contents)
        });
        let Err(error) = read else { break };
        let bad = walk.next;
        let Some(next) = next_readable(connection, bad) else {
            let text = format!("row {bad} and all behind it: {error}");
            contents.damage.push(text);
            break;
        };
        let last = next - 1;
        contents
            .damage
            .push(format!("rows {bad} to {last}: {error}"));
        walk.next = next;
        walk.is_behind_gap = true;
    }
    if let Some(first) = walk.problem {
        let count = walk.problems;
        contents
            .damage
            .push(format!("{count} rows make no sense: {first}"));
    }
    for (topic, count) in walk.strangers {
        let text =
            format!("{count} messages of topic id {topic}, which the table topics does not have");
        contents.damage.push(text);
    }
    Ok(walk.runs)
}

struct Walk {
    runs: Vec<Run>,
    /// The row behind the last one.
    next: i64,
    /// Whether rows are missing before it: then a run begins.
    is_behind_gap: bool,
    /// The first row that makes no sense, and how many do not.
    problem: Option<String>,
    problems: u64,
    /// Rows by the id of a topic that is not described.
    strangers: BTreeMap<i64, u64>,
}

impl Walk {
    /// Whether to go on.
    fn take(
        &mut self,
        head: Result<Head, String>,
        channel_ids: &BTreeMap<i64, u16>,
        contents: &mut Contents,
    ) -> bool {
        // In a damaged tree the same rows may come again.
        let head = head.and_then(|head| match head.row < self.next {
            true => Err(format!("row {} comes again", head.row)),
            false => Ok(head),
        });
        let head = match head {
            Ok(head) => head,
            Err(problem) => {
                self.problem.get_or_insert(problem);
                self.problems += 1;
                return true;
            }
        };
        self.next = head.row.saturating_add(1);
        match channel_ids.get(&head.topic) {
            Some(&channel) => contents.count(channel, head.log_ns),
            None => *self.strangers.entry(head.topic).or_default() += 1,
        }
        let is_behind_gap = std::mem::take(&mut self.is_behind_gap);
        let last = self.runs.last_mut().filter(|_| !is_behind_gap);
        match last {
            Some(run) if run.rows < RUN_ROWS && run.len + head.len <= RUN_LEN => {
                run.last = head.row;
                run.start_ns = run.start_ns.min(head.log_ns);
                run.rows += 1;
                run.len += head.len;
            }
            _ => self.runs.push(Run {
                first: head.row,
                last: head.row,
                start_ns: head.log_ns,
                rows: 1,
                len: head.len,
            }),
        }
        true
    }
}

/// The first row number behind the unreadable `bad` from which on reading succeeds: first in ever
/// longer leaps, then halving the last one.
fn next_readable(connection: &Connection, bad: i64) -> Option<i64> {
    let is_readable = |row| heads(connection, row, i64::MAX, |_| false).is_ok();
    let (mut bad, mut leap) = (bad, 1_i64);
    let mut good = loop {
        let row = bad.checked_add(leap)?;
        if is_readable(row) {
            break row;
        }
        (bad, leap) = (row, leap.checked_mul(2)?);
    };
    while good - bad > 1 {
        let middle = bad + (good - bad) / 2;
        if is_readable(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
}
