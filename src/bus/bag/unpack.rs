//! Undoes rosbag2's compression of whole files and of single messages, which is zstd.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

use super::chunk::MAX_CONTENT_LEN;
use crate::bus::BusError;

/// What every zstd frame begins with. A CDR message cannot: its first byte is 0.
pub const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Unpacks a file into the system's folder for such files, as far as it can be unpacked; why not
/// further goes to `damage`.
///
/// # Errors
/// When the operating system cannot read the one or write the other.
pub fn file(path: &Path, damage: &mut Vec<String>) -> Result<TempPath, BusError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BusError::File { path, source }
    };
    let packed = BufReader::new(File::open(path).map_err(failed(path))?);
    let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(failed(path))?;
    let folder = std::env::temp_dir();
    let mut unpacked = NamedTempFile::new_in(&folder).map_err(failed(&folder))?;
    let mut piece = vec![0; 1 << 18];
    let mut len = 0;
    loop {
        match decoder.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                let read = piece.get(..count).unwrap_or_default();
                unpacked.write_all(read).map_err(failed(unpacked.path()))?;
                len += count;
            }
            Err(error) => {
                damage.push(format!("zstd: unpacked {len} bytes, then: {error}"));
                break;
            }
        }
    }
    Ok(unpacked.into_temp_path())
}

/// Unpacks a message.
///
/// # Errors
/// What was found, when it is not a whole zstd frame.
pub fn message(packed: &[u8]) -> Result<Vec<u8>, String> {
    if !packed.starts_with(&ZSTD_MAGIC) {
        let start: Vec<String> = packed.iter().take(4).map(|b| format!("{b:02x}")).collect();
        let start = start.join(" ");
        return Err(format!("found {start}, expected 28 b5 2f fd (zstd)"));
    }
    let mut data = Vec::new();
    zstd::stream::read::Decoder::new(packed)
        .and_then(|decoder| decoder.take(MAX_CONTENT_LEN).read_to_end(&mut data))
        .map_err(|error| format!("zstd: {error}"))?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_and_a_cut_or_foreign_one_does_not() {
        let data: Vec<u8> = (0..200).collect();
        let packed = zstd::encode_all(&data[..], 3).unwrap();
        assert_eq!(message(&packed), Ok(data.clone()));
        assert!(message(&packed[..packed.len() - 1]).is_err());
        let error = message(&data).unwrap_err();
        assert!(error.contains("found 00 01 02 03"), "{error}");
    }
}
