//! Frames of keypoints in, 3D people out: the order of the stages, nothing else.
//!
//! A frame is taken in when it comes, and answered as soon as one comes that is later by the
//! lifter's lookahead: at once where it has none. A lifter that takes several frames together is
//! asked when there are so many.

mod candidate;
mod depths;
mod plausible;
mod rays;
mod settings;

use std::collections::{BTreeSet, VecDeque};

use candidate::{Candidate, Frame, Known, note_disbelieved};
use depths::Depths;
pub use rays::rays_of;
use rays::{face_rays, marks_of};
pub use settings::Settings;

use crate::geometry::camera::Camera;
use crate::geometry::canonical::person_view;
use crate::health::{Cause, Drops};
use crate::lift::{LiftError, Lifted, Lifter, MOST_WAITING, Seen, Shown};
use crate::person::crowd::Crowd;
use crate::person::identity::Identity;
use crate::person::observation::{Observation, Sighting};
use crate::person::pose::{Poses, State};
use crate::person::statures::Statures;
use posemoe_stamp::{Stamp, TIME_JUMP_S};

/// Turns observations into poses; owns everything that is remembered between them.
pub struct Pipeline {
    settings: Settings,
    lifter: Box<dyn Lifter>,
    lifted: Vec<Option<Lifted>>,
    crowd: Crowd,
    identity: Identity,
    depths: Depths,
    last: Option<(Stamp, String)>,
    /// Frames that are taken in and not yet answered, oldest first.
    waiting: VecDeque<Frame>,
}

/// How a stamp follows the one before it.
enum Time {
    GoesOn,
    BeginsAnew,
}

impl Pipeline {
    /// A pipeline that has seen nobody yet.
    pub fn new(settings: Settings, lifter: Box<dyn Lifter>) -> Self {
        Self {
            settings,
            lifter,
            lifted: Vec::new(),
            crowd: Crowd::new(settings.max_people, settings.motion),
            identity: Identity::default(),
            depths: Depths::default(),
            last: None,
            waiting: VecDeque::new(),
        }
    }

    /// Takes note of whose stature is known, in place of what was said before.
    pub fn know_statures(&mut self, statures: Statures) {
        self.crowd.know_statures(statures);
    }

    /// Takes in an observation, and gives everyone in each frame that can now be answered, in the
    /// order of their stamps: this one, where nothing is waited for; none, when its stamp cannot be
    /// used. What was not used is counted in `drops`.
    pub fn step(&mut self, seen: &Observation, camera: &Camera, drops: &mut Drops) -> Vec<Poses> {
        let mut answers = Vec::new();
        match self.accept_time(seen, drops) {
            None => return answers,
            Some(Time::GoesOn) => {}
            Some(Time::BeginsAnew) => {
                answers = self.flush(drops);
                let last = self.last.take();
                self.forget();
                self.last = last;
            }
        }
        let named = self.name(seen, drops);
        if self.gathers() && !self.crowd.has_room(named.iter().map(|(_, id)| id.as_str())) {
            answers.extend(self.flush(drops));
        }
        self.take_in(seen, named, camera, drops);
        if !self.gathers() {
            while self.is_one_due() {
                answers.extend(self.answer_oldest(drops));
            }
        } else if self.are_all_due() {
            answers.extend(self.flush(drops));
        }
        answers
    }

    /// Everyone in each frame that still waits, with those later frames that there are: nothing
    /// more will come.
    pub fn flush(&mut self, drops: &mut Drops) -> Vec<Poses> {
        if (2..=self.lifter.together()).contains(&self.waiting.len())
            && let Some(answers) = self.answer_together(drops)
        {
            return answers;
        }
        std::iter::from_fn(|| self.answer_oldest(drops)).collect()
    }

    /// Whether frames wait for others only to be lifted together with them.
    pub fn gathers(&self) -> bool {
        self.lifter.together() > 1
    }

    /// Frames that are taken in and not yet answered.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Goes on with other settings; `max_people` stays, for which memory has been set aside.
    pub fn adjust(&mut self, settings: Settings) {
        let max_people = self.settings.max_people;
        self.settings = Settings {
            max_people,
            ..settings
        };
        self.crowd.adjust(settings.motion);
    }

    /// Forgets everyone, and frames that wait. The next answer says who is lost by that.
    pub fn forget(&mut self) {
        self.waiting.clear();
        self.last = None;
        self.crowd.clear();
        self.identity.clear();
        self.depths = Depths::default();
    }

    /// How much later a frame must be (s) that answers wait for.
    pub fn lookahead_s(&self) -> f64 {
        self.lifter.lookahead_s()
    }

