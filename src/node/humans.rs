//! The topics of bodies as ROS4HRI has them (REP-155): they come and go with the people.

use std::collections::BTreeMap;

use super::latest::Latest;
use super::received::note_refused;
use crate::bus::{Bus, EndpointError, PublisherId, Qos};
use crate::config::ros_args::RosArgs;
use crate::input::hri::TRACKED_TOPIC;
use crate::msg::hri_msgs::{IdsList, NormalizedRegionOfInterest2D, Skeleton2D};
use crate::msg::sensor_msgs::JointState;
use crate::msg::std_msgs::String as StringMsg;
use crate::msg::{Message, encode};
use crate::output::body_id;
use crate::output::hri::{self, joint_states, roi, skeleton2d, urdf};
use posemoe_core::health::Drops;
use posemoe_core::person::pose::{Poses, State};

const QOS: Qos = Qos::reliable(10);
/// Said once, and kept for those who come later.
const URDF_QOS: Qos = Qos::latched(1);

/// Everyone's topics.
pub struct Humans {
    /// The list of bodies and what images show of them; not ours where they come from another node.
    seen: Option<PublisherId>,
    bodies: BTreeMap<String, BodyTopics>,
    latest: Latest,
}

/// What one body has; a topic is missing where the bus refused it.
#[derive(Default)]
struct BodyTopics {
    roi: Option<PublisherId>,
    skeleton2d: Option<PublisherId>,
    joint_states: Option<PublisherId>,
    urdf: Option<PublisherId>,
}

impl BodyTopics {
    fn advertise(
        bus: &mut dyn Bus,
        args: &RosArgs,
        id: &str,
        with_seen: bool,
        drops: &mut Drops,
    ) -> Self {
        let mut advertise = |name: &str, type_name, qos| {
            let name = format!("/humans/bodies/{id}/{name}");
            let topic = args.publication(&name, type_name, qos);
            let advertised = bus.advertise(&topic);
            advertised.map_err(|error| note_refused(&error, drops)).ok()
        };
        let mut topics = Self {
            joint_states: advertise("joint_states", JointState::TYPE_NAME, QOS),
            urdf: advertise("urdf", StringMsg::TYPE_NAME, URDF_QOS),
            ..Self::default()
        };
        if with_seen {
            topics.roi = advertise("roi", NormalizedRegionOfInterest2D::TYPE_NAME, QOS);
            topics.skeleton2d = advertise("skeleton2d", Skeleton2D::TYPE_NAME, QOS);
        }
        topics
    }

    fn leave(self, bus: &mut dyn Bus) {
        let all = [self.roi, self.skeleton2d, self.joint_states, self.urdf];
        all.into_iter().flatten().for_each(|id| bus.unadvertise(id));
    }
}

impl Humans {
    /// Advertises the list of bodies, unless `is_foreign`: another node's.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn advertise(
        bus: &mut dyn Bus,
        args: &RosArgs,
        is_foreign: bool,
    ) -> Result<Self, EndpointError> {
        let list = args.publication(TRACKED_TOPIC, IdsList::TYPE_NAME, QOS);
        Ok(Self {
            seen: match is_foreign {
                true => None,
                false => Some(bus.advertise(&list)?),
            },
            bodies: BTreeMap::new(),
            latest: Latest::default(),
        })
    }

    /// Publishes everyone of one frame, in the frame of their camera.
    pub fn publish(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        (camera, poses): (usize, &Poses),
        drops: &mut Drops,
    ) {
        let bodies = hri::bodies(poses);
        if let Some(list) = self.seen {
            let everyone = self.latest.with(camera, poses).flat_map(hri::bodies);
            let ids = everyone.map(|body| body.id).collect();
            bus.publish(list, poses.stamp, &encode(&hri::ids_list(poses, ids)));
        }
        for body in &bodies {
            let is_new = !self.bodies.contains_key(&body.id);
            let with_seen = self.seen.is_some();
            let topics = self
                .bodies
                .entry(body.id.clone())
                .or_insert_with(|| BodyTopics::advertise(bus, args, &body.id, with_seen, drops));
            let mut say = |publisher: Option<PublisherId>, message: Option<Vec<u8>>| {
                if let (Some(publisher), Some(message)) = (publisher, message) {
                    bus.publish(publisher, poses.stamp, &message);
                }
            };
            say(topics.joint_states, encoded(joint_states::message(body)));
            if is_new {
                say(topics.urdf, encoded(urdf::message(body)));
            }
            if with_seen {
                say(topics.roi, encoded(roi::message(body)));
                say(topics.skeleton2d, encoded(skeleton2d::message(body)));
            }
        }
        let lost = poses.people.iter().filter(|p| p.state == State::Lost);
        for id in lost.map(|person| body_id(&person.id)) {
            if let Some(topics) = self.bodies.remove(&id) {
                topics.leave(bus);
            }
        }
    }

    /// Forgets everyone, and gives their topics back.
    pub fn forget(&mut self, bus: &mut dyn Bus) {
        self.latest.forget();
        for topics in std::mem::take(&mut self.bodies).into_values() {
            topics.leave(bus);
        }
    }

    /// Publishes no more.
    pub fn leave(mut self, bus: &mut dyn Bus) {
        self.forget(bus);
        self.seen.into_iter().for_each(|id| bus.unadvertise(id));
    }
}

fn encoded<M: Message>(message: Option<M>) -> Option<Vec<u8>> {
    message.map(|message| encode(&message))
}
