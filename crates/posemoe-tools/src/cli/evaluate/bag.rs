//! People of a bag: as they were recorded, or as the node finds them now.

use posemoe::msg::type_info;
use std::collections::BTreeMap;
use std::path::Path;

use super::capture::Capture;
use super::recording::{self, Recording};
use super::source::{How, Replayed, Source};
use super::{Failure, people3d, zed};
use crate::cli::{bag_topics, offline};
use crate::evaluate::{Frame, Skips};
use posemoe::config::ros_args::RosArgs;
use posemoe::config::{Config, Value};
use posemoe::msg::Message;
use posemoe::msg::posemoe::People3D;
use posemoe::msg::zed_msgs::ObjectsStamped;
use posemoe_bag::{BagBus, BagOptions, BagTopic};
use posemoe_bus::Bus;
use posemoe_core::frames::Frames;
use posemoe_core::health::Cause;

/// Where in a bag people are.
enum From {
    /// A topic, and how its messages are read.
    Topic(&'static str, String, ReadFrame),
    /// Frames on TF.
    Tf,
    /// Nowhere yet: the node has to find them.
    Keypoints,
}

type ReadFrame = fn(&[u8], &How<'_>, &mut Skips) -> Option<Frame>;

/// Types of recorded people.
const TYPES: [(&str, ReadFrame); 2] = [
    (People3D::TYPE_NAME, people3d::frame),
    (ObjectsStamped::TYPE_NAME, zed::frame),
];

/// The people of a bag, in the order in which they were published. What it says of frames wins over
/// what `frames` has.
pub fn read(
    path: &Path,
    how: &How<'_>,
    frames: &mut Frames,
    source: &mut Source,
) -> Result<Vec<Frame>, Failure> {
    let mut bus = BagBus::open(path, None, BagOptions::new(type_info))?;
    let from = from(bus.topics(), how)?;
    let topic = match &from {
        From::Topic(type_name, topic, _) => Some((topic.as_str(), *type_name)),
        From::Tf | From::Keypoints => None,
    };
    let recording = recording::read(&mut bus, topic, how.tf, source)?;
    let Recording {
        frames: known,
        people,
        messages,
        mut latencies_s,
    } = recording;
    let found = match (from, people) {
        (From::Keypoints, _) => {
            let Some((args, ros)) = how.node else {
                return Ok(Vec::new());
            };
            let mut ros = ros.clone();
            args.apply(&mut ros)?;
            let mut again = BagBus::open(path, None, BagOptions::new(type_info))?;
            args.pace(&mut again);
            let (replayed, payloads) = replayed(again, ros, how.jobs, source)?;
            bus = replayed;
            let read = |payload: &Vec<u8>| people3d::frame(payload, how, &mut source.skips);
            payloads.iter().filter_map(read).collect()
        }
        (From::Topic(_, topic, read), _) => {
            source.origin.topic = Some(topic);
            let mut found = Vec::new();
            for (received, payload) in messages {
                let Some(frame) = read(&payload, how, &mut source.skips) else {
                    continue;
                };
                latencies_s.push(received.seconds_since(frame.stamp));
                found.push(frame);
            }
            found
        }
        (From::Tf, Some(people)) => {
            source.origin.topic = Some(recording::TRANSFORMS.to_owned());
            people.people(&known, how, &mut source.skips)?
        }
        (From::Tf, None) => Vec::new(),
    };
    frames.overlay(known.later_by(how.offset_s));
    // Where a bag was written offline, log times say nothing of when people were told of.
    let is_measured = !bus.is_replayed() && latencies_s.iter().any(|latency_s| *latency_s != 0.0);
    if is_measured {
        source.latencies_s = latencies_s;
    }
    source.damage.extend(bus.damage().iter().cloned());
    for loss in bus.losses() {
        source.damage.push(format!(
            "{} messages of {}: {}",
            loss.count, loss.topic, loss.cause
        ));
    }
    Ok(found)
}

/// Where to take people from: what was asked for, else the only topic of `People3D`; else the
/// keypoints where the node may run, else the only topic of another type.
fn from(topics: &[BagTopic], how: &How<'_>) -> Result<From, String> {
    if how.tf.is_some() {
        return Ok(From::Tf);
    }
    let list = |topics: &[&BagTopic]| {
        let named = topics
            .iter()
            .map(|t| format!("{} ({})", t.name, t.type_name));
        named.collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&BagTopic> = topics.iter().collect();
    let of = |types: &[(&'static str, ReadFrame)]| -> Vec<(&'static str, &BagTopic, ReadFrame)> {
        let typed = |topic| types.iter().map(move |(name, read)| (*name, topic, *read));
        let fitting = topics.iter().flat_map(typed);
        fitting
            .filter(|(name, topic, _)| topic.type_name == *name)
            .collect()
    };
    let take = |(name, topic, read): &(&'static str, &BagTopic, ReadFrame)| {
        From::Topic(name, topic.name.clone(), *read)
    };
    let expected = TYPES.map(|(name, _)| name).join(" or ");
    if let Some(wanted) = how.topic {
        let fitting = of(&TYPES);
        let found = fitting.iter().find(|(_, topic, _)| topic.name == wanted);
        let has = list(&all);
        return found
            .map(take)
            .ok_or_else(|| format!("no topic {wanted} of type {expected}; the bag has {has}"));
    }
    // ObjectsStamped has keypoints, too: of a prediction they are for the node, unless they are
    // asked for.
    let known = if how.node.is_some() {
        &TYPES[..1]
    } else {
        &TYPES[..]
    };
    let mut fitting = of(known);
    fitting.retain(|(_, topic, _)| Some(&*topic.name) != how.not_topic);
    match fitting.as_slice() {
        [one] => Ok(take(one)),
        [] if how.node.is_some() => Ok(From::Keypoints),
        [] => Err(format!(
            "no topic of type {expected}; the bag has {}",
            list(&all)
        )),
        several => {
            let several: Vec<&BagTopic> = several.iter().map(|(_, topic, _)| *topic).collect();
            Err(format!(
                "several topics of people: {}; choose one with --{}-topic TOPIC",
                list(&several),
                how.side
            ))
        }
    }
}

/// What the node makes of a bag's keypoints; and the bag, at its end.
fn replayed(
    bus: BagBus,
    mut ros: RosArgs,
    jobs: u16,
    source: &mut Source,
) -> Result<(BagBus, Vec<Vec<u8>>), Failure> {
    let mut capture = Capture::new(bus);
    bag_topics::choose(capture.bus.topics(), &mut ros)?;
    let parameters = parameters(&ros.config);
    // The cores are for the others, and what comes out is the same.
    if jobs > 1 && ros.config.threads == 0 {
        ros.config.threads = 1;
    }
    let run = offline::run(&mut capture, ros, |_| ())?;
    let node = run.node;
    source.latencies_s = run.latencies_s;
    for (cause, tally) in node.drops().iter() {
        source.dropped.insert(cause.text().to_owned(), tally.count);
    }
    let undecodable = node.drops().count(Cause::Undecodable);
    if undecodable > 0 {
        let text = Cause::Undecodable.text();
        source.damage.push(format!("{undecodable} x {text}"));
    }
    let engine = node.engine().cloned().unwrap_or_default();
    source.origin.replayed = Some(Replayed {
        model: engine.model,
        provider: engine.provider,
        parameters,
        frames_in: node.totals().frames_in,
        frames_out: node.totals().frames_out,
    });
    Ok((capture.bus, capture.people))
}

/// All parameters of the node, with their values.
pub fn parameters(config: &Config) -> BTreeMap<String, serde_json::Value> {
    let json = |value: Value| match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(value) => value.into(),
        Value::List(value) => value.into(),
    };
    let names = config.names().into_iter();
    names
        .filter_map(|name| Some((name.clone(), json(config.get(&name)?))))
        .collect()
}
