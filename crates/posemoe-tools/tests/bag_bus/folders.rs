//! Folders as rosbag2 makes them: read, whatever is wrong with them, and written.

use posemoe::msg::type_info;
use std::fs;
use std::path::Path;

use posemoe_bag::{BagBus, BagOptions, Compression};
use posemoe_bus::{Bus, BusError};

use crate::common::*;

const COUNTS: [(&str, u64); 2] = [("/text", 60), ("/other", 30)];

/// The sample over three files, turn by turn, so that all of them overlap in time.
fn split(folder: &Path) -> [&'static str; 3] {
    let names = ["in_0.db3", "in_1.mcap", "in_2.db3"];
    for (number, name) in names.into_iter().enumerate() {
        let all = sample();
        let turn = all.iter().skip(number).step_by(3);
        // One has the topics in another order, and so under other numbers.
        let mut messages: Vec<_> = turn.cloned().collect();
        if number == 2 {
            messages.insert(0, ("/unheard", START_NS, text("")));
        }
        let path = folder.join(name);
        match name.ends_with("db3") {
            true => write_db3(&path, HUMBLE, &messages),
            false => write_bag(&path, small_chunks(Compression::Lz4), "cdr", &messages),
        }
    }
    names
}

#[test]
fn several_files_are_played_as_one() {
    let folder = Folder::new();
    let path = folder.0.path();
    let names = split(path);
    for is_described in [false, true] {
        if is_described {
            write_metadata(path, &names, &COUNTS, "");
        }
        let replayed = replay(path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()));
        assert_eq!(replayed.bus.damage(), &[] as &[String]);
        assert_eq!(replayed.bus.losses(), []);
        let topics = replayed.bus.topics().iter();
        let topics: Vec<_> = topics.map(|t| (&*t.name, t.message_count)).collect();
        assert_eq!(topics, [("/other", 30), ("/text", 60), ("/unheard", 1)]);
    }
}

#[test]
fn kept_messages_of_several_files_keep_their_topics() {
    let folder = Folder::new();
    let (path, output) = (folder.file("in"), folder.file("out.mcap"));
    fs::create_dir(&path).unwrap();
    split(&path);
    let options = BagOptions {
        keep_input: true,
        ..BagOptions::new(type_info)
    };
    run_node(&path, &output, options);
    assert_eq!(replay(&output).unwrap().messages, on_text(&sample()));
}

#[test]
fn only_the_files_that_the_metadata_name_are_played() {
    let folder = Folder::new();
    let path = folder.0.path();
    let names = split(path);
    // Before version 4 the folder's name stood before the file's.
    let first = format!("in/{}", names[0]);
    write_metadata(path, &[&first], &[], "");
    let replayed = replay(path).unwrap();
    let expected: Vec<_> = sample().into_iter().step_by(3).collect();
    assert_eq!(replayed.messages, on_text(&expected));
    let damage = replayed.bus.damage();
    assert_eq!(damage.len(), 2, "{damage:?}");
    for name in &names[1..] {
        let expected = format!("{name}, which lies beside it and was not read");
        let is_named = damage.iter().any(|text| text.contains(&expected));
        assert!(is_named, "{damage:?}");
    }
}

#[test]
fn a_file_and_the_same_one_packed_are_one() {
    let folder = Folder::new();
    let path = folder.0.path();
    let (plain, packed) = (folder.file("in_0.mcap"), "in_0.mcap.zstd");
    write_bag(&plain, small_chunks(Compression::Lz4), "cdr", &sample());
    zstd(&plain);
    // A player has unpacked it; then only one of them is there, whichever is named.
    for (named, removed) in [
        (packed, None),
        (packed, Some(packed)),
        ("in_0.mcap", Some("in_0.mcap")),
    ] {
        write_metadata(path, &[named], &COUNTS, "FILE");
        if let Some(removed) = removed {
            fs::rename(path.join(removed), path.join("away")).unwrap();
        }
        let replayed = replay(path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()));
        assert_eq!(replayed.bus.damage(), &[] as &[String]);
        if let Some(removed) = removed {
            fs::rename(path.join("away"), path.join(removed)).unwrap();
        }
    }
}

