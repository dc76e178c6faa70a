//! Bags in sqlite3 storage, as rosbag2 of several ages writes them.

use posemoe::msg::type_info;
use posemoe::msg::{Message, std_msgs, yolo_msgs};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, EndpointError};

use crate::common::*;

/// Since Iron there are definitions and hashes.
const JAZZY: &str = "
    CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
    CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL,
        metadata TEXT NOT NULL);
    CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
        serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL,
        type_description_hash TEXT NOT NULL DEFAULT 'RIHS01_abc');
    CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL,
        encoding TEXT NOT NULL, encoded_message_definition TEXT NOT NULL,
        type_description_hash TEXT NOT NULL);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
        timestamp INTEGER NOT NULL, data BLOB NOT NULL);
    INSERT INTO schema VALUES(4, 'jazzy');
    INSERT INTO message_definitions
        VALUES(1, 'std_msgs/msg/String', 'ros2msg', 'string data # theirs', '');";

#[test]
fn every_message_comes_with_its_time_from_tables_of_all_ages() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    for tables in [HUMBLE, JAZZY] {
        write_db3(&path, tables, &sample());
        for path in [path.clone(), zstd(&path)] {
            let replayed = replay(&path).unwrap();
            assert_eq!(replayed.messages, on_text(&sample()));
            assert_eq!(replayed.bus.damage(), &[] as &[String]);
            assert_eq!(replayed.bus.losses(), []);
            let topics = replayed.bus.topics().iter();
            let topics: Vec<_> = topics
                .map(|t| (&*t.name, &*t.type_name, t.message_count))
                .collect();
            let kind = std_msgs::String::TYPE_NAME;
            assert_eq!(topics, [("/other", kind, 30), ("/text", kind, 60)]);
        }
    }
}

/// More than a run of rows, and messages that overlap in time from end to end.
#[test]
fn rows_in_any_order_come_in_the_order_of_their_times() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    let mut rows: Vec<_> = (0..10_000)
        .map(|i| ("/text", START_NS + i, text(format!("{i}"))))
        .collect();
    let expected = on_text(&rows);
    rows.reverse();
    write_db3(&path, HUMBLE, &rows);
    assert!(replay(&path).unwrap().messages == expected);
    rows.sort_by_key(|(_, log_ns, _)| (log_ns - START_NS) * 7919 % 10_007);
    write_db3(&path, HUMBLE, &rows);
    let replayed = replay(&path).unwrap();
    assert!(replayed.messages == expected);
    assert_eq!(replayed.bus.damage(), &[] as &[String]);
}

#[test]
fn messages_of_one_time_come_as_they_were_written_in_both_storages() {
    let folder = Folder::new();
    let (db3, mcap) = (folder.file("in.db3"), folder.file("in.mcap"));
    let rows: Vec<_> = (0..40)
        .map(|i| ("/text", START_NS + i / 7, text(format!("{}", i * 13 % 40))))
        .collect();
    write_db3(&db3, HUMBLE, &rows);
    write_bag(&mcap, small_chunks(Default::default()), "cdr", &rows);
    assert_eq!(replay(&db3).unwrap().messages, on_text(&rows));
    assert_eq!(replay(&mcap).unwrap().messages, on_text(&rows));
}

/// A killed recorder leaves its last messages in the log beside the file.
#[test]
fn the_log_of_a_killed_recorder_is_read() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    write_db3(&path, HUMBLE, &sample()[..30]);
    let recorder = rusqlite::Connection::open(&path).unwrap();
    recorder.pragma_update(None, "journal_mode", "wal").unwrap();
    let late = ("/text", START_NS + 60 * SECOND_NS, text("late"));
    recorder
        .execute(
            "INSERT INTO messages VALUES(900, 1, ?1, ?2)",
            (late.1, &late.2),
        )
        .unwrap();
    // As it is left when the recorder does not get to close it.
    let left = folder.file("left.db3");
    std::fs::copy(&path, &left).unwrap();
    std::fs::copy(folder.file("in.db3-wal"), folder.file("left.db3-wal")).unwrap();
    let messages = replay(&left).unwrap().messages;
    assert_eq!(messages.last(), Some(&(late.1, late.2)));
    assert_eq!(messages.len(), 21);
    for (ours, theirs) in [("left.db3", "in.db3"), ("left.db3-wal", "in.db3-wal")] {
        let bytes = [ours, theirs].map(|name| std::fs::read(folder.file(name)).unwrap());
        assert!(bytes[0] == bytes[1], "{ours} has changed");
    }
}

#[test]
fn a_path_with_every_sign_and_a_folder_without_rights_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let inner = folder.file("a b?mode=rw#50%");
    std::fs::create_dir(&inner).unwrap();
    let path = inner.join("in.db3");
    write_db3(&path, HUMBLE, &sample());
    std::fs::set_permissions(&inner, PermissionsExt::from_mode(0o555)).unwrap();
    let messages = replay(&path).map(|replayed| replayed.messages);
    std::fs::set_permissions(&inner, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(messages.unwrap(), on_text(&sample()));
    assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1);
}

#[test]
fn another_type_is_refused_and_unknown_types_disturb_nobody() {
    let folder = Folder::new();
    let path = folder.file("in.db3");
    write_db3(&path, HUMBLE, &sample());
    let database = rusqlite::Connection::open(&path).unwrap();
    let query = "UPDATE topics SET type = 'their_msgs/msg/Secret' WHERE name = '/other'";
    database.execute(query, []).unwrap();
    let replayed = replay(&path).unwrap();
    assert_eq!(replayed.messages, on_text(&sample()));
    assert_eq!(replayed.bus.damage(), &[] as &[String]);
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    let error = bus.subscribe(&topic::<yolo_msgs::DetectionArray>("/text"));
    assert!(
        matches!(error, Err(EndpointError::WrongType { .. })),
        "{error:?}"
    );
}

/// Kept input has the file's definition of a type, else ours, else says that it is unknown.
#[test]
fn kept_messages_have_the_definition_that_is_known() {
    let folder = Folder::new();
    let (path, output) = (folder.file("in.db3"), folder.file("out.mcap"));
    let unknown = "UPDATE topics SET type = 'their_msgs/msg/Secret'";
    for (tables, change, expected) in [
        (JAZZY, "", ("ros2msg", "string data # theirs")),
        (HUMBLE, "", ("ros2msg", std_msgs::String::DEFINITION)),
        (HUMBLE, unknown, ("unknown", "")),
    ] {
        write_db3(&path, tables, &sample());
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(change)
            .unwrap();
        let keep_input = true;
        let options = BagOptions {
            keep_input,
            ..BagOptions::new(type_info)
        };
        let mut bus = BagBus::open(&path, Some(&output), options).unwrap();
        while bus.next_event().unwrap().is_some() {}
        bus.close().unwrap();
        let bytes = std::fs::read(&output).unwrap();
        let messages: Vec<_> = mcap::MessageStream::new(&bytes)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(messages.len(), sample().len());
        for (message, (topic, log_ns, data)) in messages.iter().zip(sample()) {
            assert_eq!(
                (&*message.channel.topic, message.log_time),
                (topic, log_ns as u64)
            );
            assert!(message.data[..] == data);
            let schema = message.channel.schema.as_ref().unwrap();
            assert_eq!(
                (&*schema.encoding, &*schema.data),
                (expected.0, expected.1.as_bytes())
            );
        }
    }
}
