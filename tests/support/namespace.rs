//! A network of its own for a test.
#![allow(dead_code)] // each test binary uses its own part

use std::process::Command;

/// Runs an ignored test of this program where there is no network but a loopback interface, on
/// which `setup` (a shell command) is done first. When `POSEMOE_SKIP_NAMESPACES` is 1, the test
/// does not run.
pub fn run(test: &str, setup: &str) {
    if std::env::var_os("POSEMOE_SKIP_NAMESPACES").is_some_and(|value| value == "1") {
        eprintln!("not run: without network namespaces (POSEMOE_SKIP_NAMESPACES=1)");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let ran = Command::new("unshare")
        .args(["--net", "--map-root-user", "sh", "-c"])
        .args([&format!("{setup} && exec \"$0\" \"$@\"")])
        .arg(program)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .status();
    assert!(
        ran.as_ref().is_ok_and(|status| status.success()),
        "{ran:?} (needs unshare, ip, and the right to make network namespaces; \
         POSEMOE_SKIP_NAMESPACES=1 leaves this test out)"
    );
}
