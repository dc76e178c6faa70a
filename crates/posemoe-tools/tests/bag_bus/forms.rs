//! The recorded walks in every form that `rosbags` writes: the node says the same, to the byte.

use posemoe::msg::type_info;
use std::fs;

use crate::common::*;
use crate::python::{printed, script};

const FORMS: [&str; 7] = [
    "mcap_none",
    "mcap_file",
    "mcap_message",
    "sqlite3_none",
    "sqlite3_file",
    "sqlite3_message",
    "split",
];

#[test]
fn a_walk_in_any_form_gives_the_same_bytes() {
    for camera in 1..=4 {
        let walk = format!("tests/data/walk_cam0{camera}.mcap");
        let folder = Folder::new();
        let Some(mut script) = script("convert_bag.py") else {
            return;
        };
        printed(script.arg(&walk).arg(folder.0.path()));
        let database = folder.file("sqlite3_none").join("sqlite3_none.db3");
        let packed = folder.file("sqlite3_file").join("sqlite3_file.db3.zstd");
        let bare = folder.file("sqlite3_message").join("sqlite3_message.db3");
        // Every form for one walk, the plain ones for the others: each costs a start of the node.
        let forms = match camera {
            1 => [
                FORMS.map(|form| folder.file(form)).to_vec(),
                vec![database, packed, bare],
            ]
            .concat(),
            _ => vec![folder.file("sqlite3_none"), folder.file("split")],
        };
        let expected = replayed(&walk, &folder, 0);
        for form in forms {
            let found = replayed(form.to_str().unwrap(), &folder, 0);
            assert!(found == expected, "{walk} as {}", form.display());
        }
        // Without its description the folder of a split bag is its files.
        fs::remove_file(folder.file("split").join("metadata.yaml")).unwrap();
        assert!(replayed(folder.file("split").to_str().unwrap(), &folder, 0) == expected);
    }
}

#[test]
fn a_walk_cut_short_in_sqlite_ends_with_exit_code_3() {
    let folder = Folder::new();
    let Some(mut script) = script("convert_bag.py") else {
        return;
    };
    printed(
        script
            .arg("tests/data/walk_cam01.mcap")
            .arg(folder.0.path()),
    );
    let bag = folder.file("sqlite3_none");
    let path = bag.join("sqlite3_none.db3");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(!replayed(bag.to_str().unwrap(), &folder, 3).is_empty());
}

/// What the node writes of a bag.
fn replayed(input: &str, folder: &Folder, expected_code: i32) -> Vec<u8> {
    let output = folder.file("out.mcap");
    let (code, _, errors) = posemoe(&["replay", input, "--output", output.to_str().unwrap()]);
    assert_eq!(code, expected_code, "{input}: {errors}");
    assert_eq!(errors.contains("damage: "), code == 3, "{errors}");
    fs::read(output).unwrap()
}

#[test]
fn rosbags_reads_the_folders_that_we_write() {
    let folder = Folder::new();
    let (input, output) = (folder.file("in.db3"), folder.file("out"));
    write_db3(&input, HUMBLE, &sample());
    run_node(
        &input,
        &output,
        posemoe_bag::BagOptions {
            keep_input: true,
            ..posemoe_bag::BagOptions::new(type_info)
        },
    );
    let Some(mut script) = script("describe_bag.py") else {
        return;
    };
    let end_ns = START_NS + 89 * SECOND_NS / 10;
    let expected = [
        format!("bag 158 messages from {START_NS} to {end_ns}"),
        "/alive std_msgs/msg/String 8 of 8 RELIABLE VOLATILE 10".to_owned(),
        "/other std_msgs/msg/String 30 of 30".to_owned(),
        "/people posemoe/msg/People3D 60 of 60 RELIABLE VOLATILE 10".to_owned(),
        "/text std_msgs/msg/String 60 of 60".to_owned(),
    ];
    let printed = printed(script.arg(&output));
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
