//! What is remembered of one person's motion between frames; bounded.

use std::collections::VecDeque;

use nalgebra::{Matrix3, Vector3};

use super::marks::Marks;
use super::motion::RootMotion;
use super::pose::{Joint, PersonPose, State};
use super::skeleton::JOINT_COUNT;
use crate::geometry::place::Placement;
use crate::stamp::Stamp;

/// Root-relative joints (m) in the camera optical frame.
pub type Pose = [Vector3<f64>; JOINT_COUNT];

/// How motion is modelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionModel {
    /// How hard people accelerate: square root of the power spectral density (m/s^1.5).
    pub acceleration_noise: f64,
    /// How much people's stature differs from the network's guess, as a share of it; moves the whole
    /// person along the ray and cannot be averaged away.
    pub stature_sigma: f64,
    /// Joint velocities are the slope over this time (s).
    pub velocity_span_s: f64,
    /// A missing person is predicted for this long (s), then lost.
    pub predict_s: f64,
}

/// Poses that are kept for the velocity at most: two seconds at 60 Hz.
const MOST_POSES: usize = 120;

/// One person's memory.
#[derive(Clone, Debug, Default)]
pub struct Person {
    placed: Option<Placed>,
}

#[derive(Clone, Debug)]
struct Placed {
    motion: RootMotion,
    /// When the root's state is from.
    stamp: Stamp,
    /// When the person was last seen.
    seen: Stamp,
    /// Poses within the velocity span, oldest first.
    poses: VecDeque<(Stamp, Pose)>,
    sigma_m: [f64; JOINT_COUNT],
    score: [f64; JOINT_COUNT],
    marks: Marks,
    confidence: f64,
}

/// What one frame says of one person.
pub struct Estimate {
    /// Where the person stands.
    pub placement: Placement,
    /// Root-relative joints.
    pub pose: Pose,
    /// Sigma of each joint (m).
    pub sigma_m: [f64; JOINT_COUNT],
    /// The detector's score of each joint, 0 where unseen.
    pub score: [f64; JOINT_COUNT],
    /// The detector's score of the person, 0 to 1.
    pub person_score: f64,
    /// Where the image shows the person.
    pub marks: Marks,
}

impl Person {
    /// Takes in an estimate made from the frame at `stamp` (later than the one before).
    pub fn update(&mut self, stamp: Stamp, estimate: Estimate, model: &MotionModel) {
        let mut poses = VecDeque::new();
        let motion = match self.placed.take() {
            Some(old) if stamp.seconds_since(old.seen) <= model.predict_s => {
                let mut motion = old.motion;
                motion.predict(stamp.seconds_since(old.stamp), model.acceleration_noise);
                motion.correct(&estimate.placement);
                poses = old.poses;
                motion
            }
            _ => RootMotion::start(&estimate.placement),
        };
        while poses
            .front()
            .is_some_and(|(t, _)| stamp.seconds_since(*t) > model.velocity_span_s)
            || poses.len() >= MOST_POSES
        {
            poses.pop_front();
        }
        poses.push_back((stamp, estimate.pose));
        let seen_share =
            estimate.score.iter().filter(|s| **s > 0.0).count() as f64 / JOINT_COUNT as f64;
        self.placed = Some(Placed {
            motion,
            stamp,
            seen: stamp,
            poses,
            sigma_m: estimate.sigma_m,
            score: estimate.score,
            marks: estimate.marks,
            confidence: (estimate.person_score * seen_share).clamp(0.0, 1.0),
        });
    }

    /// Lets time pass until `stamp`, for the seen and the unseen alike; `None` if never placed.
    pub fn pass(&mut self, stamp: Stamp, model: &MotionModel) -> Option<State> {
        let placed = self.placed.as_mut()?;
        if placed.seen == stamp {
            return Some(State::Tracked);
        }
        // Whoever has been unseen for longer may be anywhere: nobody is carried on beyond that.
        let carried_to = placed.seen.plus_seconds(model.predict_s).min(stamp);
        let carried_s = carried_to.seconds_since(placed.stamp).max(0.0);
        placed.motion.predict(carried_s, model.acceleration_noise);
        placed.stamp = placed.stamp.max(carried_to);
        placed.score = [0.0; JOINT_COUNT];
        let unseen_s = stamp.seconds_since(placed.seen);
        Some(if unseen_s <= model.predict_s {
            State::Predicted
        } else {
            State::Lost
        })
    }

