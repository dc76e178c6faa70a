//! A bus moves bytes: it knows topics, types, quality of service, stamps and serialized messages,
//! and nothing about people.
//!
//! The node is the same on every bus. It turns each [`Event`] into publications until the bus runs
//! dry (end of a bag, SIGINT on a robot).

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod all_or_none;
mod endpoints;
mod errors;

pub use all_or_none::all_or_none;
pub use endpoints::{
    Durability, PublisherId, Qos, Reliability, RequestId, Service, ServiceId, SubscriptionId, Topic,
};
pub use errors::{BusError, EndpointError};

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use posemoe_stamp::Stamp;

/// What a bus hands to the node.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A message arrived.
    Message {
        /// The subscription that it arrived on.
        subscription: SubscriptionId,
        /// When it arrived, on the bus's clock: the wall clock live, the log time in a bag.
        received: Stamp,
        /// CDR bytes with their 4-byte encapsulation header.
        payload: Vec<u8>,
    },
    /// Somebody asks for a service.
    Request {
        /// The service that is asked for.
        service: ServiceId,
        /// To be handed back with the answer.
        request: RequestId,
        /// CDR bytes with their 4-byte encapsulation header.
        payload: Vec<u8>,
    },
    /// A second of the bus's clock has passed.
    Tick {
        /// The bus's clock now.
        now: Stamp,
    },
    /// The period that [`Bus::set_timer`] asked for has passed.
    Timer {
        /// The bus's clock now.
        now: Stamp,
    },
}

/// Messages of one topic that never reached the node or never left it, counted since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The topic that lost them.
    pub topic: String,
    /// Why, in a few words: `queue full`, `reader not keeping up`, `corrupt chunk`.
    pub cause: &'static str,
    /// How many.
    pub count: u64,
}

/// A message type, to announce it or to write it into a bag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// Full name, such as `std_msgs/msg/Header`.
    pub type_name: &'static str,
    /// Schema in the encoding `ros2msg`: the definition, then those of all types it contains.
    pub definition: &'static str,
    /// Hash of the type's structure (REP-2016), `RIHS01_` and 64 hexadecimal digits.
    pub type_hash: &'static str,
}

/// Finds a type by its full name among those that the program knows.
pub type KnownTypes = fn(&str) -> Option<TypeInfo>;

/// Moves serialized messages between the node and the world.
///
/// Nothing here can end the node once its endpoints are there: what does not leave is counted under
/// [`Bus::losses`], and what ends the bus itself comes out of [`Events::next`].
pub trait Bus {
    /// Asks for the messages of `topic`.
    ///
    /// # Errors
    /// [`EndpointError::WrongType`] when the topic is known to carry another type,
    /// [`EndpointError::Refused`] when the middleware refuses.
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError>;

    /// Asks for no more of them. What has arrived and was not yet handed over is let go.
    fn unsubscribe(&mut self, subscription: SubscriptionId);

    /// Announces that the node will publish on `topic`.
    ///
    /// # Errors
    /// [`EndpointError::Refused`] when the middleware refuses, or nothing defines the type.
    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError>;

    /// Takes that back.
    fn unadvertise(&mut self, publisher: PublisherId);

    /// Publishes CDR bytes (with their 4-byte header).
    fn publish(&mut self, publisher: PublisherId, stamp: Stamp, payload: &[u8]);

    /// Offers a service. In a bag nobody asks for it.
    ///
    /// # Errors
    /// [`EndpointError::Refused`] when the middleware refuses.
    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError>;

    /// Answers a request with CDR bytes (with their 4-byte header).
    fn respond(&mut self, service: ServiceId, request: &RequestId, payload: &[u8]);

    /// The bus's clock now: wall time live, the log time of the last message in a bag.
    fn now(&self) -> Stamp;

    /// Asks for an [`Event::Timer`] each time that so much of the bus's clock has passed, or for
    /// none. Whoever is too slow for it misses some, and none come late in a row.
    fn set_timer(&mut self, period: Option<Duration>);

    /// What is published next is dated `moment`, and the clock shows it, until the next event. Only
    /// in a bag that is played as fast as possible: no other clock can be set.
    fn date(&mut self, _moment: Stamp) {}

    /// Every message lost so far, by topic (or service) and cause.
    fn losses(&self) -> Vec<Loss>;
}

/// Hands over what happens on a bus, one event after the other.
pub trait Events: Bus {
    /// Waits for the next event; `None` when the bus has ended (end of the bag, a signal).
    ///
    /// # Errors
    /// [`BusError`] when the bus has failed: nothing more comes, or what was published cannot be
    /// written.
    fn next(&mut self) -> impl Future<Output = Result<Option<Event>, BusError>>;
}

/// Whether this can stand between the slashes of a ROS 2 name: letters, digits and underscores, no
/// digit first.
pub fn is_name(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with(|first: char| first.is_ascii_digit())
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether this is a fully qualified ROS 2 name, such as `/yolo/tracking`.
pub fn is_qualified(name: &str) -> bool {
    name.strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(is_name))
}

/// The system's clock.
pub fn wall_clock() -> Stamp {
    let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX),
    };
    Stamp::from_nanos(nanos)
}
