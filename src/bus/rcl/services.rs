//! Services, by the names of their types: r2r knows them as Rust types only.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{FutureExt, Stream, StreamExt};
use r2r::{
    Node, QosProfile, ServiceRequest, WrappedServiceTypeSupport, WrappedTypesupport,
    lifecycle_msgs, rcl_interfaces,
};

use crate::bus::{EndpointError, RequestId, Service};

/// Requests that wait for an answer at most; the node answers each before it takes the next.
const PENDING: usize = 16;

/// A service that is offered.
pub(super) trait Offer {
    /// The requests that have come.
    fn requests(&mut self) -> Vec<(RequestId, Vec<u8>)>;

    /// Answers one of them, or counts that it could not.
    fn respond(&mut self, request: &RequestId, payload: &[u8]);
}

/// Offers a service.
///
/// # Errors
/// When its type is none of those that the node has, or ROS refuses.
pub(super) fn offer(
    node: &mut Node,
    service: &Service,
    unanswered: Arc<AtomicU64>,
) -> Result<Box<dyn Offer>, EndpointError> {
    use lifecycle_msgs::srv as lifecycle;
    use rcl_interfaces::srv as parameters;
    type Make = fn(&mut Node, &Service, Arc<AtomicU64>) -> Result<Box<dyn Offer>, EndpointError>;
    let make: Make = match service.type_name {
        "lifecycle_msgs/srv/ChangeState" => typed::<lifecycle::ChangeState::Service>,
        "lifecycle_msgs/srv/GetAvailableStates" => typed::<lifecycle::GetAvailableStates::Service>,
        "lifecycle_msgs/srv/GetAvailableTransitions" => {
            typed::<lifecycle::GetAvailableTransitions::Service>
        }
        "lifecycle_msgs/srv/GetState" => typed::<lifecycle::GetState::Service>,
        "rcl_interfaces/srv/DescribeParameters" => typed::<parameters::DescribeParameters::Service>,
        "rcl_interfaces/srv/GetParameterTypes" => typed::<parameters::GetParameterTypes::Service>,
        "rcl_interfaces/srv/GetParameters" => typed::<parameters::GetParameters::Service>,
        "rcl_interfaces/srv/ListParameters" => typed::<parameters::ListParameters::Service>,
        "rcl_interfaces/srv/SetParameters" => typed::<parameters::SetParameters::Service>,
        "rcl_interfaces/srv/SetParametersAtomically" => {
            typed::<parameters::SetParametersAtomically::Service>
        }
        other => {
            let action = format!("offering {}", service.name);
            let reason = format_args!("{other} is not built in");
            return Err(EndpointError::refused(action, &reason));
        }
    };
    make(node, service, unanswered)
}

fn typed<T: WrappedServiceTypeSupport + 'static>(
    node: &mut Node,
    service: &Service,
    unanswered: Arc<AtomicU64>,
) -> Result<Box<dyn Offer>, EndpointError> {
    let requests = node
        .create_service::<T>(&service.name, QosProfile::services_default())
        .map_err(|error| EndpointError::refused(format!("offering {}", service.name), &error))?;
    Ok(Box::new(Typed::<T> {
        name: service.name.clone(),
        requests: Box::new(requests),
        pending: BTreeMap::new(),
        numbers: 0..i64::MAX,
        unanswered,
    }))
}

struct Typed<T: WrappedServiceTypeSupport> {
    name: String,
    requests: Box<dyn Stream<Item = ServiceRequest<T>> + Unpin>,
    pending: BTreeMap<i64, ServiceRequest<T>>,
    numbers: std::ops::Range<i64>,
    unanswered: Arc<AtomicU64>,
}

impl<T: WrappedServiceTypeSupport + 'static> Typed<T> {
    fn try_respond(&mut self, request: &RequestId, payload: &[u8]) -> Result<(), String> {
        let asked = self.pending.remove(&request.number);
        let asked = asked.ok_or("nobody waits for it")?;
        let response = T::Response::from_serialized_bytes(payload);
        let response = response.map_err(|error| error.to_string())?;
        asked.respond(response).map_err(|error| error.to_string())
    }
}

impl<T: WrappedServiceTypeSupport + 'static> Offer for Typed<T> {
    fn requests(&mut self) -> Vec<(RequestId, Vec<u8>)> {
        let mut found = Vec::new();
        while let Some(Some(request)) = self.requests.next().now_or_never() {
            match (request.message.to_serialized_bytes(), self.numbers.next()) {
                (Ok(payload), Some(number)) => {
                    let client = [0; 16]; // r2r keeps that to itself
                    found.push((RequestId { client, number }, payload));
                    self.pending.insert(number, request);
                }
                (Err(error), _) => tracing::warn!("{}: a request is lost: {error}", self.name),
                (_, None) => tracing::error!("{}: out of numbers for requests", self.name),
            }
            while self.pending.len() > PENDING {
                self.pending.pop_first();
            }
        }
        found
    }

    fn respond(&mut self, request: &RequestId, payload: &[u8]) {
        if let Err(reason) = self.try_respond(request, payload) {
            // A client that has gone or is not found in time; others are still to be served.
            tracing::warn!("{}: an answer could not be sent: {reason}", self.name);
            self.unanswered.fetch_add(1, Ordering::Relaxed);
        }
    }
}
