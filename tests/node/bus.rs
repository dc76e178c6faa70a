//! A bus in memory, and a lifter that needs no ONNX Runtime: the node by itself.

use nalgebra::Vector3;
use posemoe::bus::{Bus, BusError, Event, Loss, PublisherId, SubscriptionId, Topic};
use posemoe::config::ros_args::RosArgs;
use posemoe::lift::{LiftError, Lifted, Lifter, WindowBatch};
use posemoe::msg::{Message, decode, diagnostic_msgs::DiagnosticArray, encode};
use posemoe::node::{Engine, Node, Outgoing, Timing};
use posemoe::person::window::WindowLayout;
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

impl Lifter for Standing {
    fn layout(&self) -> WindowLayout {
        WindowLayout {
            frames: 5,
            spacing_s: 0.05,
            span_s: 0.8,
        }
    }

    fn lift(&mut self, batch: &WindowBatch) -> Result<Vec<Option<Lifted>>, LiftError> {
        match self.answer {
            Answer::Fail => Err(LiftError::Runtime("out of memory".into())),
            Answer::NotFinite => Ok(vec![None; batch.people]),
            Answer::Stand => {
                let lifted = Lifted {
                    joints_m: standing(),
                    sigma_m: [0.05; 17],
                };
                Ok(vec![Some(lifted); batch.people])
            }
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
        let node = Node::connect(
            &mut bus,
            &args,
            Box::new(Standing { answer }),
            engine,
            Timing::Live,
        )
        .unwrap();
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

    /// The message among `sent` that goes to `topic`.
    pub fn on<M: Message>(&self, topic: &str, sent: &[Outgoing]) -> Option<M> {
        let place = self.bus.advertised.iter().position(|t| t.name == topic)?;
        let found = sent
            .iter()
            .find(|out| out.publisher == PublisherId(place))?;
        Some(decode(&found.payload).unwrap())
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
