//! Finds out what a bag has before the first message is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::BagTopic;
use super::channels::Channels;
use super::file::InputFile;
use super::layout;
use super::replay::Replay;
use super::summary::{self, NoSummary};
use crate::bus::BusError;

/// A bag ready to be replayed.
pub struct Opened {
    /// Its messages.
    pub replay: Replay,
    /// Messages by channel that its own statistics promise.
    pub promised: Option<BTreeMap<u16, u64>>,
    /// Its topics, by name and type.
    pub topics: Vec<BagTopic>,
}

/// Opens the bag at `input`.
pub fn open(input: &Path) -> Result<Opened, BusError> {
    let path = bag_in(input)?;
    let mut file = InputFile::open(&path)?;
    check_magic(&mut file)?;
    let (summary, mut problem) = match summary::read(&mut file)? {
        Ok(summary) => (Some(summary), None),
        Err(NoSummary::Absent) => (None, None),
        Err(NoSummary::Damaged(problem)) => (None, Some(problem)),
    };
    let mut layout = layout::walk(&mut file, summary.as_ref())?;
    layout::check_runs(&mut file, &mut layout)?;
    layout.damage.extend(problem.take());
    if layout.blocks.is_empty() && !layout.damage.is_empty() {
        return Err(not_a_bag(&path, layout.damage.join("; ")));
    }
    let statistics = summary
        .as_ref()
        .and_then(|summary| summary.statistics.as_ref());
    let promised = statistics.map(|statistics| statistics.channel_message_counts.clone());
    let described = match summary {
        Some(summary) if !summary.channels.is_empty() => summary.channels,
        _ => layout.channels.clone(),
    };
    let (channels, counts) = match &promised {
        Some(promised) => (described, promised.clone()),
        None => {
            // Nothing says which topics there are: look at every message once.
            let blocks = layout.blocks.clone();
            let everything = layout::Layout {
                blocks,
                ..Default::default()
            };
            let mut scan = Replay::new(InputFile::open(&path)?, everything, described);
            while scan.next(|_, _| false)?.is_some() {}
            (scan.channels, scan.found)
        }
    };
    let topics = topics(&channels, &counts);
    Ok(Opened {
        replay: Replay::new(file, layout, channels),
        promised,
        topics,
    })
}

/// Refuses to write over the bag that is being read.
pub fn refuse_same_file(input: &Path, output: &Path) -> Result<(), BusError> {
    let same = match (input.canonicalize(), output.canonicalize()) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    };
    if !same {
        return Ok(());
    }
    let text = "the output would overwrite the input";
    let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, text);
    Err(BusError::File {
        path: output.to_owned(),
        source,
    })
}

/// rosbag2 makes a folder for each bag; its one file is meant.
fn bag_in(input: &Path) -> Result<PathBuf, BusError> {
    if !input.is_dir() {
        return Ok(input.to_owned());
    }
    let with_path = |source| BusError::File {
        path: input.to_owned(),
        source,
    };
    let mut bags = Vec::new();
    for entry in std::fs::read_dir(input).map_err(with_path)? {
        let path = entry.map_err(with_path)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "mcap")
        {
            bags.push(path);
        }
    }
    match bags.as_slice() {
        [bag] => Ok(bag.clone()),
        _ => {
            let found = bags.len();
            Err(not_a_bag(
                input,
                format!("found {found} .mcap files in this folder, expected one"),
            ))
        }
    }
}

fn check_magic(file: &mut InputFile) -> Result<(), BusError> {
    let start = file.read_at(0, 16)?;
    if start.starts_with(mcap::MAGIC) {
        return Ok(());
    }
    let reason = if start.is_empty() {
        "found an empty file".to_owned()
    } else if start.starts_with(b"SQLite format 3") {
        "found an SQLite database, probably a rosbag2 bag in sqlite3 storage; convert it to MCAP \
         (`ros2 bag convert`, or `rosbags-convert` from PyPI)"
            .to_owned()
    } else {
        let bytes: Vec<String> = start
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "found {} at the start, expected 89 4d 43 41 50 30 0d 0a",
            bytes.join(" ")
        )
    };
    Err(not_a_bag(file.path(), reason))
}

fn not_a_bag(path: &Path, reason: String) -> BusError {
    BusError::NotABag {
        path: path.to_owned(),
        reason,
    }
}

fn topics(channels: &Channels, counts: &BTreeMap<u16, u64>) -> Vec<BagTopic> {
    let mut by_name = BTreeMap::<(&str, &str), u64>::new();
    for (id, channel) in channels.iter() {
        let count = counts.get(&id).copied().unwrap_or(0);
        *by_name
            .entry((&channel.topic, &channel.type_name))
            .or_default() += count;
    }
    let topic = |((name, type_name), message_count): ((&str, &str), u64)| BagTopic {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        message_count,
    };
    by_name.into_iter().map(topic).collect()
}
