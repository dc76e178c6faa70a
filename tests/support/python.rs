//! Scripts of `tests/interop/`, by which other implementations take part.
#![allow(dead_code)] // each test binary uses its own part

use std::path::{Path, PathBuf};
use std::process::Command;

/// A script, ready for its arguments. `None` only where `POSEMOE_SKIP_PYTHON=1` leaves such tests
/// out: whatever else keeps the script from running is a failure.
pub fn script(name: &str) -> Option<Command> {
    if std::env::var_os("POSEMOE_SKIP_PYTHON").is_some_and(|skip| skip == "1") {
        eprintln!("not run: POSEMOE_SKIP_PYTHON=1");
        return None;
    }
    // The packages beneath crates/ use this file too.
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = folders
        .find(|folder| folder.join("tests/interop").is_dir())
        .unwrap();
    let mut command = Command::new(interpreter(root));
    command
        .current_dir(root)
        .arg(root.join("tests/interop").join(name));
    Some(command)
}

/// The one that `POSEMOE_TEST_PYTHON` names, else the one that `scripts/setup` makes.
fn interpreter(root: &Path) -> PathBuf {
    let named = std::env::var_os("POSEMOE_TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| root.join(".cache/venv/bin/python"));
    assert!(
        python.is_file(),
        "no Python at {}: run scripts/setup, or let POSEMOE_TEST_PYTHON name one, or leave such \
         tests out by POSEMOE_SKIP_PYTHON=1",
        python.display()
    );
    python
}

/// What it prints; it must succeed.
pub fn printed(script: &mut Command) -> String {
    let ran = script.output();
    let ran = ran.unwrap_or_else(|error| panic!("{script:?}: {error}"));
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}
