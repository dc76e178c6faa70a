//! Opens a database so that nothing of it is changed and as much as possible of a cut one is read.

use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tempfile::{NamedTempFile, TempPath};

use super::super::file::InputFile;
use posemoe_bus::BusError;

const HEADER_LEN: u64 = 100;
const COPY_LEN: u64 = 1 << 20;

/// Opens it read-only.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A recorder that was killed leaves its last messages in a log beside the file, which SQLite
    // only reads when it may lock; without one it needs no lock, and no right to write the folder.
    let mode = if has_log(path) { "" } else { "?immutable=1" };
    let connection = Connection::open_with_flags(format!("file:{}{mode}", escaped(path)), flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Nothing is written: it is this that makes SQLite read a file which is shorter than it says.
    connection.pragma_update(None, "writable_schema", true)?;
    Ok(connection)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// A path as SQLite takes it in a URI.
fn escaped(path: &Path) -> String {
    let mut escaped = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                escaped.push(char::from(byte));
            }
            other => escaped.push_str(&format!("%{other:02x}")),
        }
    }
    escaped
}

/// The bytes of a page and of all pages, as the header has them.
fn promised_len(file: &mut InputFile) -> Result<Option<(u64, u64)>, BusError> {
    let header = file.read_at(0, HEADER_LEN)?;
    let page_len = header.get(16..18).and_then(|bytes| bytes.try_into().ok());
    let pages = header.get(28..32).and_then(|bytes| bytes.try_into().ok());
    let (Some(page_len), Some(pages)) = (page_len, pages) else {
        return Ok(None);
    };
    let page_len = match u64::from(u16::from_be_bytes(page_len)) {
        1 => 65_536,
        len => len,
    };
    // The count holds only if it was written together with the last change.
    let is_current = header.get(24..28) == header.get(92..96);
    let pages = u64::from(u32::from_be_bytes(pages));
    Ok((is_current && page_len.is_power_of_two()).then_some((page_len, pages * page_len)))
}

/// What is missing at the end of a file that was cut, if so. `len` is that of the user's file.
pub fn why_cut(path: &Path, len: u64) -> Option<String> {
    let mut file = InputFile::open(path).ok()?;
    let (_, expected) = promised_len(&mut file).ok()??;
    (len < expected && !has_log(path)).then(|| {
        format!("cut short by the end of the file: found {len} bytes, expected {expected}")
    })
}

/// SQLite reads zeros behind the end of the last page: for a file that ends within one, a copy
/// without that page.
///
/// # Errors
/// [`BusError`] when the operating system cannot read the file or write the copy.
pub fn whole_pages(file: &mut InputFile) -> Result<Option<TempPath>, BusError> {
    let whole = match promised_len(file)? {
        Some((page_len, expected)) if file.len() < expected && !has_log(file.path()) => {
            file.len() / page_len * page_len
        }
        _ => return Ok(None),
    };
    if whole == file.len() {
        return Ok(None);
    }
    let folder = std::env::temp_dir();
    let failed = |source| BusError::File {
        path: folder.clone(),
        source,
    };
    let mut copy = NamedTempFile::new_in(&folder).map_err(failed)?;
    let mut offset = 0;
    while offset < whole {
        let bytes = file.read_at(offset, COPY_LEN.min(whole - offset))?;
        copy.write_all(&bytes).map_err(failed)?;
        offset += COPY_LEN;
    }
    Ok(Some(copy.into_temp_path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_path_means_something_in_a_uri() {
        let path = Path::new("/a b/50%?immutable=0#ä.db3");
        let expected = "/a%20b/50%25%3fimmutable%3d0%23%c3%a4.db3";
        assert_eq!(escaped(path), expected);
    }
}