#[test]
fn metadata_that_are_cut_are_damage_and_all_files_are_read() {
    let folder = Folder::new();
    let path = folder.0.path();
    let names = split(path);
    write_metadata(path, &names, &COUNTS, "");
    let whole = fs::read_to_string(path.join("metadata.yaml")).unwrap();
    let last = whole.find("topics_with_message_count").unwrap();
    // Between two lines, so that what is left is YAML.
    for (end, _) in whole[..last].match_indices('\n') {
        fs::write(path.join("metadata.yaml"), &whole[..=end]).unwrap();
        let replayed = replay(path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()), "{}", &whole[..end]);
        let damage = replayed.bus.damage();
        assert!(
            damage.len() == 1 && damage[0].contains("metadata.yaml"),
            "{damage:?}"
        );
    }
}

#[test]
fn files_that_were_renamed_are_read_and_the_names_are_damage() {
    let folder = Folder::new();
    let path = folder.0.path();
    split(path);
    write_metadata(path, &["before_0.mcap", "before_1.mcap"], &COUNTS, "");
    let replayed = replay(path).unwrap();
    assert_eq!(replayed.messages, on_text(&sample()));
    let damage = replayed.bus.damage();
    let expected = "metadata.yaml names before_0.mcap, before_1.mcap, which are not there";
    assert_eq!(damage, [expected]);
}

#[test]
fn a_missing_file_is_damage_and_its_messages_are_counted() {
    let folder = Folder::new();
    let path = folder.0.path();
    let names = split(path);
    write_metadata(path, &names, &COUNTS, "");
    fs::remove_file(path.join(names[1])).unwrap();
    let replayed = replay(path).unwrap();
    let losses = replayed.bus.losses();
    assert_eq!(
        (losses.len(), &*losses[0].topic, losses[0].cause),
        (1, "/text", "not in the file")
    );
    assert_eq!(losses[0].count as usize + replayed.messages.len(), 60);
    let damage = replayed.bus.damage().join("\n");
    assert!(
        damage.contains("in_1.mcap") && damage.contains("names this file, found none"),
        "{damage}"
    );
    for name in [names[0], names[2]] {
        fs::remove_file(path.join(name)).unwrap();
    }
    let error = replay(path).err().unwrap().to_string();
    assert!(names.iter().all(|name| error.contains(name)), "{error}");
}

#[test]
fn a_damaged_file_is_named_and_the_others_are_played() {
    let folder = Folder::new();
    let path = folder.0.path();
    let names = split(path);
    for bytes in [&b""[..], b"no bag", b"SQLite format 3\0 and nothing more"] {
        fs::write(path.join(names[2]), bytes).unwrap();
        let replayed = replay(path).unwrap();
        let expected = sample().into_iter().enumerate().filter(|(i, _)| i % 3 != 2);
        let expected: Vec<_> = expected.map(|(_, message)| message).collect();
        assert_eq!(replayed.messages, on_text(&expected));
        let damage = replayed.bus.damage().join("\n");
        assert!(
            damage.contains(names[2]) && damage.contains("not a usable bag"),
            "{damage}"
        );
    }
}