    /// The person as published, `None` if never placed.
    pub fn pose(&self, id: &str, state: State, model: &MotionModel) -> Option<PersonPose> {
        let placed = self.placed.as_ref()?;
        let (_, pose) = placed.poses.back()?;
        let root_m = placed.motion.position_m();
        let root_velocity_m_s = placed.motion.velocity_m_s();
        let slopes = slopes(&placed.poses);
        let stale_s = placed.stamp.seconds_since(placed.seen);
        let freshness = if model.predict_s > 0.0 {
            1.0 - stale_s / model.predict_s
        } else {
            1.0
        };
        // A held pose drifts from the true one at about the pace at which limbs move.
        let drift_m = stale_s * LIMB_PACE_M_S;
        Some(PersonPose {
            id: id.to_owned(),
            state,
            confidence: if state == State::Lost {
                0.0
            } else {
                placed.confidence * freshness.max(0.0)
            },
            root_m,
            root_covariance_m2: root_covariance_m2(&placed.motion, model.stature_sigma),
            root_velocity_m_s,
            joints: std::array::from_fn(|j| Joint {
                position_m: root_m + pose[j],
                velocity_m_s: match state {
                    State::Tracked => root_velocity_m_s + slopes[j],
                    State::Predicted | State::Lost => root_velocity_m_s,
                },
                sigma_m: placed.sigma_m[j].hypot(drift_m),
                score: placed.score[j],
            }),
            marks: (state == State::Tracked).then_some(placed.marks),
        })
    }
}

/// How fast a limb moves relative to the root in daily life (m/s), for the age of held poses.
const LIMB_PACE_M_S: f64 = 0.5;

/// A person of other stature fits the same rays nearer or farther: an error along the ray.
fn root_covariance_m2(motion: &RootMotion, stature_sigma: f64) -> Matrix3<f64> {
    let along: Vector3<f64> = motion.position_m() * stature_sigma;
    motion.position_covariance_m2() + along * along.transpose()
}

