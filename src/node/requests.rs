//! What the node does when somebody asks it for something.

use super::Node;
use super::lifecycle::{self, Transition};
use super::parameters;
use super::services::Question;
use crate::bus::{Bus, EndpointError, RequestId, ServiceId};
use crate::config::Config;
use crate::msg::lifecycle_msgs as lifecycle_msg;
use crate::msg::rcl_interfaces as rcl;
use crate::msg::{CdrError, Message, decode, encode};
use posemoe_core::health::{Cause, excerpt};

impl Node {
    /// Answers a request, if it is one of ours; one that cannot be read is counted.
    pub(super) fn answer(
        &mut self,
        bus: &mut dyn Bus,
        service: ServiceId,
        request: &RequestId,
        payload: &[u8],
    ) {
        let asked = self.services.as_ref().and_then(|s| s.question(service));
        let Some(question) = asked else { return };
        match self.reply(bus, question, payload) {
            Ok(answer) => bus.respond(service, request, &answer),
            Err(error) => {
                let detail = format!("request {question:?}: {error}");
                self.counts.drops.note(Cause::Undecodable, detail);
            }
        }
    }

    fn reply(
        &mut self,
        bus: &mut dyn Bus,
        question: Question,
        payload: &[u8],
    ) -> Result<Vec<u8>, CdrError> {
        let config = &self.args.config;
        match question {
            Question::DescribeParameters => {
                replied(payload, |asked: rcl::DescribeParameters_Request| {
                    let descriptors = parameters::describe(&asked.names);
                    rcl::DescribeParameters_Response { descriptors }
                })
            }
            Question::GetParameters => replied(payload, |asked: rcl::GetParameters_Request| {
                let values = parameters::get(config, &asked.names);
                rcl::GetParameters_Response { values }
            }),
            Question::GetParameterTypes => {
                replied(payload, |asked: rcl::GetParameterTypes_Request| {
                    let types = parameters::types(config, &asked.names);
                    rcl::GetParameterTypes_Response { types }
                })
            }
            Question::ListParameters => replied(payload, |asked: rcl::ListParameters_Request| {
                let result = parameters::list(config, &asked.prefixes, asked.depth);
                rcl::ListParameters_Response { result }
            }),
            Question::SetParameters => replied(payload, |asked: rcl::SetParameters_Request| {
                let each = asked.parameters.chunks(1);
                let outcomes = each.map(|one| parameters::result(self.set(bus, one)));
                rcl::SetParameters_Response {
                    results: outcomes.collect(),
                }
            }),
            Question::SetParametersAtomically => {
                replied(payload, |asked: rcl::SetParametersAtomically_Request| {
                    let result = parameters::result(self.set(bus, &asked.parameters));
                    rcl::SetParametersAtomically_Response { result }
                })
            }
            Question::ChangeState => {
                replied(payload, |asked: lifecycle_msg::ChangeState_Request| {
                    let success = self.change_state(bus, &asked.transition);
                    lifecycle_msg::ChangeState_Response { success }
                })
            }
            Question::GetState => replied(payload, |_: lifecycle_msg::GetState_Request| {
                lifecycle_msg::GetState_Response {
                    current_state: self.phase.message(),
                }
            }),
            Question::GetAvailableStates => {
                replied(payload, |_: lifecycle_msg::GetAvailableStates_Request| {
                    lifecycle_msg::GetAvailableStates_Response {
                        available_states: lifecycle::states(),
                    }
                })
            }
            Question::GetAvailableTransitions | Question::GetTransitionGraph => replied(
                payload,
                |_: lifecycle_msg::GetAvailableTransitions_Request| {
                    let available_transitions = match question {
                        Question::GetTransitionGraph => lifecycle::graph(),
                        _ => self.phase.ways_on(),
                    };
                    lifecycle_msg::GetAvailableTransitions_Response {
                        available_transitions,
                    }
                },
            ),
        }
    }

    fn change_state(&mut self, bus: &mut dyn Bus, asked: &lifecycle_msg::Transition) -> bool {
        let Some(transition) = Transition::asked(asked) else {
            let label = excerpt(&asked.label);
            tracing::warn!("there is no transition {label} ({})", asked.id);
            return false;
        };
        self.go(bus, transition).unwrap_or_else(|error| {
            tracing::error!("cannot {}: {error}", transition.label());
            false
        })
    }

    /// Sets all of these parameters, or none.
    fn set(&mut self, bus: &mut dyn Bus, asked: &[rcl::Parameter]) -> Result<(), String> {
        let before = self.args.config.clone();
        let outcome = self.try_set(bus, asked, &before);
        if outcome.is_err() {
            self.args.config = before;
            self.adjust(bus).ok(); // what was refused a moment ago is refused
        }
        outcome
    }

    /// Has parameters that may change at any time take effect.
    fn adjust(&mut self, bus: &mut dyn Bus) -> Result<(), EndpointError> {
        self.time.adjust(bus, &self.args)?;
        match &mut self.work {
            Some(work) => work.adjust(bus, &self.args),
            None => Ok(()),
        }
    }

    fn try_set(
        &mut self,
        bus: &mut dyn Bus,
        asked: &[rcl::Parameter],
        before: &Config,
    ) -> Result<(), String> {
        for parameter in asked {
            parameters::set(&mut self.args.config, parameter, self.work.is_some())?;
        }
        self.adjust(bus).map_err(|error| error.to_string())?;
        let changed = parameters::changes(before, &self.args.config);
        for parameter in &changed {
            tracing::info!("parameter {} changed", parameter.name);
        }
        let now = self.time.now(bus);
        if let Some(services) = self.services.as_ref().filter(|_| !changed.is_empty()) {
            services.tell_parameters(bus, now, Vec::new(), changed);
        }
        Ok(())
    }
}

fn replied<Q: Message, A: Message>(
    payload: &[u8],
    answer: impl FnOnce(Q) -> A,
) -> Result<Vec<u8>, CdrError> {
    decode(payload).map(|question| encode(&answer(question)))
}
