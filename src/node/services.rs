//! The services by which others look into the node and steer it, and the topics that tell of both.

use std::collections::BTreeMap;

use super::lifecycle::Step;
use crate::bus::{Bus, EndpointError, PublisherId, Qos, Service, ServiceId};
use crate::config::ros_args::RosArgs;
use crate::msg::lifecycle_msgs::TransitionEvent;
use crate::msg::rcl_interfaces::{Parameter, ParameterEvent};
use crate::msg::{Message, encode};
use crate::output::time;
use posemoe_stamp::Stamp;

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What parameters mean.
    DescribeParameters,
    /// Values of parameters.
    GetParameters,
    /// Types of parameters.
    GetParameterTypes,
    /// Names of parameters.
    ListParameters,
    /// Change parameters, each for itself.
    SetParameters,
    /// Change all of these parameters or none.
    SetParametersAtomically,
    /// Go to another phase.
    ChangeState,
    /// The phase.
    GetState,
    /// All phases.
    GetAvailableStates,
    /// The transitions from here.
    GetAvailableTransitions,
    /// All transitions.
    GetTransitionGraph,
}

impl Question {
    /// Each with the last part of its service's name and its type.
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (
            Self::DescribeParameters,
            "describe_parameters",
            "rcl_interfaces/srv/DescribeParameters",
        ),
        (
            Self::GetParameters,
            "get_parameters",
            "rcl_interfaces/srv/GetParameters",
        ),
        (
            Self::GetParameterTypes,
            "get_parameter_types",
            "rcl_interfaces/srv/GetParameterTypes",
        ),
        (
            Self::ListParameters,
            "list_parameters",
            "rcl_interfaces/srv/ListParameters",
        ),
        (
            Self::SetParameters,
            "set_parameters",
            "rcl_interfaces/srv/SetParameters",
        ),
        (
            Self::SetParametersAtomically,
            "set_parameters_atomically",
            "rcl_interfaces/srv/SetParametersAtomically",
        ),
        (
            Self::ChangeState,
            "change_state",
            "lifecycle_msgs/srv/ChangeState",
        ),
        (Self::GetState, "get_state", "lifecycle_msgs/srv/GetState"),
        (
            Self::GetAvailableStates,
            "get_available_states",
            "lifecycle_msgs/srv/GetAvailableStates",
        ),
        (
            Self::GetAvailableTransitions,
            "get_available_transitions",
            "lifecycle_msgs/srv/GetAvailableTransitions",
        ),
        (
            Self::GetTransitionGraph,
            "get_transition_graph",
            "lifecycle_msgs/srv/GetAvailableTransitions",
        ),
    ];
}

/// Services and topics of one node.
pub struct Services {
    node: String,
    questions: BTreeMap<ServiceId, Question>,
    parameter_events: PublisherId,
    transition_event: PublisherId,
}

impl Services {
    /// Offers and advertises all of them.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn offer(bus: &mut dyn Bus, args: &RosArgs) -> Result<Self, EndpointError> {
        // Depths are those of rclcpp.
        let parameter_events = bus.advertise(&args.publication(
            "/parameter_events",
            ParameterEvent::TYPE_NAME,
            Qos::reliable(1000),
        ))?;
        let transition_event = bus.advertise(&args.publication(
            "~/transition_event",
            TransitionEvent::TYPE_NAME,
            Qos::reliable(10),
        ))?;
        let mut questions = BTreeMap::new();
        for (question, name, type_name) in Question::ALL {
            let name = args.resolve_service(&format!("~/{name}"));
            let id = bus.serve(&Service { name, type_name })?;
            questions.insert(id, question);
        }
        Ok(Self {
            node: args.qualified_node(),
            questions,
            parameter_events,
            transition_event,
        })
    }

    /// What somebody who uses this service asks.
    pub fn question(&self, service: ServiceId) -> Option<Question> {
        self.questions.get(&service).copied()
    }

    /// Tells what parameters are there now, or have changed.
    pub fn tell_parameters(
        &self,
        bus: &mut dyn Bus,
        now: Stamp,
        new: Vec<Parameter>,
        changed: Vec<Parameter>,
    ) {
        let event = ParameterEvent {
            stamp: time(now),
            node: self.node.clone(),
            new_parameters: new,
            changed_parameters: changed,
            ..Default::default()
        };
        bus.publish(self.parameter_events, now, &encode(&event));
    }

    /// Tells of half a transition.
    pub fn tell_transition(
        &self,
        bus: &mut dyn Bus,
        now: Stamp,
        Step {
            transition,
            start,
            goal,
        }: Step,
    ) {
        let event = TransitionEvent {
            timestamp: now.nanos().unsigned_abs(),
            transition,
            start_state: start,
            goal_state: goal,
        };
        bus.publish(self.transition_event, now, &encode(&event));
    }
}
