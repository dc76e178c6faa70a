//! The `mcap` and `rosbags` packages for Python read what we write, and we read what they write.

use std::path::Path;

use posemoe::bus::bag::{BagOptions, Compression};
use posemoe::msg::{decode, std_msgs};

use crate::common::*;

/// The interpreter that has the packages. Without the variable the tests do not run; with it,
/// whatever keeps them from running is a failure.
fn python() -> Option<String> {
    let python = std::env::var("POSEMOE_TEST_PYTHON").ok();
    if python.is_none() {
        eprintln!("not run: POSEMOE_TEST_PYTHON names no interpreter (scripts/test sets it)");
    }
    python
}

fn run(python: &str, script: &str, argument: &Path) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let ran = std::process::Command::new(python)
        .arg(folder.join(script))
        .arg(argument)
        .output();
    let ran = ran.unwrap_or_else(|error| panic!("POSEMOE_TEST_PYTHON={python}: {error}"));
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn other_implementations_read_our_bags() {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let (input, output) = (folder.file("in.mcap"), folder.file("out.mcap"));
    write_bag(&input, small_chunks(Compression::Zstd), "cdr", &sample());
    for compression in COMPRESSIONS {
        run_node(
            &input,
            &output,
            BagOptions {
                compression,
                keep_input: true,
            },
        );
        let printed = run(&python, "read_bag.py", &output);
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
    let Some(python) = python() else { return };
    let folder = Folder::new();
    run(&python, "write_bag.py", folder.0.path());
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
