//! A ROS node and what it receives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use r2r::PublisherUntyped;

use super::answers::Answer;
use super::qos;
use super::services::{self, Offer};
use crate::bus::inbox::{Inbox, Receiver};
use crate::bus::{
    BusError, EndpointError, Event, Service, ServiceId, SubscriptionId, Topic, wall_clock,
};

/// Requests of one service that wait for the node before the oldest gives way.
const SERVICE_DEPTH: usize = 10;

/// The node; it lives on one thread.
pub(super) struct Endpoints {
    node: r2r::Node,
    inbox: Arc<Inbox>,
    readings: BTreeMap<SubscriptionId, Reading>,
    /// Those that were given back. r2r takes a subscription off the graph only when its next
    /// message comes: until then it is taken up again rather than doubled when the node is
    /// configured anew.
    resting: Vec<Reading>,
    services: BTreeMap<ServiceId, Box<dyn Offer>>,
}

struct Reading {
    topic: Topic,
    stream: Box<dyn Stream<Item = Vec<u8>> + Unpin>,
    told: BTreeSet<String>,
}

impl Endpoints {
    /// Joins the graph.
    ///
    /// # Errors
    /// [`BusError`] when ROS refuses.
    ///
    /// # Panics
    /// When `rcl` cannot be initialized: r2r has no other way to say so.
    pub fn create(name: &str, namespace: &str, inbox: Arc<Inbox>) -> Result<Self, BusError> {
        let joining = |error| BusError::refused("joining the ROS graph", &error);
        let context = r2r::Context::create().map_err(joining)?;
        let node = r2r::Node::create(context, name, namespace).map_err(joining)?;
        Ok(Self {
            node,
            inbox,
            readings: BTreeMap::new(),
            resting: Vec::new(),
            services: BTreeMap::new(),
        })
    }

    /// Begins to receive a topic into the inbox.
    ///
    /// # Errors
    /// [`EndpointError`] when a peer publishes it with another type, its type is not built in, or
    /// ROS refuses.
    pub fn subscribe(
        &mut self,
        topic: Topic,
        subscription: SubscriptionId,
    ) -> Result<(), EndpointError> {
        if let Some(found) = other_types(&self.node, &topic).into_iter().next() {
            return Err(EndpointError::WrongType {
                topic: topic.name,
                found,
                expected: topic.type_name,
            });
        }
        let depth = topic.qos.depth;
        let rested = self.resting.iter().position(|rest| rest.topic == topic);
        let reading = match rested {
            Some(index) => self.resting.swap_remove(index),
            None => self.begin(topic)?,
        };
        self.inbox.open(Receiver::Topic(subscription), depth);
        self.readings.insert(subscription, reading);
        Ok(())
    }

    fn begin(&mut self, topic: Topic) -> Result<Reading, EndpointError> {
        let stream = self
            .node
            .subscribe_raw(&topic.name, topic.type_name, qos::profile(topic.qos))
            .map_err(|error| not_granted("subscribing to", &topic, &error))?;
        Ok(Reading {
            topic,
            stream: Box::new(stream),
            told: BTreeSet::new(),
        })
    }

