//! What a node has on a bus: topics that it subscribes to or publishes, services that it offers.

/// Whether a message that gets lost on the way is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliability {
    /// No. Such a subscriber takes reliable publishers too.
    BestEffort,
    /// Yes. Such a subscriber does not hear best-effort publishers.
    Reliable,
}

/// Whether a subscriber that comes late gets earlier messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// No. Such a subscriber takes transient-local publishers too.
    Volatile,
    /// Yes, the last ones. Such a subscriber does not hear volatile publishers.
    TransientLocal,
}

/// How a topic's messages are to be delivered; history is "keep last".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qos {
    /// Whether lost messages are sent again.
    pub reliability: Reliability,
    /// Whether late subscribers get earlier messages.
    pub durability: Durability,
    /// Messages that are kept, 1 or more: for the node on its way in, for subscribers on the way
    /// out.
    pub depth: usize,
}

impl Qos {
    /// Best effort, keep last 5, volatile: sensor streams (REP-2003). Takes reliable publishers
    /// too.
    pub const SENSOR_DATA: Self = Self {
        reliability: Reliability::BestEffort,
        durability: Durability::Volatile,
        depth: 5,
    };

    /// Reliable and volatile.
    pub const fn reliable(depth: usize) -> Self {
        Self {
            reliability: Reliability::Reliable,
            durability: Durability::Volatile,
            depth,
        }
    }

    /// Reliable, and kept for those who come late, such as `/tf_static`.
    pub const fn latched(depth: usize) -> Self {
        Self {
            durability: Durability::TransientLocal,
            ..Self::reliable(depth)
        }
    }
}

/// A topic with the type of its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Fully qualified name after remapping, such as `/yolo/tracking`.
    pub name: String,
    /// Type name, such as `yolo_msgs/msg/DetectionArray`.
    pub type_name: &'static str,
    /// Quality of service that this side offers or asks for.
    pub qos: Qos,
}

/// A service with the type of its requests and responses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Fully qualified name after remapping, such as `/posemoe/set_parameters`.
    pub name: String,
    /// Type name, such as `rcl_interfaces/srv/SetParameters`.
    pub type_name: &'static str,
}

/// Names a subscription of one bus. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub usize);

/// Names a publisher of one bus. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublisherId(pub usize);

/// Names a service of one bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub usize);

/// Who asked, and which of their requests it is: opaque to the node, which hands it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestId {
    /// The client, as the bus names it.
    pub client: [u8; 16],
    /// Number of the request among the client's.
    pub number: i64,
    /// The endpoint that the request came from, where the bus has to know; else zeros.
    pub sender: [u8; 16],
}
