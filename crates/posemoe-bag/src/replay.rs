//! The messages of a bag in the order of their log times, whatever order its files have them in.
//!
//! Each block of a file says when it starts, so only blocks that overlap in time are in memory
//! together, of however many files.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use mcap::records::MessageHeader;

use super::channels::Channel;
use super::source::Source;
use super::storage::{Contents, Tally};
use super::unpack::{self, ZSTD_MAGIC};
use posemoe_bus::{BusError, KnownTypes};

/// A message as the bag has it.
#[derive(Debug)]
pub struct Recorded {
    /// Number of the file that it is in.
    pub source: usize,
    /// Channel of that file, sequence number and times.
    pub header: MessageHeader,
    /// The message.
    pub data: Vec<u8>,
}

/// Reads a bag's messages.
pub struct Replay {
    /// Its files.
    pub sources: Vec<Source>,
    /// The types that can be read.
    pub types: KnownTypes,
    /// What is wrong with it, in words.
    pub damage: Vec<String>,
    /// Messages by topic that `metadata.yaml` promises.
    pub promised: BTreeMap<String, u64>,
    /// Whether each message is compressed, as `metadata.yaml` says.
    is_each_packed: bool,
    /// By log time, then as the files have them.
    waiting: BinaryHeap<Reverse<Waiting>>,
}

struct Waiting {
    order: (u64, usize, (u64, usize)),
    message: Recorded,
}

impl Replay {
    /// Starts before the first message.
    pub fn new(
        sources: Vec<Source>,
        types: KnownTypes,
        damage: Vec<String>,
        promised: BTreeMap<String, u64>,
        is_each_packed: bool,
    ) -> Self {
        let mut replay = Self {
            sources,
            types,
            damage,
            promised,
            is_each_packed,
            waiting: BinaryHeap::new(),
        };
        replay.collect_damage();
        replay
    }

    /// What one of the files has.
    pub fn contents(&self, source: usize) -> Option<&Contents> {
        self.sources.get(source).map(|source| &source.contents)
    }

    /// Messages that have been found, of all channels together; `None` before the first.
    pub fn found(&self) -> Option<Tally> {
        let sources = self.sources.iter();
        let tallies = sources.flat_map(|source| source.contents.found.values().copied());
        tallies.reduce(Tally::and)
    }

    /// The next message whose channel `is_wanted`; `None` at the end.
    ///
    /// # Errors
    /// [`BusError::File`] when the operating system cannot read a file.
    pub fn next(
        &mut self,
        is_wanted: impl Fn(&Channel) -> bool,
    ) -> Result<Option<Recorded>, BusError> {
        loop {
            let first_ns = self.waiting.peek().map(|Reverse(first)| first.order.0);
            let sources = self.sources.iter().enumerate();
            let next = sources
                .filter_map(|(number, source)| Some((source.storage.next_start_ns()?, number)));
            match next.min() {
                Some((start_ns, number)) if first_ns.is_none_or(|ns| start_ns <= ns) => {
                    self.load(number, &is_wanted)?;
                }
                _ => match self.waiting.pop() {
                    None => return Ok(None),
                    Some(Reverse(Waiting { message, .. })) => {
                        if let Some(message) = self.unpacked(message) {
                            return Ok(Some(message));
                        }
                    }
                },
            }
        }
    }

    fn load(
        &mut self,
        number: usize,
        is_wanted: &dyn Fn(&Channel) -> bool,
    ) -> Result<(), BusError> {
        let Some(source) = self.sources.get_mut(number) else {
            return Ok(());
        };
        for loaded in source.storage.load(&mut source.contents, is_wanted)? {
            let order = (loaded.header.log_time, number, loaded.place);
            let message = Recorded {
                source: number,
                header: loaded.header,
                data: loaded.data,
            };
            self.waiting.push(Reverse(Waiting { order, message }));
        }
        self.collect_damage();
        Ok(())
    }

    fn unpacked(&mut self, mut message: Recorded) -> Option<Recorded> {
        if !self.is_each_packed && !message.data.starts_with(&ZSTD_MAGIC) {
            return Some(message);
        }
        match unpack::message(&message.data) {
            Ok(data) => {
                message.data = data;
                Some(message)
            }
            Err(problem) => {
                let Recorded { source, header, .. } = message;
                let log_ns = header.log_time;
                if let Some(source) = self.sources.get_mut(source) {
                    // The first says what it is like; all are counted.
                    if source.contents.lose(header.channel_id, "not zstd") == 1 {
                        let text = format!("message of log time {log_ns}: {problem}");
                        source.contents.damage.push(text);
                    }
                }
                self.collect_damage();
                None
            }
        }
    }

    /// Takes over what the files say of themselves, by name where there are several.
    pub fn collect_damage(&mut self) {
        let are_several = self.sources.len() > 1;
        for source in &mut self.sources {
            let name = source.path.file_name().filter(|_| are_several);
            let prefix = name.map(|name| format!("{}: ", name.display()));
            let prefix = prefix.unwrap_or_default();
            let damage = source.contents.damage.drain(..);
            self.damage
                .extend(damage.map(|text| format!("{prefix}{text}")));
        }
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiting {}
