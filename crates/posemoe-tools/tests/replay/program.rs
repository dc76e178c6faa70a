//! The program, run as a process.

use posemoe::msg::type_info;
use std::path::{Path, PathBuf};
use std::process::Command;

use posemoe::msg::posemoe::People3D;
use posemoe::msg::{Message, decode};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Event, Qos, Topic};

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `posemoe` with these words.
pub fn posemoe(words: &[&str]) -> Ran {
    let ran = Command::new(env!("CARGO_BIN_EXE_posemoe"))
        .args(words)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .env_remove("POSEMOE_ONNXRUNTIME")
        .env_remove("ORT_DYLIB_PATH")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        code: ran.status.code().unwrap_or(-1),
        stdout: text(ran.stdout),
        stderr: text(ran.stderr),
    }
}

/// Replays `input` into `output`, which must end with `code`.
pub fn replay(input: &Path, output: &Path, code: i32) -> Ran {
    replay_with(input, output, code, &[])
}

/// The same with more words.
pub fn replay_with(input: &Path, output: &Path, code: i32, more: &[&str]) -> Ran {
    let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
    let ran = posemoe(&[&["replay", input, "--output", output], more].concat());
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    ran
}

pub fn walk(camera: u32) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join(format!("tests/data/walk_cam0{camera}.mcap"))
}

/// The people that a replay wrote.
pub fn people(bag: &Path) -> Vec<People3D> {
    let mut bus = BagBus::open(bag, None, BagOptions::new(type_info)).unwrap();
    let name = "/posemoe/people3d".to_owned();
    let qos = Qos::reliable(10);
    bus.subscribe(&Topic {
        name,
        type_name: People3D::TYPE_NAME,
        qos,
    })
    .unwrap();
    let mut messages = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message { payload, .. } = event {
            messages.push(decode(&payload).unwrap());
        }
    }
    messages
}
