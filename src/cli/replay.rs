//! `posemoe replay IN --output OUT`: the node over a bag, as fast as the machine allows.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{EXIT_DATA_LOSS, EXIT_UNUSABLE};
use crate::bus::bag::{BagBus, BagOptions, BagTopic, Compression};
use crate::bus::{Bus, Event};
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::input::hri::TRACKED_TOPIC;
use crate::msg::Message;
use crate::msg::hri_msgs::Skeleton2D;
use crate::msg::posemoe::People2D;
use crate::msg::sensor_msgs::CameraInfo;
use crate::msg::yolo_msgs::DetectionArray;
use crate::msg::zed_msgs::ObjectsStamped;
use crate::node::{Node, Timing};

/// Types of keypoints that come on one topic.
const DETECTORS: [&str; 3] = [
    DetectionArray::TYPE_NAME,
    People2D::TYPE_NAME,
    ObjectsStamped::TYPE_NAME,
];

/// What to replay.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// The bag to read (.mcap, or a rosbag2 folder with one).
    pub input: PathBuf,
    /// The bag to write (.mcap); an existing file is replaced.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// A ROS parameter file.
    #[arg(long)]
    pub params: Option<PathBuf>,
    /// The model; default: the one that ships for the mode.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// libonnxruntime.so; default: where scripts/setup puts it.
    #[arg(long)]
    pub onnxruntime: Option<PathBuf>,
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
    if let Some(path) = &args.params {
        ros.config.load_file(path, &ros.namespace, &ros.node)?;
    }
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    if let Some(path) = &args.model {
        ros.config.model = text(path);
    }
    if let Some(path) = &args.onnxruntime {
        ros.config.onnxruntime = text(path);
    }
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
    choose_topics(bus.topics(), &mut ros)?;
    let progress = progress(bus.topics(), &ros);
    let mut node = Node::start(&mut bus, ros, engine::loader(), Timing::Recorded)?;

    let mut steps = Vec::new();
    let began = Instant::now();
    while let Some(event) = bus.next_event()? {
        let is_message = matches!(event, Event::Message { .. });
        let (frames, step) = (node.totals().frames_out, Instant::now());
        node.handle(&mut bus, &event)?;
        if node.totals().frames_out > frames {
            steps.push(step.elapsed());
        }
        progress.inc(u64::from(is_message));
    }
    node.finish(&mut bus)?;
    bus.finish()?;
    progress.finish_and_clear();
    summarize(&node, &steps, began.elapsed());
    report_losses(&bus, &node);
    Ok(bus.damage().is_empty() && bus.losses().is_empty())
}

/// Where the configured topic is not in the bag, takes the only one of a fitting type. Of several
/// sources none is guessed.
fn choose_topics(topics: &[BagTopic], ros: &mut RosArgs) -> Result<(), String> {
    let has = |name: &str| topics.iter().any(|topic| topic.name == name);
    if !ros.config.sources.is_empty() {
        return match wanted(ros).into_iter().find(|name| !has(name)) {
            Some(name) => Err(format!("the bag has no {name}; it has {}", list(topics))),
            None => Ok(()),
        };
    }
    let is_hri = ros.config.keypoints_type == Skeleton2D::TYPE_NAME;
    if !is_hri && !has(&ros.resolve(&ros.config.keypoints_topic)) {
        let topic = only_one(topics, &DETECTORS, "keypoints_topic")?;
        ros.config.keypoints_topic = topic.name.clone();
        ros.config.keypoints_type = topic.type_name.clone();
    }
    if !has(&ros.resolve(&ros.config.camera_info_topic)) {
        let topic = only_one(topics, &[CameraInfo::TYPE_NAME], "camera_info_topic")?;
        ros.config.camera_info_topic = topic.name.clone();
    }
    Ok(())
}

fn only_one<'a>(
    topics: &'a [BagTopic],
    types: &[&str],
    parameter: &str,
) -> Result<&'a BagTopic, String> {
    let fitting: Vec<&BagTopic> = topics
        .iter()
        .filter(|topic| types.contains(&topic.type_name.as_str()))
        .collect();
    match fitting.as_slice() {
        [topic] => Ok(topic),
        [] => Err(format!(
            "the bag has no topic of type {}; it has {}",
            types.join(" or "),
            list(topics)
        )),
        several => Err(format!(
            "the bag has several topics of type {}: {}; choose one: --ros-args -p {parameter}:=TOPIC",
            types.join(" or "),
            list(several.iter().copied())
        )),
    }
}

fn list<'a>(topics: impl IntoIterator<Item = &'a BagTopic>) -> String {
    let topics = topics.into_iter();
    let named = topics.map(|t| format!("{} ({})", t.name, t.type_name));
    named.collect::<Vec<_>>().join(", ")
}

/// The topics that every source must have.
fn wanted(ros: &RosArgs) -> Vec<String> {
    let sources = ros.config.sources();
    let topics = sources.iter().flat_map(|source| {
        let keypoints = match source.keypoints_type.as_str() {
            Skeleton2D::TYPE_NAME => TRACKED_TOPIC,
            _ => &source.keypoints_topic,
        };
        [keypoints, &source.camera_info_topic]
    });
    topics.map(|name| ros.resolve(name)).collect()
}

fn progress(topics: &[BagTopic], ros: &RosArgs) -> ProgressBar {
    let wanted = wanted(ros);
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
