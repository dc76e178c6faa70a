//! A program as ROS starts it: arguments, log, exit codes, the node on a live bus.

#[cfg(feature = "live")]
pub mod live;
pub mod print;
#[cfg(feature = "live")]
mod rate_limit;
#[cfg(feature = "live")]
mod rosout;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Done, and a figure is worse than it may be.
pub const EXIT_REGRESSION: u8 = 1;
/// What was asked for cannot be done (bad arguments, unusable input, no network).
pub const EXIT_UNUSABLE: u8 = 2;
/// Done, but part of the input was unreadable or lost.
pub const EXIT_DATA_LOSS: u8 = 3;

/// Libraries that talk too much: rustdds calls it an error that loopback has no multicast to leave,
/// r2r that a subscription has nothing to take, which is so each time when a publisher leaves.
const QUIET: &str =
    "rustdds=error,rustdds::network::udp_listener=off,ort=warn,r2r::subscribers=off";

/// Packages of messages that the rcl bus does not know, because they were not installed when it was
/// built.
pub fn left_out() -> Option<&'static str> {
    let packages = option_env!("POSEMOE_LEFT_OUT").filter(|_| cfg!(feature = "rcl"));
    packages.filter(|packages| !packages.is_empty())
}

/// Starts logging to standard error; `RUST_LOG` overrides `level`.
pub fn start_logging(level: Option<&str>) {
    let level = match level {
        None => "info",
        Some("fatal") => "error", // ROS knows one level more than tracing
        Some(level) => level,
    };
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(format!("{level},{QUIET}")))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let standard_error = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .log_internal_errors(false); // nobody may listen any more
    let all = tracing_subscriber::registry().with(filter);
    // A second call (tests) changes nothing.
    #[cfg(feature = "live")]
    let _ = (all.with(rate_limit::RateLimit::default()))
        .with(standard_error)
        .with(rosout::Collect)
        .try_init();
    #[cfg(not(feature = "live"))]
    let _ = all.with(standard_error).try_init();
}
