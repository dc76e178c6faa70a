//! One file of a bag, whatever its format: what it has, and its messages a block at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mcap::records::MessageHeader;
use tempfile::TempPath;

use super::channels::{Channel, Channels};
use super::file::InputFile;
use super::kind;
use super::mcap_file::McapFile;
use super::sqlite::{self, SqliteFile};
use super::unpack::{self, ZSTD_MAGIC};
use crate::bus::BusError;

/// What a file has, as far as it has been read.
#[derive(Default)]
pub struct Contents {
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
    /// When the operating system cannot read the file.
    fn load(
        &mut self,
        contents: &mut Contents,
        wants: &dyn Fn(&Channel) -> bool,
    ) -> Result<Vec<Loaded>, BusError>;
}

/// A file of a bag, open for reading.
pub struct Source {
    /// The file that the user has.
    pub path: PathBuf,
    /// Its length in bytes.
    pub len: u64,
    /// Whether the file as a whole is compressed.
    pub is_packed: bool,
    /// What it has.
    pub contents: Contents,
    /// Its messages.
    pub storage: Box<dyn Storage>,
    /// What had to be unpacked or cut to be read; goes when this does.
    _scratch: Option<TempPath>,
}

impl Source {
    /// Opens a file; what it begins with says what it is, not its name.
    ///
    /// # Errors
    /// When nothing of it is readable.
    pub fn open(path: &Path) -> Result<Self, BusError> {
        let mut file = InputFile::open(path)?;
        let len = file.len();
        let mut contents = Contents::default();
        let is_packed = file.read_at(0, 4)? == ZSTD_MAGIC;
        let mut scratch = None;
        if is_packed {
            let unpacked = unpack::file(path, &mut contents.damage)?;
            file = InputFile::open(&unpacked)?;
            scratch = Some(unpacked);
        }
        let start = file.read_at(0, kind::START_LEN)?;
        let storage: Result<Box<dyn Storage>, String> = if start.starts_with(mcap::MAGIC) {
            McapFile::open(file, &mut contents)?.map(|file| Box::new(file) as _)
        } else if start.starts_with(sqlite::MAGIC) {
            if let Some(whole) = sqlite::whole_pages(&mut file)? {
                scratch = Some(whole);
            }
            let readable = scratch.as_deref().unwrap_or(path);
            SqliteFile::open(readable, file.len(), &mut contents).map(|file| Box::new(file) as _)
        } else {
            Err(neither(&start))
        };
        let storage = storage.map_err(|reason| {
            contents.damage.push(reason);
            not_a_bag(path, contents.damage.join("; "))
        })?;
        Ok(Self {
            path: path.to_owned(),
            len,
            is_packed,
            contents,
            storage,
            _scratch: scratch,
        })
    }
}

/// Whether what begins so may be a bag.
pub fn is_known(start: &[u8]) -> bool {
    start.starts_with(mcap::MAGIC) || start.starts_with(sqlite::MAGIC)
}

fn neither(start: &[u8]) -> String {
    let found = kind::name(start).unwrap_or_else(|| {
        let bytes: Vec<String> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!("{} at the start", bytes.join(" "))
    });
    format!(
        "found {found}; expected MCAP (89 4d 43 41 50 30 0d 0a) or SQLite (53 51 4c 69 74 65 20 66), or \
         either compressed by zstd (28 b5 2f fd)"
    )
}

/// Says that this is no bag, and why.
pub fn not_a_bag(path: &Path, reason: String) -> BusError {
    BusError::NotABag {
        path: path.to_owned(),
        reason,
    }
}
