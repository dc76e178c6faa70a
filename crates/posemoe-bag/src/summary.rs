//! The summary at a file's end: what the recorder says is in the file.

use mcap::records::{Record, Statistics, op};

use super::channels::Channels;
use super::file::InputFile;
use super::record::{self, HEAD_LEN, Records};
use posemoe_bus::BusError;

const FOOTER_BODY_LEN: u64 = 8 + 8 + 4;
/// The last record of a file and the magic bytes behind it.
const END_LEN: u64 = HEAD_LEN + FOOTER_BODY_LEN + mcap::MAGIC.len() as u64;
/// The checksum covers the section and the footer up to the checksum itself.
const FOOTER_CRC_LEN: u64 = 4;
/// An index of millions of chunks; a claim beyond it is damage, and would have to be held in
/// memory.
const MAX_SECTION_LEN: u64 = 1 << 28;

/// A summary whose checksum is right.
#[derive(Default)]
pub struct Summary {
    /// Every channel.
    pub channels: Channels,
    /// Message counts.
    pub statistics: Option<Statistics>,
    /// Offset of each chunk's record, ascending.
    pub chunk_offsets: Vec<u64>,
}

/// Why there is no summary to use.
pub enum NoSummary {
    /// The recorder wrote none, which it may.
    Absent,
    /// The end of the file is not as it should be.
    Damaged(String),
}

/// Reads the summary.
///
/// # Errors
/// [`BusError::File`] when the operating system cannot read the file.
pub fn read(file: &mut InputFile) -> Result<Result<Summary, NoSummary>, BusError> {
    let end_offset = file.len().saturating_sub(END_LEN);
    let end = file.read_at(end_offset, END_LEN)?;
    let (summary_start, expected_crc) = match footer(&end) {
        Ok(footer) => footer,
        Err(found) => {
            let text = format!("byte {end_offset}: no footer, the file has no proper end: {found}");
            return Ok(Err(NoSummary::Damaged(text)));
        }
    };
    if summary_start == 0 {
        return Ok(Err(NoSummary::Absent));
    }
    if summary_start > end_offset {
        let text = format!("byte {end_offset}: the footer places the summary at {summary_start}");
        return Ok(Err(NoSummary::Damaged(text)));
    }
    let checked_end = end_offset + HEAD_LEN + FOOTER_BODY_LEN - FOOTER_CRC_LEN;
    let len = checked_end - summary_start;
    if len > MAX_SECTION_LEN {
        let text = format!("byte {summary_start}: found a summary of {len} bytes");
        return Ok(Err(NoSummary::Damaged(format!(
            "{text}, expected ≤ {MAX_SECTION_LEN}"
        ))));
    }
    let section = file.read_at(summary_start, len)?;
    let found = crc32fast::hash(&section);
    if expected_crc != 0 && found != expected_crc {
        return Ok(Err(NoSummary::Damaged(format!(
            "byte {summary_start}: summary: found CRC {found:08X}, expected {expected_crc:08X}"
        ))));
    }
    let records_len = usize::try_from(end_offset - summary_start).unwrap_or(usize::MAX);
    let records = section.get(..records_len).unwrap_or_default();
    Ok(parse(records)
        .map_err(|text| NoSummary::Damaged(format!("byte {summary_start}: summary: {text}"))))
}

/// Where the summary starts and its checksum.
fn footer(end: &[u8]) -> Result<(u64, u32), String> {
    let body = end
        .strip_suffix(mcap::MAGIC)
        .ok_or_else(|| "expected the MCAP magic bytes at the end".to_owned())?;
    let (opcode, len) = record::head(body).unwrap_or_default();
    if (opcode, len) != (op::FOOTER, FOOTER_BODY_LEN) {
        return Err(format!(
            "found a record with opcode {opcode:#04x} and length {len}"
        ));
    }
    let fields = body.get(HEAD_LEN as usize..).unwrap_or_default();
    match record::parse(opcode, fields)? {
        Record::Footer(footer) => Ok((footer.summary_start, footer.summary_crc)),
        _ => Err("found another record".to_owned()),
    }
}

fn parse(section: &[u8]) -> Result<Summary, String> {
    let mut summary = Summary::default();
    let mut records = Records::new(section);
    for (opcode, body) in &mut records {
        match opcode {
            op::SCHEMA | op::CHANNEL => summary.channels.add(opcode, body)?,
            op::STATISTICS => {
                if let Record::Statistics(statistics) = record::parse(opcode, body)? {
                    summary.statistics = Some(statistics);
                }
            }
            op::CHUNK_INDEX => {
                if let Record::ChunkIndex(index) = record::parse(opcode, body)? {
                    summary.chunk_offsets.push(index.chunk_start_offset);
                }
            }
            _ => {}
        }
    }
    match records.left_over() {
        0 => {
            summary.chunk_offsets.sort_unstable();
            Ok(summary)
        }
        left => Err(format!("found {left} bytes that are no record")),
    }
}
