//! Whatever is wrong with a database, what can be read of it arrives and the damage is said.

use std::path::Path;

use posemoe_bus::{Bus, BusError};

use crate::common::*;

/// Whether these are some of the messages, in their order.
fn is_part(part: &[(i64, Vec<u8>)], all: &[(i64, Vec<u8>)]) -> bool {
    let mut all = all.iter();
    part.iter()
        .all(|wanted| all.any(|message| message == wanted))
}

/// Messages that fit a page and messages that fill several.
fn long_sample() -> Vec<(&'static str, i64, Vec<u8>)> {
    let data = |i: i64| {
        text(format!(
            "{i} {}",
            "abcdefgh".repeat(if i % 5 == 0 { 400 } else { 9 })
        ))
    };
    (0..120)
        .map(|i| ("/text", START_NS + i * SECOND_NS / 10, data(i)))
        .collect()
}

#[test]
fn truncated_anywhere() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    let expected = on_text(&long_sample());
    write_db3(&path, HUMBLE, &long_sample());
    let whole = std::fs::read(&path).unwrap();
    let mut most = 0;
    for end in (1..whole.len()).step_by(509) {
        std::fs::write(&path, &whole[..end]).unwrap();
        match replay(&path) {
            Ok(replayed) => {
                assert!(is_part(&replayed.messages, &expected), "cut at {end}");
                let damage = replayed.bus.damage().join("\n");
                assert!(
                    damage.contains("cut short by the end of the file"),
                    "cut at {end}: {damage}"
                );
                most = most.max(replayed.messages.len());
            }
            Err(error) => assert!(matches!(error, BusError::NotABag { .. }), "{error}"),
        }
    }
    assert!(
        most > expected.len() * 9 / 10,
        "{most} of {}",
        expected.len()
    );
}

#[test]
fn a_damaged_page_costs_its_own_messages_only() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    let expected = on_text(&long_sample());
    write_db3(&path, HUMBLE, &long_sample());
    let whole = std::fs::read(&path).unwrap();
    let (mut fewest, mut usable) = (expected.len(), 0);
    for start in (1024..whole.len()).step_by(1024) {
        let mut bytes = whole.clone();
        bytes[start..start + 1024].fill(0xff);
        std::fs::write(&path, &bytes).unwrap();
        match replay(&path) {
            Ok(replayed) => {
                usable += 1;
                // The file has no checksums: a page in the middle of a message is not missed.
                let times: Vec<_> = replayed
                    .messages
                    .iter()
                    .map(|(log_ns, _)| *log_ns)
                    .collect();
                assert!(times.is_sorted());
                let is_whole = times.len() == expected.len();
                assert!(
                    is_whole || !replayed.bus.damage().is_empty(),
                    "page at {start}"
                );
                fewest = fewest.min(times.len());
            }
            Err(error) => assert!(matches!(error, BusError::NotABag { .. }), "{error}"),
        }
    }
    // Only the first pages, with the tables and the root of the messages, cost everything.
    let pages = whole.len() / 1024;
    assert!(usable >= pages - 5, "{usable} of {pages}");
    assert!(
        fewest < expected.len() && fewest > expected.len() / 2,
        "{fewest}"
    );
}

#[test]
fn a_message_that_cannot_be_read_is_counted() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    write_db3(&path, HUMBLE, &long_sample());
    let long = long_sample()[50].2.clone();
    let mut bytes = std::fs::read(&path).unwrap();
    // The second page of a long message begins with the number of the third.
    let inside = b"50 abcdefgh";
    let start = bytes
        .windows(inside.len())
        .position(|window| window == inside)
        .unwrap();
    let page = (start / 1024 + 1) * 1024;
    assert!(long.len() > 3 * 1024);
    bytes[page..page + 4].copy_from_slice(&0x00ff_ffff_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let replayed = replay(&path).unwrap();
    let losses = replayed.bus.losses();
    assert_eq!(replayed.messages.len() as u64, 120 - losses[0].count);
    assert_eq!(
        (&*losses[0].topic, losses[0].cause, losses[0].count),
        ("/text", "unreadable row", 1)
    );
    assert!(replayed.bus.damage().join("\n").contains("malformed"));
}

fn changed(path: &Path, change: &str) -> Result<Replayed, BusError> {
    write_db3(path, HUMBLE, &sample());
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(change).unwrap();
    drop(database);
    replay(path)
}

