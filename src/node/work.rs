//! The node's trade, there while it is configured: keypoints in, people out.

use super::outputs::Outputs;
use super::source::{Heard, Source};
use super::time::Time;
use super::{Counts, Engine};
use crate::bus::{Bus, BusError, SubscriptionId};
use crate::config::ros_args::RosArgs;
use crate::health::Cause;
use crate::lift::Lifter;
use crate::output::diagnostics::{Spread, Trade};
use crate::person::observation::Observation;
use crate::person::pose::{Poses, State};
use crate::pipeline::Pipeline;
use crate::stamp::Stamp;

/// Source, pipeline and outputs.
pub struct Work {
    source: Source,
    pipeline: Pipeline,
    outputs: Outputs,
    engine: Engine,
    second: Second,
    last_frame: Option<Stamp>,
    last_people: usize,
}

/// What is counted from tick to tick.
#[derive(Default)]
struct Second {
    frames: u32,
    cycle: Spread,
    processing: Spread,
    stamp_to_publish: Spread,
}

impl Work {
    /// Subscribes and advertises as `args` ask.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn begin(
        bus: &mut dyn Bus,
        args: &RosArgs,
        lifter: Box<dyn Lifter>,
        engine: Engine,
    ) -> Result<Self, BusError> {
        Ok(Self {
            source: Source::subscribe(bus, args)?,
            outputs: Outputs::advertise(bus, args)?,
            pipeline: Pipeline::new(args.config.settings(), lifter),
            engine,
            second: Second::default(),
            last_frame: None,
            last_people: 0,
        })
    }

    /// Gives subscriptions and publishers back.
    pub fn end(self, bus: &mut dyn Bus) {
        self.source.leave(bus);
        self.outputs.leave(bus);
    }

    /// Takes note of parameters that may change while people go in and out.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn adjust(&mut self, bus: &mut dyn Bus, args: &RosArgs) -> Result<(), BusError> {
        self.pipeline.adjust(args.config.settings());
        self.outputs.adjust(bus, args)
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.pipeline.forget();
        (self.last_frame, self.last_people) = (None, 0);
    }

    /// Takes in a message and publishes what can now be answered, unless the node `is_active` not.
    ///
    /// # Errors
    /// When the bus takes no more.
    pub fn hear(
        &mut self,
        bus: &mut dyn Bus,
        (subscription, payload): (SubscriptionId, &[u8]),
        (is_active, time): (bool, &Time),
        counts: &mut Counts,
    ) -> Result<(), BusError> {
        let began = bus.now();
        let heard = self.source.hear(subscription, payload, &mut counts.drops);
        let Some(Heard::Keypoints(seen)) = heard else {
            return Ok(());
        };
        counts.totals.frames_in += 1;
        self.second.frames += 1;
        let now = time.now(bus);
        if let Some(last) = self.last_frame.replace(now) {
            self.second.cycle.add(now.seconds_since(last));
        }
        let Some(seen) = seen else { return Ok(()) };
        if !is_active {
            let stamp = seen.stamp;
            counts
                .drops
                .note(Cause::Inactive, format!("keypoints of {stamp}"));
            return Ok(());
        }
        let answers = self.lift(&seen, counts);
        for poses in &answers {
            self.publish(bus, poses, counts)?;
            let late_s = time.now(bus).seconds_since(poses.stamp);
            self.second.stamp_to_publish.add(late_s);
        }
        if !answers.is_empty() {
            let processing_s = bus.now().seconds_since(began);
            self.second.processing.add(processing_s);
        }
        Ok(())
    }

    /// Publishes what was held back for later frames (`lookahead_s`): no more will come.
    ///
    /// # Errors
    /// When the bus takes no more.
    pub fn finish(&mut self, bus: &mut dyn Bus, counts: &mut Counts) -> Result<(), BusError> {
        for poses in self.pipeline.finish(&mut counts.drops) {
            self.publish(bus, &poses, counts)?;
        }
        Ok(())
    }

    /// What is worth knowing of the time since the last call.
    pub fn report(&mut self) -> Trade<'_> {
        let second = std::mem::take(&mut self.second);
        Trade {
            frames: second.frames,
            last_frame: self.last_frame,
            people: self.last_people,
            camera_problem: self.source.calibration.problem(),
            cycle: second.cycle,
            processing: second.processing,
            stamp_to_publish: second.stamp_to_publish,
            lookahead_s: self.pipeline.lookahead_s(),
            provider: &self.engine.provider,
            model: &self.engine.model,
        }
    }

    fn lift(&mut self, seen: &Observation, counts: &mut Counts) -> Vec<Poses> {
        match self.source.calibration.camera_of(seen) {
            Ok(camera) => self.pipeline.step(seen, camera, &mut counts.drops),
            Err((cause, detail)) => {
                counts.drops.note(cause, detail);
                Vec::new()
            }
        }
    }

    fn publish(
        &mut self,
        bus: &mut dyn Bus,
        poses: &Poses,
        counts: &mut Counts,
    ) -> Result<(), BusError> {
        let tracked = poses.people.iter().filter(|p| p.state == State::Tracked);
        counts.totals.frames_out += 1;
        counts.totals.people_tracked += tracked.count() as u64;
        self.last_people = poses.people.len();
        self.outputs.publish(bus, poses, &mut counts.drops)
    }
}
