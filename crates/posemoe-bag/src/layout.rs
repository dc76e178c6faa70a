//! Where a file's messages are, found by walking from record to record without reading them.
//!
//! The walk needs no index, so a recording that a crash cut short is found as far as it goes. The
//! summary, when there is one, says where to go on behind a damaged record and what is missing.

use mcap::records::op;

use super::channels::Channels;
use super::file::InputFile;
use super::record::{self, HEAD_LEN, take, take_u64};
use super::summary::Summary;
use posemoe_bus::BusError;

/// Messages outside chunks are read in runs of about this many bytes.
const RUN_LEN: u64 = 1 << 20;
/// No recorder writes a schema or channel near this size.
const MAX_DESCRIPTION_LEN: u64 = 1 << 24;
/// Bytes of a message index entry: log time and offset.
const INDEX_ENTRY_LEN: u64 = 16;

/// What a block's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chunk record.
    Chunk,
    /// The beginning of a chunk record that the end of the file cut.
    CutChunk,
    /// Message records outside any chunk.
    Run,
}

/// A part of the file that is read at once.
#[derive(Clone, Debug)]
pub struct Block {
    /// What its bytes are.
    pub kind: Kind,
    /// Of its first record.
    pub offset: u64,
    /// In bytes, the first record's head included.
    pub len: u64,
    /// Log time of its first message, ns.
    pub start_ns: u64,
    /// Messages per channel, where an index says so.
    pub counts: Vec<(u16, u64)>,
}

/// What the walk found.
#[derive(Default)]
pub struct Layout {
    /// In file order.
    pub blocks: Vec<Block>,
    /// Channels described outside chunks.
    pub channels: Channels,
    /// What is wrong with the file, in words.
    pub damage: Vec<String>,
    /// Where the data ends and its checksum (0: none), when the record that says so is there.
    pub data_end: Option<(u64, u32)>,
}

/// Walks through `file`.
///
/// # Errors
/// [`BusError::File`] when the operating system cannot read the file.
pub fn walk(file: &mut InputFile, summary: Option<&Summary>) -> Result<Layout, BusError> {
    let mut layout = Layout::default();
    let mut offset = mcap::MAGIC.len() as u64;
    loop {
        let problem = match layout.step(file, offset, summary.is_some())? {
            Step::To(next) => {
                offset = next;
                continue;
            }
            Step::End => break,
            Step::Astray(problem) => problem,
        };
        let mut further = summary
            .iter()
            .flat_map(|summary| summary.chunk_offsets.iter());
        match further.find(|&&chunk| chunk > offset) {
            Some(&chunk) => {
                layout.damage.push(format!(
                    "byte {offset}: {problem}; going on at byte {chunk}"
                ));
                offset = chunk;
            }
            None => {
                layout.damage.push(format!(
                    "byte {offset}: {problem}; nothing readable behind it"
                ));
                break;
            }
        }
    }
    for chunk in summary
        .iter()
        .flat_map(|summary| summary.chunk_offsets.iter())
    {
        if layout
            .blocks
            .binary_search_by_key(chunk, |block| block.offset)
            .is_err()
        {
            layout
                .damage
                .push(format!("byte {chunk}: expected a chunk, found none"));
        }
    }
    Ok(layout)
}

