//! Scripts of `tests/interop/`, by which other implementations take part.
#![allow(dead_code)] // each test binary uses its own part

use std::path::Path;
use std::process::Command;

/// A script, ready for its arguments. Without `POSEMOE_TEST_PYTHON` there is none and the test does not
/// run; with it, whatever keeps the test from running is a failure.
pub fn script(name: &str) -> Option<Command> {
    let Some(python) = std::env::var_os("POSEMOE_TEST_PYTHON") else {
        eprintln!("not run: POSEMOE_TEST_PYTHON names no interpreter (scripts/test sets it)");
        return None;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python);
    command
        .current_dir(root)
        .arg(root.join("tests/interop").join(name));
    Some(command)
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
