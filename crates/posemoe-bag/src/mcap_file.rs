//! An MCAP file. Each chunk says when it starts, so only chunks that overlap in time are in memory
//! together.

use std::collections::VecDeque;

use mcap::records::{Record, op};

use super::channels::Channel;
use super::chunk;
use super::file::InputFile;
use super::layout::{self, Block, Kind};
use super::record::{self, HEAD_LEN, Records};
use super::storage::{Contents, Loaded, Storage};
use super::summary::{self, NoSummary};
use posemoe_bus::BusError;

/// A damaged length must not bring a whole file into memory.
const MAX_BLOCK_LEN: u64 = 2 * chunk::MAX_CONTENT_LEN;
/// A file's header has two short texts.
const MAX_HEADER_LEN: u64 = 1 << 16;

/// Reads a file's messages.
pub struct McapFile {
    file: InputFile,
    blocks: VecDeque<Block>,
}

impl McapFile {
    /// Finds out what is in the file; `Ok(Err)` says why it is no usable bag.
    ///
    /// # Errors
    /// [`BusError::File`] when the operating system cannot read the file.
    pub fn open(
        mut file: InputFile,
        contents: &mut Contents,
    ) -> Result<Result<Self, String>, BusError> {
        contents.library = library(&mut file)?;
        let (summary, problem) = match summary::read(&mut file)? {
            Ok(summary) => (Some(summary), None),
            Err(NoSummary::Absent) => (None, None),
            Err(NoSummary::Damaged(problem)) => (None, Some(problem)),
        };
        let mut layout = layout::walk(&mut file, summary.as_ref())?;
        layout::check_runs(&mut file, &mut layout)?;
        layout.damage.extend(problem);
        if layout.blocks.is_empty() && !layout.damage.is_empty() {
            return Ok(Err(layout.damage.join("; ")));
        }
        let (described, statistics) = match summary {
            Some(summary) => (summary.channels, summary.statistics),
            None => Default::default(),
        };
        contents.channels = match described.is_empty() {
            true => layout.channels,
            false => described,
        };
        layout
            .blocks
            .sort_by_key(|block| (block.start_ns, block.offset));
        let mut opened = Self {
            file,
            blocks: layout.blocks.into(),
        };
        contents.promised = statistics.map(|statistics| statistics.channel_message_counts);
        contents.counts = match &contents.promised {
            Some(promised) => promised.clone(),
            None => opened.count(contents)?,
        };
        contents.damage.append(&mut layout.damage);
        Ok(Ok(opened))
    }

    /// Nothing says which topics there are: looks at every message once.
    fn count(
        &mut self,
        contents: &mut Contents,
    ) -> Result<std::collections::BTreeMap<u16, u64>, BusError> {
        let blocks = self.blocks.clone();
        let mut scan = Contents::new(contents.types);
        std::mem::swap(&mut scan.channels, &mut contents.channels);
        while !self.blocks.is_empty() {
            self.load(&mut scan, &|_| false)?;
        }
        self.blocks = blocks;
        contents.channels = scan.channels;
        let found = scan.found.into_iter();
        Ok(found.map(|(id, tally)| (id, tally.count)).collect())
    }
}

impl Storage for McapFile {
    fn identifier(&self) -> &'static str {
        "mcap"
    }

    fn next_start_ns(&self) -> Option<u64> {
        self.blocks.front().map(|block| block.start_ns)
    }

    fn load(
        &mut self,
        contents: &mut Contents,
        wants: &dyn Fn(&Channel) -> bool,
    ) -> Result<Vec<Loaded>, BusError> {
        let Some(block) = self.blocks.pop_front() else {
            return Ok(Vec::new());
        };
        let bytes = self
            .file
            .read_at(block.offset, block.len.min(MAX_BLOCK_LEN))?;
        if block.kind == Kind::Run {
            return Ok(records(block.offset, &bytes, None, contents, wants));
        }
        let body = bytes.get(HEAD_LEN as usize..).unwrap_or_default();
        match chunk::open(body, block.kind == Kind::CutChunk) {
            Ok(chunk) => {
                let span_ns = Some((chunk.start_ns, chunk.end_ns));
                let content = &chunk.content;
                Ok(records(block.offset, content, span_ns, contents, wants))
            }
            Err(problem) => {
                let text = format!("byte {}: unreadable chunk: {problem}", block.offset);
                contents.damage.push(text);
                for (channel, count) in block.counts {
                    *contents.lost.entry((channel, "corrupt chunk")).or_default() += count;
                }
                Ok(Vec::new())
            }
        }
    }
}

/// What the file's header says has written it.
fn library(file: &mut InputFile) -> Result<Option<String>, BusError> {
    let offset = mcap::MAGIC.len() as u64;
    let head = record::head(&file.read_at(offset, HEAD_LEN)?);
    let Some((op::HEADER, len @ 0..=MAX_HEADER_LEN)) = head else {
        return Ok(None);
    };
    let body = file.read_at(offset + HEAD_LEN, len)?;
    Ok(match record::parse(op::HEADER, &body) {
        Ok(Record::Header(header)) => Some(header.library),
        _ => None,
    })
}

/// The wanted messages among the records of a chunk, or of a run of the file.
fn records(
    offset: u64,
    bytes: &[u8],
    span_ns: Option<(u64, u64)>,
    contents: &mut Contents,
    wants: &dyn Fn(&Channel) -> bool,
) -> Vec<Loaded> {
    let (mut loaded, mut problems) = (Vec::new(), Vec::new());
    let mut records = Records::new(bytes);
    for (place, (opcode, body)) in (&mut records).enumerate() {
        match (opcode, record::message(body)) {
            (op::MESSAGE, Some((header, data))) => {
                let log_ns = header.log_time;
                contents.count(header.channel_id, log_ns);
                if let Some((start, end)) = span_ns
                    && !(start..=end).contains(&log_ns)
                {
                    problems.push(format!("log time {log_ns}, expected {start} to {end}"));
                }
                if contents.channels.get(header.channel_id).is_some_and(wants) {
                    loaded.push(Loaded {
                        place: (offset, place),
                        header,
                        data: data.to_vec(),
                    });
                }
            }
            (op::MESSAGE, None) => {
                let len = body.len();
                problems.push(format!("a message of {len} bytes, too few for one"));
            }
            (op::SCHEMA | op::CHANNEL, _) => {
                problems.extend(contents.channels.add(opcode, body).err());
            }
            _ => {}
        }
    }
    if records.left_over() > 0 {
        let left = records.left_over();
        problems.push(format!("{left} bytes at the end that are no record"));
    }
    if let Some(first) = problems.first() {
        let more = match problems.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let text = format!("byte {offset}: found {first}{more}");
        contents.damage.push(text);
    }
    loaded
}