    fn accept_time(&mut self, seen: &Observation, drops: &mut Drops) -> Option<Time> {
        let mut time = Time::GoesOn;
        if let Some((last, frame_id)) = &self.last {
            let step_s = seen.stamp.seconds_since(*last);
            if seen.stamp == Stamp::default() {
                let after = format!("after {last}: the driver sets no stamps");
                drops.note(Cause::NoStamp, after);
                return None;
            } else if step_s < -TIME_JUMP_S {
                drops.note(
                    Cause::TimeJump,
                    format!("{step_s:.3} s, from {last} to {}", seen.stamp),
                );
                time = Time::BeginsAnew;
            } else if *frame_id != seen.frame_id {
                drops.note(
                    Cause::FrameMismatch,
                    format!(
                        "camera changed from {frame_id:?} to {:?}, memory reset",
                        seen.frame_id
                    ),
                );
                time = Time::BeginsAnew;
            } else if step_s == 0.0 {
                drops.note(Cause::DuplicateStamp, seen.stamp.to_string());
                return None;
            } else if step_s < 0.0 {
                drops.note(Cause::OutOfOrder, format!("{} after {last}", seen.stamp));
                return None;
            }
        }
        self.last = Some((seen.stamp, seen.frame_id.clone()));
        Some(time)
    }

    fn take_in(
        &mut self,
        seen: &Observation,
        named: Vec<(&Sighting, String)>,
        camera: &Camera,
        drops: &mut Drops,
    ) {
        let candidates = self.candidates(seen.stamp, named, camera, drops);
        let frame = Frame {
            stamp: seen.stamp,
            frame_id: seen.frame_id.clone(),
            ground: seen.ground,
            shown: seen.people.len() + seen.untaken,
            candidates,
        };
        self.lifter.remember(frame.stamp, &frame.people());
        self.waiting.push_back(frame);
    }