/// Messages outside chunks have no checksum but that of the whole data section: checks it.
///
/// # Errors
/// [`BusError::File`] when the operating system cannot read the file.
pub fn check_runs(file: &mut InputFile, layout: &mut Layout) -> Result<(), BusError> {
    let Some((end, expected)) = layout.data_end else {
        return Ok(());
    };
    if expected == 0 || !layout.blocks.iter().any(|block| block.kind == Kind::Run) {
        return Ok(());
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut offset = 0;
    while offset < end {
        let bytes = file.read_at(offset, RUN_LEN.min(end - offset))?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(&bytes);
        offset += bytes.len() as u64;
    }
    let found = hasher.finalize();
    if found != expected {
        layout.damage.push(format!(
            "byte {end}: data section: found CRC {found:08X}, expected {expected:08X}; a message \
             outside chunks may be wrong"
        ));
    }
    Ok(())
}

enum Step {
    To(u64),
    End,
    Astray(String),
}

impl Layout {
    fn step(
        &mut self,
        file: &mut InputFile,
        offset: u64,
        is_complete: bool,
    ) -> Result<Step, BusError> {
        let bytes = file.read_at(offset, HEAD_LEN)?;
        let Some((opcode, len)) = record::head(&bytes) else {
            return Ok(Step::Astray(format!(
                "the file ends after {} bytes, expected a record",
                bytes.len()
            )));
        };
        let body = offset + HEAD_LEN;
        let available = file.len() - body;
        // The end of a file can cut a record; before a proper end, its length must be wrong.
        let is_cut = len > available;
        if is_cut && (is_complete || opcode != op::CHUNK) {
            return Ok(Step::Astray(format!(
                "record with opcode {opcode:#04x}: found a length of {len}, expected at most the \
                 {available} bytes to the end of the file"
            )));
        }
        match opcode {
            0 => {
                return Ok(Step::Astray(
                    "found opcode 0x00, expected a record".to_owned(),
                ));
            }
            op::CHUNK => self.add_chunk(file, offset, len.min(available), is_cut)?,
            op::MESSAGE => self.add_message(file, offset, len)?,
            op::MESSAGE_INDEX => self.add_index(&file.read_at(body, 6)?),
            op::SCHEMA | op::CHANNEL => {
                let body = file.read_at(body, len.min(MAX_DESCRIPTION_LEN))?;
                if let Err(problem) = self.channels.add(opcode, &body) {
                    self.damage.push(format!("byte {offset}: {problem}"));
                }
            }
            op::DATA_END => {
                let crc = take(&mut &*file.read_at(body, 4)?).unwrap_or_default();
                self.data_end = Some((offset, u32::from_le_bytes(crc)));
                return Ok(Step::End);
            }
            op::FOOTER => {
                self.damage.push(format!(
                    "byte {offset}: found a footer, expected the data's end"
                ));
                return Ok(Step::End);
            }
            _ => {}
        }
        if is_cut {
            return Ok(Step::Astray(format!(
                "chunk cut short by the end of the file: found {available} bytes, expected {len}"
            )));
        }
        Ok(Step::To(body + len))
    }

    fn add_chunk(
        &mut self,
        file: &mut InputFile,
        offset: u64,
        len: u64,
        is_cut: bool,
    ) -> Result<(), BusError> {
        let start_ns = take_u64(&mut &*file.read_at(offset + HEAD_LEN, 8)?).unwrap_or_default();
        let kind = if is_cut { Kind::CutChunk } else { Kind::Chunk };
        let len = HEAD_LEN + len;
        self.blocks.push(Block {
            kind,
            offset,
            len,
            start_ns,
            counts: Vec::new(),
        });
        Ok(())
    }

    fn add_message(&mut self, file: &mut InputFile, offset: u64, len: u64) -> Result<(), BusError> {
        let head = file.read_at(offset + HEAD_LEN, 2 + 4 + 8)?;
        let log_ns = take_u64(&mut head.get(2 + 4..).unwrap_or_default()).unwrap_or_default();
        let len = HEAD_LEN + len;
        match self.blocks.last_mut() {
            Some(run)
                if run.kind == Kind::Run && run.offset + run.len == offset && run.len < RUN_LEN =>
            {
                run.len += len;
                run.start_ns = run.start_ns.min(log_ns);
            }
            _ => {
                let (kind, start_ns) = (Kind::Run, log_ns);
                self.blocks.push(Block {
                    kind,
                    offset,
                    len,
                    start_ns,
                    counts: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// An index stands behind the chunk whose messages it lists, one for each channel.
    fn add_index(&mut self, mut head: &[u8]) {
        let channel = take(&mut head).map(u16::from_le_bytes);
        let entries_len = take(&mut head).map(u32::from_le_bytes);
        let chunk = self
            .blocks
            .last_mut()
            .filter(|block| block.kind == Kind::Chunk);
        if let (Some(channel), Some(len), Some(chunk)) = (channel, entries_len, chunk) {
            chunk
                .counts
                .push((channel, u64::from(len) / INDEX_ENTRY_LEN));
        }
    }
}
