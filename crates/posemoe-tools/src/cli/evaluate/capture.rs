//! A bag as a bus whose node is listened to: the people that it publishes are kept, not written.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cli::offline::Played;
use posemoe::msg::Message;
use posemoe::msg::posemoe::People3D;
use posemoe_bag::BagBus;
use posemoe_bus::{
    Bus, BusError, EndpointError, Event, Events, Loss, PublisherId, RequestId, Service, ServiceId,
    SubscriptionId, Topic,
};
use posemoe_stamp::Stamp;

/// The bag, and what its node said of people.
pub struct Capture {
    /// The bag.
    pub bus: BagBus,
    publishers: BTreeSet<PublisherId>,
    /// Serialized `People3D`, in the order of publication.
    pub people: Vec<Vec<u8>>,
}

impl Capture {
    /// Listens to a node on this bag.
    pub fn new(bus: BagBus) -> Self {
        Self {
            bus,
            publishers: BTreeSet::new(),
            people: Vec::new(),
        }
    }
}

impl Bus for Capture {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        self.bus.subscribe(topic)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.bus.unsubscribe(subscription);
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        let publisher = self.bus.advertise(topic)?;
        if topic.type_name == People3D::TYPE_NAME {
            self.publishers.insert(publisher);
        }
        Ok(publisher)
    }

    fn unadvertise(&mut self, publisher: PublisherId) {
        self.bus.unadvertise(publisher);
    }

    fn publish(&mut self, publisher: PublisherId, stamp: Stamp, payload: &[u8]) {
        if self.publishers.contains(&publisher) {
            self.people.push(payload.to_owned());
        }
        self.bus.publish(publisher, stamp, payload);
    }

    fn serve(&mut self, service: &Service) -> Result<ServiceId, EndpointError> {
        self.bus.serve(service)
    }

    fn respond(&mut self, service: ServiceId, request: &RequestId, payload: &[u8]) {
        self.bus.respond(service, request, payload);
    }

    fn set_timer(&mut self, period: Option<Duration>) {
        self.bus.set_timer(period);
    }

    fn now(&self) -> Stamp {
        self.bus.now()
    }

    fn date(&mut self, moment: Stamp) {
        self.bus.date(moment);
    }

    fn losses(&self) -> Vec<Loss> {
        self.bus.losses()
    }
}

impl Played for Capture {
    fn since(&self, moment: Stamp) -> Option<Duration> {
        self.bus.since(moment)
    }
}

impl Events for Capture {
    async fn next(&mut self) -> Result<Option<Event>, BusError> {
        self.bus.next().await
    }
}
