//! What is remembered of one person's motion between frames; bounded.

use nalgebra::{Matrix3, Vector3};

use super::forecast::Forecast;
use super::gaze::Gaze;
use super::limbs::Limbs;
use super::marks::Marks;
use super::motion::RootMotion;
use super::pose::{Joint, PersonPose, State, segments_of};
use super::size::{Size, SizeModel};
use crate::geometry::place::Placement;
use crate::geometry::segments::Orientations;
use crate::skeleton::{JOINT_COUNT, Pose};
use posemoe_stamp::Stamp;

/// How motion is modelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionModel {
    /// How hard somebody at rest accelerates: square root of the power spectral density (m/s^1.5);
    /// more when walking.
    pub acceleration_noise: f64,
    /// What is believed of people's size, which moves the whole person along the ray.
    pub size: SizeModel,
    /// The part of the joints' errors that is new in each frame is taken for so many times what it
    /// is; 0: joints are where the network sees them.
    pub smoothing: f64,
    /// A missing person is predicted for this long (s), then lost.
    pub predict_s: f64,
}

impl Default for MotionModel {
    /// What measured best on people whom the network never saw.
    fn default() -> Self {
        Self {
            acceleration_noise: 0.5,
            size: SizeModel {
                stature_sigma: 0.05,
                known_stature_m: 0.0,
            },
            smoothing: 1.0,
            predict_s: 0.5,
        }
    }
}

/// Where between the hips the root is, detectors and people define differently (m, along each
/// axis).
pub(crate) const ROOT_DEFINITION_M: f64 = 0.02;

/// One person's memory.
#[derive(Clone, Debug, Default)]
pub struct Person {
    placed: Option<Placed>,
    size: Size,
}

#[derive(Clone, Debug)]
struct Placed {
    root: RootMotion,
    limbs: Limbs,
    /// When both are from.
    stamp: Stamp,
    /// When the person was last seen.
    seen: Stamp,
    sigma_scale: f64,
    score: [f64; JOINT_COUNT],
    marks: Marks,
    gaze: Option<Gaze>,
    segments: Option<Orientations>,
    confidence: f64,
}

/// What one frame says of one person.
pub struct Estimate {
    /// Where the person stands.
    pub placement: Placement,
    /// What is known of the person's size after this frame.
    pub size: Size,
    /// Root-relative joints.
    pub pose: Pose,
    /// Sigma of each joint as the network has it (m).
    pub sigma_m: [f64; JOINT_COUNT],
    /// What these are to be multiplied by to be true. How much joints are steadied does not hang on
    /// it.
    pub sigma_scale: f64,
    /// The detector's score of each joint, 0 where unseen.
    pub score: [f64; JOINT_COUNT],
    /// The detector's score of the person, 0 to 1.
    pub person_score: f64,
    /// Where the image shows the person.
    pub marks: Marks,
    /// Where the head points, where the face tells.
    pub gaze: Option<Gaze>,
    /// How segments are turned in the joints' frame, where the network says so.
    pub segments: Option<Orientations>,
}

impl Person {
    /// Someone whose size is known from earlier.
    pub(crate) fn of_size(size: Size) -> Self {
        Self { placed: None, size }
    }

    /// What is known of the person's size.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// How fast joints move against the root (m/s), if the person was ever placed.
    pub(crate) fn limb_velocities_m_s(&self) -> Option<Pose> {
        let limbs = &self.placed.as_ref()?.limbs;
        Some(std::array::from_fn(|j| limbs.velocity_m_s(j)))
    }

    /// Takes in an estimate made from the frame at `stamp` (later than the one before).
    pub fn update(&mut self, stamp: Stamp, estimate: Estimate, model: &MotionModel) {
        let (root, limbs) = match self.placed.take() {
            // Of whom another stature is told than a moment ago, the place changes at once, and
            // nobody has moved.
            Some(old)
                if stamp.seconds_since(old.seen) <= model.predict_s
                    && self.size.is_told_as(&estimate.size) =>
            {
                let (mut root, mut limbs) = (old.root, old.limbs);
                let passed_s = stamp.seconds_since(old.stamp);
                let size_sigma = self.size.sigma(&model.size);
                let noise = model.acceleration_noise;
                root.see(passed_s, noise, &estimate.placement, size_sigma);
                // Without smoothing velocities still are the filter's: differences would only
                // shake.
                let smoothing = if model.smoothing > 0.0 {
                    model.smoothing
                } else {
                    1.0
                };
                limbs.see(passed_s, &estimate.pose, &estimate.sigma_m, smoothing);
                (root, limbs)
            }
            _ => (
                RootMotion::start(&estimate.placement),
                Limbs::start(&estimate.pose, &estimate.sigma_m),
            ),
        };
        self.size = estimate.size;
        let seen_share =
            estimate.score.iter().filter(|s| **s > 0.0).count() as f64 / JOINT_COUNT as f64;
        self.placed = Some(Placed {
            root,
            limbs,
            stamp,
            seen: stamp,
            sigma_scale: estimate.sigma_scale,
            score: estimate.score,
            marks: estimate.marks,
            gaze: estimate.gaze,
            segments: estimate.segments,
            confidence: (estimate.person_score * seen_share).clamp(0.0, 1.0),
        });
    }

