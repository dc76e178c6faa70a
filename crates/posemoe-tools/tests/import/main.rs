//! `posemoe import` as a user runs it, on invented recordings in the formats of the data sets
//! (`scripts/make_import_fixtures.py`), whose pixels were computed there.

mod checks;
mod damage;
mod geometry;
#[path = "../replay/program.rs"]
#[allow(dead_code)] // the tests of replay use the rest
mod program;
mod protocol;
mod refusals;

use posemoe::msg::type_info;
use std::path::{Path, PathBuf};

use posemoe::msg::{Message, decode};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Event, Qos, Topic};
use program::{Ran, posemoe};

/// A file of the invented recordings.
fn data(name: &str) -> String {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("tests/data/import");
    text(&folder.join(name))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Imports with these words, which must end with `code`.
fn import(words: &[&str], output: &Path, code: i32) -> Ran {
    let output = text(output);
    let ran = posemoe(&[&["import"], words, &["--output", &output]].concat());
    assert_eq!(ran.code, code, "{words:?}: {}{}", ran.stdout, ran.stderr);
    ran
}

/// All messages of a topic.
fn messages<M: Message>(bag: &Path, name: &str) -> Vec<M> {
    let mut bus = BagBus::open(bag, None, BagOptions::new(type_info)).unwrap();
    let topic = Topic {
        name: name.to_owned(),
        type_name: M::TYPE_NAME,
        qos: Qos::reliable(10),
    };
    posemoe_bus::Bus::subscribe(&mut bus, &topic).unwrap();
    let mut found = Vec::new();
    while let Some(event) = bus.next_event().unwrap() {
        if let Event::Message { payload, .. } = event {
            found.push(decode(&payload).unwrap());
        }
    }
    found
}

/// The pixels that the script found: for each frame and joint.
fn golden(name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(data("golden.json")).unwrap();
    let mut all: serde_json::Value = serde_json::from_str(&text).unwrap();
    all[name].take()
}

/// The bags of a folder, in the order of their names.
fn bags(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut bags: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    bags.sort();
    bags
}
