//! People of a bag: as they were recorded, or as the node finds them now.

use std::collections::BTreeMap;
use std::path::Path;

use super::Failure;
use super::capture::Capture;
use super::source::{How, Replayed, Source};
use crate::bus::bag::{BagBus, BagOptions, BagTopic};
use crate::bus::{Bus, Event, Qos, Topic};
use crate::cli::{bag_topics, offline};
use crate::config::ros_args::RosArgs;
use crate::config::{Config, Value};
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};
use crate::geometry::frames::Frames;
use crate::health::Drops;
use crate::input::transforms;
use crate::msg::posemoe::{People3D, Person3D};
use crate::msg::tf2_msgs::TFMessage;
use crate::msg::{Message, decode};
use crate::stamp::Stamp;

const STATIC_TRANSFORMS: &str = "/tf_static";

/// The people of a bag, in the order in which they were published.
pub fn read(
    path: &Path,
    how: &How<'_>,
    frames: &mut Frames,
    source: &mut Source,
) -> Result<Vec<Frame>, Failure> {
    let mut bus = BagBus::open(path, None, BagOptions::default())?;
    let topic = people_topic(bus.topics(), how)?;
    let payloads = recorded(&mut bus, topic.as_deref(), frames, source)?;
    let (bus, payloads) = match (&topic, how.node) {
        (None, Some((args, ros))) => {
            let mut ros = ros.clone();
            args.apply(&mut ros)?;
            let mut bus = BagBus::open(path, None, BagOptions::default())?;
            args.pace(&mut bus);
            replayed(bus, ros, source)?
        }
        _ => (bus, payloads),
    };
    source.origin.topic = topic;
    source.damage.extend(bus.damage().iter().cloned());
    for loss in bus.losses() {
        source.damage.push(format!(
            "{} messages of {}: {}",
            loss.count, loss.topic, loss.cause
        ));
    }
    let skips = &mut source.skips;
    Ok(payloads
        .iter()
        .filter_map(|payload| frame(payload, how, skips))
        .collect())
}

/// The topic to take people from; `None` where the node has to find them.
fn people_topic(topics: &[BagTopic], how: &How<'_>) -> Result<Option<String>, String> {
    let list = |topics: &[&BagTopic]| {
        let named = topics
            .iter()
            .map(|t| format!("{} ({})", t.name, t.type_name));
        named.collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&BagTopic> = topics.iter().collect();
    let fitting: Vec<&BagTopic> = topics
        .iter()
        .filter(|t| t.type_name == People3D::TYPE_NAME)
        .collect();
    let (type_name, flag) = (People3D::TYPE_NAME, how.topic_flag);
    match (how.topic, fitting.as_slice()) {
        (Some(wanted), _) if fitting.iter().any(|t| t.name == wanted) => {
            Ok(Some(wanted.to_owned()))
        }
        (Some(wanted), _) => Err(format!(
            "no topic {wanted} of type {type_name}; the bag has {}",
            list(&all)
        )),
        (None, [topic]) => Ok(Some(topic.name.clone())),
        (None, []) if how.node.is_some() => Ok(None),
        (None, []) => Err(format!(
            "no topic of type {type_name}; the bag has {}",
            list(&all)
        )),
        (None, several) => Err(format!(
            "several topics of type {type_name}: {}; choose one with {flag} TOPIC",
            list(several)
        )),
    }
}

/// The messages of a topic; frames at rest on the way.
fn recorded(
    bus: &mut BagBus,
    people: Option<&str>,
    frames: &mut Frames,
    source: &mut Source,
) -> Result<Vec<Vec<u8>>, Failure> {
    let is_there = |topic: &BagTopic| topic.name == STATIC_TRANSFORMS;
    let has_transforms = bus.topics().iter().any(is_there);
    let mut subscribe = |name: &str, type_name| {
        let (name, qos) = (name.to_owned(), Qos::reliable(10));
        bus.subscribe(&Topic {
            name,
            type_name,
            qos,
        })
    };
    if let Some(topic) = people {
        subscribe(topic, People3D::TYPE_NAME)?;
    }
    let at_rest = match has_transforms {
        true => Some(subscribe(STATIC_TRANSFORMS, TFMessage::TYPE_NAME)?),
        false => None,
    };
    let (mut payloads, mut drops) = (Vec::new(), Drops::default());
    while let Some(event) = bus.next_event()? {
        match event {
            Event::Message {
                subscription,
                payload,
                ..
            } if Some(subscription) == at_rest => match decode::<TFMessage>(&payload) {
                Ok(message) => transforms::take_in(&message, true, frames, &mut drops),
                Err(_) => source.skips.note(Skip::UndecodableMessage),
            },
            Event::Message { payload, .. } => payloads.push(payload),
            Event::Request { .. } | Event::Tick { .. } => {}
        }
    }
    for (cause, tally) in drops.iter() {
        let (count, text, last) = (tally.count, cause.text(), &tally.last);
        source.damage.push(format!(
            "{STATIC_TRANSFORMS}: {count} x {text} (last: {last})"
        ));
    }
    Ok(payloads)
}

/// What the node makes of a bag's keypoints; and the bag, at its end.
fn replayed(
    bus: BagBus,
    mut ros: RosArgs,
    source: &mut Source,
) -> Result<(BagBus, Vec<Vec<u8>>), Failure> {
    let mut capture = Capture::new(bus);
    bag_topics::choose(capture.bus.topics(), &mut ros)?;
    let parameters = parameters(&ros.config);
    let run = offline::run(&mut capture, ros, |_| ())?;
    let node = run.node;
    source.latencies_s = run.latencies_s;
    for (cause, tally) in node.drops().iter() {
        source.dropped.insert(cause.text(), tally.count);
    }
    let engine = node.engine().cloned().unwrap_or_default();
    source.origin.replayed = Some(Replayed {
        model: engine.model,
        provider: engine.provider,
        parameters,
    });
    Ok((capture.bus, capture.people))
}

fn parameters(config: &Config) -> BTreeMap<String, serde_json::Value> {
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

fn frame(payload: &[u8], how: &How<'_>, skips: &mut Skips) -> Option<Frame> {
    let Ok(message) = decode::<People3D>(payload) else {
        skips.note(Skip::UndecodableMessage);
        return None;
    };
    let time = &message.header.stamp;
    let Ok(stamp) = Stamp::from_parts(time.sec, time.nanosec) else {
        skips.note(Skip::BadStamp);
        return None;
    };
    let people = message.people.iter();
    let people = people.filter_map(|found| person(found, &message.joint_names, how, skips));
    Some(Frame {
        stamp,
        people: people.collect(),
        frame_id: message.header.frame_id,
    })
}

fn person(found: &Person3D, names: &[String], how: &How<'_>, skips: &mut Skips) -> Option<Person> {
    let counts = match found.state {
        Person3D::TRACKED => true,
        Person3D::PREDICTED => how.includes_predicted,
        _ => false,
    };
    if !counts {
        skips.note(Skip::PersonNotTracked);
        return None;
    }
    if found.joints.len() != names.len() {
        skips.note(Skip::JointsNotAsNamed);
        return None;
    }
    let mut person = Person {
        id: found.id.clone(),
        ..Person::default()
    };
    for (name, joint) in names.iter().zip(&found.joints) {
        let position = &joint.position;
        let sigma_m = Some(joint.sigma_m); // 0 from those who do not know
        match Joint::new([position.x, position.y, position.z], sigma_m) {
            Some(joint) => {
                person.joints.insert(names::ours(name), joint);
            }
            None => skips.note(Skip::JointNotFinite),
        }
    }
    Some(person)
}
