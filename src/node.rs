//! The node: subscriptions → pipeline → publications, the same on every bus.

use crate::bus::{Bus, BusError, Event, Loss, PublisherId, Qos, SubscriptionId, Topic};
use crate::config::ros_args::RosArgs;
use crate::health::{Cause, Drops};
use crate::input::{self, camera_info::Calibration};
use crate::lift::Lifter;
use crate::msg::posemoe::{People2D, People3D};
use crate::msg::sensor_msgs::CameraInfo;
use crate::msg::tf2_msgs::TFMessage;
use crate::msg::visualization_msgs::MarkerArray;
use crate::msg::yolo_msgs::DetectionArray;
use crate::msg::{Message, decode, diagnostic_msgs::DiagnosticArray, encode};
use crate::output::diagnostics::{Report, Spread};
use crate::output::{diagnostics, markers, people, tf};
use crate::person::observation::Observation;
use crate::person::pose::{Poses, State};
use crate::pipeline::Pipeline;
use crate::stamp::Stamp;

/// Depth of what the node publishes; `/tf` customarily keeps 100.
const OUTPUT_DEPTH: usize = 10;
const TF_DEPTH: usize = 100;

/// Whether the bus's clock runs while the node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A live bus: processing time is measured.
    Live,
    /// A bag: its clock stands still between messages, so that a replay gives the same bytes.
    Recorded,
}

/// What runs the network, for diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Execution provider.
    pub provider: String,
    /// Name and version of the model.
    pub model: String,
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Where to.
    pub publisher: PublisherId,
    /// The stamp of its header.
    pub stamp: Stamp,
    /// CDR bytes with their header.
    pub payload: Vec<u8>,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Keypoint messages that arrived.
    pub frames_in: u64,
    /// 3D messages that went out.
    pub frames_out: u64,
    /// People in them that were tracked.
    pub people_tracked: u64,
}

/// Subscriptions, publishers and state of the node.
pub struct Node {
    name: String,
    rectified: bool,
    yolo: bool,
    timing: Timing,
    latency_known: bool,
    engine: Engine,
    keypoints: SubscriptionId,
    camera_info: SubscriptionId,
    people: PublisherId,
    tf: Option<PublisherId>,
    markers: Option<PublisherId>,
    diagnostics: PublisherId,
    calibration: Calibration,
    pipeline: Pipeline,
    drops: Drops,
    totals: Totals,
    second: Second,
    last_frame: Option<Stamp>,
    last_people: usize,
}

/// What is counted from tick to tick.
#[derive(Default)]
struct Second {
    began: Option<Stamp>,
    frames: u32,
    processing: Spread,
    stamp_to_publish: Spread,
}

