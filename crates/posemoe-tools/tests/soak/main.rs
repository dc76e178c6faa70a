//! Hours on end over a bag, at full speed: ten people who come and go before a camera at 60 Hz, and
//! a detector that falters. Memory stays what it is, and everything that was lost is counted.

#[path = "../replay/bags.rs"]
#[allow(dead_code)] // each test binary uses its own part
mod bags;
mod crowd;
#[path = "../replay/program.rs"]
#[allow(dead_code)]
mod program;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crowd::Expected;

const MB: u64 = 1 << 20;
/// What the allocator may keep beyond what is in use.
const SLACK: u64 = 24 * MB;

/// What a replay said, and how much memory it had (bytes) while it ran.
struct Soaked {
    figures: serde_json::Value,
    stdout: String,
    stderr: String,
    code: Option<i32>,
    resident: Vec<u64>,
}

fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb * 1024)
}

/// Replays `bag`, with more words from `POSEMOE_SOAK_ARGS`, and looks at its memory all the while.
fn replay(folder: &Path, bag: &Path, look_every: Duration) -> Soaked {
    let json = folder.join("figures.json");
    let more = std::env::var("POSEMOE_SOAK_ARGS").unwrap_or_default();
    let said = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_posemoe"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .arg("replay")
        .arg(bag)
        .arg("--json")
        .arg(&json)
        .args(more.split_whitespace())
        .stdin(Stdio::null())
        .stdout(said("stdout"))
        .stderr(said("stderr"))
        .spawn()
        .unwrap();
    let mut all = Vec::new();
    let code = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status.code();
        }
        all.extend(resident(process.id()));
        std::thread::sleep(look_every);
    };
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    Soaked {
        figures: serde_json::from_str(&text("figures.json")).unwrap_or_default(),
        stdout: text("stdout"),
        stderr: text("stderr"),
        code,
        resident: all,
    }
}

/// The most of a part of what was seen.
fn most(resident: &[u64], part: usize) -> u64 {
    let quarter = resident.len() / 4;
    let part = &resident[part * quarter..][..quarter];
    part.iter().copied().max().unwrap_or_default()
}

fn soak(frames: u64, look_every: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("crowd.mcap");
    let expected = crowd::write(&bag, frames);
    let soaked = replay(folder.path(), &bag, look_every);
    println!("{}{}", soaked.stdout, soaked.stderr);
    assert_eq!(soaked.code, Some(0));
    let figure = |name: &str| soaked.figures[name].as_u64();
    let Expected {
        messages,
        answered,
        tracked,
        drops,
    } = expected;
    assert_eq!(figure("frames_in"), Some(messages));
    assert_eq!(figure("frames_out"), Some(answered));
    let dropped = soaked.stdout.lines().filter_map(|line| {
        let (count, rest) = line.strip_prefix("dropped ")?.split_once(" x ")?;
        let (cause, _) = rest.split_once(" (last")?;
        Some((cause.to_owned(), count.trim().parse().ok()?))
    });
    // Of millions of poses a few fit nobody's keypoints; they are refused, and counted.
    let is_impossible = |(cause, _): &(String, u64)| cause == "impossible person";
    let (impossible, dropped): (Vec<_>, Vec<_>) = dropped.partition(is_impossible);
    let impossible: u64 = impossible.iter().map(|(_, count)| count).sum();
    assert_eq!(dropped, drops);
    assert_eq!(figure("people_tracked"), Some(tracked - impossible));
    assert!(impossible <= tracked / 100_000, "{impossible} of {tracked}");
    let resident = &soaked.resident;
    let over_time = resident.iter().step_by(resident.len().div_ceil(24).max(1));
    println!(
        "resident (MB), evenly over the run: {:?}; at most in quarters: {:?}",
        over_time.map(|bytes| bytes / MB).collect::<Vec<_>>(),
        [0, 1, 2, 3].map(|part| most(resident, part) / MB)
    );
    let (before, after) = (most(resident, 1), most(resident, 3));
    assert!(before > 0, "it was over before anybody looked");
    assert!(
        after <= before + SLACK,
        "grew from {before} to {after} bytes"
    );
}

#[test]
fn ten_seconds() {
    soak(10 * crowd::RATE_HZ, Duration::from_millis(20));
}

#[test]
#[ignore = "takes an hour of two cores: cargo test --release --test soak -- --ignored --nocapture"]
fn two_hours() {
    soak(2 * 3600 * crowd::RATE_HZ, Duration::from_secs(1));
}
