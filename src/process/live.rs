//! `posemoe_node`: the node on a live bus until SIGINT or SIGTERM.

use std::process::ExitCode;
use std::str::FromStr;

use super::rosout::Rosout;
use super::{EXIT_UNUSABLE, rate_limit};
#[cfg(feature = "dds")]
use crate::bus::dds::{DdsBus, DdsOptions};
#[cfg(feature = "rcl")]
use crate::bus::rcl::{self, RclBus};
use crate::bus::{BusError, Event, Events};
use crate::config::ros_args::RosArgs;
use crate::engine::Loader;
use crate::node::{Node, Timing};

/// A bus that the node can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveBus {
    /// The ROS 2 installation.
    #[cfg(feature = "rcl")]
    Rcl,
    /// The ROS 2 wire protocol in pure Rust.
    #[cfg(feature = "dds")]
    Dds,
}

impl LiveBus {
    /// Those built in; the first is the default.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "rcl")]
        Self::Rcl,
        #[cfg(feature = "dds")]
        Self::Dds,
    ];

    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "rcl")]
            Self::Rcl => "rcl",
            #[cfg(feature = "dds")]
            Self::Dds => "dds",
        }
    }
}

impl Default for LiveBus {
    fn default() -> Self {
        Self::ALL[0]
    }
}

impl FromStr for LiveBus {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|bus| bus.name() == name);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|bus| bus.name()).collect();
            format!(
                "the bus is {name:?}, expected what is built in: {}",
                names.join(", ")
            )
        })
    }
}

/// Call it first of all in `main`: the process may begin anew here.
///
/// # Errors
/// [`BusError`] when it cannot.
pub fn prepare_process() -> Result<(), BusError> {
    #[cfg(feature = "rcl")]
    rcl::hide_arguments()?;
    Ok(())
}

/// The arguments of this process, without the program's name, as the user gave them.
pub fn arguments() -> Vec<String> {
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    #[cfg(feature = "rcl")]
    return rcl::given(arguments);
    #[cfg(not(feature = "rcl"))]
    arguments.collect()
}

/// Runs until a signal; exit code 0 after a clean goodbye.
pub fn run(ros: &RosArgs, bus: LiveBus) -> ExitCode {
    match live(ros, bus) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn live(ros: &RosArgs, bus: LiveBus) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match bus {
            #[cfg(feature = "rcl")]
            LiveBus::Rcl => {
                if let Some(packages) = super::left_out() {
                    tracing::info!(
                        "without the messages of {packages}: not installed at build time"
                    );
                }
                let bus = RclBus::start(&ros.node, &ros.namespace)?;
                serve(bus, ros).await
            }
            #[cfg(feature = "dds")]
            LiveBus::Dds => {
                let bus = DdsBus::start(&ros.node, &ros.namespace, &DdsOptions::from_env()?)?;
                serve(bus, ros).await
            }
        }
    })
}

/// Of a log that was being flooded.
fn say_what_was_left_out() {
    let lines = rate_limit::take_left_out();
    if lines > 0 {
        tracing::warn!("{lines} lines like earlier ones were left out of this log");
    }
}

async fn serve(mut bus: impl Events, ros: &RosArgs) -> Result<(), Failure> {
    let mut rosout = Rosout::advertise(&mut bus, ros)?;
    let load = Loader::of_files();
    let mut node = Node::start(&mut bus, ros.clone(), load, Timing::Live)?;
    tracing::info!(node = ros.qualified_node(), "ready");
    while let Some(event) = bus.next().await? {
        node.handle(&mut bus, &event);
        if matches!(event, Event::Tick { .. }) {
            say_what_was_left_out();
        }
        rosout.publish(&mut bus);
    }
    node.flush(&mut bus);
    tracing::info!(totals = ?node.totals(), "goodbye");
    rosout.publish(&mut bus);
    drop(bus); // says goodbye
    Ok(())
}