impl Node {
    /// Subscribes and advertises on `bus` as `args` ask.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn connect<B: Bus>(
        bus: &mut B,
        args: &RosArgs,
        lifter: Box<dyn Lifter>,
        engine: Engine,
        timing: Timing,
    ) -> Result<Self, BusError> {
        let config = &args.config;
        let yolo = config.keypoints_type == DetectionArray::TYPE_NAME;
        let keypoints_type = if yolo {
            DetectionArray::TYPE_NAME
        } else {
            People2D::TYPE_NAME
        };
        let topic = |name: &str, type_name, qos| Topic {
            name: args.resolve(name),
            type_name,
            qos,
        };
        let reliable = Qos::Reliable {
            depth: OUTPUT_DEPTH,
        };
        let keypoints = topic(&config.keypoints_topic, keypoints_type, Qos::SensorData);
        let camera_info = topic(
            &config.camera_info_topic,
            CameraInfo::TYPE_NAME,
            Qos::SensorData,
        );
        let people = topic(&config.people_topic, People3D::TYPE_NAME, reliable);
        let tf = topic(
            "/tf",
            TFMessage::TYPE_NAME,
            Qos::Reliable { depth: TF_DEPTH },
        );
        let markers = topic(&config.markers_topic, MarkerArray::TYPE_NAME, reliable);
        let diagnostics = topic("/diagnostics", DiagnosticArray::TYPE_NAME, reliable);
        Ok(Self {
            name: args.qualified_node(),
            rectified: config.image_rectified,
            yolo,
            timing,
            latency_known: !(config.use_sim_time && timing == Timing::Live),
            engine,
            keypoints: bus.subscribe(&keypoints)?,
            camera_info: bus.subscribe(&camera_info)?,
            people: bus.advertise(&people)?,
            tf: config.publish_tf.then(|| bus.advertise(&tf)).transpose()?,
            markers: config
                .publish_markers
                .then(|| bus.advertise(&markers))
                .transpose()?,
            diagnostics: bus.advertise(&diagnostics)?,
            calibration: Calibration::default(),
            pipeline: Pipeline::new(config.settings(), lifter),
            drops: Drops::default(),
            totals: Totals::default(),
            second: Second::default(),
            last_frame: None,
            last_people: 0,
        })
    }

    /// Turns one event into messages. `now` reads the bus's clock; `losses` are the bus's own.
    pub fn handle(
        &mut self,
        event: &Event,
        now: &dyn Fn() -> Stamp,
        losses: impl FnOnce() -> Vec<Loss>,
    ) -> Vec<Outgoing> {
        match event {
            Event::Message {
                subscription,
                payload,
                received,
            } if *subscription == self.keypoints => self.keypoints(payload, *received, now),
            Event::Message {
                subscription,
                payload,
                ..
            } if *subscription == self.camera_info => {
                self.camera_info(payload);
                Vec::new()
            }
            Event::Message { .. } => Vec::new(),
            Event::Tick { now } => vec![self.tick(*now, &losses())],
        }
    }

    /// What was held back for later frames (`lookahead_s`): no more will come.
    pub fn finish(&mut self) -> Vec<Outgoing> {
        let answers = self.pipeline.finish(&mut self.drops);
        let outgoing = answers.iter().flat_map(|poses| self.publications(poses));
        outgoing.collect()
    }

    /// What was not used since the start.
    pub fn drops(&self) -> &Drops {
        &self.drops
    }

    /// Counts since the start.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    fn keypoints(
        &mut self,
        payload: &[u8],
        received: Stamp,
        now: &dyn Fn() -> Stamp,
    ) -> Vec<Outgoing> {
        let began = now();
        self.totals.frames_in += 1;
        self.second.frames += 1;
        self.last_frame = Some(received);
        let answers = match self.observe(payload) {
            Some(seen) => self.lift(&seen),
            None => Vec::new(),
        };
        let outgoing = answers.iter().flat_map(|poses| self.publications(poses));
        let outgoing: Vec<Outgoing> = outgoing.collect();
        let done = now();
        for poses in &answers {
            let late_s = done.seconds_since(poses.stamp);
            self.second.stamp_to_publish.add(late_s);
        }
        if !answers.is_empty() {
            self.second.processing.add(done.seconds_since(began));
        }
        outgoing
    }

    fn observe(&mut self, payload: &[u8]) -> Option<Observation> {
        let drops = &mut self.drops;
        let seen = if self.yolo {
            decode(payload).map(|message| input::yolo::observation(&message, drops))
        } else {
            decode(payload).map(|message| input::keypoints::observation(&message, drops))
        };
        seen.unwrap_or_else(|error| {
            drops.note(Cause::Undecodable, error.to_string());
            None
        })
    }

    fn lift(&mut self, seen: &Observation) -> Vec<Poses> {
        match self.calibration.camera_of(seen) {
            Ok(camera) => self.pipeline.step(seen, camera, &mut self.drops),
            Err((cause, detail)) => {
                self.drops.note(cause, detail);
                Vec::new()
            }
        }
    }

    fn publications(&mut self, poses: &Poses) -> Vec<Outgoing> {
        let tracked = poses.people.iter().filter(|p| p.state == State::Tracked);
        self.totals.frames_out += 1;
        self.totals.people_tracked += tracked.count() as u64;
        self.last_people = poses.people.len();
        let stamp = poses.stamp;
        let outgoing = |publisher, payload| Outgoing {
            publisher,
            stamp,
            payload,
        };
        let mut messages = vec![outgoing(self.people, encode(&people::message(poses)))];
        if let Some(publisher) = self.tf {
            // Also when nobody is tracked: one TFMessage for each input message.
            let message = tf::message(poses, &mut self.drops);
            messages.push(outgoing(publisher, encode(&message)));
        }
        if let Some(publisher) = self.markers {
            messages.push(outgoing(publisher, encode(&markers::message(poses))));
        }
        messages
    }

    fn camera_info(&mut self, payload: &[u8]) {
        match decode(payload) {
            Ok(info) => {
                let is_new = self.calibration.update(info, self.rectified);
                if let Some(problem) = self.calibration.problem().filter(|_| is_new) {
                    tracing::error!("{problem}");
                }
            }
            Err(error) => self.drops.note(Cause::Undecodable, error.to_string()),
        }
    }

    fn tick(&mut self, now: Stamp, losses: &[Loss]) -> Outgoing {
        let second = std::mem::take(&mut self.second);
        self.second.began = Some(now);
        let report = Report {
            now,
            node: &self.name,
            period_s: second.began.map_or(1.0, |began| now.seconds_since(began)),
            frames: second.frames,
            last_frame: self.last_frame,
            people: self.last_people,
            camera_problem: self.calibration.problem(),
            processing: (self.timing == Timing::Live).then_some(second.processing),
            stamp_to_publish: self.latency_known.then_some(second.stamp_to_publish),
            lookahead_s: self.pipeline.lookahead_s(),
            drops: &self.drops,
            losses,
            provider: &self.engine.provider,
            model: &self.engine.model,
        };
        let payload = encode(&diagnostics::message(&report));
        Outgoing {
            publisher: self.diagnostics,
            stamp: now,
            payload,
        }
    }
}

/// Runs the node until the bus ends.
///
/// # Errors
/// When nothing more can be had from the bus, or nothing can be written to it.
pub async fn run<B: Bus>(bus: &mut B, node: &mut Node) -> Result<(), BusError> {
    while let Some(event) = bus.next().await? {
        let messages = node.handle(&event, &|| bus.now(), || bus.losses());
        publish(bus, messages)?;
    }
    publish(bus, node.finish())
}

/// Hands messages to the bus.
///
/// # Errors
/// When nothing can be written to it.
pub fn publish<B: Bus>(bus: &mut B, messages: Vec<Outgoing>) -> Result<(), BusError> {
    for message in messages {
        bus.publish(message.publisher, message.stamp, &message.payload)?;
    }
    Ok(())
}