    /// Names everyone for whom there is room.
    fn name<'a>(
        &mut self,
        seen: &'a Observation,
        drops: &mut Drops,
    ) -> Vec<(&'a Sighting, String)> {
        let mut people: Vec<&Sighting> = seen.people.iter().collect();
        let most = self.settings.max_people;
        if people.len() > most {
            // The surest stay; a stable sort keeps equal ones in the detector's order.
            people.sort_by(|a, b| b.score.total_cmp(&a.score));
            for extra in people.drain(most..) {
                let id = extra.track_id.as_deref().unwrap_or("without id");
                drops.note(
                    Cause::TooManyPeople,
                    format!(
                        "{} people, max_people {most}; dropped {id}",
                        seen.people.len()
                    ),
                );
            }
        }
        let away_s = self.settings.reidentify_s;
        let forget_s = away_s.max(self.settings.motion.predict_s);
        let ids = (self.identity).name(seen.stamp, &people, forget_s, away_s > 0.0);
        people.into_iter().zip(ids).collect()
    }

    /// Keeps those that can be lifted.
    fn candidates(
        &mut self,
        stamp: Stamp,
        named: Vec<(&Sighting, String)>,
        camera: &Camera,
        drops: &mut Drops,
    ) -> Vec<Candidate> {
        let min_score = self.settings.min_score;
        let mut taken = BTreeSet::new();
        let mut people = Vec::with_capacity(named.len());
        for (person, id) in named {
            if !taken.insert(id.clone()) {
                drops.note(Cause::DuplicateId, format!("id {id:?} twice at {stamp}"));
                continue;
            }
            let rays = rays_of(&person.joints, camera, min_score, drops);
            people.push((person, id, rays));
        }
        let given = people.iter_mut().map(|(_, id, rays)| (id.as_str(), rays));
        self.depths.keep_own(stamp, given, drops);
        let mut candidates = Vec::with_capacity(people.len());
        for (person, id, rays) in people {
            let (found, least) = (rays.iter().flatten().count(), self.settings.min_keypoints);
            let Some(view) = person_view(&rays).filter(|_| found >= least) else {
                drops.note(
                    Cause::TooFewKeypoints,
                    format!("person {id:?}: found {found}, expected {least} or more"),
                );
                continue;
            };
            if let Err((cause, detail)) = plausible::in_image(person, &rays, camera) {
                drops.note(cause, format!("person {id:?}: {detail}"));
                continue;
            }
            candidates.push(Candidate {
                key: self.crowd.expect(&id),
                id,
                score: person.score,
                marks: marks_of(person, &rays, camera, min_score),
                face: face_rays(person, camera, min_score),
                distance_m: person.distance_m,
                rays,
                view,
            });
        }
        candidates
    }

    fn is_one_due(&self) -> bool {
        let (Some(oldest), Some(newest)) = (self.waiting.front(), self.waiting.back()) else {
            return false;
        };
        let due = oldest.stamp.plus_seconds(self.lifter.lookahead_s());
        due <= newest.stamp || self.waiting.len() > MOST_WAITING
    }

    /// Whether to wait for no more frames to be lifted together: there are enough, or somebody is
    /// about to be forgotten, which must not be too late for who comes back.
    fn are_all_due(&self) -> bool {
        let (Some(oldest), Some(newest)) = (self.waiting.front(), self.waiting.back()) else {
            return false;
        };
        self.waiting.len() >= self.lifter.together()
            || newest.stamp.seconds_since(oldest.stamp) >= self.settings.motion.predict_s
            || self.crowd.loses_someone(newest.stamp)
    }

    fn answer_oldest(&mut self, drops: &mut Drops) -> Option<Poses> {
        let frame = self.waiting.pop_front()?;
        self.admit(&frame, drops);
        // Before the frame is lifted, so that the lifter has room for those who are new.
        self.let_go();
        let people = frame.people();
        let done = self.lifter.lift(frame.stamp, &people, &mut self.lifted);
        let lifted = std::mem::take(&mut self.lifted);
        self.place(&frame, done.map(|()| &lifted[..]), drops);
        self.lifted = lifted;
        Some(self.poses(frame))
    }

    /// Lifts all waiting frames together; `None`, and they still wait, when some need to be lifted
    /// by themselves.
    fn answer_together(&mut self, drops: &mut Drops) -> Option<Vec<Poses>> {
        self.let_go();
        let people: Vec<Vec<Seen<'_>>> = self.waiting.iter().map(Frame::people).collect();
        let shown: Vec<Shown<'_>> = (self.waiting.iter().zip(&people))
            .map(|(frame, seen)| Shown {
                stamp: frame.stamp,
                seen,
            })
            .collect();
        let mut lifted = Vec::new();
        self.lifter.lift_together(&shown, &mut lifted).ok()?;
        let mut rest = &lifted[..];
        let frames = std::mem::take(&mut self.waiting).into_iter();
        let answer = |frame: Frame| {
            self.admit(&frame, drops);
            let (lifted, others) = rest.split_at(frame.candidates.len());
            rest = others;
            self.place(&frame, Ok(lifted), drops);
            self.poses(frame)
        };
        Some(frames.map(answer).collect())
    }

    fn admit(&mut self, frame: &Frame, drops: &mut Drops) {
        let ids = frame.candidates.iter().map(|person| person.id.as_str());
        self.crowd.admit(frame.stamp, ids, drops);
    }

    fn let_go(&mut self) {
        for key in self.crowd.take_forgotten() {
            self.lifter.forget(key);
        }
    }

    fn poses(&mut self, frame: Frame) -> Poses {
        let people = self.crowd.everyone(frame.stamp);
        let tracked = people.iter().filter(|p| p.state == State::Tracked);
        let unplaced = frame.shown.saturating_sub(tracked.count());
        Poses {
            stamp: frame.stamp,
            frame_id: frame.frame_id,
            people,
            unplaced,
        }
    }

    /// Places everyone in a frame as they were lifted.
    fn place(
        &mut self,
        frame: &Frame,
        lifted: Result<&[Option<Lifted>], LiftError>,
        drops: &mut Drops,
    ) {
        let lifted = match lifted {
            Ok(lifted) => lifted,
            Err(error) => return drops.note(Cause::NetworkFailed, error.to_string()),
        };
        for (candidate, lifted) in frame.candidates.iter().zip(lifted) {
            let Some(lifted) = lifted else {
                drops.note(
                    Cause::NetworkFailed,
                    format!("person {:?}: result is not finite", candidate.id),
                );
                continue;
            };
            let known = Known {
                stamp: frame.stamp,
                size: self.crowd.size(&candidate.id),
                size_model: &self.settings.motion.size,
                limb_velocities_m_s: self.crowd.limb_velocities_m_s(&candidate.id),
                ground: frame.ground.as_ref(),
            };
            match candidate.estimate(lifted, self.settings.sigma_scale, &known) {
                Ok(estimate) => {
                    note_disbelieved(&candidate.id, &estimate, drops);
                    self.crowd.update(&candidate.id, frame.stamp, estimate);
                }
                Err((cause, detail)) => {
                    drops.note(cause, format!("person {:?}: {detail}", candidate.id));
                }
            }
        }
    }
}