    /// Lets time pass until `stamp`, for the seen and the unseen alike; `None` if never placed.
    pub(crate) fn pass(&mut self, stamp: Stamp, model: &MotionModel) -> Option<State> {
        let placed = self.placed.as_mut()?;
        if placed.seen == stamp {
            return Some(State::Tracked);
        }
        // Whoever has been unseen for longer may be anywhere: nobody is carried on beyond that.
        let carried_to = placed.seen.plus_seconds(model.predict_s).min(stamp);
        let carried_s = carried_to.seconds_since(placed.stamp).max(0.0);
        placed.root.predict(carried_s, model.acceleration_noise);
        placed.limbs.predict(carried_s);
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
        let (root, limbs) = (&placed.root, &placed.limbs);
        let (root_m, root_velocity_m_s) = (root.position_m(), root.velocity_m_s());
        let is_as_seen = model.smoothing == 0.0 && state == State::Tracked;
        let stale_s = placed.stamp.seconds_since(placed.seen);
        let freshness = if model.predict_s > 0.0 {
            1.0 - stale_s / model.predict_s
        } else {
            1.0
        };
        let joints: [Joint; JOINT_COUNT] = std::array::from_fn(|j| Joint {
            position_m: root_m
                + if is_as_seen {
                    limbs.seen_m(j)
                } else {
                    limbs.position_m(j)
                },
            velocity_m_s: root_velocity_m_s + limbs.velocity_m_s(j),
            sigma_m: limbs.sigma_m(j) * placed.sigma_scale,
            score: placed.score[j],
        });
        let joints_m = joints.map(|joint| joint.position_m);
        Some(PersonPose {
            id: id.to_owned(),
            state,
            confidence: if state == State::Lost {
                0.0
            } else {
                placed.confidence * freshness.max(0.0)
            },
            root_m,
            root_covariance_m2: root_covariance_m2(root, self.size.sigma(&model.size)),
            root_velocity_m_s,
            joints,
            segments: segments_of(placed.segments.as_ref(), &joints_m),
            marks: (state == State::Tracked).then_some(placed.marks),
            gaze: placed.gaze.filter(|_| state == State::Tracked),
            forecast: Forecast {
                seen: placed.seen,
                root: root.forecast(model.acceleration_noise),
                joints: std::array::from_fn(|j| limbs.forecast(j, placed.sigma_scale)),
            },
        })
    }
}

/// What the filter cannot know besides: a person of other size fits the same rays nearer or
/// farther, and where the root is, is a matter of definition.
fn root_covariance_m2(root: &RootMotion, size_sigma: f64) -> Matrix3<f64> {
    let along: Vector3<f64> = root.per_log_size_m() * size_sigma;
    root.position_covariance_m2()
        + along * along.transpose()
        + Matrix3::from_diagonal_element(ROOT_DEFINITION_M.powi(2))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub const MODEL: MotionModel = MotionModel {
        acceleration_noise: 0.5,
        size: SizeModel {
            stature_sigma: 0.05,
            known_stature_m: 0.0,
        },
        smoothing: 1.0,
        predict_s: 0.5,
    };

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    pub fn seen(x: f64, wrist_y: f64) -> Estimate {
        let mut pose = [Vector3::zeros(); JOINT_COUNT];
        pose[13].y = wrist_y;
        Estimate {
            placement: Placement::of_rays(Vector3::new(x, 0.0, 4.0), Matrix3::identity() * 1e-4),
            size: Size::default(),
            pose,
            sigma_m: [0.05; JOINT_COUNT],
            sigma_scale: 1.0,
            score: [0.9; JOINT_COUNT],
            person_score: 0.8,
            marks: Marks::default(),
            gaze: None,
            segments: None,
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
            (wrist.y - 0.5).abs() < 0.05 && (wrist.x - 1.0).abs() < 0.05,
            "{wrist}"
        );
        assert!((pose.confidence - 0.8).abs() < 1e-9);
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
            (lost.root_m.x - (seen_x_m + 0.45)).abs() < 0.05,
            "half a second at 1 m/s, which fades: {}",
            lost.root_m
        );
        assert!(lost.root_sigma_m().norm() < 2.0 && lost.joints[13].sigma_m < 0.4);
    }

    #[test]
    fn the_unseen_swing_on_for_a_little_as_the_root_goes_on() {
        let mut person = walker();
        let fresh = person.pose("1", State::Tracked, &MODEL).unwrap();
        person.pass(at(59 * 20 + 200), &MODEL);
        let held = person.pose("1", State::Predicted, &MODEL).unwrap();
        let of_root_m = held.root_m - fresh.root_m;
        let of_head_m = held.joints[10].position_m - fresh.joints[10].position_m;
        assert!((of_head_m - of_root_m).norm() < 1e-9);
        let of_wrist_m = held.joints[13].position_m - fresh.joints[13].position_m - of_root_m;
        assert!((0.05..0.1).contains(&of_wrist_m.y), "{of_wrist_m}");
        let slower = held.joints[13].velocity_m_s.y / fresh.joints[13].velocity_m_s.y;
        assert!((0.4..0.6).contains(&slower), "{slower}");
    }

    #[test]
    fn without_smoothing_joints_are_where_the_network_sees_them() {
        let as_seen = MotionModel {
            smoothing: 0.0,
            ..MODEL
        };
        let offsets_m = |model: &MotionModel| {
            let mut person = Person::default();
            for i in 0..60 {
                person.update(at(i * 20), seen(0.0, 0.02 * (i % 2) as f64), model);
            }
            let pose = person.pose("1", State::Tracked, model).unwrap();
            let wrist = pose.joints[13];
            (wrist.position_m.y - pose.root_m.y, wrist.velocity_m_s.y)
        };
        let ((raw_m, raw_speed), (smooth_m, speed)) = (offsets_m(&as_seen), offsets_m(&MODEL));
        assert_eq!(raw_m, 0.02);
        assert!((smooth_m - 0.01).abs() < 0.005, "{smooth_m}");
        assert_eq!(raw_speed, speed, "the filter's in either case");
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
