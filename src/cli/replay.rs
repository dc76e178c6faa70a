//! `posemoe replay IN --output OUT`: the node over a bag, as fast as the machine allows.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::bag_topics;
use super::offline::{self, NodeArgs};
use super::{EXIT_DATA_LOSS, EXIT_UNUSABLE};
use crate::bus::bag::{BagBus, BagOptions, BagTopic, Compression};
use crate::bus::{Bus, Event};
use crate::config::ros_args::RosArgs;
use crate::node::Node;

/// What to replay.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// The bag to read: a rosbag2 folder, or an .mcap or .db3 file, which may be compressed (.zstd).
    pub input: PathBuf,
    /// The bag to write: a file if it ends in .mcap, else a rosbag2 folder; an earlier one is replaced.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// The node that is to run.
    #[command(flatten)]
    pub node: NodeArgs,
    /// Copy the input's messages into the output.
    #[arg(long)]
    pub keep_input: bool,
    /// Compression of the output.
    #[arg(long, default_value = "zstd", value_parser = ["zstd", "lz4", "none"])]
    pub compression: String,
}

/// Replays, prints a summary on standard output, and says how it went.
pub fn run(args: &ReplayArgs, ros: RosArgs) -> ExitCode {
    match replay(args, ros) {
        Ok(clean) if clean => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(EXIT_DATA_LOSS),
        Err(error) => {
            eprintln!("posemoe replay: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

/// `Ok(true)` when nothing of the input was lost.
fn replay(args: &ReplayArgs, mut ros: RosArgs) -> Result<bool, Box<dyn std::error::Error>> {
    args.node.apply(&mut ros)?;
    let compression = match args.compression.as_str() {
        "lz4" => Compression::Lz4,
        "none" => Compression::None,
        _ => Compression::Zstd,
    };
    let options = BagOptions {
        compression,
        keep_input: args.keep_input,
    };
    let mut bus = BagBus::open(&args.input, args.output.as_deref(), options)?;
    bag_topics::choose(bus.topics(), &mut ros)?;
    let progress = progress(bus.topics(), &ros);
    let mut steps = Vec::new();
    let began = Instant::now();
    let node = offline::run(&mut bus, ros, |event, step| {
        steps.extend(step);
        progress.inc(u64::from(matches!(event, Event::Message { .. })));
    })?;
    bus.finish()?;
    progress.finish_and_clear();
    summarize(&node, &steps, began.elapsed());
    report_losses(&bus, &node);
    Ok(bus.damage().is_empty() && bus.losses().is_empty())
}

fn progress(topics: &[BagTopic], ros: &RosArgs) -> ProgressBar {
    let wanted = bag_topics::wanted(ros);
    let count = topics
        .iter()
        .filter(|t| wanted.contains(&t.name))
        .map(|t| t.message_count)
        .sum();
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} messages, {per_sec}, {eta} left");
    ProgressBar::new(count).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn summarize(node: &Node, steps: &[Duration], total: Duration) {
    let totals = node.totals();
    println!(
        "frames        {} in, {} with 3D people out",
        totals.frames_in, totals.frames_out
    );
    println!("people        {} tracked poses", totals.people_tracked);
    let mut steps = steps.to_vec();
    steps.sort();
    let at = |share: f64| {
        let index = ((steps.len() as f64 * share) as usize).min(steps.len().saturating_sub(1));
        steps
            .get(index)
            .map_or(0.0, |step| 1e3 * step.as_secs_f64())
    };
    println!(
        "processing    median {:.2} ms, p99 {:.2} ms for each frame",
        at(0.5),
        at(0.99)
    );
    println!("replay        {:.2} s", total.as_secs_f64());
    for (cause, tally) in node.drops().iter() {
        println!(
            "dropped       {} x {} (last: {})",
            tally.count,
            cause.text(),
            tally.last
        );
    }
    if node.drops().is_empty() {
        println!("dropped       nothing");
    }
}

fn report_losses(bus: &BagBus, node: &Node) {
    for damage in bus.damage() {
        eprintln!("damage: {damage}");
    }
    for loss in bus.losses() {
        eprintln!(
            "lost: {} messages of {}: {}",
            loss.count, loss.topic, loss.cause
        );
    }
    if node.totals().frames_out == 0 {
        eprintln!("no 3D people came out: see what was dropped above");
    }
}
