//! The node, the same on every bus: a managed node that answers for its parameters, and while it is
//! active turns keypoints into people.

pub mod lifecycle;
mod outputs;
mod parameters;
mod services;
mod source;
mod time;
mod work;

use crate::bus::{Bus, BusError, Event, PublisherId, Qos, RequestId, ServiceId};
use crate::config::Config;
use crate::config::ros_args::RosArgs;
use crate::engine::EngineError;
use crate::health::{Cause, Drops};
use crate::lift::Lifter;
use crate::msg::diagnostic_msgs::DiagnosticArray;
use crate::msg::lifecycle_msgs as lifecycle_msg;
use crate::msg::rcl_interfaces as rcl;
use crate::msg::{CdrError, Message, decode, encode};
use crate::output::diagnostics::{self, Report};
use crate::stamp::Stamp;
use lifecycle::{Phase, Transition};
use services::{Question, Services};
use time::Time;
use work::Work;

/// On what kind of bus the node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A live bus: processing time is measured, and others may ask the node.
    Live,
    /// A bag: its clock stands still between messages, so that a replay gives the same bytes, and
    /// nobody asks.
    Recorded,
}

/// What runs the network, for diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Execution provider.
    pub provider: String,
    /// Name and version of the model.
    pub model: String,
}

/// Loads the network as the configuration says.
pub type Loader = Box<dyn FnMut(&Config) -> Result<(Box<dyn Lifter>, Engine), EngineError>>;

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Keypoint messages that arrived.
    pub frames_in: u64,
    /// 3D messages that went out.
    pub frames_out: u64,
    /// People in them that were tracked.
    pub people_tracked: u64,
}

/// What is counted since the start, however often the node is configured.
#[derive(Debug, Default)]
struct Counts {
    drops: Drops,
    totals: Totals,
}

/// Why the node cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The bus refused.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// There is no network.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Parameters, phase and work of the node.
pub struct Node {
    args: RosArgs,
    load: Loader,
    timing: Timing,
    time: Time,
    phase: Phase,
    /// There while the node is inactive or active.
    work: Option<Work>,
    services: Option<Services>,
    diagnostics: PublisherId,
    counts: Counts,
    last_tick: Option<Stamp>,
}

impl Node {
    /// Joins the bus; with `autostart`, and always in a bag, the node is active then.
    ///
    /// # Errors
    /// When the bus refuses, or there is no network to start with.
    pub fn start(
        bus: &mut dyn Bus,
        args: RosArgs,
        load: Loader,
        timing: Timing,
    ) -> Result<Self, NodeError> {
        let diagnostics = args.publication(
            "/diagnostics",
            DiagnosticArray::TYPE_NAME,
            Qos::reliable(10),
        );
        let diagnostics = bus.advertise(&diagnostics)?;
        let services = match timing {
            Timing::Live => Some(Services::offer(bus, &args)?),
            Timing::Recorded => None,
        };
        let autostart = args.config.autostart || timing == Timing::Recorded;
        let mut node = Self {
            args,
            load,
            timing,
            time: Time::default(),
            phase: Phase::Unconfigured,
            work: None,
            services,
            diagnostics,
            counts: Counts::default(),
            last_tick: None,
        };
        if timing == Timing::Live {
            node.time.adjust(bus, &node.args)?;
        }
        if let Some(services) = &node.services {
            let all = parameters::all(&node.args.config);
            let now = bus.now();
            services.tell_parameters(bus, now, all, Vec::new())?;
        }
        if autostart {
            node.go(bus, Transition::Configure)?;
            node.go(bus, Transition::Activate)?;
        }
        Ok(node)
    }

    /// Does what an event asks for.
    ///
    /// # Errors
    /// When the bus takes no more.
    pub fn handle(&mut self, bus: &mut dyn Bus, event: &Event) -> Result<(), BusError> {
        match event {
            Event::Message {
                subscription,
                payload,
                ..
            } if self.time.listens_to(*subscription) => {
                if let Err(error) = self.time.hear(payload) {
                    self.counts
                        .drops
                        .note(Cause::Undecodable, error.to_string());
                }
                Ok(())
            }
            Event::Message {
                subscription,
                payload,
                ..
            } => {
                let is_active = self.phase == Phase::Active;
                let message = (*subscription, payload.as_slice());
                match &mut self.work {
                    Some(work) => {
                        work.hear(bus, message, (is_active, &self.time), &mut self.counts)
                    }
                    None => Ok(()),
                }
            }
            Event::Request {
                service,
                request,
                payload,
            } => self.answer(bus, *service, request, payload),
            Event::Tick { .. } => self.diagnose(bus),
        }
    }

