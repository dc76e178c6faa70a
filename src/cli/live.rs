//! `posemoe_node`: the node on the DDS bus until SIGINT or SIGTERM.

use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::bus::dds::{DdsBus, DdsOptions};
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::node::{self, Node, Timing};

/// Runs until a signal; exit code 0 after a clean goodbye.
pub fn run(ros: &RosArgs) -> ExitCode {
    match live(ros) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

fn live(ros: &RosArgs) -> Result<(), Box<dyn std::error::Error>> {
    let (lifter, engine) = engine::load(&ros.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut bus = DdsBus::start(&ros.node, &ros.namespace, &DdsOptions::from_env()?)?;
        let mut node = Node::connect(&mut bus, ros, Box::new(lifter), engine, Timing::Live)?;
        tracing::info!(node = ros.qualified_node(), "ready");
        let ended = node::run(&mut bus, &mut node).await;
        bus.close();
        tracing::info!(totals = ?node.totals(), "goodbye");
        ended.map_err(Into::into)
    })
}
