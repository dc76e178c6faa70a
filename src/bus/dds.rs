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

mod answers;
mod disposal;
mod environment;
mod faults;
mod graph;
mod loopback;
mod names;
mod not_honoured;
mod publication;
mod raw;
mod reach;
mod reception;
mod requests;
mod session;
mod watch;
mod whole;

pub use super::MAX_DOMAIN_ID;
pub use super::ShutdownHandle;
pub use environment::{DdsOptions, DiscoveryRange, GraphLayout};
pub use not_honoured::variables_not_honoured;
pub use publication::LARGE_MESSAGE_BYTES;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{
    Bus, BusError, EndpointError, Event, Events, Loss, PublisherId, Qos, RequestId, Service,
    ServiceId, SubscriptionId, Topic, inbox, lifetime, wall_clock,
};
use answers::{Answer, Answers};
use faults::Faults;
use inbox::{Inbox, Receiver};
use lifetime::Lifetime;
use names::Role;
use posemoe_stamp::Stamp;
use publication::{Lost, Publication};
use session::{Identity, Session};
use watch::Endpoint;

/// How long a closing bus waits for peers to acknowledge, at most.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(250);

/// As ROS 2 has it for services.
const SERVICE_QOS: Qos = Qos::reliable(10);

/// A node on the ROS graph.
///
/// Dropping it says goodbye to its peers, which takes up to half a second when one of them hangs.
pub struct DdsBus {
    identity: Identity,
    inbox: Arc<Inbox>,
    lifetime: Lifetime,
    readings: BTreeMap<Receiver, Reading>,
    publications: BTreeMap<PublisherId, Publication>,
    replies: BTreeMap<ServiceId, Publication>,
    answers: Answers,
    /// Endpoints made so far: the next one's number.
    made: usize,
    /// `None` only while joining anew and after that has failed.
    session: Option<Session>,
}

/// A topic, or the requests of a service.
struct Reading {
    endpoint: Endpoint,
    faults: Arc<Faults>,
}

impl DdsBus {
    /// Joins the graph as `namespace`/`node_name`.
    ///
    /// # Errors
    /// [`BusError`] when a name is not a ROS 2 name, or no sockets, threads or signal handlers can
    /// be had.
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
            readings: BTreeMap::new(),
            publications: BTreeMap::new(),
            replies: BTreeMap::new(),
            answers: Answers::default(),
            made: 0,
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
        let ours = self.readings.get(&Receiver::Topic(subscription));
        self.peers_of(ours.map(|reading| &reading.endpoint))
    }

    /// Subscribers that are connected with this publisher now.
    pub fn subscribers_of(&mut self, publisher: PublisherId) -> usize {
        self.catch_up();
        let ours = self.publications.get(&publisher);
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
        let readings = self.readings.values().map(|reading| &reading.endpoint);
        let publications = self.publications.values().chain(self.replies.values());
        let ours: Vec<_> = readings
            .chain(publications.map(|publication| &publication.endpoint))
            .collect();
        if let Some(session) = &mut self.session {
            session.watch.catch_up(&ours);
        }
    }

    fn joined(&mut self) -> Result<&mut Session, EndpointError> {
        self.session
            .as_mut()
            .ok_or_else(|| EndpointError::refused("using DDS", &"joining anew has failed"))
    }

    /// Opens a receiver, with the next number.
    fn read(&mut self, topic: &Topic, receiver: Receiver) -> Result<(), EndpointError> {
        let faults = Arc::<Faults>::default();
        let shared = Arc::clone(&faults);
        let endpoint = self.joined()?.read(topic, receiver, shared)?;
        self.made += 1;
        self.readings.insert(receiver, Reading { endpoint, faults });
        Ok(())
    }

    /// Sends the answers whose clients can hear them, and those that have waited long enough.
    fn send_answers(&mut self, now: Instant) {
        self.catch_up();
        let Some(session) = &self.session else {
            return;
        };
        let is_known = |answer: &Answer| {
            let requests = self.readings.get(&Receiver::Service(answer.service));
            let ends = requests.zip(self.replies.get(&answer.service));
            ends.is_some_and(|(requests, replies)| {
                let (asked, heard) = (requests.endpoint.guid, replies.endpoint.guid);
                session.watch.hears(&answer.request, asked, heard)
            })
        };
        for (answer, known) in self.answers.due(now, is_known) {
            let Some(replies) = self.replies.get_mut(&answer.service) else {
                continue;
            };
            if !known {
                replies.note_unknown_client();
            }
            let is_long = answer.payload.len() > whole::SHORT;
            let route = (known && is_long && requests::mark_beside(&answer.request).is_some())
                .then(|| session.route_to(&answer.request, replies.endpoint.guid));
            replies.reply(&answer.request, &answer.payload, route.as_ref());
        }
    }

    /// What is to be done each second.
    fn look_after(&mut self) -> Result<(), BusError> {
        if !self.session.as_ref().is_some_and(Session::is_alive) {
            self.join_anew(
                "the DDS threads have ended (was the process stopped, or did the machine sleep?)",
            )?;
        } else if self.session.as_ref().is_some_and(Session::could_reach_more) {
            self.join_anew("a network interface has come up")?;
        }
        self.catch_up();
        if let Some(session) = &mut self.session {
            session.pass_by_hung_subscribers(self.publications.values_mut());
        }
        Ok(())
    }

    /// Replaces the session; counts and waiting messages stay.
    fn join_anew(&mut self, why: &str) -> Result<(), BusError> {
        tracing::warn!("{why}: joining anew; messages of the meantime are lost");
        let retire = |publication: Publication| publication.retire();
        let published = map_values(std::mem::take(&mut self.publications), retire);
        let replied = map_values(std::mem::take(&mut self.replies), retire);
        if let Some(session) = self.session.take() {
            session.leave(Duration::ZERO); // frees the ports
        }
        let mut session = Session::open(&self.identity, &self.inbox)?;
        for (receiver, old) in &mut self.readings {
            let faults = Arc::clone(&old.faults);
            let anew = session.read(&old.endpoint.topic, *receiver, faults);
            old.endpoint = anew.map_err(anew_refused)?;
        }
        for (id, (old, lost)) in published {
            let anew = session
                .write(&old.topic, old.role, lost)
                .map_err(anew_refused)?;
            self.publications.insert(id, anew);
        }
        for (id, (old, lost)) in replied {
            let anew = session
                .write(&old.topic, old.role, lost)
                .map_err(anew_refused)?;
            self.replies.insert(id, anew);
        }
        self.session = Some(session);
        Ok(())
    }
}

