//! A bus in memory, and networks that need no ONNX Runtime: the node by itself.

use nalgebra::Vector3;
use posemoe::bus::{Bus, BusError, Event, Loss, PublisherId, SubscriptionId, Topic};
use posemoe::config::Config;
use posemoe::config::ros_args::RosArgs;
use posemoe::lift::network::{Answers, Step, StepNetwork, WindowNetwork, Windows};
use posemoe::lift::stream::{MemoryShape, StreamLifter};
use posemoe::lift::window::{WindowLayout, WindowLifter};
use posemoe::lift::{LiftError, Lifter, Mode};
use posemoe::msg::{Message, decode, diagnostic_msgs::DiagnosticArray, encode};
use posemoe::node::{Engine, Node, Outgoing, Timing};
use posemoe::stamp::Stamp;

#[derive(Default)]
pub struct MemoryBus {
    pub subscribed: Vec<Topic>,
    pub advertised: Vec<Topic>,
}

impl Bus for MemoryBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, BusError> {
        self.subscribed.push(topic.clone());
        Ok(SubscriptionId(self.subscribed.len() - 1))
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, BusError> {
        self.advertised.push(topic.clone());
        Ok(PublisherId(self.advertised.len() - 1))
    }

    fn publish(&mut self, _: PublisherId, _: Stamp, _: &[u8]) -> Result<(), BusError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        Ok(None)
    }

    fn now(&self) -> Stamp {
        Stamp::default()
    }

    fn losses(&self) -> Vec<Loss> {
        Vec::new()
    }
}

/// Root-relative joints (m, y down) of someone who stands facing the camera.
pub fn standing() -> [Vector3<f64>; 17] {
    [
        (0.0, 0.0),
        (-0.1, 0.0),
        (-0.1, 0.45),
        (-0.1, 0.9),
        (0.1, 0.0),
        (0.1, 0.45),
        (0.1, 0.9),
        (0.0, -0.25),
        (0.0, -0.5),
        (0.0, -0.65),
        (0.0, -0.75),
        (0.18, -0.48),
        (0.25, -0.2),
        (0.25, 0.05),
        (-0.18, -0.48),
        (-0.25, -0.2),
        (-0.25, 0.05),
    ]
    .map(|(x, y)| Vector3::new(x, y, 0.0))
}

/// Everyone stands; or fails, or is not a number, as asked.
pub struct Standing {
    pub answer: Answer,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Answer {
    Stand,
    Fail,
    NotFinite,
}

impl Standing {
    fn answer(&self, answers: Answers<'_>) -> Result<(), LiftError> {
        let one: Vec<f32> = standing()
            .iter()
            .flatten()
            .map(|coordinate| match self.answer {
                Answer::NotFinite => f32::NAN,
                _ => *coordinate as f32,
            })
            .collect();
        for joints_m in answers.joints_m.chunks_exact_mut(one.len()) {
            joints_m.copy_from_slice(&one);
        }
        answers.sigma_m.fill(0.05);
        match self.answer {
            Answer::Fail => Err(LiftError::Runtime("out of memory".into())),
            Answer::Stand | Answer::NotFinite => Ok(()),
        }
    }
}

impl StepNetwork for Standing {
    fn step(&mut self, _: &Step<'_>, answers: Answers<'_>, _: &mut [f32]) -> Result<(), LiftError> {
        self.answer(answers)
    }
}

impl WindowNetwork for Standing {
    fn run(&mut self, _: &Windows, answers: Answers<'_>) -> Result<(), LiftError> {
        self.answer(answers)
    }
}

/// The lifter that the node would have, but for its network.
fn lifter(config: &Config, network: Standing) -> Box<dyn Lifter> {
    match config.mode() {
        Mode::Stream => {
            let shape = MemoryShape {
                people: config.settings().max_people,
                frames: 5,
                blocks: 1,
                width: 4,
                cycle_s: 10.0,
            };
            Box::new(StreamLifter::new(network, shape))
        }
        Mode::Window => {
            let layout = WindowLayout {
                frames: 5,
                span_s: 8.0,
                lookahead_s: config.lookahead_s,
            };
            Box::new(WindowLifter::new(network, layout))
        }
    }
}

/// A node with its topics, fed one message at a time.
pub struct Rig {
    pub node: Node,
    pub bus: MemoryBus,
    now: Stamp,
}

impl Rig {
    pub fn new(ros_args: &str) -> Self {
        Self::answering(ros_args, Answer::Stand)
    }

    pub fn answering(ros_args: &str, answer: Answer) -> Self {
        let words = ros_args.split_whitespace().map(str::to_owned);
        let (args, _) =
            RosArgs::parse(std::iter::once("--ros-args".to_owned()).chain(words)).unwrap();
        let mut bus = MemoryBus::default();
        let engine = Engine {
            provider: "none".into(),
            model: "standing".into(),
        };
        let lifter = lifter(&args.config, Standing { answer });
        let node = Node::connect(&mut bus, &args, lifter, engine, Timing::Live).unwrap();
        Self {
            node,
            bus,
            now: Stamp::default(),
        }
    }

    /// Hands over raw bytes on a topic.
    pub fn send_bytes(&mut self, topic: &str, payload: Vec<u8>) -> Vec<Outgoing> {
        let place = self
            .bus
            .subscribed
            .iter()
            .position(|t| t.name == topic)
            .unwrap();
        let event = Event::Message {
            subscription: SubscriptionId(place),
            received: self.now,
            payload,
        };
        let now = self.now;
        self.node.handle(&event, &|| now, Vec::new)
    }

    pub fn send<M: Message>(&mut self, topic: &str, message: &M) -> Vec<Outgoing> {
        self.send_bytes(topic, encode(message))
    }

    /// The first message among `sent` that goes to `topic`.
    pub fn on<M: Message>(&self, topic: &str, sent: &[Outgoing]) -> Option<M> {
        self.all_on(topic, sent).into_iter().next()
    }

    /// All messages among `sent` that go to `topic`.
    pub fn all_on<M: Message>(&self, topic: &str, sent: &[Outgoing]) -> Vec<M> {
        let place = self.bus.advertised.iter().position(|t| t.name == topic);
        sent.iter()
            .filter(|out| Some(out.publisher.0) == place)
            .map(|out| decode(&out.payload).unwrap())
            .collect()
    }

    /// Lets the clock reach `now` and asks for the diagnostics.
    pub fn diagnose(&mut self, now: Stamp, losses: Vec<Loss>) -> Diagnosis {
        self.now = now;
        let sent = self.node.handle(&Event::Tick { now }, &|| now, || losses);
        let message: DiagnosticArray = self.on("/diagnostics", &sent).unwrap();
        let status = message.status.into_iter().next().unwrap();
        Diagnosis {
            level: status.level,
            message: status.message,
            values: status
                .values
                .into_iter()
                .map(|v| (v.key, v.value))
                .collect(),
        }
    }
}

pub struct Diagnosis {
    pub level: u8,
    pub message: String,
    pub values: std::collections::BTreeMap<String, String>,
}

impl Diagnosis {
    /// The value under a key, empty when there is none.
    pub fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }
}
