//! What a configured node does: keypoints in, people out.

mod publish;

use super::camera::Camera;
use super::context::Context;
use super::fusing::Fusing;
use super::outputs::Outputs;
use super::separations::Separations;
use super::steady::Steady;
use super::target::Target;
use super::transforms::Transforms;
use super::{Counts, NodeError};
use crate::bus::{Bus, EndpointError, SubscriptionId, all_or_none};
use crate::config::ros_args::RosArgs;
use crate::engine::{Engine, EngineError, Loader};
use crate::output::diagnostics::{Activity, Spread};
use posemoe_core::health::Cause;
use posemoe_core::person::observation::Observation;
use posemoe_core::person::pose::Poses;
use posemoe_stamp::Stamp;

/// In the place of a camera: all of them together.
const FUSED: usize = usize::MAX;

/// Cameras, outputs, and the frame in which people are given.
pub struct Work {
    cameras: Vec<Camera>,
    /// There where anybody needs them.
    transforms: Option<Transforms>,
    target: Option<Target>,
    /// There where several cameras make one.
    fusing: Option<Fusing>,
    separations: Option<Separations>,
    outputs: Outputs,
    /// Whom to tell of at a steady rate.
    steady: Steady,
    engine: Engine,
    second: Second,
    last_people: usize,
}

/// What is counted from tick to tick.
#[derive(Default)]
struct Second {
    processing: Spread,
    stamp_to_publish: Spread,
}

impl Work {
    /// What runs the network.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Loads a network for each camera, subscribes and advertises.
    ///
    /// # Errors
    /// [`NodeError`] when there is no network, or the bus refuses.
    pub fn begin(bus: &mut dyn Bus, args: &RosArgs, load: &mut Loader) -> Result<Self, NodeError> {
        args.config.check_topics().map_err(EngineError::from)?;
        // First what takes longest and fails most.
        let mut lifters = Vec::new();
        let mut engine = Engine::default();
        for source in args.config.sources() {
            let (lifter, loaded) = (load.lifter)(&args.config)?;
            engine = loaded;
            lifters.push((source, lifter));
        }
        let plausibility = (load.plausibility)(&args.config)?;
        let begun: Result<Self, NodeError> = all_or_none(bus, |bus| {
            let mut cameras = Vec::new();
            for (source, lifter) in lifters {
                cameras.push(Camera::begin(bus, args, &source, lifter)?);
            }
            let is_hri = cameras.iter().any(|camera| camera.source.is_hri());
            let separations = Separations::advertise(bus, args, cameras.len())?;
            let target = Target::new(&args.config);
            Ok(Self {
                cameras,
                transforms: Transforms::subscribe(bus, args, separations.is_some())?,
                fusing: Fusing::new(&args.config, target.as_ref()),
                target,
                separations,
                outputs: Outputs::advertise(bus, args, plausibility, is_hri)?,
                steady: Steady::default(),
                engine,
                second: Second::default(),
                last_people: 0,
            })
        });
        if begun.is_ok() {
            bus.set_timer(args.config.output_period());
        }
        begun
    }

    /// Gives subscriptions and publishers back.
    pub fn end(self, bus: &mut dyn Bus) {
        bus.set_timer(None);
        for camera in self.cameras {
            camera.leave(bus);
        }
        if let Some(transforms) = self.transforms {
            transforms.leave(bus);
        }
        if let Some(separations) = self.separations {
            separations.leave(bus);
        }
        self.outputs.leave(bus);
    }

