//! The live bus without ROS 2: pure-Rust DDS that speaks the ROS 2 wire protocol.
//!
//! One participant, one node. Messages go in and out as serialized CDR; topic and type names are
//! mangled as ROS 2 does, and the node announces itself in the ROS graph.
//!
//! A received message may end in up to three bytes of padding that its writer did not send: RTPS
//! rounds lengths up to four, and `rustdds` does not tell how far.
//!
//! The threads of `rustdds` end when a system call of theirs is interrupted, as happens when the
//! process is stopped and continued, a debugger attaches or the machine sleeps. The bus looks every
//! second and joins anew.
//!
//! `rustdds` logs through the `log` crate and is chatty where loopback has no multicast: the
//! programs' `tracing` filter quiets it (`cli`).

mod environment;
mod farewell;
mod faults;
mod graph;
mod loopback;
mod publication;
mod raw;
mod reception;
mod session;
mod watch;

pub use super::ShutdownHandle;
pub use environment::{DdsOptions, DiscoveryRange, GraphLayout, MAX_DOMAIN_ID};
pub use publication::LARGE_MESSAGE_BYTES;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{
    Bus, BusError, Event, Loss, PublisherId, SubscriptionId, Topic, advertised, inbox, lifetime,
    refused, wall_clock,
};
use crate::stamp::Stamp;
use faults::Faults;
use inbox::Inbox;
use lifetime::Lifetime;
use publication::Publication;
use session::{Identity, Session};
use watch::Endpoint;

/// How long a closing bus waits for peers to acknowledge, at most.
const FAREWELL: Duration = Duration::from_millis(250);

/// A node on the ROS graph.
///
/// Dropping it says goodbye to its peers, which takes up to half a second when one of them hangs.
pub struct DdsBus {
    identity: Identity,
    inbox: Arc<Inbox>,
    lifetime: Lifetime,
    subscriptions: Vec<Subscription>,
    publications: Vec<Publication>,
    /// `None` only while joining anew and after that has failed.
    session: Option<Session>,
}

struct Subscription {
    endpoint: Endpoint,
    faults: Arc<Faults>,
}

impl DdsBus {
    /// Joins the graph as `namespace`/`node_name`.
    ///
    /// # Errors
    /// When a name is not a ROS 2 name, or no sockets, threads or signal handlers can be had.
    ///
    /// # Panics
    /// Outside a Tokio runtime with its I/O and time drivers enabled.
    pub fn start(node_name: &str, namespace: &str, options: &DdsOptions) -> Result<Self, BusError> {
        let identity = Identity::new(node_name, namespace, *options)?;
        let inbox = Arc::<Inbox>::default();
        let session = Session::open(&identity, &inbox)?;
        Ok(Self {
            identity,
            inbox,
            lifetime: Lifetime::start()?,
            subscriptions: Vec::new(),
            publications: Vec::new(),
            session: Some(session),
        })
    }