#[test]
fn rows_that_make_no_sense_are_said_and_the_others_come() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    for (change, expected) in [
        (
            "UPDATE messages SET timestamp = -5 WHERE id = 1",
            "found timestamp -5, expected 0 or more",
        ),
        (
            "UPDATE messages SET timestamp = 'noon' WHERE id = 1",
            "1 rows make no sense",
        ),
        (
            "UPDATE messages SET data = 'words' WHERE id = 1",
            "found Text as data, expected Blob",
        ),
        (
            "UPDATE messages SET topic_id = 77 WHERE id = 1",
            "1 messages of topic id 77",
        ),
    ] {
        let replayed = changed(&path, change).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()[1..]), "{change}");
        let damage = replayed.bus.damage().join("\n");
        assert!(damage.contains(expected), "{change}: {damage}");
    }
}

#[test]
fn messages_that_are_not_cdr_are_losses() {
    let folder = Folder::new();
    let change = "UPDATE topics SET serialization_format = 'json' WHERE name = '/text'";
    let replayed = changed(&folder.file("in.db3"), change).unwrap();
    let losses = replayed.bus.losses();
    assert_eq!(replayed.messages, []);
    assert_eq!(
        (losses.len(), losses[0].cause, losses[0].count),
        (1, "not CDR", 60)
    );
}

#[test]
fn databases_that_are_no_bags_are_refused() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    for (change, expected) in [
        (
            "DROP TABLE messages",
            "no such table: messages; expected rosbag2's table messages",
        ),
        (
            "DROP TABLE topics",
            "no such table: topics; expected rosbag2's table topics",
        ),
        (
            "ALTER TABLE messages RENAME timestamp TO time",
            "no such column: timestamp",
        ),
    ] {
        let error = changed(&path, change).err().unwrap();
        assert!(matches!(error, BusError::NotABag { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    // An empty one is a bag in which nothing happened.
    let replayed = changed(&path, "DELETE FROM messages; DELETE FROM topics").unwrap();
    assert_eq!(
        (replayed.messages.len(), replayed.bus.topics().len()),
        (0, 0)
    );
    assert_eq!(replayed.bus.damage(), &[] as &[String]);
}

#[test]
fn a_cut_zstd_file_gives_its_beginning() {
    let folder = Folder::new();
    let (db3, mcap) = (folder.file("in.db3"), folder.file("in.mcap"));
    // Something that does not compress, so that a cut one has something to give.
    let noise = |i: i64| {
        (0..900).map(move |k: i64| char::from(33 + ((i * 7919 + k * k * 31 + k) % 89) as u8))
    };
    let messages: Vec<_> = (0..600)
        .map(|i| ("/text", START_NS + i, text(noise(i).collect::<String>())))
        .collect();
    let expected = on_text(&messages);
    write_db3(&db3, HUMBLE, &messages);
    write_bag(
        &mcap,
        mcap::WriteOptions::new()
            .compression(None)
            .chunk_size(Some(4096)),
        "cdr",
        &messages,
    );
    for path in [zstd(&db3), zstd(&mcap)] {
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() * 3 / 4]).unwrap();
        let replayed = replay(&path).unwrap();
        let count = replayed.messages.len();
        assert!(count > 0 && count < expected.len(), "{count}");
        assert!(is_part(&replayed.messages, &expected));
        let damage = replayed.bus.damage().join("\n");
        assert!(damage.contains("zstd: unpacked"), "{damage}");
        std::fs::write(&path, &whole[..5]).unwrap();
        let error = replay(&path).err().unwrap().to_string();
        assert!(error.contains("zstd") && error.contains("empty"), "{error}");
    }
}

/// Nothing says so when a byte within a message has changed; all else is missed.
#[test]
fn flipped_anywhere() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    let expected = on_text(&sample());
    write_db3(&path, HUMBLE, &sample());
    let whole = std::fs::read(&path).unwrap();
    for place in (16..whole.len()).step_by(29) {
        std::fs::write(&path, flipped(&whole, place)).unwrap();
        match replay(&path) {
            Ok(replayed) => {
                let times: Vec<_> = replayed
                    .messages
                    .iter()
                    .map(|(log_ns, _)| *log_ns)
                    .collect();
                assert!(times.is_sorted(), "flipped at {place}");
                let is_said = !replayed.bus.damage().is_empty() || replayed.bus.topics().len() != 2;
                assert!(
                    times.len() == expected.len() || is_said,
                    "flipped at {place}"
                );
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
