//! One frame of keypoints in, 3D people out: the order of the stages, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::geometry::camera::Camera;
use crate::geometry::canonical::{Ray, Rays, person_view};
use crate::geometry::place::{place, to_camera};
use crate::health::{Cause, Drops};
use crate::lift::{Lifted, Lifter, WindowBatch};
use crate::person::identity::Identity;
use crate::person::memory::{Estimate, MotionModel, People, Person};
use crate::person::observation::{Keypoint, Observation, Sighting};
use crate::person::pose::{PersonPose, Poses, State};
use crate::person::skeleton::{JOINT_COUNT, JOINTS};
use crate::stamp::Stamp;

/// A stamp older than the last one by more than this (s) is a time jump; by less, a late message.
pub const TIME_JUMP_S: f64 = 0.5;
/// Keypoints farther outside the image than this share of its size are nonsense.
const OUTSIDE_SHARE: f64 = 0.5;

/// What the stages may be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Keypoints scored below this are taken as not seen.
    pub min_score: f64,
    /// A person of whom fewer joints are seen is not lifted.
    pub min_keypoints: usize,
    /// People lifted and remembered at most.
    pub max_people: usize,
    /// How motion is modelled.
    pub motion: MotionModel,
}

/// Turns observations into poses; owns everything that is remembered between them.
pub struct Pipeline {
    settings: Settings,
    lifter: Box<dyn Lifter>,
    people: People,
    identity: Identity,
    last: Option<(Stamp, String)>,
    /// People who were forgotten since the last poses, to be declared lost in the next.
    farewells: Vec<PersonPose>,
}

/// One person of the frame on the way through the stages.
struct Candidate {
    id: String,
    score: f64,
    rays: Rays,
}

impl Pipeline {
    /// A pipeline that has seen nobody yet.
    pub fn new(settings: Settings, lifter: Box<dyn Lifter>) -> Self {
        Self {
            settings,
            lifter,
            people: People::new(),
            identity: Identity::default(),
            last: None,
            farewells: Vec::new(),
        }
    }

    /// Everyone at the observation's stamp; `None` when its stamp cannot be used. What was not used
    /// is counted in `drops`.
    pub fn step(
        &mut self,
        seen: &Observation,
        camera: &Camera,
        drops: &mut Drops,
    ) -> Option<Poses> {
        self.accept_time(seen, drops)?;
        let candidates = self.candidates(seen, camera, drops);
        let tracked = self.lift_and_place(seen.stamp, &candidates, drops);
        let people = self.everyone(seen.stamp, &tracked, drops);
        Some(Poses {
            stamp: seen.stamp,
            frame_id: seen.frame_id.clone(),
            people,
        })
    }

    fn accept_time(&mut self, seen: &Observation, drops: &mut Drops) -> Option<()> {
        if let Some((last, frame_id)) = &self.last {
            let step_s = seen.stamp.seconds_since(*last);
            if step_s < -TIME_JUMP_S {
                drops.note(
                    Cause::TimeJump,
                    format!("{step_s:.3} s, from {last} to {}", seen.stamp),
                );
                self.forget();
            } else if *frame_id != seen.frame_id {
                drops.note(
                    Cause::FrameMismatch,
                    format!(
                        "camera changed from {frame_id:?} to {:?}, memory reset",
                        seen.frame_id
                    ),
                );
                self.forget();
            } else if step_s == 0.0 {
                drops.note(Cause::DuplicateStamp, seen.stamp.to_string());
                return None;
            } else if step_s < 0.0 {
                drops.note(Cause::OutOfOrder, format!("{} after {last}", seen.stamp));
                return None;
            }
        }
        self.last = Some((seen.stamp, seen.frame_id.clone()));
        Some(())
    }

    /// Clears the memory.
    fn forget(&mut self) {
        for (id, person) in std::mem::take(&mut self.people) {
            self.dismiss(&id, &person);
        }
        self.identity.clear();
    }

    /// Someone who is no longer remembered is to be declared lost.
    fn dismiss(&mut self, id: &str, person: &Person) {
        let pose = person.pose(id, State::Lost, &self.settings.motion);
        self.farewells.extend(pose);
    }

    /// Names everyone, and keeps those that can be lifted.
    fn candidates(
        &mut self,
        seen: &Observation,
        camera: &Camera,
        drops: &mut Drops,
    ) -> Vec<Candidate> {
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
        let ids = self
            .identity
            .name(seen.stamp, &people, self.settings.motion.predict_s);
        let mut taken = BTreeSet::new();
        let mut candidates = Vec::with_capacity(people.len());
        for (person, id) in people.into_iter().zip(ids) {
            if !taken.insert(id.clone()) {
                drops.note(
                    Cause::DuplicateId,
                    format!("id {id:?} twice at {}", seen.stamp),
                );
                continue;
            }
            let rays = rays_of(&person.joints, camera, self.settings.min_score, drops);
            let found = rays.iter().flatten().count();
            if found < self.settings.min_keypoints {
                drops.note(
                    Cause::TooFewKeypoints,
                    format!(
                        "person {id:?}: found {found}, expected {} or more",
                        self.settings.min_keypoints
                    ),
                );
                continue;
            }
            candidates.push(Candidate {
                id,
                score: person.score,
                rays,
            });
        }
        candidates
    }

