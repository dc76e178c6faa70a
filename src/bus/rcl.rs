//! The live bus on a ROS 2 installation: `rcl` by way of r2r, with any middleware that ROS has.
//!
//! Messages go in and out as serialized CDR with their 4-byte header: ROS 2 hands over and takes
//! exactly what is on the wire. One thread owns the node and receives; each topic that we publish
//! has a thread, and so have answers, as a middleware may block. The clock is the system's.
//!
//! - Types of messages must be installed when this is built; one that was not is an error that
//!   names its package.
//! - What is lost before `rcl` is not counted: r2r passes on neither sequence numbers nor events.
//! - r2r hands the process's arguments to `rcl`: see [`hide_arguments`].
//! - The one context of a process lives as long as the process, whatever becomes of its buses.

mod answers;
mod arguments;
mod endpoints;
mod publication;
mod qos;
mod services;
mod spinner;

pub use super::ShutdownHandle;
pub use arguments::{given, hide_arguments};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::domain_id;
use super::inbox::{Inbox, Receiver};
use super::lifetime::Lifetime;
use super::{
    Bus, BusError, EndpointError, Event, Events, Loss, PublisherId, RequestId, Service, ServiceId,
    SubscriptionId, Topic, is_qualified, wall_clock,
};
use answers::{Answering, Answers};
use endpoints::{Endpoints, check_type};
use posemoe_stamp::Stamp;
use publication::Publication;
use spinner::Spinner;

/// How long a closing bus waits for what it has begun to send, and then for its node to leave: with
/// nobody hanging, leaving with two dozen endpoints took 0.2 to 1.6 s, the busier the machine the
/// longer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A node on the ROS graph.
///
/// Dropping it takes the node off the graph, which takes up to two seconds when a peer hangs.
pub struct RclBus {
    inbox: Arc<Inbox>,
    lifetime: Lifetime,
    subscriptions: BTreeMap<SubscriptionId, Topic>,
    publications: BTreeMap<PublisherId, Publication>,
    services: BTreeMap<ServiceId, Answering>,
    /// `None` only while dropping.
    answers: Option<Answers>,
    /// Endpoints made so far: the next one's number.
    made: usize,
    /// `None` only while dropping.
    spinner: Option<Spinner>,
}

impl RclBus {
    /// Joins the graph as `namespace`/`node_name`.
    ///
    /// # Errors
    /// [`BusError`] when ROS refuses (a name, a variable such as `ROS_DOMAIN_ID`, a middleware that
    /// is not installed), or no threads or signal handlers can be had.
    ///
    /// # Panics
    /// Outside a Tokio runtime with its I/O and time drivers enabled.
    pub fn start(node_name: &str, namespace: &str) -> Result<Self, BusError> {
        domain_id(std::env::var("ROS_DOMAIN_ID").ok())?; // rcl refuses by a panic of r2r
        let inbox = Arc::<Inbox>::default();
        let lifetime = Lifetime::start()?;
        let spinner = Spinner::start(node_name, namespace, Arc::clone(&inbox))?;
        Ok(Self {
            inbox,
            lifetime,
            subscriptions: BTreeMap::new(),
            publications: BTreeMap::new(),
            services: BTreeMap::new(),
            answers: Some(Answers::start()?),
            made: 0,
            spinner: Some(spinner),
        })
    }

    /// A handle that ends this bus.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.lifetime.shutdown_handle()
    }

    fn spinner(&self) -> Result<&Spinner, EndpointError> {
        self.spinner
            .as_ref()
            .ok_or_else(|| EndpointError::refused("using ROS 2", &"the bus is closed"))
    }

    /// Has something done with the node without waiting for it.
    fn order(&self, work: impl FnOnce(&mut Endpoints) + Send + 'static) {
        if let Some(spinner) = &self.spinner {
            spinner.orders().give(work);
        }
    }

    /// What is to be done each second.
    fn look_after(&mut self) -> Result<(), BusError> {
        self.spinner.as_mut().map_or(Ok(()), Spinner::check)
    }
}

