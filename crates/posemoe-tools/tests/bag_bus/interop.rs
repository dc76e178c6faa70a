//! The `mcap` and `rosbags` packages for Python read what we write, and we read what they write.

use posemoe::msg::type_info;
use posemoe::msg::{decode, std_msgs};
use posemoe_bag::{BagOptions, Compression};

use crate::common::*;
use crate::python::{printed, script};

#[test]
fn other_implementations_read_our_bags() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("out.mcap"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    for compression in COMPRESSIONS {
        run_node(
            &input,
            &output,
            BagOptions {
                types: type_info,
                compression,
                keep_input: true,
            },
        );
        let Some(mut script) = script("read_bag.py") else {
            return;
        };
        let printed = printed(script.arg(&output));
        let mut lines = Vec::new();
        for (topic, log_ns, data) in sample() {
            let data: std_msgs::String = decode(&data).unwrap();
            if topic == "/text" {
                let stamp_ns = log_ns - 5;
                lines.push(format!("/people {log_ns} {stamp_ns} {}", data.data));
            }
        }
        for library in ["mcap", "rosbags"] {
            let theirs: Vec<_> = printed
                .lines()
                .filter_map(|line| line.strip_prefix(library)?.strip_prefix(' '))
                .collect();
            assert_eq!(theirs, lines, "{library}");
        }
    }
}

#[test]
fn we_read_the_bags_of_other_implementations() {
    let folder = Folder::new();
    let Some(mut script) = script("write_bag.py") else {
        return;
    };
    printed(script.arg(folder.0.path()));
    for bag in ["mcap.mcap", "rosbags"] {
        let replayed = replay(&folder.file(bag)).unwrap();
        let message = |(log_ns, data): &(i64, Vec<u8>)| {
            let message: std_msgs::String = decode(data).unwrap();
            (*log_ns, message.data)
        };
        let messages: Vec<_> = replayed.messages.iter().map(message).collect();
        let expected = [1, 2, 3].map(|i| (i * SECOND_NS, format!("message {i}")));
        assert_eq!(messages, expected, "{bag}");
        assert_eq!(replayed.bus.damage(), &[] as &[String], "{bag}");
    }
}
