//! The node, the same on every bus: a managed node that answers for its parameters, and while it is
//! active turns keypoints into people.

mod bodies;
mod camera;
mod context;
mod depth;
mod fusing;
mod ground;
mod humans;
mod latest;
pub mod lifecycle;
mod outputs;
mod parameters;
mod received;
mod requests;
mod separations;
mod services;
mod source;
mod steady;
mod target;
mod time;
mod transforms;
mod work;

use crate::bus::{Bus, BusError, EndpointError, Event, PublisherId, Qos};
use crate::config::ros_args::RosArgs;
use crate::engine::{Engine, EngineError, Loader};
use crate::msg::diagnostic_msgs::{DiagnosticArray, DiagnosticStatus};
use crate::msg::{Message, encode};
use crate::output::diagnostics::{self, Report};
use context::Context;
use lifecycle::{Outcome, Phase, Step, Transition};
use posemoe_core::health::Drops;
use posemoe_stamp::Stamp;
use services::Services;
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
    /// The bus has failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The bus refused a topic or a service that the node needs.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
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
    /// Level of the last diagnostics.
    level: Option<u8>,
}

impl Node {
    /// Joins the bus; with `autostart`, and always in a bag, the node is active then.
    ///
    /// # Errors
    /// [`NodeError`] when the bus refuses, or there is no network to start with.
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
            level: None,
        };
        if timing == Timing::Live {
            node.time.adjust(bus, &node.args)?;
        }
        if let Some(services) = &node.services {
            let all = parameters::all(&node.args.config);
            let now = bus.now();
            services.tell_parameters(bus, now, all, Vec::new());
        }
        if autostart {
            node.go(bus, Transition::Configure)?;
            node.go(bus, Transition::Activate)?;
        }
        Ok(node)
    }

    /// Does what an event asks for.
    pub fn handle(&mut self, bus: &mut dyn Bus, event: &Event) {
        match event {
            Event::Message {
                subscription,
                payload,
                ..
            } if self.time.listens_to(*subscription) => {
                if let Err(error) = self.time.receive(payload) {
                    received::note_undecodable(&error, &mut self.counts.drops);
                }
            }
            Event::Message {
                subscription,
                payload,
                ..
            } => {
                let message = (*subscription, payload.as_slice());
                self.with_work(|work, context, counts| work.receive(bus, message, context, counts));
            }
            Event::Request {
                service,
                request,
                payload,
            } => self.answer(bus, *service, request, payload),
            Event::Timer { .. } => {
                self.with_work(|work, context, counts| work.be_due(bus, context, counts));
            }
            Event::Tick { .. } => {
                self.with_work(|work, context, counts| work.look_after(bus, context, counts));
                self.diagnose(bus);
            }
        }
    }

    /// Publishes what was held back for later frames (`lookahead_s`): no more will come.
    pub fn flush(&mut self, bus: &mut dyn Bus) {
        self.with_work(|work, context, counts| work.flush(bus, context, counts));
    }

    /// What was not used since the start.
    pub fn drops(&self) -> &Drops {
        &self.counts.drops
    }

    /// What runs the network; `None` while none is loaded.
    pub fn engine(&self) -> Option<&Engine> {
        self.work.as_ref().map(Work::engine)
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
        self.tell_step(bus, transition.beginning(start));
        match transition {
            Transition::Configure => {
                if let Err(error) = self.configure(bus) {
                    self.tell_step(bus, transition.ending(start, Outcome::Failure));
                    return Err(error);
                }
            }
            Transition::Activate => {}
            Transition::Deactivate => {
                if let Some(work) = &mut self.work {
                    work.forget(bus, &mut self.counts);
                }
            }
            Transition::Cleanup | Transition::Shutdown => {
                if let Some(mut work) = self.work.take() {
                    work.forget(bus, &mut self.counts);
                    work.end(bus);
                }
            }
        }
        self.phase = goal;
        tracing::info!("{}", goal.label());
        self.tell_step(bus, transition.ending(goal, Outcome::Success));
        Ok(true)
    }

    fn tell_step(&self, bus: &mut dyn Bus, step: Step) {
        if let Some(services) = &self.services {
            let now = self.time.now(bus);
            services.tell_transition(bus, now, step);
        }
    }

    fn configure(&mut self, bus: &mut dyn Bus) -> Result<(), NodeError> {
        if self.timing == Timing::Live {
            // Loading may take minutes: TensorRT builds its engine at the first start.
            self.tell(bus, None, Some("loading the network"));
        }
        self.work = Some(Work::begin(bus, &self.args, &mut self.load)?);
        Ok(())
    }

    fn with_work(&mut self, act: impl FnOnce(&mut Work, &Context<'_>, &mut Counts)) {
        let context = Context {
            args: &self.args,
            time: &self.time,
            is_active: self.phase == Phase::Active,
        };
        if let Some(work) = &mut self.work {
            act(work, &context, &mut self.counts);
        }
    }

    fn diagnose(&mut self, bus: &mut dyn Bus) {
        let mut work = self.work.take();
        self.tell(bus, work.as_mut(), None);
        self.work = work;
    }

    fn tell(&mut self, bus: &mut dyn Bus, work: Option<&mut Work>, busy: Option<&str>) {
        let now = self.time.now(bus);
        let last_tick = self.last_tick.replace(now);
        let report = Report {
            now,
            node: &self.args.qualified_node(),
            phase: self.phase.label(),
            is_active: self.phase == Phase::Active,
            busy,
            period_s: last_tick.map_or(1.0, |last| now.seconds_since(last)),
            activity: work.map(Work::report),
            is_live: self.timing == Timing::Live,
            latency_known: self.time.is_known(),
            drops: &self.counts.drops,
            losses: &bus.losses(),
        };
        let message = diagnostics::message(&report);
        bus.publish(self.diagnostics, now, &encode(&message));
        if let Some(status) = message.status.first().filter(|_| busy.is_none()) {
            self.log(status);
        }
    }

    /// A verdict that is another than the last; nobody wants it of a bag.
    fn log(&mut self, status: &DiagnosticStatus) {
        let is_news = self.level.replace(status.level) != Some(status.level);
        let text = &status.message;
        match status.level {
            _ if !is_news || self.timing == Timing::Recorded => {}
            DiagnosticStatus::OK => tracing::info!("{text}"),
            DiagnosticStatus::WARN => tracing::warn!("{text}"),
            _ => tracing::error!("{text}"),
        }
    }
}
