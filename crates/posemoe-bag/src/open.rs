//! Finds a bag's files and opens them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::replay::Replay;
use super::source::Source;
use super::storage::not_a_bag;
use crate::yaml::bag_metadata::{self, BagFiles};
use posemoe_bus::{BusError, KnownTypes};

/// How the names of a bag's files end.
pub const ENDINGS: [&str; 4] = [".mcap", ".mcap.zstd", ".db3", ".db3.zstd"];

/// A topic that a bag has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagTopic {
    /// Its name.
    pub name: String,
    /// Its type, such as `yolo_msgs/msg/DetectionArray`; empty when the file does not say.
    pub type_name: String,
    /// Messages that the file says it has; counted where it does not say.
    pub message_count: u64,
}

/// Opens the bag at `input`: a file, or a folder of files; `types` are those that can be read. A
/// file that cannot be read is damage, as long as there is another.
///
/// # Errors
/// [`BusError`] when nothing of it is readable.
pub fn open(input: &Path, types: KnownTypes) -> Result<Replay, BusError> {
    if !input.is_dir() {
        let source = Source::open(input, types)?;
        return Ok(Replay::new(
            vec![source],
            types,
            Vec::new(),
            BTreeMap::new(),
            false,
        ));
    }
    let mut damage = Vec::new();
    let metadata = metadata(input, &mut damage);
    let paths = match &metadata {
        Some(metadata) => {
            let paths = named(input, metadata)?;
            let others = not_named(input, &paths);
            match paths.iter().any(|path| path.exists()) {
                false if !others.is_empty() => {
                    let name = bag_metadata::FILE_NAME;
                    damage.push(format!(
                        "{name} names {}, which are not there",
                        list(&paths)
                    ));
                    others
                }
                _ => {
                    damage.extend(others.iter().map(|path| unread(path)));
                    paths
                }
            }
        }
        None => found(input)?,
    };
    let (mut sources, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.exists() {
            let reason = format!("{} names this file, found none", bag_metadata::FILE_NAME);
            refused.push(not_a_bag(&path, reason));
            continue;
        }
        match Source::open(&path, types) {
            Ok(source) => sources.push(source),
            Err(error) => refused.push(error),
        }
    }
    if sources.is_empty() {
        damage.extend(refused.iter().map(ToString::to_string));
        return Err(not_a_bag(input, damage.join("; ")));
    }
    damage.extend(refused.iter().map(ToString::to_string));
    let metadata = metadata.unwrap_or_default();
    let is_each_packed = metadata.compression_mode.eq_ignore_ascii_case("message");
    let promised = metadata.topics_with_message_count.into_iter();
    let mut counts = BTreeMap::<String, u64>::new();
    for topic in promised {
        *counts.entry(topic.topic_metadata.name).or_default() += topic.message_count;
    }
    Ok(Replay::new(sources, types, damage, counts, is_each_packed))
}

/// What `metadata.yaml` says, when it is there and makes sense.
fn metadata(folder: &Path, damage: &mut Vec<String>) -> Option<BagFiles> {
    let path = folder.join(bag_metadata::FILE_NAME);
    if !path.exists() {
        return None;
    }
    let read = bag_metadata::read(&path);
    read.map_err(|error| damage.push(error.to_string())).ok()
}

/// The files that `metadata.yaml` names; older ones name the folder too.
fn named(folder: &Path, metadata: &BagFiles) -> Result<Vec<PathBuf>, BusError> {
    let is_packed = !metadata.compression_mode.is_empty()
        && !metadata.compression_mode.eq_ignore_ascii_case("none");
    if is_packed && metadata.compression_format != "zstd" {
        let found = &metadata.compression_format;
        let name = bag_metadata::FILE_NAME;
        let reason = format!("{name}: found compression_format {found:?}, expected \"zstd\"");
        return Err(not_a_bag(folder, reason));
    }
    let names = metadata.relative_file_paths.iter();
    let path = |name: &String| {
        let path = folder.join(Path::new(name).file_name()?);
        let other = other_form(&path);
        // Recorders pack files, and players unpack them, behind the back of their metadata.
        Some(if !path.exists() && other.exists() {
            other
        } else {
            path
        })
    };
    let paths: Vec<_> = names.filter_map(path).collect();
    if paths.is_empty() {
        let reason = format!("{} names no file", bag_metadata::FILE_NAME);
        return Err(not_a_bag(folder, reason));
    }
    Ok(paths)
}

/// A file as it is called when it is packed, or unpacked.
fn other_form(path: &Path) -> PathBuf {
    let name = path.to_string_lossy();
    match name.strip_suffix(".zstd") {
        Some(unpacked) => PathBuf::from(unpacked),
        None => PathBuf::from(format!("{name}.zstd")),
    }
}

/// What lies in the folder beside the files that are named, as if it were part of the bag.
fn not_named(folder: &Path, named: &[PathBuf]) -> Vec<PathBuf> {
    let mut others = found(folder).unwrap_or_default();
    others.retain(|path| !named.contains(path) && !named.contains(&other_form(path)));
    others
}

fn unread(path: &Path) -> String {
    let (name, path) = (bag_metadata::FILE_NAME, path.display());
    format!("{name} does not name {path}, which lies beside it and was not read")
}

fn list(paths: &[PathBuf]) -> String {
    let names = paths.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    names.join(", ")
}

/// The files of a folder that look like those of a bag, `X_2` before `X_10`.
fn found(folder: &Path) -> Result<Vec<PathBuf>, BusError> {
    let with_path = |source| BusError::File {
        path: folder.to_owned(),
        source,
    };
    let mut bags = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(with_path)? {
        let path = entry.map_err(with_path)?.path();
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) && path.is_file() {
            bags.push((name.len(), name, path));
        }
    }
    bags.sort();
    if bags.is_empty() {
        let endings = ENDINGS.join(", ");
        let name = bag_metadata::FILE_NAME;
        let reason = format!("found neither {name} nor a file that ends in one of {endings}");
        return Err(not_a_bag(folder, reason));
    }
    Ok(bags.into_iter().map(|(_, _, path)| path).collect())
}

/// The topics of all files, by name and type.
pub fn topics(replay: &Replay) -> Vec<BagTopic> {
    let mut by_name = BTreeMap::<(&str, &str), u64>::new();
    for Source { contents, .. } in &replay.sources {
        for (id, channel) in contents.channels.iter() {
            let count = contents.counts.get(&id).copied().unwrap_or(0);
            let key = (channel.topic.as_str(), channel.type_name.as_str());
            *by_name.entry(key).or_default() += count;
        }
    }
    let topic = |((name, type_name), message_count): ((&str, &str), u64)| BagTopic {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        message_count,
    };
    by_name.into_iter().map(topic).collect()
}
