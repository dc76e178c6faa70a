//! What a bag is made of, for those who want to know before they play it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::channels::{Channel, QOS_KEY};
use super::losses;
use super::open;
use super::source::Source;
use super::storage::Tally;
use crate::yaml::qos_profile;
use posemoe_bus::{BusError, KnownTypes, Loss};
use posemoe_stamp::Stamp;

/// A bag, read to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct BagInfo {
    /// Its files.
    pub files: Vec<BagFile>,
    /// Log times of the first and the last message, unless there is none.
    pub span: Option<(Stamp, Stamp)>,
    /// Its topics, by name and type.
    pub topics: Vec<TopicInfo>,
    /// What is wrong with it, in words.
    pub damage: Vec<String>,
    /// Messages that are missing or unreadable, of topics whose types the node knows.
    pub losses: Vec<Loss>,
}

/// A file of a bag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagFile {
    /// The file.
    pub path: PathBuf,
    /// `mcap` or `sqlite3`.
    pub storage: &'static str,
    /// Whether zstd compressed it as a whole.
    pub is_packed: bool,
    /// Its length in bytes.
    pub len: u64,
}

/// A topic of a bag.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicInfo {
    /// Its name.
    pub name: String,
    /// Its type; empty when the bag does not say.
    pub type_name: String,
    /// Messages found.
    pub message_count: u64,
    /// How often they come, unless there is only one point in time.
    pub rate_hz: Option<f64>,
    /// `reliable`, `best_effort`, or what else its publishers offered; empty when not known.
    pub reliability: Vec<String>,
}

/// Reads the bag at `input` to its end; of `types` that the program can read, messages must be CDR.
///
/// # Errors
/// [`BusError`] when nothing of it is readable.
pub fn describe(input: &Path, types: KnownTypes) -> Result<BagInfo, BusError> {
    let mut replay = open::open(input, types)?;
    while replay.next(|_| false)?.is_some() {}
    let topics = topics(&replay.sources);
    // What the node never reads may be in any encoding.
    let known = |channel: &Channel| types(&channel.type_name).is_some();
    let losses = losses::count(&mut replay, known);
    let file = |source: &Source| BagFile {
        path: source.path.clone(),
        storage: source.storage.identifier(),
        is_packed: source.is_packed,
        len: source.len,
    };
    let stamps = |tally: Tally| (super::stamp(tally.first_ns), super::stamp(tally.last_ns));
    Ok(BagInfo {
        files: replay.sources.iter().map(file).collect(),
        span: replay.found().map(stamps),
        topics,
        damage: replay.damage,
        losses,
    })
}

fn topics(sources: &[Source]) -> Vec<TopicInfo> {
    let mut topics = BTreeMap::<_, (Option<Tally>, BTreeSet<String>)>::new();
    for Source { contents, .. } in sources {
        for (id, channel) in contents.channels.iter() {
            let key = (channel.topic.clone(), channel.type_name.clone());
            let (tally, reliability) = topics.entry(key).or_default();
            let more = contents.found.get(&id).copied();
            *tally = tally.iter().copied().chain(more).reduce(Tally::and);
            let profiles = channel.metadata.get(QOS_KEY);
            let profiles = profiles.map(|text| qos_profile::parse(text));
            reliability.extend(profiles.into_iter().flatten().map(|qos| qos.reliability));
        }
    }
    let topic =
        |((name, type_name), (tally, reliability)): (_, (Option<Tally>, BTreeSet<_>))| TopicInfo {
            name,
            type_name,
            message_count: tally.map_or(0, |tally| tally.count),
            rate_hz: tally.and_then(rate_hz),
            reliability: reliability.into_iter().collect(),
        };
    topics.into_iter().map(topic).collect()
}

fn rate_hz(tally: Tally) -> Option<f64> {
    let span_ns = tally.last_ns.saturating_sub(tally.first_ns);
    let intervals = tally.count.saturating_sub(1);
    (span_ns > 0).then(|| intervals as f64 / (span_ns as f64 * 1e-9))
}