/// Least-squares slope of each joint (m/s); zero while only one pose is known.
fn slopes(poses: &VecDeque<(Stamp, Pose)>) -> Pose {
    let mut slopes = [Vector3::zeros(); JOINT_COUNT];
    let Some((newest, _)) = poses.back() else {
        return slopes;
    };
    let ages_s: Vec<f64> = poses
        .iter()
        .map(|(t, _)| t.seconds_since(*newest))
        .collect();
    let mean_s = ages_s.iter().sum::<f64>() / ages_s.len() as f64;
    let spread: f64 = ages_s.iter().map(|t| (t - mean_s).powi(2)).sum();
    if spread <= 0.0 {
        return slopes;
    }
    for (age_s, (_, pose)) in ages_s.iter().zip(poses) {
        for (slope, joint) in slopes.iter_mut().zip(pose) {
            *slope += joint * ((age_s - mean_s) / spread);
        }
    }
    slopes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub const MODEL: MotionModel = MotionModel {
        acceleration_noise: 3.0,
        stature_sigma: 0.05,
        velocity_span_s: 0.2,
        predict_s: 0.5,
    };

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    pub fn seen(x: f64, wrist_y: f64) -> Estimate {
        let mut pose = [Vector3::zeros(); JOINT_COUNT];
        pose[13].y = wrist_y;
        Estimate {
            placement: Placement {
                root_m: Vector3::new(x, 0.0, 4.0),
                covariance_m2: Matrix3::identity() * 1e-4,
            },
            pose,
            sigma_m: [0.05; JOINT_COUNT],
            score: [0.9; JOINT_COUNT],
            person_score: 0.8,
            marks: Marks::default(),
        }
    }

    fn walker() -> Person {
        let mut person = Person::default();
        for i in 0..60 {
            person.update(at(i * 20), seen(0.02 * i as f64, 0.01 * i as f64), &MODEL);
        }
        person
    }

    #[test]
    fn velocities_add_root_and_limb() {
        let pose = walker().pose("1", State::Tracked, &MODEL).unwrap();
        assert!((pose.root_velocity_m_s.x - 1.0).abs() < 0.05);
        let wrist = pose.joints[13].velocity_m_s;
        assert!(
            (wrist.y - 0.5).abs() < 0.01 && (wrist.x - 1.0).abs() < 0.05,
            "{wrist}"
        );
        assert!((pose.confidence - 0.8).abs() < 1e-9);
    }

    #[test]
    fn what_is_older_than_the_span_says_nothing_of_a_limbs_speed() {
        let mut person = walker();
        let last = (59, 0.59);
        // The wrist stops; 0.2 s later nothing is left of how it moved.
        for i in 1..=11 {
            let x_m = 0.02 * f64::from(last.0 + i);
            person.update(at(20 * i64::from(last.0 + i)), seen(x_m, last.1), &MODEL);
            let pose = person.pose("1", State::Tracked, &MODEL).unwrap();
            let own_m_s = pose.joints[13].velocity_m_s.y - pose.root_velocity_m_s.y;
            assert_eq!(own_m_s.abs() > 1e-9, i < 10, "{i}: {own_m_s}");
        }
    }

    #[test]
    fn however_fast_frames_come_so_many_are_kept() {
        let mut person = Person::default();
        for i in 0..300 {
            person.update(at(i), seen(0.0, 0.0), &MODEL);
        }
        assert_eq!(person.placed.unwrap().poses.len(), MOST_POSES);
    }

    #[test]
    fn half_a_person_is_half_as_sure() {
        let mut person = Person::default();
        let mut half = seen(0.0, 0.0);
        half.score[..8].fill(0.0);
        person.update(at(0), half, &MODEL);
        let pose = person.pose("1", State::Tracked, &MODEL).unwrap();
        assert!((pose.confidence - 0.8 * 9.0 / 17.0).abs() < 1e-9);
    }

    #[test]
    fn the_unseen_are_predicted_then_lost_and_grow_less_certain() {
        let mut person = walker();
        assert_eq!(person.pass(at(59 * 20), &MODEL), Some(State::Tracked));
        let fresh = person.pose("1", State::Tracked, &MODEL).unwrap();
        assert_eq!(
            person.pass(at(59 * 20 + 300), &MODEL),
            Some(State::Predicted)
        );
        let held = person.pose("1", State::Predicted, &MODEL).unwrap();
        assert!((held.root_m.x - (fresh.root_m.x + 0.3)).abs() < 0.05);
        assert!(held.root_sigma_m().x > fresh.root_sigma_m().x && held.joints[13].sigma_m > 0.05);
        assert!(held.confidence < fresh.confidence && held.joints[13].score == 0.0);
        assert!(fresh.marks.is_some() && held.marks.is_none());
        assert_eq!(person.pass(at(59 * 20 + 501), &MODEL), Some(State::Lost));
        assert_eq!(Person::default().pass(at(0), &MODEL), None);
    }

    #[test]
    fn the_lost_are_where_they_were_last_thought_to_be() {
        let mut person = walker();
        let seen_x_m = person.pose("1", State::Tracked, &MODEL).unwrap().root_m.x;
        assert_eq!(person.pass(at(61_000), &MODEL), Some(State::Lost));
        let lost = person.pose("1", State::Lost, &MODEL).unwrap();
        assert!(
            (lost.root_m.x - (seen_x_m + 0.5)).abs() < 0.05,
            "half a second at 1 m/s: {}",
            lost.root_m
        );
        assert!(lost.root_sigma_m().norm() < 2.0 && lost.joints[13].sigma_m < 0.3);
    }

    #[test]
    fn the_unseen_keep_their_pose_and_all_of_them_goes_on_as_the_root_does() {
        let mut person = walker();
        let fresh = person.pose("1", State::Tracked, &MODEL).unwrap();
        for later_ms in [200, 500] {
            assert_eq!(
                person.pass(at(59 * 20 + later_ms), &MODEL),
                Some(State::Predicted)
            );
            let held = person.pose("1", State::Predicted, &MODEL).unwrap();
            let left = 1.0 - later_ms as f64 / 500.0;
            assert!((held.confidence - left * fresh.confidence).abs() < 1e-9);
            let gone_m = fresh.root_velocity_m_s * (later_ms as f64 * 1e-3);
            assert!((held.root_m - fresh.root_m - gone_m).norm() < 1e-9);
            assert_eq!(held.root_velocity_m_s, fresh.root_velocity_m_s);
            for (was, is) in fresh.joints.iter().zip(&held.joints) {
                let moved_m = is.position_m - was.position_m;
                assert!((moved_m - gone_m).norm() < 1e-9, "{moved_m}");
                assert_eq!(is.velocity_m_s, held.root_velocity_m_s);
                // Limbs move by 0.5 m/s meanwhile.
                let drift_m = 0.5e-3 * later_ms as f64;
                assert!((is.sigma_m - was.sigma_m.hypot(drift_m)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn stature_is_an_error_along_the_ray() {
        let sigma = walker()
            .pose("1", State::Tracked, &MODEL)
            .unwrap()
            .root_sigma_m();
        assert!(
            (0.2..0.25).contains(&sigma.z),
            "5 % of 4 m and a little: {sigma}"
        );
    }
}
