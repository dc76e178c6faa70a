//! A bus in memory, and networks that need no ONNX Runtime: the node by itself.

use std::time::Duration;

use nalgebra::Vector3;
use posemoe::bus::{
    Bus, EndpointError, Event, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic,
};
use posemoe::config::Config;
use posemoe::config::ros_args::RosArgs;
use posemoe::engine::{Engine, Loader};
use posemoe::msg::{Message, decode, diagnostic_msgs::DiagnosticArray, encode};
use posemoe::node::{Node, Timing};
use posemoe_core::lift::network::{Answers, Step, StepNetwork, WindowNetwork, Windows};
use posemoe_core::lift::plausibility::Plausibility;
use posemoe_core::lift::stream::{MemoryShape, Reach, StreamLifter};
use posemoe_core::lift::window::{WindowLayout, WindowLifter};
use posemoe_core::lift::{LiftError, Lifter, Mode};
use posemoe_core::skeleton::Pose;
use posemoe_stamp::Stamp;

use crate::remembering;

/// A message that the node published.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub publisher: PublisherId,
    pub stamp: Stamp,
    /// The bus's clock.
    pub at: Stamp,
    pub payload: Vec<u8>,
}

/// Keeps what the node does on it. An endpoint's id is its place here; those that were given back
/// have lost their name.
#[derive(Default)]
pub struct MemoryBus {
    pub subscribed: Vec<Topic>,
    pub advertised: Vec<Topic>,
    pub served: Vec<Service>,
    pub published: Vec<Outgoing>,
    pub responses: Vec<Vec<u8>>,
    pub losses: Vec<Loss>,
    /// Topics that cannot be had, as where a peer has them with another type.
    pub refused: Vec<String>,
    pub now: Stamp,
    /// The period that the node asked for.
    pub timer: Option<Duration>,
}

impl MemoryBus {
    fn check(&self, topic: &Topic) -> Result<(), EndpointError> {
        match self.refused.contains(&topic.name) {
            true => Err(EndpointError::WrongType {
                topic: topic.name.clone(),
                found: "their_msgs/msg/Other".to_owned(),
                expected: topic.type_name,
            }),
            false => Ok(()),
        }
    }
}

impl Bus for MemoryBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        self.check(topic)?;
        self.subscribed.push(topic.clone());
        Ok(SubscriptionId(self.subscribed.len() - 1))
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.subscribed[subscription.0].name.clear();
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        self.check(topic)?;
        self.advertised.push(topic.clone());
        Ok(PublisherId(self.advertised.len() - 1))
    }

    fn unadvertise(&mut self, publisher: PublisherId) {
        self.advertised[publisher.0].name.clear();
    }

    fn publish(&mut self, publisher: PublisherId, stamp: Stamp, payload: &[u8]) {
        assert_ne!(self.advertised[publisher.0].name, "", "it was given back");
        self.published.push(Outgoing {
            publisher,
            stamp,
            at: self.now,
            payload: payload.to_vec(),
        });
    }

    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError> {
        self.served.push(service.clone());
        Ok(ServiceId(self.served.len() - 1))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, payload: &[u8]) {
        self.responses.push(payload.to_vec());
    }

    fn set_timer(&mut self, period: Option<Duration>) {
        self.timer = period;
    }

    fn now(&self) -> Stamp {
        self.now
    }

    fn date(&mut self, moment: Stamp) {
        self.now = moment;
    }

    fn losses(&self) -> Vec<Loss> {
        self.losses.clone()
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

/// Everyone stands; or remembers, or fails, or is not a number, as asked.
pub struct Standing {
    pub answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Stand,
    /// As all that is seen and remembered says.
    Remember,
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
            Answer::Stand | Answer::Remember | Answer::NotFinite => Ok(()),
        }
    }
}

impl StepNetwork for Standing {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        if self.answer == Answer::Remember {
            remembering::answer(step, answers, entries);
            return Ok(());
        }
        self.answer(answers)
    }
}

