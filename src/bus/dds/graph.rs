//! Our entry in the ROS graph: which node owns which reader and writer.
//!
//! DDS knows participants and endpoints but no nodes. Every ROS 2 process therefore announces on
//! `ros_discovery_info` what belongs to which of its nodes; `ros2 node list`, `ros2 node info` and
//! the node names in `ros2 topic info --verbose` come from there.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::Stream;
use rustdds::bytes::Bytes;
use rustdds::dds::statusevents::StatusEvented;
use rustdds::policy::{Durability, History, Reliability};
use rustdds::{
    DomainParticipant, Duration, GUID, Publisher, QosPolicyBuilder, RTPSEntity, TopicKind,
};

use super::environment::GraphLayout;
use super::raw::RawWriter;

use crate::bus::{BusError, is_name};

const TOPIC: &str = "ros_discovery_info";
const TYPE: &str = "rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_";

/// Announces one node.
pub(super) struct GraphEntry {
    layout: GraphLayout,
    participant: GUID,
    node: Node,
    writer: RawWriter,
}

struct Node {
    namespace: String,
    name: String,
    readers: Vec<GUID>,
    writers: Vec<GUID>,
}

impl GraphEntry {
    /// Announces a node that has no endpoints yet.
    ///
    /// # Errors
    /// [`BusError`] when the middleware refuses.
    pub fn announce(
        participant: &DomainParticipant,
        publisher: &Publisher,
        name: &str,
        namespace: &str,
        layout: GraphLayout,
    ) -> Result<Self, BusError> {
        let policies = QosPolicyBuilder::new()
            .reliability(Reliability::Reliable {
                max_blocking_time: Duration::ZERO,
            })
            .durability(Durability::TransientLocal)
            .history(History::KeepLast { depth: 1 })
            .build();
        let announcing = |error| BusError::refused("announcing the node", &error);
        let topic = participant
            .create_topic(
                TOPIC.to_owned(),
                TYPE.to_owned(),
                &policies,
                TopicKind::NoKey,
            )
            .map_err(announcing)?;
        let writer = publisher
            .create_datawriter_no_key(&topic, Some(policies))
            .map_err(announcing)?;
        let node = Node {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            readers: Vec::new(),
            writers: Vec::new(),
        };
        let entry = Self {
            layout,
            participant: participant.guid(),
            node,
            writer,
        };
        entry.publish(Some(&entry.node));
        Ok(entry)
    }

    /// The node got one more reader.
    pub fn add_reader(&mut self, reader: GUID) {
        self.node.readers.push(reader);
        self.publish(Some(&self.node));
    }

    /// The node got one more writer.
    pub fn add_writer(&mut self, writer: GUID) {
        self.node.writers.push(writer);
        self.publish(Some(&self.node));
    }

    /// A reader or writer of the node is gone.
    pub fn remove(&mut self, endpoint: GUID) {
        for endpoints in [&mut self.node.readers, &mut self.node.writers] {
            endpoints.retain(|known| *known != endpoint);
        }
        self.publish(Some(&self.node));
    }

    /// Whether the thread that sends for this participant still runs: it holds the other end of
    /// the writer's status channel.
    pub fn is_carried(&self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        let mut happenings = pin!(self.writer.as_async_status_stream());
        loop {
            match happenings.as_mut().poll_next(&mut nobody) {
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) => return false,
                Poll::Pending => return true,
            }
        }
    }

    /// The node leaves. Waits at most `patience` until peers have taken note.
    pub fn withdraw(self, patience: std::time::Duration) {
        self.publish(None);
        if !matches!(self.writer.wait_for_acknowledgments(patience), Ok(true)) {
            tracing::debug!("not every peer acknowledged that this node leaves");
        }
    }

    fn publish(&self, node: Option<&Node>) {
        let body = Bytes::from(encode(self.layout, self.participant, node));
        if let Err(error) = self.writer.write(body, None) {
            tracing::warn!("the ROS graph may show this node wrongly: {error}");
        }
    }
}

/// Refuses what ROS 2 would not take as the name of a node.
///
/// # Errors
/// [`BusError::Setting`] with the name.
pub(super) fn check_names(name: &str, namespace: &str) -> Result<(), BusError> {
    if !is_name(name) {
        return Err(BusError::Setting {
            name: "node name",
            value: name.to_owned(),
            expected: "letters, digits and underscores, not beginning with a digit",
        });
    }
    let inner = namespace.strip_prefix('/');
    if !inner.is_some_and(|inner| inner.is_empty() || inner.split('/').all(is_name)) {
        return Err(BusError::Setting {
            name: "node namespace",
            value: namespace.to_owned(),
            expected: "an absolute ROS 2 namespace such as / or /robot1",
        });
    }
    Ok(())
}

/// `rmw_dds_common/msg/ParticipantEntitiesInfo` in little-endian CDR, without header.
fn encode(layout: GraphLayout, participant: GUID, node: Option<&Node>) -> Vec<u8> {
    let gid_bytes = match layout {
        GraphLayout::Humble => 24,
        GraphLayout::Iron => 16,
    };
    let mut out = Vec::new();
    let gid = |out: &mut Vec<u8>, guid: &GUID| {
        let end = out.len() + gid_bytes;
        out.extend_from_slice(&guid.to_bytes());
        out.resize(end, 0);
    };
    gid(&mut out, &participant);
    count(&mut out, usize::from(node.is_some()));
    if let Some(node) = node {
        for text in [&node.namespace, &node.name] {
            count(&mut out, text.len() + 1);
            out.extend_from_slice(text.as_bytes());
            out.push(0);
        }
        for endpoints in [&node.readers, &node.writers] {
            count(&mut out, endpoints.len());
            endpoints
                .iter()
                .for_each(|endpoint| gid(&mut out, endpoint));
        }
    }
    out
}

/// A CDR sequence or string length, aligned to four bytes.
fn count(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_encoded_as_the_graph_expects() {
        let guid = GUID::from_bytes([9; 16]);
        let node = Node {
            namespace: "/".to_owned(),
            name: "n".to_owned(),
            readers: vec![guid],
            writers: vec![],
        };
        let iron = encode(GraphLayout::Iron, guid, Some(&node));
        let mut expected = vec![9; 16];
        expected.extend([1, 0, 0, 0]);
        expected.extend([2, 0, 0, 0, b'/', 0, 0, 0]);
        expected.extend([2, 0, 0, 0, b'n', 0, 0, 0]);
        expected.extend([1, 0, 0, 0]);
        expected.extend([9; 16]);
        expected.extend([0; 4]);
        assert_eq!(iron, expected);
        assert_eq!(
            encode(GraphLayout::Humble, guid, Some(&node)).len(),
            iron.len() + 16
        );
        assert_eq!(encode(GraphLayout::Iron, guid, None).len(), 20);
    }
}
