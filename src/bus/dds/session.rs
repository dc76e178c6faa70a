//! Everything that lives and dies with one DDS participant.

use std::sync::Arc;
use std::time::Duration;

use rustdds::{
    DomainParticipant, GUID, Publisher, QosPolicyBuilder, RTPSEntity, Subscriber, TopicKind,
};

use super::disposal::Disposal;
use super::environment::{DdsOptions, DiscoveryRange};
use super::faults::Faults;
use super::graph::{self, GraphEntry};
use super::inbox::{Inbox, Receiver};
use super::names::Role;
use super::publication::{Lost, Publication};
use super::reach::Reach;
use super::reception::Reception;
use super::watch::{self, Endpoint, Watch};
use super::whole::Route;
use super::{loopback, raw};
use crate::bus::{BusError, EndpointError, RequestId, Topic};

/// As whom to join, and where.
pub(super) struct Identity {
    node_name: String,
    namespace: String,
    options: DdsOptions,
}

impl Identity {
    /// # Errors
    /// [`BusError`] when a name is not a ROS 2 name.
    pub fn new(node_name: &str, namespace: &str, options: DdsOptions) -> Result<Self, BusError> {
        graph::check_names(node_name, namespace)?;
        Ok(Self {
            node_name: node_name.to_owned(),
            namespace: namespace.to_owned(),
            options,
        })
    }
}

/// A participant with our node on it.
pub(super) struct Session {
    reception: Reception,
    graph: GraphEntry,
    pub watch: Watch,
    publisher: Publisher,
    subscriber: Subscriber,
    participant: DomainParticipant,
    range: DiscoveryRange,
    reach: Reach,
}

impl Session {
    /// Joins the domain and announces the node.
    ///
    /// # Errors
    /// [`BusError`] when no sockets or threads can be had.
    pub fn open(identity: &Identity, inbox: &Arc<Inbox>) -> Result<Self, BusError> {
        let Identity {
            node_name,
            namespace,
            options,
        } = identity;
        let joining = |error: &dyn std::fmt::Display| {
            BusError::refused(format!("joining DDS domain {}", options.domain_id), error)
        };
        let reach = Reach::now(options.range); // before joining: what comes meanwhile may be missed
        reach.tell(options.range);
        let participant = loopback::join(options).map_err(|e| joining(&e))?;
        let policies = QosPolicyBuilder::new().build();
        let publisher = participant
            .create_publisher(&policies)
            .map_err(|e| joining(&e))?;
        let subscriber = participant
            .create_subscriber(&policies)
            .map_err(|e| joining(&e))?;
        let layout = options.graph_layout;
        let graph = GraphEntry::announce(&participant, &publisher, node_name, namespace, layout)?;
        Ok(Self {
            reception: Reception::start(Arc::clone(inbox))?,
            graph,
            watch: Watch::new(&participant),
            publisher,
            subscriber,
            participant,
            range: options.range,
            reach,
        })
    }

    /// Whether joining anew would reach more peers than when this session began.
    pub fn could_reach_more(&self) -> bool {
        !self.reach.is_all(self.range) && Reach::now(self.range) > self.reach
    }

    /// Begins to receive a topic, or the requests of a service, through a receiver of the inbox.
    ///
    /// # Errors
    /// [`EndpointError::WrongType`] when a peer publishes it with another type,
    /// [`EndpointError::Refused`] when the middleware refuses.
    pub fn read(
        &mut self,
        topic: &Topic,
        receiver: Receiver,
        faults: Arc<Faults>,
    ) -> Result<Endpoint, EndpointError> {
        let policies = raw::reader_policies(topic.qos);
        let role = match receiver {
            Receiver::Topic(_) => Role::Topic,
            Receiver::Service(_) => Role::Request,
        };
        let (dds_topic, mut endpoint) = self.endpoint_of(topic, role, &policies)?;
        let reader: raw::RawReader = self
            .subscriber
            .create_simple_datareader_no_key(&dds_topic, Some(policies))
            .map_err(|error| {
                EndpointError::refused(format!("subscribing to {}", topic.name), &error)
            })?;
        endpoint.guid = reader.guid();
        self.graph.add_reader(endpoint.guid);
        self.reception
            .add(receiver, topic.qos.depth, reader, faults);
        Ok(endpoint)
    }