    /// Takes note of parameters that may change while people go in and out.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn adjust(&mut self, bus: &mut dyn Bus, args: &RosArgs) -> Result<(), EndpointError> {
        for camera in &mut self.cameras {
            camera.adjust(&args.config);
        }
        if let Some(fusing) = &mut self.fusing {
            fusing.adjust(&args.config);
        }
        bus.set_timer(args.config.output_period());
        self.outputs.adjust(bus, args)
    }

    /// Forgets everyone; frames that wait for an answer or a transform are counted.
    pub fn forget(&mut self, bus: &mut dyn Bus, counts: &mut Counts) {
        for camera in &mut self.cameras {
            camera.forget(&mut counts.drops);
        }
        if let Some(target) = &mut self.target {
            target.forget(&mut counts.drops);
        }
        self.fusing.iter_mut().for_each(Fusing::forget);
        self.steady.forget();
        self.outputs.forget(bus);
        self.last_people = 0;
    }

    /// Takes in a message and publishes what can now be answered.
    pub fn receive(
        &mut self,
        bus: &mut dyn Bus,
        message: (SubscriptionId, &[u8]),
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let began = bus.now();
        let is_transform = |transforms: &Transforms| transforms.listens_to(message.0);
        if self.transforms.as_ref().is_some_and(is_transform) {
            // Who came before a transform is not to be placed by it before it came.
            self.publish_gathered(bus, context, counts);
            let transforms = self.transforms.iter_mut();
            transforms.for_each(|transforms| transforms.receive(message, &mut counts.drops));
            self.publish_placed(bus, context, counts);
            return;
        }
        for index in 0..self.cameras.len() {
            let frames = Transforms::frames_of(&self.transforms);
            let received = self.cameras[index].receive(bus, message, (context, frames), counts);
            let Some(all) = received else { continue };
            for seen in &all {
                self.see(bus, index, seen, context, counts);
            }
            if context.is_active && !all.is_empty() {
                let processing_s = bus.now().seconds_since(began);
                self.second.processing.add(processing_s);
            }
            break;
        }
    }

    fn see(
        &mut self,
        bus: &mut dyn Bus,
        camera: usize,
        seen: &Observation,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        if !context.is_active {
            let detail = format!("keypoints of {}", seen.stamp);
            counts.drops.note(Cause::Inactive, detail);
            return;
        }
        let answers = self.cameras[camera].lift(seen, bus.now(), counts);
        self.publish_answers(bus, camera, answers, context, counts);
    }

    /// Publishes what a camera's frames show, each dated as the camera says.
    fn publish_answers(
        &mut self,
        bus: &mut dyn Bus,
        camera: usize,
        answers: Vec<(Stamp, Poses)>,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let now = bus.now();
        for (moment, poses) in answers {
            bus.date(moment);
            self.publish(bus, (camera, poses), context, counts);
        }
        bus.date(now);
    }

    /// Publishes what waits only to be lifted together with what comes.
    fn publish_gathered(&mut self, bus: &mut dyn Bus, context: &Context<'_>, counts: &mut Counts) {
        for index in 0..self.cameras.len() {
            if self.cameras[index].pipeline.gathers() {
                let answers = self.cameras[index].flush(bus.now(), counts);
                self.publish_answers(bus, index, answers, context, counts);
            }
        }
    }

    /// Publishes what was held back for later frames or transforms: no more will come.
    pub fn flush(&mut self, bus: &mut dyn Bus, context: &Context<'_>, counts: &mut Counts) {
        for index in 0..self.cameras.len() {
            let now = context.time.now(bus);
            let frames = Transforms::frames_of(&self.transforms);
            for seen in self.cameras[index].rest(now, (context, frames), counts) {
                self.see(bus, index, &seen, context, counts);
            }
            let answers = self.cameras[index].flush(bus.now(), counts);
            self.publish_answers(bus, index, answers, context, counts);
        }
        self.publish_waiting(bus, 0.0, context, counts);
        self.publish_overdue(bus, true, context, counts);
    }

    /// Publishes everyone as they are now, or will be when it is of use: the timer is due.
    pub fn be_due(&mut self, bus: &mut dyn Bus, context: &Context<'_>, counts: &mut Counts) {
        if !context.is_active || context.args.config.output_period().is_none() {
            return;
        }
        self.publish_gathered(bus, context, counts);
        self.publish_placed(bus, context, counts);
        let (now, config) = (context.time.now(bus), &context.args.config);
        let moment = now.plus_seconds(config.lead_s);
        let all = self.steady.at(moment, now, &config.validity());
        for told in &all {
            self.outputs
                .publish_told(bus, config, (told, now), &mut counts.drops);
        }
        if let (Some(separations), Some(transforms)) = (&self.separations, &self.transforms) {
            let fusing = self.fusing.as_ref();
            let cameras = fusing.map_or_else(|| self.steady.cameras(), Fusing::cameras);
            let frames = &transforms.frames;
            for said in separations.publish(bus, config, (&all, cameras), frames, (moment, now)) {
                self.outputs.publish_separation(bus, moment, &said);
            }
        }
    }

    /// What is to be done each second.
    pub fn look_after(&mut self, bus: &mut dyn Bus, context: &Context<'_>, counts: &mut Counts) {
        let now = bus.now();
        for index in 0..self.cameras.len() {
            self.cameras[index].source.look_after(bus, now);
            let now = context.time.now(bus);
            let frames = Transforms::frames_of(&self.transforms);
            for seen in self.cameras[index].overdue(now, (context, frames), counts) {
                self.see(bus, index, &seen, context, counts);
            }
        }
        self.publish_gathered(bus, context, counts);
        self.publish_placed(bus, context, counts);
    }

    /// What is worth knowing of the time since the last call.
    pub fn report(&mut self) -> Activity<'_> {
        let second = std::mem::take(&mut self.second);
        let lookaheads_s = self.cameras.iter().map(|c| c.pipeline.lookahead_s());
        Activity {
            lookahead_s: lookaheads_s.fold(0.0, f64::max),
            feeds: self.cameras.iter_mut().map(Camera::report).collect(),
            people: self.last_people,
            unplaced: self.target.as_mut().and_then(Target::take_problem),
            disagreement: self.fusing.as_mut().and_then(Fusing::take_problem),
            processing: second.processing,
            stamp_to_publish: second.stamp_to_publish,
            provider: &self.engine.provider,
            model: &self.engine.model,
        }
    }
}
