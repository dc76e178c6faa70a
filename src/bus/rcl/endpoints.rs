//! A ROS node and what it receives.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use r2r::PublisherUntyped;

use super::qos;
use crate::bus::inbox::{Arrival, Inbox};
use crate::bus::{BusError, SubscriptionId, Topic, refused, wall_clock};

/// The node; it lives on one thread.
pub(super) struct Endpoints {
    node: r2r::Node,
    inbox: Arc<Inbox>,
    readings: Vec<Reading>,
}

struct Reading {
    topic: Topic,
    subscription: SubscriptionId,
    stream: Box<dyn Stream<Item = Vec<u8>> + Unpin>,
    told: BTreeSet<String>,
}

impl Endpoints {
    /// Joins the graph.
    ///
    /// # Errors
    /// When ROS refuses.
    ///
    /// # Panics
    /// When `rcl` cannot be initialized: r2r has no other way to say so.
    pub fn create(name: &str, namespace: &str, inbox: Arc<Inbox>) -> Result<Self, BusError> {
        let joining = |error| refused("joining the ROS graph", &error);
        let context = r2r::Context::create().map_err(joining)?;
        let node = r2r::Node::create(context, name, namespace).map_err(joining)?;
        Ok(Self {
            node,
            inbox,
            readings: Vec::new(),
        })
    }

    /// Begins to receive a topic into the inbox.
    ///
    /// # Errors
    /// When a peer publishes it with another type, its type is not built in, or ROS refuses.
    pub fn subscribe(
        &mut self,
        topic: Topic,
        subscription: SubscriptionId,
    ) -> Result<(), BusError> {
        if let Some(found) = self.other_types(&topic).into_iter().next() {
            return Err(BusError::WrongType {
                topic: topic.name,
                found,
                expected: topic.type_name,
            });
        }
        let stream = self
            .node
            .subscribe_raw(&topic.name, topic.type_name, qos::profile(topic.qos))
            .map_err(|error| not_granted("subscribing to", &topic, &error))?;
        self.inbox.open(subscription, qos::depth(topic.qos));
        self.readings.push(Reading {
            topic,
            subscription,
            stream: Box::new(stream),
            told: BTreeSet::new(),
        });
        Ok(())
    }

    /// Announces a topic of ours.
    ///
    /// # Errors
    /// When its type is not built in, or ROS refuses.
    pub fn advertise(&mut self, topic: &Topic) -> Result<PublisherUntyped, BusError> {
        self.node
            .create_publisher_untyped(&topic.name, topic.type_name, qos::profile(topic.qos))
            .map_err(|error| not_granted("advertising", topic, &error))
    }

    /// Whether there is anything to receive.
    pub fn can_receive(&self) -> bool {
        !self.readings.is_empty()
    }

    /// Waits for messages, and puts them into the inbox at once: r2r takes one of each topic at a
    /// time, and drops the newest without a word where ten wait.
    pub fn receive(&mut self, patience: Duration) {
        self.node.spin_once(patience);
        for reading in &mut self.readings {
            while let Some(Some(payload)) = reading.stream.next().now_or_never() {
                self.inbox.push(Arrival {
                    subscription: reading.subscription,
                    received: wall_clock(),
                    payload,
                });
            }
        }
    }

    /// Warns, once each, of peers that publish our topics with other types.
    pub fn look_around(&mut self) {
        for index in 0..self.readings.len() {
            let found = self.other_types(&self.readings[index].topic);
            let Reading { topic, told, .. } = &mut self.readings[index];
            for other in found {
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

    fn other_types(&self, topic: &Topic) -> BTreeSet<String> {
        let publishers = self.node.get_publishers_info_by_topic(&topic.name, false);
        publishers
            .into_iter() // what ROS does not tell is no obstacle
            .flatten()
            .map(|publisher| publisher.topic_type)
            .filter(|found| found != topic.type_name)
            .collect()
    }
}

fn not_granted(action: &str, topic: &Topic, error: &r2r::Error) -> BusError {
    let action = format!("{action} {}", topic.name);
    match error {
        r2r::Error::InvalidMessageType { .. } => refused(&action, &not_built_in(topic.type_name)),
        other => refused(&action, other),
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
            qos: Qos::SensorData,
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
