//! Undoes rosbag2's compression of whole files and of single messages, which is zstd.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

use super::storage::{is_known, not_a_bag};
use posemoe_bus::BusError;

/// What every zstd frame begins with. A CDR message cannot: its first byte is 0.
pub const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Recordings shrink to a tenth or so; what is a hundred times as long when it is unpacked, and so
/// long besides, is no recording but fills the disk.
const MOST_TIMES: u64 = 100;
const MOST_LEN: u64 = 1 << 30;
/// No message is near this size.
const MOST_MESSAGE_LEN: u64 = 1 << 28;

/// Unpacks a file into the system's folder for such files, as far as it can be unpacked and is a
/// bag; why not further goes to `damage`.
///
/// # Errors
/// [`BusError`] when the operating system cannot read the one or write the other; when it becomes
/// too long.
pub fn file(path: &Path, damage: &mut Vec<String>) -> Result<TempPath, BusError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BusError::File { path, source }
    };
    let packed = File::open(path).map_err(failed(path))?;
    let packed_len = packed.metadata().map_err(failed(path))?.len();
    let most = MOST_LEN.max(packed_len.saturating_mul(MOST_TIMES));
    let folder = std::env::temp_dir();
    let mut unpacked = NamedTempFile::new_in(&folder).map_err(failed(&folder))?;
    let decoder = zstd::stream::read::Decoder::new(packed).map_err(failed(path))?;
    let mut decoder = decoder.take(most + 1);
    let mut piece = vec![0; 1 << 18];
    let mut len = 0;
    loop {
        match decoder.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                let read = piece.get(..count).unwrap_or_default();
                unpacked.write_all(read).map_err(failed(unpacked.path()))?;
                let is_first = len == 0;
                len += count as u64;
                if is_first && !is_known(read) {
                    break; // there is nothing to be had from the rest
                }
            }
            Err(error) => {
                damage.push(format!("zstd: unpacked {len} bytes, then: {error}"));
                break;
            }
        }
    }
    if len > most {
        let reason = format!(
            "found {packed_len} bytes that zstd unpacks to more than {most}, expected at most that \
            many"
        );
        return Err(not_a_bag(path, reason));
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
        .and_then(|decoder| decoder.take(MOST_MESSAGE_LEN + 1).read_to_end(&mut data))
        .map_err(|error| format!("zstd: {error}"))?;
    match data.len() as u64 > MOST_MESSAGE_LEN {
        true => Err(format!(
            "zstd: found more than {MOST_MESSAGE_LEN} bytes, expected at most that many"
        )),
        false => Ok(data),
    }
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

    #[test]
    fn a_message_that_would_fill_the_memory_is_refused() {
        let zeros = std::io::repeat(0).take(MOST_MESSAGE_LEN + 1);
        let packed = zstd::encode_all(zeros, 1).unwrap();
        let error = message(&packed).unwrap_err();
        assert!(error.contains("expected at most that many"), "{error}");
    }

    #[test]
    fn a_file_that_would_fill_the_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.mcap.zstd");
        let pack = |start: &[u8], zeros: u64| {
            let content = start.chain(std::io::repeat(0).take(zeros));
            std::fs::write(&path, zstd::encode_all(content, 1).unwrap()).unwrap();
        };
        pack(mcap::MAGIC, MOST_LEN);
        let error = file(&path, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("expected at most"), "{error}");
        // What is no bag is not unpacked at all.
        pack(b"", MOST_LEN);
        let unpacked = file(&path, &mut Vec::new()).unwrap();
        assert!(std::fs::metadata(&unpacked).unwrap().len() < 1 << 20);
        // A bag that is long and mostly empty is.
        pack(mcap::MAGIC, 1 << 24);
        let unpacked = file(&path, &mut Vec::new()).unwrap();
        let len = std::fs::metadata(&unpacked).unwrap().len();
        assert_eq!(len, mcap::MAGIC.len() as u64 + (1 << 24));
    }
}
