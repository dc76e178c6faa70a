//! The node over a bag: what `replay` and `evaluate` do alike.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::executor::block_on;

use crate::bus::bag::BagTopic;
use crate::bus::{Event, Events};
use crate::config::ConfigError;
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::msg::Message;
use crate::msg::posemoe::People2D;
use crate::msg::sensor_msgs::CameraInfo;
use crate::msg::yolo_msgs::DetectionArray;
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

/// Where the configured topic is not in the bag, takes the only one of a fitting type.
///
/// # Errors
/// When there is none, or several: says which the bag has.
pub fn choose_topics(topics: &[BagTopic], ros: &mut RosArgs) -> Result<(), String> {
    let has = |name: &str| topics.iter().any(|topic| topic.name == name);
    if !has(&ros.resolve(&ros.config.keypoints_topic)) {
        let topic = only_one(
            topics,
            &[DetectionArray::TYPE_NAME, People2D::TYPE_NAME],
            "keypoints_topic",
        )?;
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
    let list = |topics: &[&BagTopic]| {
        topics
            .iter()
            .map(|t| format!("{} ({})", t.name, t.type_name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match fitting.as_slice() {
        [topic] => Ok(topic),
        [] => Err(format!(
            "the bag has no topic of type {}; it has {}",
            types.join(" or "),
            list(&topics.iter().collect::<Vec<_>>())
        )),
        several => Err(format!(
            "the bag has several topics of type {}: {}; choose one: --ros-args -p {parameter}:=TOPIC",
            types.join(" or "),
            list(several)
        )),
    }
}