impl Bus for RclBus {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        check_name(&topic.name)?;
        let subscription = SubscriptionId(self.made);
        let asked = topic.clone();
        self.spinner()?
            .ask(move |endpoints| endpoints.subscribe(asked, subscription))?;
        self.made += 1;
        self.subscriptions.insert(subscription, topic.clone());
        Ok(subscription)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.subscriptions.remove(&subscription);
        self.inbox.close(Receiver::Topic(subscription));
        self.order(move |endpoints| endpoints.unsubscribe(subscription));
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        check_name(&topic.name)?;
        check_type(topic)?;
        let publication = Publication::start(topic, self.spinner()?.orders())?;
        let id = PublisherId(self.made);
        self.made += 1;
        self.publications.insert(id, publication);
        Ok(id)
    }

    fn unadvertise(&mut self, publisher: PublisherId) {
        // Its thread ends by itself, and must not be waited for: a reader may hang.
        drop(self.publications.remove(&publisher).map(Publication::close));
    }

    fn publish(&mut self, publisher: PublisherId, _stamp: Stamp, payload: &[u8]) {
        if let Some(publication) = self.publications.get_mut(&publisher) {
            publication.publish(payload);
        }
    }

    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError> {
        check_name(&service.name)?;
        let id = ServiceId(self.made);
        let asked = service.clone();
        let answers = self
            .spinner()?
            .ask(move |endpoints| endpoints.serve(&asked, id))?;
        self.made += 1;
        let answering = Answering::new(service.name.clone(), answers);
        self.services.insert(id, answering);
        Ok(id)
    }

    fn respond(&mut self, service: ServiceId, request: &RequestId, payload: &[u8]) {
        if let (Some(answers), Some(to)) = (&self.answers, self.services.get(&service)) {
            answers.give(to, request, payload);
        }
    }

    fn set_timer(&mut self, period: Option<Duration>) {
        self.lifetime.set_timer(period);
    }

    fn now(&self) -> Stamp {
        wall_clock()
    }

    fn losses(&self) -> Vec<Loss> {
        let received = self.subscriptions.iter().map(|(id, topic)| {
            let dropped = self.inbox.dropped(Receiver::Topic(*id));
            (&topic.name, ("queue full", dropped))
        });
        let sent = self
            .publications
            .values()
            .flat_map(|ours| ours.losses().map(|loss| (&ours.topic.name, loss)));
        let asked = self.services.iter().flat_map(|(id, service)| {
            let dropped = self.inbox.dropped(Receiver::Service(*id));
            [
                ("queue full", dropped),
                ("answer not sent", service.unsent()),
            ]
            .map(|loss| (&service.name, loss))
        });
        received
            .chain(sent)
            .chain(asked)
            .filter(|(_, (_, count))| *count > 0)
            .map(|(topic, (cause, count))| Loss {
                topic: topic.clone(),
                cause,
                count,
            })
            .collect()
    }
}

impl Events for RclBus {
    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        let event = self.lifetime.next(&self.inbox).await;
        if matches!(event, Some(Event::Tick { .. })) {
            self.look_after()?;
        }
        Ok(event)
    }
}

impl Drop for RclBus {
    fn drop(&mut self) {
        let publications = std::mem::take(&mut self.publications).into_values();
        let senders = publications.map(Publication::close);
        let answers = self.answers.take().map(Answers::close);
        let senders: Vec<_> = senders.chain(answers).collect();
        wait_for(senders); // the node frees its publishers: they must have sent by then
        let spinner = self.spinner.take().and_then(Spinner::close);
        if !wait_for(spinner) {
            tracing::warn!("a reader hangs: leaving the ROS graph without a goodbye");
        }
    }
}

/// What rcl would refuse later, when nobody waits for its word.
fn check_name(name: &str) -> Result<(), EndpointError> {
    match is_qualified(name) {
        true => Ok(()),
        false => Err(EndpointError::Name {
            name: name.to_owned(),
            expected: "a fully qualified ROS 2 name such as /yolo/tracking",
        }),
    }
}

/// Whether these threads end within [`CLOSE_TIMEOUT`].
fn wait_for(threads: impl IntoIterator<Item = JoinHandle<()>>) -> bool {
    let end = Instant::now() + CLOSE_TIMEOUT;
    let mut threads = threads.into_iter().peekable();
    while let Some(thread) = threads.peek() {
        if thread.is_finished() {
            threads.next();
        } else if Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        } else {
            return false;
        }
    }
    true
}
