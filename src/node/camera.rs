//! One camera with its people: a source and what is remembered of those whom it shows.

use std::collections::VecDeque;

use super::Counts;
use super::source::Source;
use crate::bus::{Bus, EndpointError};
use crate::config::ros_args::RosArgs;
use crate::config::sources::SourceConfig;
use crate::health::{Cause, Drops};
use crate::lift::Lifter;
use crate::output::diagnostics::{Feed, Spread};
use crate::person::observation::Observation;
use crate::person::pose::Poses;
use crate::pipeline::Pipeline;
use crate::stamp::Stamp;

/// A source and its pipeline.
pub struct Camera {
    name: String,
    /// Where keypoints come from.
    pub source: Source,
    /// What becomes of them.
    pub pipeline: Pipeline,
    last_frame: Option<Stamp>,
    /// When the frames that the pipeline has yet to answer came, oldest first.
    heard: VecDeque<Stamp>,
    /// Keypoint messages since the last report, and the times between them.
    frames: u32,
    cycle: Spread,
}

impl Camera {
    /// Subscribes as the configuration asks.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn begin(
        bus: &mut dyn Bus,
        args: &RosArgs,
        config: &SourceConfig,
        lifter: Box<dyn Lifter>,
    ) -> Result<Self, EndpointError> {
        Ok(Self {
            name: config.name.clone(),
            source: Source::subscribe(bus, args, config)?,
            pipeline: Pipeline::new(args.config.settings(), lifter),
            last_frame: None,
            heard: VecDeque::new(),
            frames: 0,
            cycle: Spread::default(),
        })
    }

    /// Takes note that a keypoint message has come.
    pub fn note_frame(&mut self, now: Stamp, counts: &mut Counts) {
        counts.totals.frames_in += 1;
        self.frames += 1;
        if let Some(last) = self.last_frame.replace(now) {
            self.cycle.add(now.seconds_since(last));
        }
    }

    /// What is worth knowing of the time since the last call.
    pub fn report(&mut self) -> Feed<'_> {
        Feed {
            frames: std::mem::take(&mut self.frames),
            cycle: std::mem::take(&mut self.cycle),
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
        self.pipeline.forget();
        self.heard.clear();
        self.last_frame = None;
    }

    /// Everyone in each frame that can now be answered, and how to date them: now, or where the frame waited only
    /// to be lifted together with others, when it came.
    pub fn lift(
        &mut self,
        seen: &Observation,
        now: Stamp,
        counts: &mut Counts,
    ) -> Vec<(Stamp, Poses)> {
        let before = self.pipeline.waiting();
        let answers = match self.source.calibration.camera_of(seen) {
            Ok(camera) => self.pipeline.step(seen, camera, &mut counts.drops),
            Err((cause, detail)) => {
                counts.drops.note(cause, detail);
                Vec::new()
            }
        };
        if self.pipeline.waiting() + answers.len() > before {
            self.heard.push_back(now);
        }
        self.dated(answers, now)
    }

    /// Everyone in each frame that still waits for later ones, dated likewise.
    pub fn finish(&mut self, now: Stamp, counts: &mut Counts) -> Vec<(Stamp, Poses)> {
        let answers = self.pipeline.finish(&mut counts.drops);
        self.dated(answers, now)
    }

    /// Each camera's detector counts for itself: the camera's name keeps its people apart.
    fn dated(&mut self, mut answers: Vec<Poses>, now: Stamp) -> Vec<(Stamp, Poses)> {
        if !self.name.is_empty() {
            for person in answers.iter_mut().flat_map(|poses| &mut poses.people) {
                person.id = format!("{}_{}", self.name, person.id);
            }
        }
        let gathers = self.pipeline.gathers();
        let dated = answers.into_iter().map(|poses| {
            let heard = self.heard.pop_front().filter(|_| gathers);
            (heard.unwrap_or(now), poses)
        });
        dated.collect()
    }
}
