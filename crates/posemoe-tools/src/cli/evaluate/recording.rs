//! What a bag has recorded of people and of frames, in one pass.

use super::Failure;
use super::source::Source;
use super::tf::TfPeople;
use super::tf_pattern::TfPattern;
use crate::evaluate::Skip;
use posemoe::input::transforms;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::{Message, decode};
use posemoe::output::tf::is_ours;
use posemoe_bag::{BagBus, BagTopic};
use posemoe_bus::{Bus, Event, Qos, Topic};
use posemoe_core::frames::Frames;
use posemoe_core::health::Drops;
use posemoe_stamp::Stamp;

/// Of frames that move.
pub const TRANSFORMS: &str = "/tf";
/// Of frames at rest.
const STATIC_TRANSFORMS: &str = "/tf_static";

/// What was found.
pub struct Recording<'a> {
    /// Where frames are.
    pub frames: Frames,
    /// People on TF, where they were asked for.
    pub people: Option<TfPeople<'a>>,
    /// The messages of the topic of people, each with its log time.
    pub messages: Vec<(Stamp, Vec<u8>)>,
    /// From the stamp of people on TF to their log time (s).
    pub latencies_s: Vec<f64>,
}

/// Reads the topic of people with this name and type, TF, and the people on it that are called so.
pub fn read<'a>(
    bus: &mut BagBus,
    people: Option<(&str, &'static str)>,
    pattern: Option<&'a TfPattern>,
    source: &mut Source,
) -> Result<Recording<'a>, Failure> {
    let mut subscribe = |name: &str, type_name| {
        let is_there = |topic: &BagTopic| topic.name == name;
        if !bus.topics().iter().any(is_there) {
            return Ok(None);
        }
        let (name, qos) = (name.to_owned(), Qos::reliable(10));
        let topic = Topic {
            name,
            type_name,
            qos,
        };
        bus.subscribe(&topic).map(Some)
    };
    let moving = subscribe(TRANSFORMS, TFMessage::TYPE_NAME)?;
    let at_rest = subscribe(STATIC_TRANSFORMS, TFMessage::TYPE_NAME)?;
    let of_people = people.map(|(topic, type_name)| subscribe(topic, type_name));
    let of_people = of_people.transpose()?.flatten();
    let mut recording = Recording {
        frames: Frames::recorded(),
        people: pattern.map(TfPeople::new),
        messages: Vec::new(),
        latencies_s: Vec::new(),
    };
    if [moving, at_rest, of_people].iter().all(Option::is_none) {
        return Ok(recording); // there is nothing to read the bag for
    }
    let mut drops = [Drops::default(), Drops::default()];
    while let Some(event) = bus.next_event()? {
        match event {
            Event::Message {
                subscription: on,
                received,
                payload,
            } if [moving, at_rest].contains(&Some(on)) => {
                let is_at_rest = Some(on) == at_rest;
                let drops = &mut drops[usize::from(is_at_rest)];
                match decode(&payload) {
                    Ok(message) => recording.take_in(&message, is_at_rest, received, drops),
                    Err(_) => source.skips.note(Skip::UndecodableMessage),
                }
            }
            Event::Message {
                received, payload, ..
            } => recording.messages.push((received, payload)),
            Event::Request { .. } | Event::Tick { .. } | Event::Timer { .. } => {}
        }
    }
    for (topic, drops) in [TRANSFORMS, STATIC_TRANSFORMS].iter().zip(&drops) {
        for (cause, tally) in drops.iter() {
            let (count, text, last) = (tally.count, cause.text(), &tally.last);
            let damage = format!("{topic}: {count} x {text} (last: {last})");
            source.damage.push(damage);
        }
    }
    Ok(recording)
}

impl Recording<'_> {
    fn take_in(
        &mut self,
        message: &TFMessage,
        is_at_rest: bool,
        received: Stamp,
        drops: &mut Drops,
    ) {
        if let Some(people) = &mut self.people {
            let newest = people.take_in(message, is_at_rest);
            self.latencies_s
                .extend(newest.map(|stamp| received.seconds_since(stamp)));
        } else if is_ours(message) {
            return; // the joints of our own people: many, and nothing hangs from them
        }
        transforms::take_in(message, is_at_rest, &mut self.frames, drops);
    }
}