    /// Receives that topic no more.
    pub fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.resting.extend(self.readings.remove(&subscription));
    }

    /// Begins to take requests into the inbox.
    ///
    /// # Errors
    /// [`EndpointError`] when ROS refuses.
    pub fn serve(
        &mut self,
        service: &Service,
        id: ServiceId,
    ) -> Result<Arc<dyn Answer>, EndpointError> {
        let (offer, answers) = services::offer(&mut self.node, service)?;
        self.inbox.open(Receiver::Service(id), SERVICE_DEPTH);
        self.services.insert(id, offer);
        Ok(answers)
    }

    /// Takes a publisher off the graph.
    pub fn destroy(&mut self, publisher: PublisherUntyped) {
        self.node.destroy_publisher_untyped(publisher);
    }

    /// Announces a topic of ours.
    ///
    /// # Errors
    /// [`EndpointError`] when its type is not built in, or ROS refuses.
    pub fn advertise(&mut self, topic: &Topic) -> Result<PublisherUntyped, EndpointError> {
        self.node
            .create_publisher_untyped(&topic.name, topic.type_name, qos::profile(topic.qos))
            .map_err(|error| not_granted("advertising", topic, &error))
    }

    /// Whether there is anything to receive.
    pub fn can_receive(&self) -> bool {
        !(self.readings.is_empty() && self.resting.is_empty() && self.services.is_empty())
    }

    /// Waits for messages, and puts them into the inbox at once: r2r takes one of each topic at a
    /// time, and drops the newest without a word where ten wait.
    pub fn receive(&mut self, patience: Duration) {
        self.node.spin_once(patience);
        for (subscription, reading) in &mut self.readings {
            while let Some(Some(payload)) = reading.stream.next().now_or_never() {
                self.inbox.push(Event::Message {
                    subscription: *subscription,
                    received: wall_clock(),
                    payload,
                });
            }
        }
        // With its first message r2r can let go of it.
        self.resting
            .retain_mut(|rest| rest.stream.next().now_or_never().is_none());
        for (service, offer) in &mut self.services {
            for (request, payload) in offer.requests() {
                self.inbox.push(Event::Request {
                    service: *service,
                    request,
                    payload,
                });
            }
        }
    }

    /// Warns, once each, of peers that publish our topics with other types.
    pub fn look_around(&mut self) {
        for Reading { topic, told, .. } in self.readings.values_mut() {
            for other in other_types(&self.node, topic) {
                if told.insert(other.clone()) {
                    tracing::warn!(
                        "{} carries {other} for a peer and {} for this node: they will not hear \
                         each other",
                        topic.name,
                        topic.type_name,
                    );
                }
            }
        }
    }
}

/// Whether a topic's type is built in.
///
/// # Errors
/// [`EndpointError`] when it is not, with the way out.
pub(super) fn check_type(topic: &Topic) -> Result<(), EndpointError> {
    r2r::WrappedNativeMsgUntyped::new_from(topic.type_name)
        .map(drop)
        .map_err(|error| not_granted("advertising", topic, &error))
}

/// The types, other than ours, with which peers publish a topic.
fn other_types(node: &r2r::Node, topic: &Topic) -> BTreeSet<String> {
    let publishers = node.get_publishers_info_by_topic(&topic.name, false);
    publishers
        .into_iter() // what ROS does not tell is no obstacle
        .flatten()
        .map(|publisher| publisher.topic_type)
        .filter(|found| found != topic.type_name)
        .collect()
}

fn not_granted(action: &str, topic: &Topic, error: &r2r::Error) -> EndpointError {
    let action = format!("{action} {}", topic.name);
    match error {
        r2r::Error::InvalidMessageType { .. } => {
            EndpointError::refused(action, &not_built_in(topic.type_name))
        }
        other => EndpointError::refused(action, other),
    }
}

/// Types are built in from the packages that are installed at the time.
fn not_built_in(type_name: &str) -> String {
    let package = type_name.split('/').next().unwrap_or(type_name);
    format!(
        "{type_name} was not there when posemoe was built: install or source the ROS package \
         {package}, then build posemoe again"
    )
}

#[cfg(test)]
mod tests {
    use crate::bus::Qos;

    use super::*;

    #[test]
    fn a_type_that_is_not_built_in_names_its_package_and_the_way_out() {
        let topic = Topic {
            name: "/yolo/tracking".to_owned(),
            type_name: "yolo_msgs/msg/DetectionArray",
            qos: Qos::SENSOR_DATA,
        };
        let error = r2r::Error::InvalidMessageType {
            msgtype: topic.type_name.to_owned(),
        };
        assert_eq!(
            not_granted("subscribing to", &topic, &error).to_string(),
            "subscribing to /yolo/tracking: yolo_msgs/msg/DetectionArray was not there when \
             posemoe was built: install or source the ROS package yolo_msgs, then build posemoe \
             again"
        );
    }
}