    /// Publishes what was held back for later frames (`lookahead_s`): no more will come.
    ///
    /// # Errors
    /// When the bus takes no more.
    pub fn finish(&mut self, bus: &mut dyn Bus) -> Result<(), BusError> {
        match &mut self.work {
            Some(work) => work.finish(bus, &mut self.counts),
            None => Ok(()),
        }
    }

    /// What was not used since the start.
    pub fn drops(&self) -> &Drops {
        &self.counts.drops
    }

    /// Counts since the start.
    pub fn totals(&self) -> Totals {
        self.counts.totals
    }

    /// Goes to another phase, if a way leads there; whether it did.
    fn go(&mut self, bus: &mut dyn Bus, transition: Transition) -> Result<bool, NodeError> {
        let start = self.phase;
        let Some(goal) = start.after(transition) else {
            let (label, start) = (transition.label(), start.label());
            tracing::warn!("cannot {label}: the node is {start}");
            return Ok(false);
        };
        match transition {
            Transition::Configure => self.configure(bus)?,
            Transition::Activate => {}
            Transition::Deactivate => self.work.iter_mut().for_each(Work::forget),
            Transition::Cleanup | Transition::Shutdown => {
                if let Some(work) = self.work.take() {
                    work.end(bus);
                }
            }
        }
        self.phase = goal;
        tracing::info!("{}", goal.label());
        if let Some(services) = &self.services {
            let now = self.time.now(bus);
            services.tell_transition(bus, now, (transition, start, goal))?;
        }
        Ok(true)
    }

    fn configure(&mut self, bus: &mut dyn Bus) -> Result<(), NodeError> {
        if self.timing == Timing::Live {
            // Loading may take minutes: TensorRT builds its engine at the first start.
            self.tell(bus, None, Some("loading the network"))?;
        }
        let (lifter, engine) = (self.load)(&self.args.config)?;
        self.work = Some(Work::begin(bus, &self.args, lifter, engine)?);
        Ok(())
    }

    fn diagnose(&mut self, bus: &mut dyn Bus) -> Result<(), BusError> {
        let mut work = self.work.take();
        let told = self.tell(bus, work.as_mut(), None);
        self.work = work;
        told
    }

    fn tell(
        &mut self,
        bus: &mut dyn Bus,
        work: Option<&mut Work>,
        busy: Option<&str>,
    ) -> Result<(), BusError> {
        let now = self.time.now(bus);
        let last_tick = self.last_tick.replace(now);
        let report = Report {
            now,
            node: &self.args.qualified_node(),
            phase: self.phase.label(),
            is_active: self.phase == Phase::Active,
            busy,
            period_s: last_tick.map_or(1.0, |last| now.seconds_since(last)),
            trade: work.map(Work::report),
            is_live: self.timing == Timing::Live,
            latency_known: self.time.is_known(),
            drops: &self.counts.drops,
            losses: &bus.losses(),
        };
        let message = diagnostics::message(&report);
        bus.publish(self.diagnostics, now, &encode(&message))
    }

    fn answer(
        &mut self,
        bus: &mut dyn Bus,
        service: ServiceId,
        request: &RequestId,
        payload: &[u8],
    ) -> Result<(), BusError> {
        let asked = self.services.as_ref().and_then(|s| s.question(service));
        let Some(question) = asked else { return Ok(()) };
        match self.reply(bus, question, payload) {
            Ok(answer) => bus.respond(service, request, &answer),
            Err(error) => {
                let detail = format!("request {question:?}: {error}");
                self.counts.drops.note(Cause::Undecodable, detail);
                Ok(())
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
            tracing::warn!("there is no transition {:?} ({})", asked.label, asked.id);
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
    fn adjust(&mut self, bus: &mut dyn Bus) -> Result<(), BusError> {
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
        let refused = |error: BusError| error.to_string();
        self.adjust(bus).map_err(refused)?;
        let changed = parameters::changes(before, &self.args.config);
        for parameter in &changed {
            tracing::info!("parameter {} changed", parameter.name);
        }
        let now = self.time.now(bus);
        match &self.services {
            Some(services) if !changed.is_empty() => services
                .tell_parameters(bus, now, Vec::new(), changed)
                .map_err(refused),
            _ => Ok(()),
        }
    }
}

fn replied<Q: Message, A: Message>(
    payload: &[u8],
    answer: impl FnOnce(Q) -> A,
) -> Result<Vec<u8>, CdrError> {
    decode(payload).map(|question| encode(&answer(question)))
}
