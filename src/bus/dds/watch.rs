//! Who is at the other end of our topics, and why somebody is not.

use std::collections::BTreeSet;

use rustdds::dds::statusevents::{DomainParticipantStatusEvent as Happening, StatusEvented};
use rustdds::{DomainParticipant, DomainParticipantStatusListener, GUID, QosPolicies};

use super::names::{Role, dds_topic, dds_type};
use crate::bus::{EndpointError, RequestId, Topic};
use posemoe_core::health::excerpt;

/// One end of a topic that is ours; of a service, the end of one half.
pub(super) struct Endpoint {
    pub topic: Topic,
    pub role: Role,
    pub dds_topic: String,
    pub dds_type: String,
    pub guid: GUID,
}

impl Endpoint {
    /// One that DDS has yet to give a GUID.
    ///
    /// # Errors
    /// [`EndpointError::Name`] when a name is not a ROS 2 name.
    pub fn named(topic: &Topic, role: Role) -> Result<Self, EndpointError> {
        Ok(Self {
            topic: topic.clone(),
            role,
            dds_topic: dds_topic(&topic.name, role)?,
            dds_type: dds_type(topic.type_name, role)?,
            guid: GUID::GUID_UNKNOWN,
        })
    }
}

/// Follows what discovery finds.
pub(super) struct Watch {
    listener: DomainParticipantStatusListener,
    matches: BTreeSet<(GUID, GUID)>,
    warned: Warned,
}

/// Pairs of endpoints, ours and a peer's, that a warning has named.
#[derive(Default)]
struct Warned(BTreeSet<(GUID, GUID)>);

impl Warned {
    /// So many are remembered; while they are there, nothing is said of others.
    const MOST: usize = 1000;

    /// Whether a warning about these two is news.
    fn is_news(&mut self, pair: (GUID, GUID)) -> bool {
        self.0.len() < Self::MOST && self.0.insert(pair)
    }

    /// Forgets those of whom either end is gone.
    fn forget(&mut self, is_gone: impl Fn(GUID) -> bool) {
        self.0
            .retain(|(ours, peer)| !is_gone(*ours) && !is_gone(*peer));
    }
}

impl Watch {
    pub fn new(participant: &DomainParticipant) -> Self {
        let listener = participant.status_listener();
        Self {
            listener,
            matches: BTreeSet::new(),
            warned: Warned::default(),
        }
    }

    /// Takes note of everything that happened since the last call, and warns of what keeps a peer
    /// and us from talking.
    pub fn catch_up(&mut self, ours: &[&Endpoint]) {
        while let Some(happening) = self.listener.try_recv_status() {
            match happening {
                Happening::RemoteReaderMatched {
                    local_writer,
                    remote_reader,
                } => {
                    self.matches.insert((local_writer, remote_reader));
                }
                Happening::RemoteWriterMatched {
                    local_reader,
                    remote_writer,
                } => {
                    self.matches.insert((local_reader, remote_writer));
                }
                Happening::ReaderLost { guid, .. } | Happening::WriterLost { guid, .. } => {
                    self.matches.retain(|(_, remote)| *remote != guid);
                    self.warned.forget(|end| end == guid);
                }
                Happening::ParticipantLost { id, .. } => {
                    self.matches.retain(|(_, remote)| remote.prefix != id);
                    self.warned.forget(|end| end.prefix == id);
                }
                Happening::RemoteReaderQosIncompatible {
                    local_writer,
                    remote_reader,
                    requested_qos,
                    offered_qos,
                } => self.warn_of_qos(
                    ours,
                    (local_writer, remote_reader),
                    &requested_qos,
                    &offered_qos,
                ),
                Happening::RemoteWriterQosIncompatible {
                    local_reader,
                    remote_writer,
                    requested_qos,
                    offered_qos,
                } => self.warn_of_qos(
                    ours,
                    (local_reader, remote_writer),
                    &requested_qos,
                    &offered_qos,
                ),
                Happening::ReaderDetected { reader: found }
                | Happening::WriterDetected { writer: found } => {
                    self.warn_of_type(ours, found.guid, &found.topic_name, &found.type_name);
                }
                _ => {}
            }
        }
    }

    /// Lets go of what is known of an endpoint of ours that is closed.
    pub fn forget(&mut self, ours: GUID) {
        self.matches.retain(|(local, _)| *local != ours);
        self.warned.forget(|end| end == ours);
    }

