//! The node over a bag: what `replay` and `evaluate` do alike.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::executor::block_on;

use crate::bus::{Event, Events};
use crate::config::ConfigError;
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::node::{Node, NodeError, Timing};

/// Which node is to run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct NodeArgs {
    /// A ROS parameter file.
    #[arg(long)]
    pub params: Option<PathBuf>,
    /// The model; default: the one that ships for the mode.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// libonnxruntime.so; default: where scripts/setup puts it.
    #[arg(long)]
    pub onnxruntime: Option<PathBuf>,
}

impl NodeArgs {
    /// Sets in the configuration what was given.
    ///
    /// # Errors
    /// When the parameter file cannot be used.
    pub fn apply(&self, ros: &mut RosArgs) -> Result<(), ConfigError> {
        if let Some(path) = &self.params {
            ros.config.load_file(path, &ros.namespace, &ros.node)?;
        }
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        if let Some(path) = &self.model {
            ros.config.model = text(path);
        }
        if let Some(path) = &self.onnxruntime {
            ros.config.onnxruntime = text(path);
        }
        Ok(())
    }
}

/// Runs the node until the bag ends. `see` gets each event, and how long it took where people came
/// out.
///
/// # Errors
/// When there is no network, or the bus cannot be read or takes no more.
pub fn run<B: Events>(
    bus: &mut B,
    ros: RosArgs,
    mut see: impl FnMut(&Event, Option<Duration>),
) -> Result<Node, NodeError> {
    let mut node = Node::start(bus, ros, Box::new(engine::load), Timing::Recorded)?;
    while let Some(event) = block_on(bus.next())? {
        let (frames, began) = (node.totals().frames_out, Instant::now());
        node.handle(bus, &event)?;
        let has_answered = node.totals().frames_out > frames;
        see(&event, has_answered.then(|| began.elapsed()));
    }
    node.finish(bus)?;
    Ok(node)
}
