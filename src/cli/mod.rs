//! What the programs do: run live, replay a bag, list the parameters, look at the installation.

pub mod doctor;
#[cfg(feature = "dds")]
pub mod live;
pub mod parameters;
pub mod replay;

use tracing_subscriber::EnvFilter;

/// What was asked for cannot be done (bad arguments, unusable input, no network).
pub const EXIT_UNUSABLE: u8 = 2;
/// Done, but part of the input was unreadable or lost.
pub const EXIT_DATA_LOSS: u8 = 3;

/// Starts logging to standard error; `RUST_LOG` overrides `level`.
pub fn start_logging(level: Option<&str>) {
    let level = level.map_or("info".to_owned(), |level| level.to_lowercase());
    // ROS knows one level more than tracing.
    let level = if level == "fatal" {
        "error".to_owned()
    } else {
        level
    };
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(format!("{level},{}", quiet())))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call (tests) changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// Libraries that talk too much.
fn quiet() -> &'static str {
    "rustdds=error,ros2_client=warn,ort=warn"
}
