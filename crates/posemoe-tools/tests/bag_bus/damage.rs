//! Whatever is wrong with a file, the rest of it arrives and the damage is said.

use std::path::Path;

use posemoe_bag::Compression;
use posemoe_bus::{Bus, BusError};
use proptest::prelude::*;

use crate::common::*;

#[test]
fn messages_that_are_not_cdr_are_losses() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "json", &sample());
    let replayed = replay(&path).unwrap();
    assert_eq!(replayed.messages, []);
    let losses = replayed.bus.losses();
    assert_eq!(
        (losses.len(), &*losses[0].topic, losses[0].count),
        (1, "/text", 60)
    );
    let damage = replayed.bus.damage().join("\n");
    assert!(
        damage.contains("\"json\"") && damage.contains("\"cdr\""),
        "{damage}"
    );
}

#[test]
fn unusable_files_are_not_bags() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"hello world", "text: \"hello world\""),
        (b"\x01\x02\x03\xff", "01 02 03 ff"),
        (b"SQLite format 3\0abc", "file is not a database"),
        (mcap::MAGIC, "ends after 0 bytes"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = replay(&path).err().unwrap();
        assert!(matches!(error, BusError::NotABag { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(matches!(
        replay(&folder.file("none.mcap")),
        Err(BusError::File { .. })
    ));
    assert!(matches!(
        replay(folder.0.path()),
        Err(BusError::NotABag { .. }) | Ok(_)
    ));
}

/// A cut file gives a beginning of its messages, and says that it was cut.
#[test]
fn truncated_anywhere() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let expected = on_text(&sample());
    let mut kinds: Vec<_> = COMPRESSIONS.into_iter().map(small_chunks).collect();
    kinds.push(mcap::WriteOptions::new().use_chunks(false));
    for kind in kinds {
        write_bag(&path, kind, "cdr", &sample());
        let whole = std::fs::read(&path).unwrap();
        let mut most = 0;
        for end in (0..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..end]).unwrap();
            match replay(&path) {
                Ok(replayed) => {
                    let count = replayed.messages.len();
                    assert_eq!(replayed.messages, expected[..count], "cut at {end}");
                    assert!(!replayed.bus.damage().is_empty(), "cut at {end}");
                    assert!(
                        count >= most,
                        "cut at {end}: {count} messages, {most} before"
                    );
                    most = count;
                }
                Err(error) => assert!(matches!(error, BusError::NotABag { .. }), "{error}"),
            }
        }
        assert_eq!(most, expected.len());
    }
}

/// Either nothing of what arrives has changed, or the damage is reported.
#[test]
fn flipped_anywhere() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let sample = &sample()[..30];
    let expected = on_text(sample);
    let mut kinds: Vec<_> = COMPRESSIONS.into_iter().map(small_chunks).collect();
    kinds.push(mcap::WriteOptions::new().use_chunks(false));
    for (start, kind) in kinds.into_iter().enumerate() {
        write_bag(&path, kind.clone(), "cdr", sample);
        let whole = std::fs::read(&path).unwrap();
        for place in (start..whole.len()).step_by(3) {
            std::fs::write(&path, flipped(&whole, place)).unwrap();
            match replay(&path) {
                Ok(replayed) => assert!(
                    replayed.messages == expected || !replayed.bus.damage().is_empty(),
                    "flipped at {place} of {}: {kind:?}",
                    whole.len()
                ),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn a_corrupt_chunk_costs_its_own_messages_only() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::None), "cdr", &sample());
    let mut bytes = std::fs::read(&path).unwrap();
    let needle = b"40 abcdefgh";
    let place = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .unwrap();
    bytes[place + 5] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let replayed = replay(&path).unwrap();
    let losses = replayed.bus.losses();
    assert_eq!(
        (losses.len(), &*losses[0].topic, losses[0].cause),
        (1, "/text", "corrupt chunk")
    );
    assert!(losses[0].count > 0);
    assert_eq!(losses[0].count as usize + replayed.messages.len(), 60);
    let damage = replayed.bus.damage();
    assert!(damage.len() == 1 && damage[0].contains("CRC"), "{damage:?}");
}

/// The summary says where the next chunk starts and how many messages there should be.
#[test]
fn a_wrong_chunk_length_costs_that_chunk_only() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let mut bytes = std::fs::read(&path).unwrap();
    let chunks = mcap::Summary::read(&bytes).unwrap().unwrap().chunk_indexes;
    assert!(chunks.len() >= 3);
    bytes[chunks[1].chunk_start_offset as usize + 1 + 5] = 0x7f;
    std::fs::write(&path, &bytes).unwrap();
    let replayed = replay(&path).unwrap();
    let losses = replayed.bus.losses();
    assert_eq!((losses.len(), losses[0].cause), (1, "not in the file"));
    assert_eq!(losses[0].count as usize + replayed.messages.len(), 60);
    assert!(replayed.messages.len() > 30, "{}", replayed.messages.len());
    let damage = replayed.bus.damage().join("\n");
    let next = format!("going on at byte {}", chunks[2].chunk_start_offset);
    assert!(
        damage.contains(&next) && damage.contains("found a length of"),
        "{damage}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_behind_the_magic_never_panic(
        body in prop::collection::vec(prop_oneof![0..16_u8, any::<u8>()], 0..600),
    ) {
        let folder = Folder::new();
        let path = folder.file("in.mcap");
        std::fs::write(&path, [mcap::MAGIC, &body].concat()).unwrap();
        let _ = replay(&path);
    }
}

#[test]
fn a_pipe_is_refused_and_nobody_is_left_waiting() {
    let folder = Folder::new();
    let pipe = folder.file("in.mcap");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::write(pipe, vec![0; 1 << 20]))
    };
    let error = replay(&pipe).err().unwrap().to_string();
    assert!(
        error.contains("found a pipe (FIFO), expected a file"),
        "{error}"
    );
    // Who came too late is let go as well.
    while !writer.is_finished() {
        replay(&pipe).err().unwrap();
    }
    assert!(writer.join().unwrap().is_err(), "nobody read it");
    let error = replay(Path::new("/dev/null")).err().unwrap().to_string();
    assert!(error.contains("found a device"), "{error}");
}