    /// A handle that ends this bus.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.lifetime.shutdown_handle()
    }

    /// Publishers that are connected with this subscription now.
    pub fn publishers_of(&mut self, subscription: SubscriptionId) -> usize {
        self.catch_up();
        let ours = self.subscriptions.get(subscription.0);
        self.peers_of(ours.map(|subscription| &subscription.endpoint))
    }

    /// Subscribers that are connected with this publisher now.
    pub fn subscribers_of(&mut self, publisher: PublisherId) -> usize {
        self.catch_up();
        let ours = self.publications.get(publisher.0);
        self.peers_of(ours.map(|publication| &publication.endpoint))
    }

    /// Says goodbye: peers drop this node at once instead of waiting until its lease ends.
    pub fn close(self) {
        drop(self);
    }

    fn peers_of(&self, ours: Option<&Endpoint>) -> usize {
        let both = self.session.as_ref().zip(ours);
        both.map_or(0, |(session, endpoint)| {
            session.watch.peers_of(endpoint.guid)
        })
    }

    fn catch_up(&mut self) {
        let subscribed = self
            .subscriptions
            .iter()
            .map(|subscription| &subscription.endpoint);
        let published = self
            .publications
            .iter()
            .map(|publication| &publication.endpoint);
        let ours: Vec<_> = subscribed.chain(published).collect();
        if let Some(session) = &mut self.session {
            session.watch.catch_up(&ours);
        }
    }

    fn joined(&mut self) -> Result<&mut Session, BusError> {
        self.session
            .as_mut()
            .ok_or_else(|| refused("using DDS", &"joining anew has failed"))
    }

    /// What is to be done each second.
    fn look_after(&mut self) -> Result<(), BusError> {
        if !self.session.as_ref().is_some_and(Session::is_alive) {
            self.join_anew()?;
        }
        self.catch_up();
        Ok(())
    }

    /// Replaces a session whose threads have ended; counts and waiting messages stay.
    fn join_anew(&mut self) -> Result<(), BusError> {
        tracing::warn!(
            "the DDS threads have ended (was the process stopped, or did the machine sleep?): \
             joining anew; messages of the meantime are lost"
        );
        let published: Vec<_> = self
            .publications
            .drain(..)
            .map(Publication::retire)
            .collect();
        if let Some(session) = self.session.take() {
            session.leave(Duration::ZERO); // frees the ports
        }
        let mut session = Session::open(&self.identity, &self.inbox)?;
        for (index, old) in self.subscriptions.iter_mut().enumerate() {
            let faults = Arc::clone(&old.faults);
            old.endpoint = session.read(&old.endpoint.topic, SubscriptionId(index), faults)?;
        }
        for (topic, refused) in published {
            self.publications.push(session.write(&topic, refused)?);
        }
        self.session = Some(session);
        Ok(())
    }
}

impl Bus for DdsBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, BusError> {
        let subscription = SubscriptionId(self.subscriptions.len());
        let faults = Arc::<Faults>::default();
        let shared = Arc::clone(&faults);
        let endpoint = self.joined()?.read(topic, subscription, shared)?;
        self.subscriptions.push(Subscription { endpoint, faults });
        Ok(subscription)
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, BusError> {
        let publication = self.joined()?.write(topic, 0)?;
        self.publications.push(publication);
        Ok(PublisherId(self.publications.len() - 1))
    }

    fn publish(
        &mut self,
        publisher: PublisherId,
        _stamp: Stamp,
        payload: &[u8],
    ) -> Result<(), BusError> {
        advertised(&mut self.publications, publisher)?.publish(payload)
    }

    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        let event = self.lifetime.next(&self.inbox).await;
        if matches!(event, Some(Event::Tick { .. })) {
            self.look_after()?;
        }
        Ok(event)
    }

    fn now(&self) -> Stamp {
        wall_clock()
    }

    fn losses(&self) -> Vec<Loss> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let received = self
            .subscriptions
            .iter()
            .enumerate()
            .flat_map(|(index, ours)| {
                [
                    (
                        &ours.endpoint,
                        "queue full",
                        self.inbox.dropped(SubscriptionId(index)),
                    ),
                    (
                        &ours.endpoint,
                        "lost on the way",
                        count(&ours.faults.missing),
                    ),
                    (
                        &ours.endpoint,
                        "not plain CDR",
                        count(&ours.faults.unreadable),
                    ),
                ]
            });
        let sent = self
            .publications
            .iter()
            .map(|ours| (&ours.endpoint, "reader not keeping up", ours.refused()));
        received
            .chain(sent)
            .filter(|(_, _, count)| *count > 0)
            .map(|(end, cause, count)| Loss {
                topic: end.topic.name.clone(),
                cause,
                count,
            })
            .collect()
    }
}

impl Drop for DdsBus {
    fn drop(&mut self) {
        let end = Instant::now() + FAREWELL;
        let patience = || end.saturating_duration_since(Instant::now());
        for publication in self.publications.drain(..) {
            publication.finish(patience());
        }
        if let Some(session) = self.session.take() {
            session.leave(patience());
        }
    }
}
