//! `posemoe replay IN --output OUT`: the node over a bag, as fast as the machine allows.

use posemoe::msg::type_info;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::bag_topics;
use super::offline::{self, NodeArgs};
use super::stages::{Ranks, Stages};
use super::{EXIT_DATA_LOSS, EXIT_UNUSABLE, file};
use crate::cli::say::{complain, say};
use posemoe::config::ros_args::RosArgs;
use posemoe::node::{Node, Totals};
use posemoe::process::print;
use posemoe_bag::{BagBus, BagOptions, BagTopic, Compression};
use posemoe_bus::{Bus, Event};
use posemoe_core::health::Cause;

/// What to replay.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// The bag to read: a rosbag2 folder, or an .mcap or .db3 file, which may be compressed
    /// (.zstd).
    pub input: PathBuf,
    /// The bag to write: a file if it ends in .mcap, else a rosbag2 folder; an earlier one is
    /// replaced.
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
    /// Write the figures of the summary here.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Replays, prints a summary on standard output, and says how it went.
pub fn run(args: &ReplayArgs, ros: RosArgs) -> ExitCode {
    replay(args, ros).unwrap_or_else(|error| {
        complain!("posemoe replay: {error}");
        ExitCode::from(EXIT_UNUSABLE)
    })
}

fn replay(args: &ReplayArgs, mut ros: RosArgs) -> Result<ExitCode, Box<dyn std::error::Error>> {
    args.node.apply(&mut ros)?;
    let compression = match args.compression.as_str() {
        "lz4" => Compression::Lz4,
        "none" => Compression::None,
        _ => Compression::Zstd,
    };
    let options = BagOptions {
        types: type_info,
        compression,
        keep_input: args.keep_input,
    };
    let mut bus = BagBus::open(&args.input, args.output.as_deref(), options)?;
    bag_topics::choose(bus.topics(), &mut ros)?;
    let uses = bag_topics::uses(bus.topics(), &ros);
    uses.iter().for_each(|one| say!("{one}"));
    args.node.pace(&mut bus);
    let progress = progress(bus.topics(), &ros);
    let began = Instant::now();
    let run = offline::run(&mut bus, ros, |event| {
        progress.inc(u64::from(matches!(event, Event::Message { .. })));
    })?;
    bus.close()?;
    progress.finish_and_clear();
    let figures = Figures {
        totals: run.node.totals(),
        stages: run.stages.with(bus.busy()),
        processing: Ranks::new(run.processing_s),
        latency: args.node.realtime.then(|| Ranks::new(run.latencies_s)),
        wall_s: began.elapsed().as_secs_f64(),
        bag_s: bus.played_s(),
    };
    print::out(format_args!("{figures}"));
    report_drops(&run.node);
    report_losses(&bus, &run.node);
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&figures.to_json())?;
        file::write(path, &(json + "\n"))?;
    }
    let undecodable = run.node.drops().count(Cause::Undecodable);
    let is_whole = bus.damage().is_empty() && bus.losses().is_empty() && undecodable == 0;
    Ok(match run.node.totals() {
        // Whatever the reason, the bag was of no use.
        Totals { frames_out: 0, .. } => ExitCode::from(EXIT_UNUSABLE),
        _ if !is_whole => ExitCode::from(EXIT_DATA_LOSS),
        _ => ExitCode::SUCCESS,
    })
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

/// What a replay came to.
struct Figures {
    totals: Totals,
    stages: Stages,
    processing: Ranks,
    /// Of a bag that was played in its own time.
    latency: Option<Ranks>,
    wall_s: f64,
    /// From the bag's first message to its last.
    bag_s: f64,
}

impl Figures {
    fn speed(&self) -> f64 {
        self.bag_s / self.wall_s.max(f64::MIN_POSITIVE)
    }

    fn to_json(&self) -> serde_json::Value {
        let totals = self.totals;
        serde_json::json!({
            "frames_in": totals.frames_in,
            "frames_out": totals.frames_out,
            "people_tracked": totals.people_tracked,
            "wall_s": self.wall_s,
            "bag_s": self.bag_s,
            "times_real_time": self.speed(),
            "stages_s": self.stages.to_json(),
            "processing_ms": self.processing.to_json(),
            "latency_ms": self.latency.as_ref().map(Ranks::to_json),
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (totals, speed) = (self.totals, self.speed());
        let (came, answered) = (totals.frames_in, totals.frames_out);
        writeln!(f, "frames        {came} in, {answered} with 3D people out")?;
        writeln!(f, "people        {} tracked poses", totals.people_tracked)?;
        writeln!(f, "processing    {} for each frame", self.processing)?;
        if let Some(latency) = &self.latency {
            writeln!(f, "latency       {latency} from due to published")?;
        }
        f.write_str(&self.stages.table(totals.frames_in))?;
        let (wall_s, bag_s) = (self.wall_s, self.bag_s);
        writeln!(
            f,
            "replay        {wall_s:.2} s for {bag_s:.1} s: {speed:.1} x real time"
        )
    }
}

fn report_drops(node: &Node) {
    for (cause, tally) in node.drops().iter() {
        say!(
            "dropped       {} x {} (last: {})",
            tally.count,
            cause.text(),
            tally.last
        );
    }
    if node.drops().is_empty() {
        say!("dropped       nothing");
    }
}

fn report_losses(bus: &BagBus, node: &Node) {
    for damage in bus.damage() {
        complain!("damage: {damage}");
    }
    for loss in bus.losses() {
        complain!(
            "lost: {} messages of {}: {}",
            loss.count,
            loss.topic,
            loss.cause
        );
    }
    match node.totals() {
        Totals { frames_in: 0, .. } => {
            complain!("no 3D people came out: no keypoints came that could be read");
        }
        Totals { frames_out: 0, .. } => {
            complain!("no 3D people came out: see what was dropped above");
        }
        _ => {}
    }
}
