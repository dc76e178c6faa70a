//! The node over a bag: what `replay` and `evaluate` do alike.

use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use futures::executor::block_on;

use super::stages::{Stages, Stopwatch};
use posemoe::config::ros_args::RosArgs;
use posemoe::config::{Config, ConfigError};
use posemoe::engine::Loader;
use posemoe::node::{Node, NodeError, Timing};
use posemoe_bag::{BagBus, SystemTimer};
use posemoe_bus::{Event, Events};
use posemoe_core::lift::Mode;
use posemoe_core::lift::provider::Provider;
use posemoe_stamp::Stamp;

/// Threads that share out people unasked: each costs the time and memory of another loaded model.
const MOST_SHARES: usize = 4;
/// Frames that are lifted together unasked: more gain nothing.
const TOGETHER: i64 = 8;

/// Which node is to run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct NodeArgs {
    /// A ROS parameter file.
    #[arg(long)]
    pub params: Option<PathBuf>,
    /// The model: its path, or the name of one that ships; default: that of the mode.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// libonnxruntime.so; default: where scripts/setup puts it.
    #[arg(long)]
    pub onnxruntime: Option<PathBuf>,
    /// Play the bag in its own time, by log times, as a robot would; where the node is too slow,
    /// queues drop their oldest messages. Latency is measured then.
    #[arg(long)]
    pub realtime: bool,
}

impl NodeArgs {
    /// Has the bag played as it was asked for.
    pub fn pace(&self, bus: &mut BagBus) {
        if self.realtime {
            bus.pace(Box::new(SystemTimer::default()));
        }
    }

    /// Sets in the configuration what was given.
    ///
    /// # Errors
    /// [`ConfigError`] when the parameter file cannot be used, or has nothing for this node.
    pub fn apply(&self, ros: &mut RosArgs) -> Result<(), ConfigError> {
        if let Some(path) = &self.params {
            let nothing = ros.config.load_file(path, &ros.namespace, &ros.node)?;
            if let Some(reason) = nothing {
                let path = path.clone();
                return Err(ConfigError::File { path, reason });
            }
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

/// A bus that plays a bag.
pub trait Played: Events {
    /// How long ago `moment` was by the clock that the bag is played by; `None` when it is played
    /// as fast as the machine allows.
    fn since(&self, moment: Stamp) -> Option<Duration>;
}

impl Played for BagBus {
    fn since(&self, moment: Stamp) -> Option<Duration> {
        BagBus::since(self, moment)
    }
}

/// A node that ran over a bag.
pub struct Run {
    /// The node, at the end.
    pub node: Node,
    /// Where the time went in it; reading and writing are the bag's own.
    pub stages: Stages,
    /// How long each frame took of which people came out (s); those that were lifted together took
    /// as long each.
    pub processing_s: Vec<f64>,
    /// From the moment when a message was due to the publication of the people that it brought (s),
    /// where the bag was played in its own time.
    pub latencies_s: Vec<f64>,
}

/// Runs the node until the bag ends. `see` gets each event.
///
/// # Errors
/// [`NodeError`] when there is no network, or the bus cannot be read or takes no more.
pub fn run<B: Played>(
    bus: &mut B,
    mut ros: RosArgs,
    mut see: impl FnMut(&Event),
) -> Result<Run, NodeError> {
    share_out(&mut ros.config);
    if bus.since(Stamp::default()).is_none() {
        gather(&mut ros.config);
    }
    let stopwatch = Stopwatch::default();
    let load = stopwatch.measure(Loader::of_files());
    let mut run = Run {
        node: Node::start(bus, ros, load, Timing::Recorded)?,
        stages: Stages::default(),
        processing_s: Vec::new(),
        latencies_s: Vec::new(),
    };
    stopwatch.take(); // of the network's trial
    let mut spent = Duration::ZERO;
    while let Some(event) = block_on(bus.next())? {
        let answered = run.measure(&stopwatch, &mut spent, |node| node.handle(bus, &event));
        if let (true, Event::Message { received, .. }) = (answered, &event) {
            let latency = bus.since(*received);
            run.latencies_s.extend(latency.map(|d| d.as_secs_f64()));
        }
        see(&event);
    }
    run.measure(&stopwatch, &mut spent, |node| node.flush(bus));
    Ok(run)
}

impl Run {
    /// Has the node do something; whether people came out. What it `spent` on frames that wait goes
    /// on to those with which they are lifted.
    fn measure(
        &mut self,
        stopwatch: &Stopwatch,
        spent: &mut Duration,
        act: impl FnOnce(&mut Node),
    ) -> bool {
        let (frames, began) = (self.node.totals().frames_out, Instant::now());
        act(&mut self.node);
        let took = began.elapsed();
        self.stages.add(took, stopwatch.take(), began);
        *spent += took;
        let answered = self.node.totals().frames_out - frames;
        if answered > 0 {
            let each_s = std::mem::take(spent).as_secs_f64() / answered as f64;
            let each_s = std::iter::repeat_n(each_s, answered as usize);
            self.processing_s.extend(each_s);
        }
        answered > 0
    }
}

/// Where nobody said how many frames, several are lifted together: nobody waits for the first of
/// them. Those of several cameras would come out in disorder, and TensorRT would build an engine
/// for each number of them.
fn gather(config: &mut Config) {
    let is_fit = config.mode() == Mode::Stream
        && config.sources().len() == 1
        && !config.providers().contains(&Provider::TensorRt);
    if config.frames_together == 0 && is_fit {
        config.frames_together = TOGETHER;
    }
}

/// Where nobody said how many threads, all cores work: nobody else needs them as on a robot.
fn share_out(config: &mut Config) {
    if config.threads == 0 && config.mode() == Mode::Stream {
        let cores = available_parallelism().map_or(1, usize::from);
        config.threads = cores.min(MOST_SHARES) as i64;
    }
}