fn anew_refused(error: EndpointError) -> BusError {
    BusError::refused("joining anew", &error)
}

fn map_values<K: Ord, V, W>(map: BTreeMap<K, V>, turn: impl Fn(V) -> W) -> BTreeMap<K, W> {
    map.into_iter()
        .map(|(key, value)| (key, turn(value)))
        .collect()
}

impl Bus for DdsBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        let subscription = SubscriptionId(self.made);
        self.read(topic, Receiver::Topic(subscription))?;
        Ok(subscription)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        let receiver = Receiver::Topic(subscription);
        let gone = self.readings.remove(&receiver);
        if let (Some(session), Some(reading)) = (&mut self.session, gone) {
            session.close(&reading.endpoint, receiver);
        }
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        let publication = self.joined()?.write(topic, Role::Topic, Lost::default())?;
        let id = PublisherId(self.made);
        self.made += 1;
        self.publications.insert(id, publication);
        Ok(id)
    }

    fn unadvertise(&mut self, publisher: PublisherId) {
        let gone = self.publications.remove(&publisher);
        if let (Some(session), Some(publication)) = (&mut self.session, gone) {
            session.retract(publication);
        }
    }

    fn publish(&mut self, publisher: PublisherId, _stamp: Stamp, payload: &[u8]) {
        if let Some(publication) = self.publications.get_mut(&publisher) {
            publication.publish(payload);
        }
    }

    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError> {
        let id = ServiceId(self.made);
        let topic = Topic {
            name: service.name.clone(),
            type_name: service.type_name,
            qos: SERVICE_QOS,
        };
        // Replies first: a client that sees the requests' reader may ask at once.
        let replies = self.joined()?.write(&topic, Role::Reply, Lost::default())?;
        self.replies.insert(id, replies);
        self.read(&topic, Receiver::Service(id))?;
        Ok(id)
    }

    fn respond(&mut self, service: ServiceId, request: &RequestId, payload: &[u8]) {
        let answer = Answer {
            service,
            request: *request,
            payload: payload.to_vec(),
        };
        self.answers.push(answer, Instant::now());
        self.send_answers(Instant::now());
    }

    fn set_timer(&mut self, period: Option<Duration>) {
        self.lifetime.set_timer(period);
    }

    fn now(&self) -> Stamp {
        wall_clock()
    }

    fn losses(&self) -> Vec<Loss> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let received = self.readings.iter().flat_map(|(receiver, ours)| {
            [
                ("queue full", self.inbox.dropped(*receiver)),
                ("lost on the way", count(&ours.faults.missing)),
                ("not plain CDR", count(&ours.faults.unreadable)),
            ]
            .map(|(cause, count)| (&ours.endpoint, cause, count))
        });
        let publications = self.publications.values().chain(self.replies.values());
        let sent = publications.flat_map(|ours| {
            ours.losses()
                .map(|(cause, count)| (&ours.endpoint, cause, count))
        });
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

impl Events for DdsBus {
    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        let event = loop {
            let event = self.lifetime.next(&self.inbox);
            if self.answers.are_none() {
                break event.await;
            }
            let looked = tokio::time::timeout(answers::LOOK, event).await;
            self.send_answers(Instant::now());
            if let Ok(event) = looked {
                break event;
            }
        };
        if matches!(event, Some(Event::Tick { .. })) {
            self.look_after()?;
        }
        Ok(event)
    }
}

impl Drop for DdsBus {
    fn drop(&mut self) {
        let end = Instant::now() + CLOSE_TIMEOUT;
        let patience = || end.saturating_duration_since(Instant::now());
        self.send_answers(end); // nobody is waited for any longer
        let publications = std::mem::take(&mut self.publications).into_values();
        let replies = std::mem::take(&mut self.replies).into_values();
        for publication in publications.chain(replies) {
            publication.flush(patience());
        }
        if let Some(session) = self.session.take() {
            session.leave(patience());
        }
    }
}
