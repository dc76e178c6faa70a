//! One camera with its people: a source and what is remembered of those whom it shows.

use std::collections::VecDeque;

use super::Counts;
use super::context::Context;
use super::depth::Depth;
use super::ground::Floor;
use super::received::Received;
use super::source::Source;
use crate::bus::{Bus, EndpointError, SubscriptionId};
use crate::config::Config;
use crate::config::ros_args::RosArgs;
use crate::config::sources::SourceConfig;
use crate::output::diagnostics::{Feed, Spread};
use posemoe_core::frames::Frames;
use posemoe_core::health::{Cause, Drops, Gauge};
use posemoe_core::lift::Lifter;
use posemoe_core::person::observation::Observation;
use posemoe_core::person::pose::{Poses, State};
use posemoe_core::pipeline::Pipeline;
use posemoe_stamp::Stamp;

/// A source and its pipeline.
pub struct Camera {
    name: String,
    /// Where keypoints come from.
    pub source: Source,
    depth: Option<Depth>,
    floor: Floor,
    /// What becomes of them.
    pub pipeline: Pipeline,
    /// Whether everything of the last message could be used.
    is_whole: bool,
    /// The frames that the pipeline has yet to answer, oldest first.
    pending: VecDeque<Pending>,
    gauge: Gauge,
    /// When the last keypoint message came.
    last_frame: Option<Stamp>,
    /// Keypoint messages since the last report, the times between them, and by how much their
    /// stamps were ahead (s).
    arrivals: u32,
    cycle: Spread,
    ahead_s: f64,
}

/// A frame on its way through the pipeline.
struct Pending {
    came: Stamp,
    /// Whether nobody was there to be placed.
    is_empty: bool,
}

