//! One chunk's content: decompressed, and checked before anything in it is believed.

use std::io::Read;

use super::record::{take, take_u64};

/// No recorder writes chunks near this size; a claim beyond it is damage, not data.
pub const MAX_CONTENT_LEN: u64 = 1 << 30;

/// A chunk's records and the times that it says they span.
pub struct Chunk {
    /// Log time of its first message, ns.
    pub start_ns: u64,
    /// Log time of its last message, ns.
    pub end_ns: u64,
    /// Its records; of a chunk that the end of the file cut, the readable beginning.
    pub content: Vec<u8>,
}

struct Header {
    start_ns: u64,
    end_ns: u64,
    content_len: u64,
    crc: u32,
    compression: String,
    compressed_len: u64,
}

/// Opens a chunk record's body. `is_cut`: the file ended before the record did, so what can be
/// read of it is returned unchecked.
///
/// # Errors
/// What was found and expected; nothing of a whole chunk with a wrong checksum is returned.
pub fn open(body: &[u8], is_cut: bool) -> Result<Chunk, String> {
    let mut rest = body;
    let header = header(&mut rest)
        .ok_or_else(|| format!("found {} bytes, too few for a chunk's header", body.len()))?;
    if header.content_len > MAX_CONTENT_LEN {
        let found = header.content_len;
        return Err(format!(
            "found a content length of {found}, expected ≤ {MAX_CONTENT_LEN}"
        ));
    }
    let available = rest.len() as u64;
    // The cut may have spared the content.
    let is_cut = is_cut && header.compressed_len > available;
    if header.compressed_len > available && !is_cut {
        let found = header.compressed_len;
        return Err(format!(
            "found a compressed length of {found}, expected ≤ {available}"
        ));
    }
    let compressed_len = usize::try_from(header.compressed_len).unwrap_or(usize::MAX);
    let compressed = rest.get(..compressed_len).unwrap_or(rest);
    let (content, error) = decompress(&header, compressed)?;
    if !is_cut {
        check(&header, &content, error)?;
    }
    Ok(Chunk {
        start_ns: header.start_ns,
        end_ns: header.end_ns,
        content,
    })
}

fn header(rest: &mut &[u8]) -> Option<Header> {
    let start_ns = take_u64(rest)?;
    let end_ns = take_u64(rest)?;
    let content_len = take_u64(rest)?;
    let crc = u32::from_le_bytes(take(rest)?);
    let name_len = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let (name, behind) = rest.split_at_checked(name_len)?;
    *rest = behind;
    let compressed_len = take_u64(rest)?;
    let compression = String::from_utf8_lossy(name).into_owned();
    Some(Header {
        start_ns,
        end_ns,
        content_len,
        crc,
        compression,
        compressed_len,
    })
}

/// What could be decompressed, and why not more.
fn decompress(header: &Header, bytes: &[u8]) -> Result<(Vec<u8>, Option<String>), String> {
    let mut content = Vec::new();
    let limit = header.content_len;
    let result = match header.compression.as_str() {
        "" => bytes.take(limit).read_to_end(&mut content),
        "zstd" => zstd::stream::read::Decoder::new(bytes)
            .and_then(|decoder| decoder.take(limit).read_to_end(&mut content)),
        "lz4" => lz4::Decoder::new(bytes)
            .and_then(|decoder| decoder.take(limit).read_to_end(&mut content)),
        other => {
            return Err(format!(
                "found compression {other:?}, expected zstd, lz4 or none"
            ));
        }
    };
    Ok((
        content,
        result
            .err()
            .map(|error| format!("{}: {error}", header.compression)),
    ))
}

fn check(header: &Header, content: &[u8], error: Option<String>) -> Result<(), String> {
    if let Some(error) = error {
        return Err(error);
    }
    let (found, expected) = (content.len() as u64, header.content_len);
    if found != expected {
        return Err(format!(
            "found {found} bytes of content, expected {expected}"
        ));
    }
    let found = crc32fast::hash(content);
    // Zero says that the recorder computed none.
    if header.crc != 0 && found != header.crc {
        return Err(format!(
            "found CRC {found:08X}, expected {:08X}",
            header.crc
        ));
    }
    Ok(())
}
