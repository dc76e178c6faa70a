//! A node on a bus in memory, with a network that needs no ONNX Runtime.
#![allow(dead_code)] // each target uses its own part

use std::time::Duration;

use posemoe::bus::{
    Bus, EndpointError, Event, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic,
};
use posemoe::config::ros_args::RosArgs;
use posemoe::engine::{Engine, Loader};
use posemoe::msg::posemoe::{People3D, Separation};
use posemoe::msg::sensor_msgs::PointCloud2;
use posemoe::msg::{Message, decode};
use posemoe::node::{Node, Timing};
use posemoe_core::lift::network::{Answers, Step, StepNetwork};
use posemoe_core::lift::stream::{MemoryShape, Reach, StreamLifter};
use posemoe_core::lift::{LiftError, Lifter};
use posemoe_stamp::Stamp;

/// One source of each type, in one node, two of them with depth images, plain and packed; people
/// wanted in another frame and in every form.
pub const ARGUMENTS: &str = "--ros-args -p sources:=[yolo,own,zed,hri] \
    -p yolo.depth_topic:=/depth -p yolo.depth_camera_info_topic:=/depth_info \
    -p own.depth_topic:=/packed/compressedDepth -p ground_frame:=floor -p publish_cloud:=true \
    -p robot_parts:=[arm] -p arm.from:=shoulder -p arm.to:=tool -p arm.radius_m:=0.1 \
    -p yolo.keypoints_topic:=/yolo -p own.keypoints_topic:=/own -p zed.keypoints_topic:=/zed \
    -p own.keypoints_type:=posemoe/msg/People2D -p zed.keypoints_type:=zed_msgs/msg/ObjectsStamped \
    -p hri.keypoints_type:=hri_msgs/msg/Skeleton2D -p target_frame:=base -p max_people:=4 \
    -p publish_nav_people:=true -p publish_hri:=true -p use_sim_time:=true";

/// Everyone stands.
struct Standing;

impl StepNetwork for Standing {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        _: &mut [f32],
    ) -> Result<(), LiftError> {
        for (place, number) in answers.joints_m.iter_mut().enumerate() {
            let (joint, axis) = (place % 51 / 3, place % 3);
            *number = [
                0.02 * joint as f32,
                0.1 * (joint as f32 - 8.0),
                0.01 * joint as f32,
            ][axis];
        }
        answers.sigma_m[..step.people * step.frames * 17].fill(0.05);
        Ok(())
    }
}

/// Looks at everything that is published on it.
#[derive(Default)]
pub struct MemoryBus {
    pub subscribed: Vec<Topic>,
    pub served: Vec<Service>,
    advertised: Vec<Topic>,
    pub now: Stamp,
}

impl Bus for MemoryBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        self.subscribed.push(topic.clone());
        Ok(SubscriptionId(self.subscribed.len() - 1))
    }

    fn unsubscribe(&mut self, _: SubscriptionId) {}

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        self.advertised.push(topic.clone());
        Ok(PublisherId(self.advertised.len() - 1))
    }

    fn unadvertise(&mut self, _: PublisherId) {}

    fn publish(&mut self, publisher: PublisherId, _: Stamp, payload: &[u8]) {
        match self.advertised[publisher.0].type_name {
            People3D::TYPE_NAME => check_people(&own(payload)),
            PointCloud2::TYPE_NAME => check_cloud(&own(payload)),
            Separation::TYPE_NAME => check_separation(&own(payload)),
            _ => {}
        }
    }

    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError> {
        self.served.push(service.clone());
        Ok(ServiceId(self.served.len() - 1))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, _: &[u8]) {}

    fn set_timer(&mut self, _: Option<Duration>) {}

    fn now(&self) -> Stamp {
        self.now
    }

    fn date(&mut self, moment: Stamp) {
        self.now = moment;
    }

    fn losses(&self) -> Vec<Loss> {
        Vec::new()
    }
}

fn own<M: Message>(payload: &[u8]) -> M {
    decode(payload).expect("our own message decodes")
}

/// Every point is somewhere, and there are as many as the message says.
fn check_cloud(message: &PointCloud2) {
    assert_eq!(message.data.len(), 12 * message.width as usize);
    let (numbers, _) = message.data.as_chunks();
    assert!(
        numbers
            .iter()
            .all(|number| f32::from_le_bytes(*number).is_finite()),
        "a point that is nowhere"
    );
}

/// A distance that is not said to be unknown is one; whole messages are known only where all is.
fn check_separation(message: &Separation) {
    let known = |level: u8| level != Separation::UNKNOWN;
    for pair in message.pairs.iter().filter(|pair| known(pair.level)) {
        let numbers = [pair.distance_m, pair.protective_distance_m, pair.margin_m];
        assert!(numbers.iter().all(|number| number.is_finite()), "{pair:?}");
    }
    if known(message.level) {
        let most = message.pairs.iter().map(|pair| pair.level).max();
        assert!(
            message.pairs.iter().all(|pair| known(pair.level)),
            "{message:?}"
        );
        assert_eq!(
            message.level,
            most.unwrap_or(Separation::CLEAR),
            "{message:?}"
        );
    }
}

/// Whoever is published is somewhere.
fn check_people(message: &People3D) {
    for person in &message.people {
        let (root, velocity) = (&person.root_position, &person.root_velocity);
        let mut numbers = vec![root.x, root.y, root.z, velocity.x, velocity.y, velocity.z];
        for joint in &person.joints {
            let (at, moves) = (&joint.position, &joint.velocity);
            numbers.extend([at.x, at.y, at.z, moves.x, moves.y, moves.z, joint.sigma_m]);
            assert!(joint.sigma_m >= 0.0, "{joint:?}");
        }
        assert!(
            numbers.iter().all(|number| number.is_finite()),
            "{person:?}"
        );
    }
}

/// A node that has just been started.
pub struct Rig {
    node: Node,
    pub bus: MemoryBus,
}

impl Rig {
    pub fn new(arguments: &str) -> Self {
        let words = arguments.split_whitespace().map(str::to_owned);
        let (args, _) = RosArgs::parse(words).expect("good arguments");
        let load: Loader = Box::new(|config| {
            let shape = MemoryShape {
                people: config.settings().max_people,
                reach: Reach {
                    frames: 8,
                    span_s: 8.0,
                },
                blocks: 1,
                width: 1,
                cycle_s: 10.0,
                together: 1,
            };
            let lifter: Box<dyn Lifter> = Box::new(StreamLifter::new(Standing, shape));
            Ok((lifter, Engine::default()))
        });
        let mut bus = MemoryBus::default();
        let node = Node::start(&mut bus, args, load, Timing::Live).expect("the node");
        Self { node, bus }
    }

    pub fn happen(&mut self, event: &Event) {
        self.node.handle(&mut self.bus, event);
    }

    pub fn send(&mut self, subscription: usize, payload: Vec<u8>) {
        self.happen(&Event::Message {
            subscription: SubscriptionId(subscription),
            received: self.bus.now,
            payload,
        });
    }

    pub fn ask(&mut self, service: usize, payload: Vec<u8>) {
        self.happen(&Event::Request {
            service: ServiceId(service),
            request: RequestId::default(),
            payload,
        });
    }

    pub fn be_due(&mut self) {
        self.happen(&Event::Timer { now: self.bus.now });
    }

    pub fn tick(&mut self) {
        self.happen(&Event::Tick { now: self.bus.now });
    }
}
