//! What is written is what the node said, for us and for other implementations.

use posemoe::msg::type_info;
use posemoe::msg::{Message, decode, posemoe as pm, std_msgs};
use posemoe_bag::{BagBus, BagOptions, Compression};
use posemoe_bus::{Bus, Event, Topic};
use posemoe_stamp::Stamp;

use crate::common::*;

#[test]
fn what_is_written_is_read_back() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("out.mcap"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    for compression in COMPRESSIONS {
        run_node(&input, &output, options(compression));
        let mut bus = BagBus::open(&output, None, BagOptions::new(type_info)).unwrap();
        let people = bus.subscribe(&topic::<pm::People3D>("/people")).unwrap();
        bus.subscribe(&topic::<std_msgs::String>("/alive")).unwrap();
        let mut expected = on_text(&sample()).into_iter();
        let mut alive = 0;
        while let Some(event) = bus.next_event().unwrap() {
            let Event::Message {
                subscription,
                received,
                payload,
            } = event
            else {
                continue;
            };
            if subscription != people {
                alive += 1;
                continue;
            }
            let (log_ns, data) = expected.next().unwrap();
            assert_eq!(received.nanos(), log_ns);
            let sent: std_msgs::String = decode(&data).unwrap();
            assert_eq!(
                decode::<pm::People3D>(&payload).unwrap().joint_names,
                [sent.data]
            );
        }
        assert_eq!((expected.count(), alive), (0, 8));
        assert_eq!(bus.damage(), &[] as &[String]);
    }
}

#[test]
fn log_time_is_the_clock_and_publish_time_the_stamp() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("out.mcap"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    run_node(&input, &output, BagOptions::new(type_info));
    let bytes = std::fs::read(&output).unwrap();
    let stream = mcap::MessageStream::new(&bytes).unwrap();
    let people: Vec<_> = stream
        .map(Result::unwrap)
        .filter(|message| message.channel.topic == "/people")
        .collect();
    assert_eq!(people.len(), 60);
    for (place, message) in people.iter().enumerate() {
        assert_eq!(message.publish_time + 5, message.log_time);
        assert_eq!(message.sequence as usize, place);
        assert_eq!(message.channel.message_encoding, "cdr");
        let schema = message.channel.schema.as_ref().unwrap();
        assert_eq!(
            (&*schema.name, &*schema.encoding),
            (pm::People3D::TYPE_NAME, "ros2msg")
        );
        assert_eq!(&*schema.data, pm::People3D::DEFINITION.as_bytes());
        assert_eq!(
            message.channel.metadata["topic_type_hash"],
            pm::People3D::TYPE_HASH
        );
        assert!(message.channel.metadata["offered_qos_profiles"].contains("depth: 10"));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = Folder::new();
    let input = folder.file("in.mcap");
    write_bag(&input, small_chunks(Compression::Lz4), "cdr", &sample());
    for compression in COMPRESSIONS {
        for keep_input in [false, true] {
            let outputs = ["a.mcap", "b.mcap"].map(|name| {
                let path = folder.file(name);
                run_node(
                    &input,
                    &path,
                    BagOptions {
                        types: type_info,
                        compression,
                        keep_input,
                    },
                );
                std::fs::read(path).unwrap()
            });
            assert!(outputs[0] == outputs[1], "{compression:?}");
        }
    }
}

#[test]
fn kept_input_keeps_topics_times_and_bytes() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("out.mcap"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    run_node(
        &input,
        &output,
        BagOptions {
            keep_input: true,
            ..BagOptions::new(type_info)
        },
    );
    let bytes = std::fs::read(&output).unwrap();
    let stream = mcap::MessageStream::new(&bytes)
        .unwrap()
        .map(Result::unwrap);
    let kept: Vec<_> = stream
        .filter(|message| ["/text", "/other"].contains(&&*message.channel.topic))
        .inspect(|message| assert_eq!(message.publish_time + 7, message.log_time))
        .map(|message| {
            (
                message.channel.topic.clone(),
                message.log_time as i64,
                message.data.to_vec(),
            )
        })
        .collect();
    let sample: Vec<_> = sample()
        .into_iter()
        .map(|(topic, log_ns, data)| (topic.to_owned(), log_ns, data))
        .collect();
    assert_eq!(kept, sample);
}

#[test]
fn an_earlier_bag_stays_until_the_new_one_is_whole() {
    let folder = Folder::new();
    let input = folder.file("in.mcap");
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    for name in ["out.mcap", "out"] {
        let output = folder.file(name);
        run_node(&input, &output, BagOptions::new(type_info));
        let files = || {
            let folder = if output.is_dir() {
                &*output
            } else {
                folder.0.path()
            };
            let entries = std::fs::read_dir(folder)
                .unwrap()
                .map(|e| e.unwrap().path());
            let files = entries.filter(|path| path.is_file());
            let mut files: Vec<_> = files
                .map(|path| (std::fs::read(&path).unwrap(), path))
                .collect();
            files.sort();
            files
        };
        let before = files();
        let mut bus = BagBus::open(&input, Some(&output), BagOptions::new(type_info)).unwrap();
        let people = bus
            .advertise(&topic::<std_msgs::String>("/people"))
            .unwrap();
        bus.publish(people, Stamp::default(), &text("other"));
        drop(bus);
        assert!(
            before == files(),
            "{name}: what was never finished leaves no trace"
        );
        let mut bus = BagBus::open(&input, Some(&output), BagOptions::new(type_info)).unwrap();
        bus.close().unwrap();
        assert!(before != files());
        let names = |files: Vec<(Vec<u8>, _)>| {
            let mut names: Vec<std::path::PathBuf> =
                files.into_iter().map(|(_, path)| path).collect();
            names.sort();
            names
        };
        assert_eq!(names(files()), names(before));
    }
}

#[test]
fn the_input_is_never_written_over() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let before = std::fs::read(&path).unwrap();
    assert!(BagBus::open(&path, Some(&path), BagOptions::new(type_info)).is_err());
    assert!(before == std::fs::read(&path).unwrap());
}

#[test]
fn a_type_without_definition_cannot_be_advertised() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let output = folder.file("out.mcap");
    let mut bus = BagBus::open(&path, Some(&output), BagOptions::new(type_info)).unwrap();
    let unknown = Topic {
        type_name: "no/msg/Such",
        ..topic::<std_msgs::String>("/x")
    };
    assert!(
        bus.advertise(&unknown)
            .unwrap_err()
            .to_string()
            .contains("no/msg/Such")
    );
}

/// What cannot be written ends the run, whoever published it.
#[test]
fn a_full_disk_is_told_with_the_next_event_or_at_the_end() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let sent = [7; 20_000];
    for runs_on in [false, true] {
        let output = folder.file("full.mcap");
        let _ = std::fs::remove_file(&output);
        std::os::unix::fs::symlink("/dev/full", &output).unwrap();
        let mut bus = BagBus::open(&path, Some(&output), options(Compression::None)).unwrap();
        let publisher = bus.advertise(&topic::<std_msgs::String>("/x")).unwrap();
        bus.publish(publisher, Stamp::default(), &sent);
        let told = if runs_on {
            // The writer is a bounded way behind.
            std::iter::repeat_with(|| {
                bus.publish(publisher, Stamp::default(), &sent);
                bus.next_event().map(drop)
            })
            .take(100_000)
            .find(Result::is_err)
        } else {
            Some(bus.close())
        };
        let told = told.expect("it is told").unwrap_err().to_string();
        // The device that the link points to.
        assert!(told.contains("/dev/full"), "{told}");
    }
}