impl Camera {
    /// Subscribes as the configuration asks.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn begin(
        bus: &mut dyn Bus,
        args: &RosArgs,
        config: &SourceConfig,
        lifter: Box<dyn Lifter>,
    ) -> Result<Self, EndpointError> {
        let mut pipeline = Pipeline::new(args.config.settings(), lifter);
        pipeline.know_statures(args.config.statures_of(&config.name));
        Ok(Self {
            name: config.name.clone(),
            source: Source::subscribe(bus, args, config)?,
            depth: Depth::subscribe(bus, args, config)?,
            floor: Floor::default(),
            pipeline,
            is_whole: true,
            pending: VecDeque::new(),
            gauge: Gauge::default(),
            last_frame: None,
            arrivals: 0,
            cycle: Spread::default(),
            ahead_s: 0.0,
        })
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        self.source.leave(bus);
        self.depth.into_iter().for_each(|depth| depth.leave(bus));
    }

    /// Takes note of parameters that may change while people go in and out.
    pub fn adjust(&mut self, config: &Config) {
        self.pipeline.adjust(config.settings());
        self.pipeline.know_statures(config.statures_of(&self.name));
    }

    /// Reads a message of this camera's topics; `None` when it is none. What is complete by it, in
    /// the order of stamps: with depths, and with the floor.
    pub fn receive(
        &mut self,
        bus: &mut dyn Bus,
        message: (SubscriptionId, &[u8]),
        (context, frames): (&Context<'_>, Option<&Frames>),
        counts: &mut Counts,
    ) -> Option<Vec<Observation>> {
        let now = context.time.now(bus);
        let is_depth = |depth: &mut Depth| depth.receive(message, &mut counts.drops);
        if self.depth.as_mut().is_some_and(is_depth) {
            return Some(self.complete(Vec::new(), now, (context, frames), counts));
        }
        let all = self.read(bus, message, context, counts)?;
        Some(self.complete(all, now, (context, frames), counts))
    }

    /// Keypoints with what else is known of their frame, as far as that is not waited for.
    fn complete(
        &mut self,
        all: Vec<Observation>,
        now: Stamp,
        (context, frames): (&Context<'_>, Option<&Frames>),
        counts: &mut Counts,
    ) -> Vec<Observation> {
        let config = &context.args.config;
        let none = Frames::default();
        let frames = frames.unwrap_or(&none);
        let mut complete = all;
        if let Some(depth) = &mut self.depth {
            for seen in complete.drain(..) {
                depth.await_image(seen, now);
            }
            let camera = self.source.calibration.known().map(|(camera, _)| camera);
            while let Some(seen) = depth.next(now, config, (camera, frames), &mut counts.drops) {
                complete.push(seen);
            }
        }
        if !config.ground_frame.is_empty() {
            for seen in &mut complete {
                let ground_frame = &config.ground_frame;
                seen.ground = self.floor.of(seen, ground_frame, frames, &mut counts.drops);
            }
        }
        complete
    }

    /// Keypoints that have waited for long enough.
    pub fn overdue(
        &mut self,
        now: Stamp,
        around: (&Context<'_>, Option<&Frames>),
        counts: &mut Counts,
    ) -> Vec<Observation> {
        self.complete(Vec::new(), now, around, counts)
    }

    fn read(
        &mut self,
        bus: &mut dyn Bus,
        message: (SubscriptionId, &[u8]),
        context: &Context<'_>,
        counts: &mut Counts,
    ) -> Option<Vec<Observation>> {
        let mut drops = Drops::default();
        let received = self
            .source
            .receive(bus, context.args, message, &mut drops)?;
        let is_whole = drops.is_empty();
        self.note(drops, counts);
        let Received::Keypoints(all) = received else {
            return Some(Vec::new());
        };
        self.is_whole = is_whole;
        let now = context.time.now(bus);
        self.note_arrival(now, counts);
        for seen in all.iter().filter(|_| context.time.is_known()) {
            self.ahead_s = self.ahead_s.max(seen.stamp.seconds_since(now));
        }
        if all.is_empty() && context.is_active {
            self.gauge.flow.received += 1;
            self.gauge.flow.failed += 1;
        }
        Some(all)
    }

    /// What is not complete, and will not be: no more will come.
    pub fn rest(
        &mut self,
        now: Stamp,
        around: (&Context<'_>, Option<&Frames>),
        counts: &mut Counts,
    ) -> Vec<Observation> {
        let seen = self.source.rest();
        if seen.is_some() {
            self.note_arrival(now, counts);
        }
        let patience_s = around.0.args.config.depth_wait_s;
        let mut all = self.complete(seen.into_iter().collect(), now, around, counts);
        all.extend(self.overdue(now.plus_seconds(patience_s), around, counts));
        all
    }

    fn note_arrival(&mut self, now: Stamp, counts: &mut Counts) {
        counts.totals.frames_in += 1;
        self.arrivals += 1;
        if let Some(last) = self.last_frame.replace(now) {
            self.cycle.add(now.seconds_since(last));
        }
    }

    /// Takes note of what was not used.
    fn note(&mut self, drops: Drops, counts: &mut Counts) {
        if !drops.is_empty() {
            counts.drops.absorb(drops.clone());
            self.gauge.note(drops);
        }
    }

    /// Takes note that people went out.
    pub fn note_published(&mut self) {
        self.gauge.flow.published += 1;
    }

    /// What is worth knowing of the time since the last call.
    pub fn report(&mut self) -> Feed<'_> {
        Feed {
            arrivals: std::mem::take(&mut self.arrivals),
            frames: self.gauge.read(),
            cycle: std::mem::take(&mut self.cycle),
            ahead_s: std::mem::take(&mut self.ahead_s),
            name: &self.name,
            last_frame: self.last_frame,
            problem: self.source.calibration.problem(),
        }
    }

    /// Forgets everyone, and frames that wait for an answer, which are counted.
    pub fn forget(&mut self, drops: &mut Drops) {
        for _ in 0..self.pipeline.waiting() {
            drops.note(Cause::Inactive, "a frame that waited for an answer");
        }
        self.depth.iter_mut().for_each(|depth| depth.forget(drops));
        self.pipeline.forget();
        self.pending.clear();
        self.last_frame = None;
    }

    /// Everyone in each frame that can now be answered, and how to date them: now, or where the
    /// frame waited only to be lifted together with others, when it came.
    pub fn lift(
        &mut self,
        seen: &Observation,
        now: Stamp,
        counts: &mut Counts,
    ) -> Vec<(Stamp, Poses)> {
        let mut drops = Drops::default();
        let before = self.pipeline.waiting();
        let answers = match self.source.calibration.camera_of(seen) {
            Ok(camera) => self.pipeline.step(seen, camera, &mut drops),
            Err((cause, detail)) => {
                drops.note(cause, detail);
                Vec::new()
            }
        };
        self.note(drops, counts);
        self.gauge.flow.received += 1;
        if self.pipeline.waiting() + answers.len() > before {
            self.gauge.flow.accepted += 1;
            self.pending.push_back(Pending {
                came: now,
                is_empty: seen.people.is_empty() && self.is_whole,
            });
        } else {
            self.gauge.flow.failed += 1;
        }
        self.dated(answers, now)
    }

    /// Everyone in each frame that still waits for later ones, dated likewise.
    pub fn flush(&mut self, now: Stamp, counts: &mut Counts) -> Vec<(Stamp, Poses)> {
        let mut drops = Drops::default();
        let answers = self.pipeline.flush(&mut drops);
        self.note(drops, counts);
        self.dated(answers, now)
    }

    fn dated(&mut self, answers: Vec<Poses>, now: Stamp) -> Vec<(Stamp, Poses)> {
        let gathers = self.pipeline.gathers();
        let date = |mut poses: Poses| {
            let pending = self.pending.pop_front();
            let is_empty = pending.as_ref().is_some_and(|frame| frame.is_empty);
            match is_empty || poses.people.iter().any(|p| p.state == State::Tracked) {
                true => self.gauge.flow.answered += 1,
                false => self.gauge.flow.failed += 1,
            }
            // Each camera's detector counts for itself: the camera's name keeps its people apart.
            if !self.name.is_empty() {
                for person in &mut poses.people {
                    person.id = format!("{}_{}", self.name, person.id);
                }
            }
            let came = pending.filter(|_| gathers).map(|frame| frame.came);
            (came.unwrap_or(now), poses)
        };
        answers.into_iter().map(date).collect()
    }
}
