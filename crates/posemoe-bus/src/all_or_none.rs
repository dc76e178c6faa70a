//! Endpoints that are opened together, or not at all.

use std::time::Duration;

use super::{
    Bus, EndpointError, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId, Topic,
};
use posemoe_stamp::Stamp;

/// Opens what `open` asks for; where that fails, the topics that it opened before are given back.
/// (Services cannot be: a node offers all of them once, and ends where it cannot.)
///
/// # Errors
/// Those of `open`.
pub fn all_or_none<T, E>(
    bus: &mut dyn Bus,
    open: impl FnOnce(&mut dyn Bus) -> Result<T, E>,
) -> Result<T, E> {
    let mut noted = Noted {
        bus,
        subscribed: Vec::new(),
        advertised: Vec::new(),
    };
    let opened = open(&mut noted);
    if opened.is_err() {
        let Noted {
            bus,
            subscribed,
            advertised,
        } = noted;
        subscribed.into_iter().for_each(|id| bus.unsubscribe(id));
        advertised.into_iter().for_each(|id| bus.unadvertise(id));
    }
    opened
}

/// A bus with a note of what was opened on it.
struct Noted<'a> {
    bus: &'a mut dyn Bus,
    subscribed: Vec<SubscriptionId>,
    advertised: Vec<PublisherId>,
}

impl Bus for Noted<'_> {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        let id = self.bus.subscribe(topic)?;
        self.subscribed.push(id);
        Ok(id)
    }

    fn unsubscribe(&mut self, subscription: SubscriptionId) {
        self.subscribed.retain(|id| *id != subscription);
        self.bus.unsubscribe(subscription);
    }

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        let id = self.bus.advertise(topic)?;
        self.advertised.push(id);
        Ok(id)
    }

    fn unadvertise(&mut self, publisher: PublisherId) {
        self.advertised.retain(|id| *id != publisher);
        self.bus.unadvertise(publisher);
    }

    fn publish(&mut self, publisher: PublisherId, stamp: Stamp, payload: &[u8]) {
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