    /// Endpoints of peers that are connected with this one of ours.
    pub fn peers_of(&self, ours: GUID) -> usize {
        self.matches
            .iter()
            .filter(|(local, _)| *local == ours)
            .count()
    }

    /// Whether the reader is connected that waits for the answer to `asked`, through these ends of
    /// ours. A client of Cyclone DDS does not say which of its participant's readers that is: then
    /// as many as ask from there must be connected.
    pub fn hears(&self, asked: &RequestId, requests: GUID, replies: GUID) -> bool {
        let named = GUID::from_bytes(asked.client);
        let sender = GUID::from_bytes(asked.sender);
        let ends = |ours: GUID| self.ends_beside(sender, ours).count();
        self.matches.contains(&(replies, named)) || ends(replies) >= ends(requests).max(1)
    }

    /// Ends of the participant that has `peer` that are connected with this one of ours.
    pub fn ends_beside(&self, peer: GUID, ours: GUID) -> impl Iterator<Item = GUID> {
        let peers = self.matches.iter().filter(move |(local, _)| *local == ours);
        peers
            .map(|(_, remote)| *remote)
            .filter(move |remote| remote.prefix == peer.prefix)
    }

    fn warn_of_qos(
        &mut self,
        ours: &[&Endpoint],
        pair: (GUID, GUID),
        requested: &QosPolicies,
        offered: &QosPolicies,
    ) {
        if self.warned.is_news(pair) {
            let topic = ours.iter().find(|endpoint| endpoint.guid == pair.0);
            tracing::warn!(
                "{}: a peer's quality of service does not fit ours ({:?}): the subscriber asks \
                 for {:?}, {:?}; the publisher offers {:?}, {:?}",
                topic.map_or("(unknown topic)", |endpoint| endpoint.topic.name.as_str()),
                offered.compliance_failure_wrt(requested),
                requested.reliability(),
                requested.durability(),
                offered.reliability(),
                offered.durability(),
            );
        }
    }

    fn warn_of_type(&mut self, ours: &[&Endpoint], peer: GUID, topic: &str, dds_type: &str) {
        let clash = ours
            .iter()
            .find(|end| end.dds_topic == topic && end.dds_type != dds_type);
        if let Some(end) = clash.filter(|end| self.warned.is_news((end.guid, peer))) {
            tracing::warn!(
                "{} carries {} for a peer and {} for this node: they will not hear each other",
                end.topic.name,
                excerpt(&ros_type(dds_type)),
                end.topic.type_name,
            );
        }
    }
}

/// Refuses a topic that a peer already publishes with another type.
///
/// # Errors
/// [`EndpointError::WrongType`] with the type that was found.
pub(super) fn check_type(
    participant: &DomainParticipant,
    ours: &Endpoint,
) -> Result<(), EndpointError> {
    let clash = participant
        .discovered_writers()
        .into_iter()
        .map(|writer| writer.publication_topic_data)
        .find(|found| found.topic_name == ours.dds_topic && found.type_name != ours.dds_type);
    match clash {
        None => Ok(()),
        Some(found) => Err(EndpointError::WrongType {
            topic: ours.topic.name.clone(),
            found: ros_type(&found.type_name),
            expected: ours.topic.type_name,
        }),
    }
}

/// The ROS name behind a DDS type name; what is not one of those comes back as it is.
fn ros_type(dds_type: &str) -> String {
    match dds_type.split("::").collect::<Vec<_>>()[..] {
        [package, kind, "dds_", mangled] => {
            format!(
                "{package}/{kind}/{}",
                mangled.strip_suffix('_').unwrap_or(mangled)
            )
        }
        _ => dds_type.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_who_come_and_go_are_told_of_once_each_and_not_remembered() {
        let guid = |number: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            GUID::from_bytes(bytes)
        };
        let mut warned = Warned::default();
        let news = (1..5000).filter(|peer| warned.is_news((guid(0), guid(*peer))));
        assert_eq!(news.count(), Warned::MOST);
        assert!(!warned.is_news((guid(0), guid(7))));
        warned.forget(|end| end == guid(7));
        assert!(warned.is_news((guid(0), guid(7))));
        warned.forget(|end| end.prefix == guid(0).prefix);
        assert!(warned.0.is_empty());
    }

    #[test]
    fn types_are_shown_as_ros_shows_them() {
        assert_eq!(
            ros_type("tf2_msgs::msg::dds_::TFMessage_"),
            "tf2_msgs/msg/TFMessage"
        );
        assert_eq!(ros_type("ShapeType"), "ShapeType");
    }
}
