//! What a file is that is no bag, by how it begins: whoever has a wrong one wants to know which.

/// How many bytes of a file are looked at.
pub const START_LEN: u64 = 512;

/// What begins so, and what to do about it.
const KINDS: [(&[u8], &str); 22] = [
    (
        b"version https://git-lfs",
        "a Git LFS pointer, which stands for the file: `git lfs pull` brings it",
    ),
    (
        b"/annex/objects/",
        "a git-annex pointer, which stands for the file: `git annex get` brings it",
    ),
    (
        b"#ROSBAG V",
        "a ROS 1 bag: `rosbags-convert` makes a ROS 2 bag of it",
    ),
    (b"\x1f\x8b", "gzip data: unpack it first (`gunzip`)"),
    (b"BZh", "bzip2 data: unpack it first (`bunzip2`)"),
    (b"\xfd7zXZ\0", "xz data: unpack it first (`unxz`)"),
    (b"\x04\x22\x4d\x18", "lz4 data: unpack it first (`unlz4`)"),
    (b"PK\x03\x04", "a zip archive: unpack it first (`unzip`)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (
        b"\x89MCAP0\n",
        "an MCAP file whose line ends were changed on the way, as if it were text: copy it anew, \
        as binary",
    ),
    (b"\x89MCAP", "MCAP of another version"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x7fELF", "a program (ELF)"),
    (b"%PDF", "a PDF"),
    (b"RIFF", "sound or video (RIFF)"),
    (b"OggS", "sound or video (Ogg)"),
    (b"\x1a\x45\xdf\xa3", "a video (Matroska)"),
    (b"\xd4\xc3\xb2\xa1", "recorded packets of a network (pcap)"),
    (
        b"\x0a\x0d\x0d\x0a",
        "recorded packets of a network (pcapng)",
    ),
];

/// What a file is that begins so; `None` when that says nothing.
pub fn name(start: &[u8]) -> Option<String> {
    if start.is_empty() {
        return Some("an empty file".to_owned());
    }
    if start.iter().all(|byte| *byte == 0) {
        return Some("zeros: what was to be written here never was".to_owned());
    }
    let known = KINDS.iter().find(|(magic, _)| start.starts_with(magic));
    if let Some((_, kind)) = known {
        return Some((*kind).to_owned());
    }
    if start.get(4..8) == Some(b"ftyp") {
        return Some("a video (MP4)".to_owned());
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it first (`tar -x`)".to_owned());
    }
    text(start)
}

fn text(start: &[u8]) -> Option<String> {
    let readable = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The last letter may be cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(start.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_letter = |c: char| !c.is_control() || c.is_ascii_whitespace() || c == '\u{1b}';
    let readable = readable.trim_start_matches('\u{feff}');
    if !readable.chars().all(is_letter) {
        return None;
    }
    let first = readable.trim_start().lines().next().unwrap_or_default();
    let shown: String = first.chars().take(40).collect();
    let begin: String = shown.to_ascii_lowercase();
    let kind = if begin.starts_with("<!doctype html") || begin.starts_with("<html") {
        "text, a web page (HTML) in the place of the file"
    } else if begin.starts_with("<?xml") {
        "text (XML)"
    } else if begin.starts_with("rosbag2_bagfile_information") {
        "the metadata.yaml of a bag, whose folder is the bag"
    } else {
        "text"
    };
    Some(format!("{kind}: {shown:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_bags_are_called_what_they_are() {
        let mut tar = vec![b'x'; 257];
        tar.extend(b"ustar\0");
        for (start, expected) in [
            (&b""[..], "an empty file"),
            (&[0; 40], "zeros"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid",
                "git lfs pull",
            ),
            (b"#ROSBAG V2.0\n\x45\0\0\0", "a ROS 1 bag"),
            (b"\x1f\x8b\x08\0\0\0", "gunzip"),
            (b"\x89MCAP0\n\x01", "line ends were changed"),
            (b"\x89MCAP1\r\n", "another version"),
            (b"\n <!DOCTYPE html>\n<html>", "a web page (HTML)"),
            ("\u{feff}<html lang=\"en\">".as_bytes(), "a web page (HTML)"),
            (
                b"rosbag2_bagfile_information:\n  version: 5",
                "whose folder is the bag",
            ),
            (b"stamp_s,person\n0,a", "text: \"stamp_s,person\""),
            (b"\0\0\0\x18ftypmp42", "a video (MP4)"),
            (&tar, "a tar archive"),
        ] {
            let found = name(start).unwrap();
            assert!(found.contains(expected), "{found}");
        }
        let cut = "é".repeat(256);
        assert!(name(&cut.as_bytes()[..511]).unwrap().starts_with("text"));
        for unknown in [&b"\x01\x02\x03"[..], b"\xff\xfe\xfd", b"a\0b"] {
            assert_eq!(name(unknown), None);
        }
    }
}
