//! `posemoe_node` as another process, on the loopback interface.
#![allow(dead_code)] // each test binary uses its own part

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// `posemoe_node`; ended if the test fails.
pub struct Node {
    process: Child,
    pub domain: String,
}

impl Node {
    /// On a domain of its own.
    pub fn start(ros_args: &str) -> Self {
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let number = std::process::id().wrapping_mul(3) + TESTS.fetch_add(1, Ordering::Relaxed);
        Self::start_on((21 + number % 80).to_string(), ros_args)
    }

    /// On the domain of another.
    pub fn start_on(domain: String, ros_args: &str) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_posemoe_node"))
            .args(ros_args.split_whitespace())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("ROS_DOMAIN_ID", &domain)
            .env("ROS_LOCALHOST_ONLY", "1")
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self { process, domain }
    }

    /// Ends it by SIGKILL: it has no time to say so.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends a signal and waits until the node has ended cleanly.
    pub fn end(mut self, signal: &str) {
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(kill.success());
        let patience = Instant::now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < patience,
                "the node does not end on {signal}"
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(status.success(), "{status}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
