//! NumPy's `.npz` archives, as far as data sets keep Python objects in them.

use std::io::{Cursor, Read};

use super::pickle::{self, Pickle};
use super::{Refusal, refuse};

/// The longest entry that is unpacked (bytes): more than twice the largest known one.
const LONGEST_ENTRY: u64 = 2 << 30;
const MAGIC: &[u8] = b"\x93NUMPY";

/// What was pickled into these entries of an archive; the others are not unpacked.
///
/// # Errors
/// [`Refusal`] when it is no archive, lacks an entry, or an entry has no objects or something other
/// than data in them.
pub fn objects<const N: usize>(bytes: &[u8], names: [&str; N]) -> Result<[Pickle; N], Refusal> {
    let broken = |error: zip::result::ZipError| Refusal(format!("found no .npz archive: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut found = Vec::new();
    for name in names {
        let Some(index) = archive.index_for_name(&format!("{name}.npy")) else {
            let named = archive.file_names().filter_map(Result::ok);
            let mut entries: Vec<_> = named.collect();
            entries.sort_unstable();
            let entries = entries.join(", ");
            return refuse(format!(
                "found {entries} in the archive, expected {name}.npy"
            ));
        };
        let entry = archive.by_index(index).map_err(broken)?;
        let mut unpacked = Vec::new();
        let length = entry.take(LONGEST_ENTRY + 1).read_to_end(&mut unpacked);
        let length = length.map_err(|error| Refusal(format!("{name}.npy: {error}")))?;
        if length as u64 > LONGEST_ENTRY {
            return refuse(format!("{name}.npy: more than {LONGEST_ENTRY} bytes"));
        }
        let pickled = after_header(&unpacked).map_err(|refusal| refusal.of(name))?;
        unpacked.drain(..pickled);
        found.push(pickle::read(unpacked).map_err(|refusal| refusal.of(name))?);
    }
    found.try_into().or_else(|_| refuse("entries are missing"))
}

/// Where the objects begin: after the magic, the version, the header's length and the header.
fn after_header(bytes: &[u8]) -> Result<usize, Refusal> {
    let cut = || Refusal("the .npy header is cut short".to_owned());
    if !bytes.starts_with(MAGIC) {
        return refuse("found no .npy file in the archive");
    }
    let (start, length) = match bytes.get(6..12).ok_or_else(cut)? {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([*a, *b]))),
        [2 | 3, _, a, b, c, d] => (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        [version, ..] => return refuse(format!(".npy version {version}, expected 1, 2 or 3")),
        [] => return Err(cut()),
    };
    let header = bytes.get(start..start + length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    if !header.contains("'descr': '|O'") {
        return refuse(format!("found {}, expected Python objects", header.trim()));
    }
    Ok(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_archive_and_what_is_no_array_are_refused() {
        let refused = objects(b"no archive", ["positions_3d"]).err().unwrap();
        assert!(refused.0.contains("found no .npz archive"), "{refused}");
        assert!(after_header(b"\x93NUMPY\x01\x00\xff\xff").is_err());
        assert!(after_header(b"\x93NUMPY\x02\x00").is_err());
        assert!(
            after_header(b"\x93NUMPY\x09\x00\x00\x00\x00\x00")
                .unwrap_err()
                .0
                .contains("version 9")
        );
        let floats = b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f4'}";
        assert!(
            after_header(floats)
                .unwrap_err()
                .0
                .contains("expected Python objects")
        );
    }
}