    /// Runs the network over all candidates at once and places each; returns who was tracked.
    fn lift_and_place(
        &mut self,
        stamp: Stamp,
        candidates: &[Candidate],
        drops: &mut Drops,
    ) -> BTreeSet<String> {
        let layout = self.lifter.layout();
        let mut views = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(view) = person_view(&candidate.rays) else {
                continue;
            };
            let person = self.people.entry(candidate.id.clone()).or_default();
            person.window.push(stamp, view.clone(), &layout);
            views.push((candidate, view));
        }
        let windows: Vec<_> = views
            .iter()
            .filter_map(|(c, _)| self.people.get(&c.id).map(|p| &p.window))
            .collect();
        let lifted = match self
            .lifter
            .lift(&WindowBatch::new(windows.into_iter(), &layout))
        {
            Ok(lifted) => lifted,
            Err(error) => {
                drops.note(Cause::NetworkFailed, error.to_string());
                return BTreeSet::new();
            }
        };
        let mut tracked = BTreeSet::new();
        for ((candidate, view), lifted) in views.iter().zip(lifted) {
            let Some(lifted) = lifted else {
                drops.note(
                    Cause::NetworkFailed,
                    format!("person {:?}: result is not finite", candidate.id),
                );
                continue;
            };
            let Some(estimate) = estimate(candidate, &lifted, &view.view_from_camera) else {
                drops.note(Cause::NotPlaceable, format!("person {:?}", candidate.id));
                continue;
            };
            if let Some(person) = self.people.get_mut(&candidate.id) {
                person.update(stamp, estimate, &self.settings.motion);
                tracked.insert(candidate.id.clone());
            }
        }
        tracked
    }

    /// Tracked, predicted and just lost people; the lost are forgotten.
    fn everyone(
        &mut self,
        stamp: Stamp,
        tracked: &BTreeSet<String>,
        drops: &mut Drops,
    ) -> Vec<PersonPose> {
        let motion = self.settings.motion;
        let mut poses = BTreeMap::new();
        self.people.retain(|id, person: &mut Person| {
            let state = if tracked.contains(id) {
                Some(State::Tracked)
            } else {
                person.miss(stamp, &motion)
            };
            let pose = state.and_then(|state| person.pose(id, state, &motion));
            poses.extend(pose.map(|pose| (id.clone(), pose)));
            // Who was never placed is kept as long as their window can still help.
            match state {
                Some(state) => state != State::Lost,
                None => person
                    .window
                    .newest()
                    .is_some_and(|t| stamp.seconds_since(t) <= motion.predict_s),
            }
        });
        self.make_room(drops);
        for farewell in std::mem::take(&mut self.farewells) {
            // Whoever is here again under the same id is not lost.
            if !tracked.contains(&farewell.id) {
                poses.insert(farewell.id.clone(), farewell);
            }
        }
        poses.into_values().collect()
    }

    /// Forgets those unseen for longest while more are remembered than may be.
    fn make_room(&mut self, drops: &mut Drops) {
        let most = self.settings.max_people;
        while self.people.len() > most {
            let longest_unseen = self
                .people
                .iter()
                .min_by_key(|(_, person)| person.window.newest())
                .map(|(id, _)| id.clone());
            let Some((id, person)) = longest_unseen.and_then(|id| self.people.remove_entry(&id))
            else {
                break;
            };
            let held = self.people.len() + 1;
            drops.note(
                Cause::TooManyPeople,
                format!("memory holds {held} people, max_people {most}; forgot {id:?}"),
            );
            self.dismiss(&id, &person);
        }
    }
}

fn estimate(
    candidate: &Candidate,
    lifted: &Lifted,
    view_from_camera: &nalgebra::Rotation3<f64>,
) -> Option<Estimate> {
    let pose = to_camera(view_from_camera, &lifted.joints_m);
    let placement = place(&candidate.rays, &pose, &lifted.sigma_m)?;
    Some(Estimate {
        placement,
        pose,
        sigma_m: lifted.sigma_m,
        score: candidate.rays.map(|ray| ray.map_or(0.0, |ray| ray.score)),
        person_score: candidate.score,
    })
}

/// The rays through the joints that were really seen.
pub fn rays_of(
    joints: &[Option<Keypoint>; JOINT_COUNT],
    camera: &Camera,
    min_score: f64,
    drops: &mut Drops,
) -> Rays {
    let mut rays = [None; JOINT_COUNT];
    for (joint, (ray, keypoint)) in rays.iter_mut().zip(joints).enumerate() {
        let Some(keypoint) = keypoint else { continue };
        match ray_of(keypoint, camera, min_score) {
            Ok(found) => *ray = found,
            Err(cause) => drops.note(
                cause,
                format!(
                    "{} at ({}, {}) px of {} x {}, score {}",
                    JOINTS[joint],
                    keypoint.x_px,
                    keypoint.y_px,
                    camera.width_px,
                    camera.height_px,
                    keypoint.score
                ),
            ),
        }
    }
    rays
}

fn ray_of(keypoint: &Keypoint, camera: &Camera, min_score: f64) -> Result<Option<Ray>, Cause> {
    let Keypoint { x_px, y_px, score } = *keypoint;
    if !(x_px.is_finite() && y_px.is_finite() && score.is_finite()) {
        return Err(Cause::NotFinite);
    }
    if score < min_score || score <= 0.0 {
        return Ok(None);
    }
    // Detectors mark joints that they did not find as (0, 0) or (-1, -1).
    let not_found = x_px <= 0.0 && y_px <= 0.0;
    let (width, height) = (f64::from(camera.width_px), f64::from(camera.height_px));
    let within =
        |v: f64, size: f64| (-OUTSIDE_SHARE * size..=(1.0 + OUTSIDE_SHARE) * size).contains(&v);
    if not_found || !within(x_px, width) || !within(y_px, height) {
        return Err(Cause::OutsideImage);
    }
    let xy = camera
        .ray(nalgebra::Point2::new(x_px, y_px))
        .ok_or(Cause::NoRay)?;
    Ok(Some(Ray {
        xy,
        score: score.min(1.0),
    }))
}