#[test]
fn folders_that_are_no_bags_say_what_is_wrong() {
    let folder = Folder::new();
    let path = folder.0.path();
    let error = replay(path).err().unwrap().to_string();
    assert!(
        error.contains("found neither metadata.yaml nor a file"),
        "{error}"
    );
    let name = split(path)[0];
    write_metadata(path, &[], &[], "");
    let error = replay(path).err().unwrap().to_string();
    assert!(error.contains("metadata.yaml names no file"), "{error}");
    write_metadata(path, &[name], &[], "message");
    let text = fs::read_to_string(path.join("metadata.yaml")).unwrap();
    fs::write(path.join("metadata.yaml"), text.replace("zstd", "lz4")).unwrap();
    let error = replay(path).err().unwrap();
    assert!(matches!(error, BusError::NotABag { .. }));
    assert!(
        error
            .to_string()
            .contains("found compression_format \"lz4\", expected \"zstd\""),
        "{error}"
    );
}

#[test]
fn unreadable_metadata_are_damage_and_the_files_are_found_without() {
    let folder = Folder::new();
    let path = folder.0.path();
    split(path);
    fs::write(path.join("metadata.yaml"), "rosbag2_bagfile_information: [").unwrap();
    let replayed = replay(path).unwrap();
    assert_eq!(replayed.messages, on_text(&sample()));
    let damage = replayed.bus.damage();
    assert!(
        damage.len() == 1 && damage[0].contains("metadata.yaml"),
        "{damage:?}"
    );
}

#[test]
fn single_compressed_messages_are_unpacked_and_broken_ones_counted() {
    let folder = Folder::new();
    let path = folder.0.path();
    let pack = |(topic, log_ns, data): (_, i64, Vec<u8>)| {
        (topic, log_ns, zstd::encode_all(&data[..], 3).unwrap())
    };
    let mut messages: Vec<_> = sample().into_iter().map(pack).collect();
    write_db3(&path.join("in.db3"), HUMBLE, &messages);
    for mode in ["MESSAGE", "message", ""] {
        write_metadata(path, &["in.db3"], &COUNTS, mode);
        let replayed = replay(path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()), "{mode:?}");
        assert_eq!(replayed.bus.damage(), &[] as &[String]);
    }
    messages[3].2.truncate(9);
    messages[4].2 = b"not packed".to_vec();
    write_db3(&path.join("in.db3"), HUMBLE, &messages);
    write_metadata(path, &["in.db3"], &COUNTS, "MESSAGE");
    let replayed = replay(path).unwrap();
    assert_eq!(replayed.messages.len(), 58);
    let losses = replayed.bus.losses();
    assert_eq!(
        (losses.len(), losses[0].cause, losses[0].count),
        (1, "not zstd", 2)
    );
    assert!(replayed.bus.damage().join("\n").contains("zstd"));
}

#[test]
fn a_written_folder_is_read_back_and_made_anew() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("walk"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    let file = folder.file("alone.mcap");
    run_node(&input, &file, BagOptions::new(type_info));
    for _ in 0..2 {
        run_node(&input, &output, BagOptions::new(type_info));
        let mut names: Vec<_> = fs::read_dir(&output)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["metadata.yaml", "walk_0.mcap"]);
        let inside = fs::read(output.join("walk_0.mcap")).unwrap();
        assert!(
            inside == fs::read(&file).unwrap(),
            "the file is as one written alone"
        );
        let bus = BagBus::open(&output, None, BagOptions::new(type_info)).unwrap();
        let topics: Vec<_> = bus
            .topics()
            .iter()
            .map(|t| (&*t.name, t.message_count))
            .collect();
        assert_eq!(topics, [("/alive", 8), ("/people", 60)]);
    }
}

#[test]
fn a_folder_with_anything_else_in_it_is_left_alone() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in"), folder.file("out"));
    fs::create_dir(&input).unwrap();
    split(&input);
    fs::create_dir(&output).unwrap();
    fs::write(output.join("thesis.txt"), "two years").unwrap();
    for (target, expected) in [(&output, "thesis.txt"), (&input, "overwrite the input")] {
        let error = BagBus::open(&input, Some(target), BagOptions::new(type_info))
            .err()
            .unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(fs::read_dir(&output).unwrap().count(), 1);
    assert_eq!(fs::read_dir(&input).unwrap().count(), 3);
}
