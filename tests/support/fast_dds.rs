//! Peers on Fast DDS, the middleware under `rmw_fastrtps`.
//!
//! They need a C++ compiler and Fast DDS (Debian: `libfastrtps-dev`). `POSEMOE_SKIP_FAST_DDS=1`
//! leaves tests with them out.
#![allow(dead_code)] // each test binary uses its own part

use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Whether tests with Fast DDS are left out.
pub fn is_left_out() -> bool {
    let skip = std::env::var_os("POSEMOE_SKIP_FAST_DDS").is_some_and(|skip| skip == "1");
    if skip {
        eprintln!("not run: POSEMOE_SKIP_FAST_DDS=1");
    }
    skip
}

/// The program of `fast_dds/peer.cpp`, compiled once.
pub fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let compile = || {
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("fast_dds_peer_{}", std::process::id()));
        let compiled = Command::new("c++")
            .args(["-std=c++17", "-O1", "-o"])
            .arg(&program)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/fast_dds/peer.cpp"
            ))
            .args(["-lfastrtps", "-lfastcdr"])
            .status();
        assert!(
            compiled.as_ref().is_ok_and(|status| status.success()),
            "{compiled:?} (needs g++ and libfastrtps-dev; POSEMOE_SKIP_FAST_DDS=1 leaves these \
             tests out)"
        );
        program
    };
    PROGRAM.get_or_init(compile).clone()
}

/// A peer, line by line; ended if the test fails.
pub struct Peer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    pub fn start(command: &str, domain: u16, rest: &[&str]) -> Self {
        let mut process = Command::new(program())
            .args([command, &domain.to_string(), "127.0.0.1"])
            .args(rest)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next thing.
    pub fn says(&mut self) -> Value {
        let line = self.lines.next().expect("the peer ended early").unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Peer {
    /// Sends its process a signal (`-STOP`).
    pub fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} {pid}");
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
