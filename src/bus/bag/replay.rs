//! The messages of a file in the order of their log times, whatever order the file has them in.
//!
//! Each chunk says when it starts, so only chunks that overlap in time are in memory together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use mcap::records::{MessageHeader, op};

use super::channels::Channels;
use super::chunk;
use super::file::InputFile;
use super::layout::{Block, Kind, Layout};
use super::record::{self, HEAD_LEN, Records};
use crate::bus::BusError;

/// A damaged length must not bring a whole file into memory.
const MAX_BLOCK_LEN: u64 = 2 * chunk::MAX_CONTENT_LEN;

/// A message as the file has it.
#[derive(Debug)]
pub struct Recorded {
    /// Channel, sequence number and times.
    pub header: MessageHeader,
    /// The message.
    pub data: Vec<u8>,
}

/// Reads a file's messages.
pub struct Replay {
    file: InputFile,
    blocks: VecDeque<Block>,
    /// By log time, then by place in the file.
    waiting: BinaryHeap<Reverse<Waiting>>,
    loaded: u64,
    /// What the file describes, more of it the further it is read.
    pub channels: Channels,
    /// What is wrong with the file, in words.
    pub damage: Vec<String>,
    /// Messages in chunks that cannot be read, by channel, as far as an index counts them.
    pub lost: BTreeMap<u16, u64>,
    /// Messages found, by channel, wanted or not.
    pub found: BTreeMap<u16, u64>,
    /// The latest log time found, ns.
    pub end_ns: u64,
}

struct Waiting {
    order: (u64, u64, usize),
    message: Recorded,
}

impl Replay {
    /// Starts before the first message.
    pub fn new(file: InputFile, layout: Layout, channels: Channels) -> Self {
        let mut blocks = layout.blocks;
        blocks.sort_by_key(|block| (block.start_ns, block.offset));
        Self {
            file,
            blocks: blocks.into(),
            waiting: BinaryHeap::new(),
            loaded: 0,
            channels,
            damage: layout.damage,
            lost: BTreeMap::new(),
            found: BTreeMap::new(),
            end_ns: 0,
        }
    }

    /// The file that is read.
    pub fn path(&self) -> &std::path::Path {
        self.file.path()
    }

    /// The next message whose channel `is_wanted`; `None` at the end.
    ///
    /// # Errors
    /// When the operating system cannot read the file.
    pub fn next(
        &mut self,
        is_wanted: impl Fn(&Channels, u16) -> bool,
    ) -> Result<Option<Recorded>, BusError> {
        loop {
            let first_ns = self.waiting.peek().map(|Reverse(first)| first.order.0);
            let is_due = |block: &&Block| first_ns.is_none_or(|ns| block.start_ns <= ns);
            if self.blocks.front().filter(is_due).is_none() {
                return Ok(self.waiting.pop().map(|Reverse(first)| first.message));
            }
            if let Some(block) = self.blocks.pop_front() {
                self.load(&block, &is_wanted)?;
            }
        }
    }

    fn load(
        &mut self,
        block: &Block,
        is_wanted: &impl Fn(&Channels, u16) -> bool,
    ) -> Result<(), BusError> {
        let bytes = self
            .file
            .read_at(block.offset, block.len.min(MAX_BLOCK_LEN))?;
        self.loaded += 1;
        if block.kind == Kind::Run {
            self.take_records(block.offset, &bytes, None, is_wanted);
            return Ok(());
        }
        let body = bytes.get(HEAD_LEN as usize..).unwrap_or_default();
        let is_cut = block.kind == Kind::CutChunk;
        match chunk::open(body, is_cut) {
            Ok(chunk) => {
                let span_ns = Some((chunk.start_ns, chunk.end_ns));
                self.take_records(block.offset, &chunk.content, span_ns, is_wanted);
            }
            Err(problem) => {
                self.damage.push(format!(
                    "byte {}: unreadable chunk: {problem}",
                    block.offset
                ));
                for &(channel, count) in &block.counts {
                    *self.lost.entry(channel).or_default() += count;
                }
            }
        }
        Ok(())
    }

    fn take_records(
        &mut self,
        offset: u64,
        bytes: &[u8],
        span_ns: Option<(u64, u64)>,
        is_wanted: &impl Fn(&Channels, u16) -> bool,
    ) {
        let mut problems = Vec::new();
        let mut records = Records::new(bytes);
        for (place, (opcode, body)) in (&mut records).enumerate() {
            match (opcode, record::message(body)) {
                (op::MESSAGE, Some((header, data))) => {
                    let log_ns = header.log_time;
                    *self.found.entry(header.channel_id).or_default() += 1;
                    self.end_ns = self.end_ns.max(log_ns);
                    if let Some((start, end)) = span_ns
                        && !(start..=end).contains(&log_ns)
                    {
                        problems.push(format!("log time {log_ns}, expected {start} to {end}"));
                    }
                    if is_wanted(&self.channels, header.channel_id) {
                        let message = Recorded {
                            header,
                            data: data.to_vec(),
                        };
                        let order = (log_ns, self.loaded, place);
                        self.waiting.push(Reverse(Waiting { order, message }));
                    }
                }
                (op::MESSAGE, None) => {
                    problems.push(format!(
                        "a message of {} bytes, too few for one",
                        body.len()
                    ));
                }
                (op::SCHEMA | op::CHANNEL, _) => {
                    problems.extend(self.channels.add(opcode, body).err());
                }
                _ => {}
            }
        }
        if records.left_over() > 0 {
            problems.push(format!(
                "{} bytes at the end that are no record",
                records.left_over()
            ));
        }
        if let Some(first) = problems.first() {
            let more = problems.len() - 1;
            let more = if more > 0 {
                format!(" (and {more} more)")
            } else {
                String::new()
            };
            self.damage
                .push(format!("byte {offset}: found {first}{more}"));
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