impl WindowNetwork for Standing {
    fn run(&mut self, _: &Windows, answers: Answers<'_>) -> Result<(), LiftError> {
        self.answer(answers)
    }
}

/// Finds every pose as plausible as most are.
#[derive(Clone)]
struct Usual;

impl Plausibility for Usual {
    fn of(&mut self, poses: &[Pose]) -> Result<Vec<Option<f64>>, LiftError> {
        Ok(vec![Some(0.5); poses.len()])
    }
}

/// The lifter that the node would have, but for its network.
fn lifter(config: &Config, network: Standing) -> Box<dyn Lifter> {
    match config.mode() {
        Mode::Stream => {
            let shape = MemoryShape {
                people: config.settings().max_people,
                reach: Reach {
                    frames: 40,
                    span_s: 8.0,
                },
                blocks: 1,
                width: remembering::WIDTH,
                cycle_s: 10.0,
                together: config.frames_together.max(1) as usize,
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
}

impl Rig {
    pub fn new(ros_args: &str) -> Self {
        Self::answering(ros_args, Answer::Stand)
    }

    pub fn answering(ros_args: &str, answer: Answer) -> Self {
        Self::judged(ros_args, answer, Usual)
    }

    pub fn judged(
        ros_args: &str,
        answer: Answer,
        judge: impl Plausibility + Clone + 'static,
    ) -> Self {
        let words = ros_args.split_whitespace().map(str::to_owned);
        let (args, _) =
            RosArgs::parse(std::iter::once("--ros-args".to_owned()).chain(words)).unwrap();
        let mut bus = MemoryBus::default();
        let lifter = move |config: &Config| {
            let engine = Engine {
                provider: "none".into(),
                model: "standing".into(),
            };
            Ok((lifter(config, Standing { answer }), engine))
        };
        let load = Loader {
            plausibility: Box::new(move |_| Ok(Some(Box::new(judge.clone())))),
            ..Loader::of_lifters(lifter)
        };
        let node = Node::start(&mut bus, args, load, Timing::Live).unwrap();
        Self { node, bus }
    }

    /// Hands over raw bytes on a topic; what the node publishes upon them.
    pub fn send_bytes(&mut self, topic: &str, payload: Vec<u8>) -> Vec<Outgoing> {
        let place = self.bus.subscribed.iter().position(|t| t.name == topic);
        self.happen(&Event::Message {
            subscription: SubscriptionId(place.unwrap()),
            received: self.bus.now,
            payload,
        })
    }

    /// What the node publishes upon an event.
    pub fn happen(&mut self, event: &Event) -> Vec<Outgoing> {
        self.bus.published.clear();
        self.node.handle(&mut self.bus, event);
        self.bus.published.clone()
    }

    /// What the node still has to say at the end.
    pub fn finish(&mut self) -> Vec<Outgoing> {
        self.bus.published.clear();
        self.node.flush(&mut self.bus);
        self.bus.published.clone()
    }

    /// Asks one of the node's services, by the last part of its name; what comes upon that is in
    /// `bus.published`.
    pub fn ask<Q: Message, A: Message>(&mut self, service: &str, question: &Q) -> A {
        let is_it = |served: &Service| served.name.ends_with(&format!("/{service}"));
        let place = self.bus.served.iter().position(is_it).unwrap();
        self.happen(&Event::Request {
            service: ServiceId(place),
            request: RequestId::default(),
            payload: encode(question),
        });
        decode(&self.bus.responses.pop().unwrap()).unwrap()
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

    /// Lets the clock reach `now`, where the node's timer is due; what it publishes upon that.
    pub fn be_due(&mut self, now: Stamp) -> Vec<Outgoing> {
        self.bus.now = now;
        self.happen(&Event::Timer { now })
    }

    /// Lets the clock reach `now` and asks for the diagnostics.
    pub fn diagnose(&mut self, now: Stamp, losses: Vec<Loss>) -> Diagnosis {
        (self.bus.now, self.bus.losses) = (now, losses);
        let sent = self.happen(&Event::Tick { now });
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