    /// Receives no more through that receiver.
    pub fn close(&mut self, endpoint: &Endpoint, receiver: Receiver) {
        self.reception.remove(receiver);
        self.graph.remove(endpoint.guid);
        self.watch.forget(endpoint.guid);
    }

    /// Begins to publish a topic, or the replies of a service, of which messages were `lost`
    /// before.
    ///
    /// # Errors
    /// [`EndpointError::WrongType`] when a peer publishes it with another type,
    /// [`EndpointError::Refused`] when the middleware refuses.
    pub fn write(
        &mut self,
        topic: &Topic,
        role: Role,
        lost: Lost,
    ) -> Result<Publication, EndpointError> {
        let policies = raw::writer_policies(topic.qos);
        let (dds_topic, mut endpoint) = self.endpoint_of(topic, role, &policies)?;
        let writer: raw::RawWriter = self
            .publisher
            .create_datawriter_no_key(&dds_topic, Some(policies))
            .map_err(|error| {
                EndpointError::refused(format!("advertising {}", topic.name), &error)
            })?;
        endpoint.guid = writer.guid();
        self.graph.add_writer(endpoint.guid);
        Ok(Publication::new(endpoint, writer, lost))
    }

    /// No subscriber that stops acknowledging stops a topic for the others: a writer takes over
    /// that has nothing to wait for.
    pub fn pass_by_hung_subscribers<'a>(
        &mut self,
        publications: impl Iterator<Item = &'a mut Publication>,
    ) {
        for publication in publications {
            if let Some(former) = publication.step_down() {
                self.retract(former);
            } else if publication.is_far_behind() {
                let endpoint = &publication.endpoint;
                match self.write(&endpoint.topic, endpoint.role, Lost::default()) {
                    Ok(next) => publication.prepare(next),
                    Err(error) => tracing::warn!("{error}"),
                }
            }
        }
    }

    /// How an answer from `replies`, an end of ours, reaches who has `asked` when it is too long
    /// for `rustdds`.
    pub fn route_to(&self, asked: &RequestId, replies: GUID) -> Route {
        let client = GUID::from_bytes(asked.sender);
        let readers: Vec<GUID> = self.watch.ends_beside(client, replies).collect();
        Route::to(&self.participant, self.range, client, &readers)
    }

    /// Publishes there no more. What is under way may get lost.
    pub fn retract(&mut self, publication: Publication) {
        for guid in publication.guids() {
            self.graph.remove(guid);
            self.watch.forget(guid);
        }
    }

    /// Whether every thread that this session needs still runs.
    pub fn is_alive(&self) -> bool {
        self.reception.is_running()
            && self.graph.is_carried()
            && self.participant.assert_liveliness().is_ok() // only discovery answers this
    }

    /// Says goodbye, waiting at most `patience` for peers to take note.
    pub fn leave(self, patience: Duration) {
        // Readers and writers go before their participant, so that their goodbyes find a way out.
        let Self {
            reception,
            graph,
            watch,
            publisher: _,
            subscriber,
            mut participant,
            range,
            reach: _,
        } = self;
        let disposal = Disposal::of(&participant, range);
        drop(reception);
        graph.withdraw(patience);
        drop(watch); // holds the participant, too
        // The discovery thread of rustdds borrows the participant now and then. Were its loan the
        // last to end, that thread would try to join itself and panic instead of saying goodbye.
        loop {
            drop(participant);
            match subscriber.participant() {
                None => break,
                Some(borrowed) => participant = borrowed,
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        disposal.send();
    }

    fn endpoint_of(
        &self,
        topic: &Topic,
        role: Role,
        policies: &rustdds::QosPolicies,
    ) -> Result<(rustdds::Topic, Endpoint), EndpointError> {
        let endpoint = Endpoint::named(topic, role)?;
        watch::check_type(&self.participant, &endpoint)?;
        let (name, kind) = (endpoint.dds_topic.clone(), endpoint.dds_type.clone());
        let created = self
            .participant
            .create_topic(name, kind, policies, TopicKind::NoKey)
            .map_err(|error| {
                EndpointError::refused(format!("creating topic {}", topic.name), &error)
            })?;
        Ok((created, endpoint))
    }
}
