//! People into the target frame, as soon as its transform is there.

use std::collections::{BTreeSet, VecDeque};

use crate::config::Config;
use posemoe_core::frames::{FrameError, Frames};
use posemoe_core::health::{Cause, Drops, shortened};
use posemoe_core::person::pose::Poses;
use posemoe_core::person::reframe::into_frame;
use posemoe_stamp::Stamp;

use nalgebra::Isometry3;

/// People of so many frames wait at most, and so many of them all: about 10 MB.
const MOST_FRAMES: usize = 256;
const MOST_PEOPLE: usize = 20 * MOST_FRAMES;

/// The longest reason that diagnostics are to show (bytes): it may name many frames.
const LONGEST_REASON: usize = 500;

/// A frame that is not the camera's, and those who wait to be given in it.
pub struct Target {
    frame_id: String,
    waiting: VecDeque<Waiting>,
    problem: Option<String>,
}

/// People of a camera in the target frame.
pub struct Placed {
    /// Which camera.
    pub camera: usize,
    /// The people.
    pub poses: Poses,
    /// Where the camera is in the target frame.
    pub frame_from_camera: Isometry3<f64>,
}

struct Waiting {
    since: Stamp,
    camera: usize,
    poses: Poses,
}

impl Target {
    /// `None` where the configuration names no target frame.
    pub fn new(config: &Config) -> Option<Self> {
        let frame_id = config.target_frame.trim_start_matches('/');
        (!frame_id.is_empty()).then(|| Self {
            frame_id: frame_id.to_owned(),
            waiting: VecDeque::new(),
            problem: None,
        })
    }

    /// Puts people of a camera in line for their transform.
    pub fn await_transform(&mut self, camera: usize, poses: Poses, now: Stamp, drops: &mut Drops) {
        self.waiting.push_back(Waiting {
            since: now,
            camera,
            poses,
        });
        while self.is_overfull()
            && let Some(Waiting { poses, .. }) = self.waiting.pop_front()
        {
            let reason = format!("people of {} made room for later ones", poses.stamp);
            self.drop_for(reason, drops);
        }
    }

    /// The next people of the line, in the target frame, when their transform is
    /// there; those who have waited for longer than `timeout_s` are dropped. Nobody overtakes
    /// others of the same camera, nor waits for those of another.
    pub fn next(
        &mut self,
        frames: &Frames,
        now: Stamp,
        timeout_s: f64,
        drops: &mut Drops,
    ) -> Option<Placed> {
        let mut held_up = BTreeSet::new();
        let mut place = 0;
        while let Some(Waiting {
            since,
            camera,
            poses,
        }) = self.waiting.get(place)
        {
            if held_up.contains(camera) {
                place += 1;
                continue;
            }
            let from = poses.frame_id.trim_start_matches('/');
            match frames.motion(&self.frame_id, from, poses.stamp) {
                Ok(motion) => {
                    let placed = Placed {
                        camera: *camera,
                        poses: into_frame(poses, &self.frame_id, &motion),
                        frame_from_camera: motion.target_from_source,
                    };
                    self.waiting.remove(place);
                    return Some(placed);
                }
                // Time that jumps back (a looped bag) ends the waiting too.
                Err(error)
                    if can_heal(&error)
                        && (0.0..timeout_s).contains(&now.seconds_since(*since)) =>
                {
                    held_up.insert(*camera);
                    place += 1;
                }
                Err(error) => {
                    self.waiting.remove(place);
                    self.drop_for(error.to_string(), drops);
                }
            }
        }
        None
    }

    /// Why people were dropped last, if any were since the last call.
    pub fn take_problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// Forgets those who wait, frame by frame, which is counted.
    pub fn forget(&mut self, drops: &mut Drops) {
        for Waiting { poses, .. } in self.waiting.drain(..) {
            let detail = format!("people of {}, who waited for a transform", poses.stamp);
            drops.note(Cause::Inactive, detail);
        }
        self.problem = None;
    }

    fn drop_for(&mut self, reason: String, drops: &mut Drops) {
        drops.note(Cause::NoTransform, reason.clone());
        self.problem = Some(shortened(reason, LONGEST_REASON));
    }

    fn is_overfull(&self) -> bool {
        let people = self
            .waiting
            .iter()
            .map(|waiting| waiting.poses.people.len());
        self.waiting.len() > MOST_FRAMES || people.sum::<usize>() > MOST_PEOPLE
    }

    /// Its name.
    pub fn frame_id(&self) -> &str {
        &self.frame_id
    }
}

/// Whether a transform that comes later may help.
fn can_heal(error: &FrameError) -> bool {
    !matches!(error, FrameError::Gone { .. } | FrameError::Loop { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix3, Vector3};
    use posemoe_core::person::forecast::Forecast;
    use posemoe_core::person::pose::{Joint, PersonPose, State};
    use posemoe_core::skeleton::JOINT_COUNT;

    /// So many people, 4 m ahead.
    fn crowd(people: usize) -> Poses {
        let joint = Joint {
            position_m: Vector3::new(0.0, 0.0, 4.0),
            velocity_m_s: Vector3::zeros(),
            sigma_m: 0.05,
            score: 0.9,
        };
        let person = |id: usize| PersonPose {
            id: id.to_string(),
            state: State::Tracked,
            confidence: 0.8,
            root_m: joint.position_m,
            root_covariance_m2: Matrix3::identity() * 1e-4,
            root_velocity_m_s: Vector3::zeros(),
            joints: [joint; JOINT_COUNT],
            segments: Default::default(),
            marks: None,
            gaze: None,
            forecast: Forecast::default(),
        };
        Poses {
            stamp: Stamp::default(),
            frame_id: "camera".into(),
            people: (0..people).map(person).collect(),
            unplaced: 0,
        }
    }

    #[test]
    fn those_who_wait_are_few_enough_whatever_comes() {
        for (people, frames) in [(1, 256), (256, 20)] {
            let mut target = Target {
                frame_id: "odom".into(),
                waiting: VecDeque::new(),
                problem: None,
            };
            let (poses, mut drops) = (crowd(people), Drops::default());
            assert_eq!(poses.people.len(), people);
            for nanos in 0..300 {
                let stamp = Stamp::from_nanos(nanos);
                let poses = Poses {
                    stamp,
                    ..poses.clone()
                };
                target.await_transform(0, poses, stamp, &mut drops);
            }
            assert_eq!(target.waiting.len(), frames);
            assert_eq!(drops.count(Cause::NoTransform), 300 - frames as u64);
            let newest = target.waiting.back().map(|waiting| waiting.since);
            assert_eq!(newest, Some(Stamp::from_nanos(299)), "the oldest made room");
        }
    }
}
