//! What a file of a bag has, whatever its format, and how its messages are loaded, a block at a
//! time.

use std::collections::BTreeMap;
use std::path::Path;

use mcap::records::MessageHeader;

use super::channels::{Channel, Channels};
use posemoe_bus::{BusError, KnownTypes};

/// What a file has, as far as it has been read.
pub struct Contents {
    /// The types that can be read.
    pub types: KnownTypes,
    /// What it describes, more of it the further it is read.
    pub channels: Channels,
    /// What wrote it, where it says so.
    pub library: Option<String>,
    /// What is wrong with it, in words.
    pub damage: Vec<String>,
    /// Messages found, by channel, wanted or not.
    pub found: BTreeMap<u16, Tally>,
    /// Messages that are there but cannot be read, by channel and cause.
    pub lost: BTreeMap<(u16, &'static str), u64>,
    /// Messages by channel that its own statistics promise.
    pub promised: Option<BTreeMap<u16, u64>>,
    /// Messages by channel, as far as is known before they are read.
    pub counts: BTreeMap<u16, u64>,
}

/// How many messages, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Earliest log time, ns.
    pub first_ns: u64,
    /// Latest log time, ns.
    pub last_ns: u64,
}

impl Tally {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            first_ns: self.first_ns.min(other.first_ns),
            last_ns: self.last_ns.max(other.last_ns),
        }
    }
}

impl Contents {
    /// Nothing yet; `types` are those that can be read.
    pub fn new(types: KnownTypes) -> Self {
        Self {
            types,
            channels: Channels::default(),
            library: None,
            damage: Vec::new(),
            found: BTreeMap::new(),
            lost: BTreeMap::new(),
            promised: None,
            counts: BTreeMap::new(),
        }
    }

    /// Counts a message.
    pub fn count(&mut self, channel: u16, log_ns: u64) {
        let one = Tally {
            count: 1,
            first_ns: log_ns,
            last_ns: log_ns,
        };
        let tally = self.found.entry(channel);
        tally
            .and_modify(|tally| *tally = tally.and(one))
            .or_insert(one);
    }

    /// Takes a counted message back: its content turned out to be unreadable. Says how many
    /// there are of this kind.
    pub fn lose(&mut self, channel: u16, cause: &'static str) -> u64 {
        if let Some(tally) = self.found.get_mut(&channel) {
            tally.count = tally.count.saturating_sub(1);
        }
        let lost = self.lost.entry((channel, cause)).or_default();
        *lost += 1;
        *lost
    }
}

/// A message as a file has it.
pub struct Loaded {
    /// Orders the messages of one log time: as they stand in the file.
    pub place: (u64, usize),
    /// Channel, sequence number and times.
    pub header: MessageHeader,
    /// The message.
    pub data: Vec<u8>,
}

/// A format that messages are stored in.
pub trait Storage: Send {
    /// rosbag2's name for it.
    fn identifier(&self) -> &'static str;

    /// No message that is still to be loaded is earlier, ns; `None` when all are loaded.
    fn next_start_ns(&self) -> Option<u64>;

    /// Loads the next block, and of it the messages of the channels that `wants` says.
    ///
    /// # Errors
    /// [`BusError::File`] when the operating system cannot read the file.
    fn load(
        &mut self,
        contents: &mut Contents,
        wants: &dyn Fn(&Channel) -> bool,
    ) -> Result<Vec<Loaded>, BusError>;
}

/// What a SQLite file begins with.
pub const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Whether what begins so may be a bag.
pub fn is_known(start: &[u8]) -> bool {
    start.starts_with(mcap::MAGIC) || start.starts_with(SQLITE_MAGIC)
}

/// Says that this is no bag, and why.
pub fn not_a_bag(path: &Path, reason: String) -> BusError {
    BusError::NotABag {
        path: path.to_owned(),
        reason,
    }
}
