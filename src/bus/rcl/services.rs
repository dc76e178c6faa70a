//! Services, by the names of their types: r2r knows them as Rust types only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{FutureExt, Stream, StreamExt};
use r2r::{
    Node, QosProfile, ServiceRequest, WrappedServiceTypeSupport, WrappedTypesupport,
    lifecycle_msgs, rcl_interfaces,
};

use super::answers::Answer;
use crate::bus::{EndpointError, RequestId, Service};

/// Requests that wait for an answer at most; the node answers each before it takes the next.
const PENDING: usize = 16;

/// The side of a service that takes requests.
pub(super) trait Offer {
    /// Those that have come.
    fn requests(&mut self) -> Vec<(RequestId, Vec<u8>)>;
}

/// Both sides of a service.
type Both = (Box<dyn Offer>, Arc<dyn Answer>);

/// Offers a service.
///
/// # Errors
/// [`EndpointError`] when its type is none of those that the node has, or ROS refuses.
pub(super) fn offer(node: &mut Node, service: &Service) -> Result<Both, EndpointError> {
    use lifecycle_msgs::srv as lifecycle;
    use rcl_interfaces::srv as parameters;
    type Make = fn(&mut Node, &Service) -> Result<Both, EndpointError>;
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
    make(node, service)
}

fn typed<T: WrappedServiceTypeSupport + 'static>(
    node: &mut Node,
    service: &Service,
) -> Result<Both, EndpointError> {
    let requests = node
        .create_service::<T>(&service.name, QosProfile::services_default())
        .map_err(|error| EndpointError::refused(format!("offering {}", service.name), &error))?;
    let pending = Arc::<Pending<T>>::default();
    let offer = Typed::<T> {
        name: service.name.clone(),
        requests: Box::new(requests),
        pending: Arc::clone(&pending),
        numbers: 0..i64::MAX,
    };
    Ok((Box::new(offer), pending))
}

struct Typed<T: WrappedServiceTypeSupport> {
    name: String,
    requests: Box<dyn Stream<Item = ServiceRequest<T>> + Unpin>,
    pending: Arc<Pending<T>>,
    numbers: std::ops::Range<i64>,
}

/// Requests that wait for their answers, by number.
struct Pending<T: WrappedServiceTypeSupport>(Mutex<BTreeMap<i64, ServiceRequest<T>>>);

impl<T: WrappedServiceTypeSupport> Default for Pending<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: WrappedServiceTypeSupport> Pending<T> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, ServiceRequest<T>>> {
        // No code that holds this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: WrappedServiceTypeSupport + 'static> Answer for Pending<T> {
    fn answer(&self, request: &RequestId, payload: &[u8]) -> Result<(), String> {
        let asked = self.lock().remove(&request.number);
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
                    found.push((
                        RequestId {
                            client,
                            number,
                            sender: [0; 16],
                        },
                        payload,
                    ));
                    let mut pending = self.pending.lock();
                    pending.insert(number, request);
                    while pending.len() > PENDING {
                        pending.pop_first();
                    }
                }
                (Err(error), _) => tracing::warn!("{}: a request is lost: {error}", self.name),
                (_, None) => tracing::error!("{}: out of numbers for requests", self.name),
            }
        }
        found
    }
}
