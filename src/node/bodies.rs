//! The topics of ROS4HRI's bodies, which come and go.

use std::collections::BTreeMap;

use super::received::{Received, note_refused, note_undecodable};
use crate::bus::{Bus, EndpointError, Qos, SubscriptionId};
use crate::config::ros_args::RosArgs;
use crate::input::hri::{Bodies, Change, TRACKED_TOPIC, skeleton_topic};
use crate::msg::hri_msgs::{IdsList, Skeleton2D};
use crate::msg::{Message, decode};
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::observation::Observation;
use posemoe_stamp::Stamp;

/// Trackers flicker: a body's topic is kept for so long (s) after the body has left.
const KEPT_S: f64 = 5.0;

/// The list of bodies, and each body's skeleton.
pub struct BodyTopics {
    tracked: SubscriptionId,
    skeletons: BTreeMap<String, Skeleton>,
    bodies: Bodies,
    /// Topics at most, of those who are there and of those who have left.
    most: usize,
}

struct Skeleton {
    /// `None` where the bus refused it.
    subscription: Option<SubscriptionId>,
    /// When the body left, if it is not there.
    left: Option<Stamp>,
}

impl BodyTopics {
    /// Subscribes to the list; to `most` bodies at the same time at most.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn subscribe(
        bus: &mut dyn Bus,
        args: &RosArgs,
        most: usize,
    ) -> Result<Self, EndpointError> {
        let list = args.subscription(TRACKED_TOPIC, IdsList::TYPE_NAME, Qos::SENSOR_DATA);
        Ok(Self {
            tracked: bus.subscribe(&list)?,
            skeletons: BTreeMap::new(),
            bodies: Bodies::new(most),
            most: 2 * most,
        })
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        bus.unsubscribe(self.tracked);
        let skeletons = self.skeletons.into_values();
        skeletons
            .filter_map(|skeleton| skeleton.subscription)
            .for_each(|id| bus.unsubscribe(id));
    }

    /// Reads a message of this subscription; `None` when it is none of these topics. `drops` holds
    /// what is not used of this message, and nothing else.
    pub fn receive(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        (subscription, payload): (SubscriptionId, &[u8]),
        image_size_px: Option<(u32, u32)>,
        drops: &mut Drops,
    ) -> Option<Received> {
        if subscription == self.tracked {
            return match decode(payload) {
                Ok(list) => Some(self.follow(bus, args, &list, drops)),
                Err(error) => {
                    note_undecodable(&error, drops);
                    Some(received(Vec::new(), drops))
                }
            };
        }
        let its =
            |(_, skeleton): &(&String, &Skeleton)| skeleton.subscription == Some(subscription);
        let (id, _) = self.skeletons.iter().find(its)?;
        let seen = match (decode::<Skeleton2D>(payload), image_size_px) {
            (Ok(skeleton), Some(size_px)) => self.bodies.skeleton(id, &skeleton, size_px, drops),
            (Ok(_), None) => {
                // The message has shares of the image, whose size only camera_info tells.
                drops.note(Cause::NoCamera, format!("skeleton of {id:?}"));
                Vec::new()
            }
            (Err(error), _) => {
                note_undecodable(&error, drops);
                Vec::new()
            }
        };
        Some(received(seen, drops))
    }

    fn follow(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        list: &IdsList,
        drops: &mut Drops,
    ) -> Received {
        let Change {
            came,
            left,
            observations,
        } = self.bodies.tracked(list, drops);
        for id in left {
            if let Some(skeleton) = self.skeletons.get_mut(&id) {
                skeleton.left = Some(bus.now());
            }
        }
        for id in came {
            if let Some(known) = self.skeletons.get_mut(&id) {
                known.left = None;
            } else if let Some(topic) = skeleton_topic(&id) {
                let topic = args.subscription(&topic, Skeleton2D::TYPE_NAME, Qos::SENSOR_DATA);
                let subscription = bus.subscribe(&topic);
                let subscription = subscription
                    .map_err(|error| note_refused(&error, drops))
                    .ok();
                let left = None;
                self.make_room(bus);
                self.skeletons.insert(id, Skeleton { subscription, left });
            }
        }
        received(observations, drops)
    }

    /// Gives the topic of who left longest ago back, if there are too many.
    fn make_room(&mut self, bus: &mut dyn Bus) {
        if self.skeletons.len() < self.most {
            return;
        }
        let gone = self.skeletons.iter();
        let gone = gone.filter_map(|(id, skeleton)| Some((skeleton.left?, id.clone())));
        let skeleton = gone.min().and_then(|(_, id)| self.skeletons.remove(&id));
        let subscription = skeleton.and_then(|skeleton| skeleton.subscription);
        subscription.into_iter().for_each(|id| bus.unsubscribe(id));
    }

    /// The image that is being gathered, as far as it has come.
    pub fn rest(&mut self) -> Option<Observation> {
        self.bodies.give()
    }

    /// Gives the topics of those back who have been away for long.
    pub fn look_after(&mut self, bus: &mut dyn Bus, now: Stamp) {
        self.skeletons.retain(|_, skeleton| {
            let stays = skeleton
                .left
                .is_none_or(|left| now.seconds_since(left) <= KEPT_S);
            if let Some(subscription) = skeleton.subscription.filter(|_| !stays) {
                bus.unsubscribe(subscription);
            }
            stays
        });
    }
}

/// Images count, not the messages of which each is made; and messages that could not be used.
fn received(complete: Vec<Observation>, drops: &Drops) -> Received {
    match complete.is_empty() && drops.is_empty() {
        true => Received::Other,
        false => Received::Keypoints(complete),
    }
}
