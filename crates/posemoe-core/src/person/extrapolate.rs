//! People at another moment than that of their image: where they will be, how much less is known of
//! it, and whether that still stands for having seen them.

use super::forecast::{Forecast, Way};
use super::pose::{Joint, PersonPose, Poses, State};
use crate::geometry::segments::aligned;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// How long an image stands for what is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Validity {
    /// An image so old (s) no longer shows where people are: they are predicted.
    pub stale_s: f64,
    /// Who was seen so long ago (s) is lost.
    pub predict_s: f64,
}

/// An image more than this (s) ahead of the clock is of another clock: nothing is known of when it
/// was taken.
pub(crate) const AHEAD_S: f64 = 0.2;

/// What the age of an image makes of who was seen in it.
impl Validity {
    /// The state of somebody seen `age_s` ago, who was `state` in the newest image.
    pub(crate) fn state(&self, state: State, age_s: f64) -> State {
        let is_of_this_clock = age_s >= -AHEAD_S;
        match state {
            State::Lost => State::Lost,
            _ if !is_of_this_clock || age_s > self.predict_s => State::Lost,
            State::Tracked if self.is_fresh(age_s) => State::Tracked,
            _ => State::Predicted,
        }
    }

    /// Whether an image of this age (s) still says what is there.
    pub fn is_fresh(&self, age_s: f64) -> bool {
        (-AHEAD_S..=self.stale_s).contains(&age_s)
    }
}

/// The same people at `moment`, as is known at `now`: a pure function of both. Nobody is carried on
/// beyond `predict_s` after they were last seen, nor back.
pub fn extrapolated(poses: &Poses, moment: Stamp, now: Stamp, validity: &Validity) -> Poses {
    let person = |person: &PersonPose| {
        let seen = person.forecast.seen;
        let state = validity.state(person.state, now.seconds_since(seen));
        let furthest = seen.plus_seconds(validity.predict_s);
        let carried_s = moment.min(furthest).seconds_since(poses.stamp);
        let freshness = |stamp: Stamp| 1.0 - stamp.seconds_since(seen) / validity.predict_s;
        let mut there = carried(person, carried_s.max(0.0));
        if state != State::Tracked {
            there.joints.iter_mut().for_each(|joint| joint.score = 0.0);
            // What a prediction had lost already by the time of its image is lost.
            let faded = freshness(now) / freshness(poses.stamp);
            there.confidence *= if faded.is_finite() {
                faded.clamp(0.0, 1.0)
            } else {
                0.0
            };
        }
        if state == State::Lost {
            there.confidence = 0.0;
        }
        there.state = state;
        there
    };
    Poses {
        stamp: moment,
        frame_id: poses.frame_id.clone(),
        people: poses.people.iter().map(person).collect(),
        unplaced: poses.unplaced,
    }
}

/// A person `dt_s` (0 or more) later; the image is another by then, so there are no marks and no
/// gaze.
pub fn carried(person: &PersonPose, dt_s: f64) -> PersonPose {
    let speed_m_s = person.root_velocity_m_s.norm();
    let (root, limb) = (Way::of_root(dt_s, speed_m_s), Way::of_limb(dt_s));
    let forecast = &person.forecast;
    let [root_m, root_velocity_m_s] = root.of_point(person.root_m, person.root_velocity_m_s);
    let joint = |j: usize| -> Joint {
        let was = &person.joints[j];
        let [from_root_m, beside_root_m_s] = limb.of_point(
            was.position_m - person.root_m,
            was.velocity_m_s - person.root_velocity_m_s,
        );
        let sigma_m2 = was.sigma_m.powi(2) + forecast.joints[j].growth_m2(&limb);
        Joint {
            position_m: root_m + from_root_m,
            velocity_m_s: root_velocity_m_s + beside_root_m_s,
            sigma_m: sigma_m2.max(0.0).sqrt(),
            score: was.score,
        }
    };
    let joints: [Joint; JOINT_COUNT] = std::array::from_fn(joint);
    let joints_m = joints.map(|joint| joint.position_m);
    PersonPose {
        root_m,
        root_covariance_m2: person.root_covariance_m2 + forecast.root.growth_m2(&root),
        root_velocity_m_s,
        joints,
        segments: aligned(&person.segments, &joints_m),
        marks: None,
        gaze: None,
        forecast: Forecast {
            root: forecast.root.after(&root),
            joints: forecast.joints.map(|joint| joint.after(&limb)),
            ..*forecast
        },
        ..person.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::MotionModel;
    use super::super::memory::Person;
    use super::super::memory::tests::{MODEL, seen};
    use super::super::size::SizeModel;
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    const VALIDITY: Validity = Validity {
        stale_s: 0.2,
        predict_s: 0.5,
    };

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    /// Someone who walks at 1 m/s and lifts a wrist at 0.5 m/s, last seen at 1180 ms.
    fn walker() -> Person {
        static WALKER: LazyLock<Person> = LazyLock::new(|| {
            let mut person = Person::default();
            for i in 0..60 {
                person.update(at(i * 20), seen(0.02 * i as f64, 0.01 * i as f64), &MODEL);
            }
            person
        });
        WALKER.clone()
    }

    fn poses() -> Poses {
        let person = walker().pose("1", State::Tracked, &MODEL);
        Poses {
            stamp: at(1180),
            frame_id: "camera".into(),
            people: person.into_iter().collect(),
            unplaced: 0,
        }
    }

    /// What the filters themselves say of a moment without an image.
    fn by_the_filter(ms: i64) -> PersonPose {
        let model = MotionModel {
            size: SizeModel {
                stature_sigma: 0.0,
                known_stature_m: 0.0,
            },
            ..MODEL
        };
        let mut person = walker();
        person.pass(at(ms), &model);
        person.pose("1", State::Predicted, &model).unwrap()
    }

    fn without_stature(mut poses: Poses) -> Poses {
        let model = MotionModel {
            size: SizeModel {
                stature_sigma: 0.0,
                known_stature_m: 0.0,
            },
            ..MODEL
        };
        poses.people = walker()
            .pose("1", State::Tracked, &model)
            .into_iter()
            .collect();
        poses
    }

    #[test]
    fn a_pose_moves_on_as_the_filters_would_with_less_doubt() {
        let start = without_stature(poses()).people.remove(0);
        for ahead_ms in [10, 100, 300, 500] {
            let ms = 1180 + ahead_ms;
            let there = extrapolated(&without_stature(poses()), at(ms), at(1180), &VALIDITY);
            let (found, filter) = (&there.people[0], by_the_filter(ms));
            assert_eq!(there.stamp, at(ms));
            let way_m = (filter.root_m - start.root_m).norm();
            // Whoever walks goes on nearly as the filter has it.
            assert!(
                (found.root_m - filter.root_m).norm() < 0.02 * way_m,
                "{ahead_ms} ms"
            );
            let velocity_m_s = found.root_velocity_m_s - filter.root_velocity_m_s;
            assert!(velocity_m_s.norm() < 1e-9);
            let grown_m2 = found.root_covariance_m2 - start.root_covariance_m2;
            let by_filter_m2 = filter.root_covariance_m2 - start.root_covariance_m2;
            assert!((grown_m2 - by_filter_m2 * 0.1).norm() < 1e-9);
            for (j, (found, filter)) in found.joints.iter().zip(&filter.joints).enumerate() {
                let grown_m2 = found.sigma_m.powi(2) - start.joints[j].sigma_m.powi(2);
                let by_filter_m2 = filter.sigma_m.powi(2) - start.joints[j].sigma_m.powi(2);
                assert!((grown_m2 - by_filter_m2 * 0.2).abs() < 1e-9);
                assert!((found.velocity_m_s - filter.velocity_m_s).norm() < 1e-9);
            }
        }
    }

    #[test]
    fn who_hardly_moves_stays() {
        let mut person = poses().people.remove(0);
        let moved_m = |speed_m_s: f64, person: &mut PersonPose| {
            let slower_by = speed_m_s - person.root_velocity_m_s.x;
            person.root_velocity_m_s.x = speed_m_s;
            person
                .joints
                .iter_mut()
                .for_each(|j| j.velocity_m_s.x += slower_by);
            carried(person, 0.5).root_m.x - person.root_m.x
        };
        assert!(moved_m(0.1, &mut person) < 0.001);
        assert!((moved_m(0.3, &mut person) - 0.3 * 0.442 / 2.0).abs() < 0.002);
        assert!(moved_m(1.2, &mut person) > 0.99 * 1.2 * 0.442);
    }

    #[test]
    fn a_limb_swings_on_for_a_moment() {
        let person = poses().people.remove(0);
        let late = carried(&person, 0.5);
        let [was_m, is_m] = [&person, &late].map(|p| p.joints[13].position_m.y - p.root_m.y);
        assert!(
            (is_m - was_m - 0.5 * 0.05).abs() < 0.005,
            "{}",
            is_m - was_m
        );
    }

    #[test]
    fn who_is_not_seen_again_is_predicted_then_lost_and_stands_still() {
        let state = |now_ms: i64| {
            let there = extrapolated(&poses(), at(now_ms), at(now_ms), &VALIDITY);
            (there.people[0].state, there.people[0].clone())
        };
        assert_eq!(state(1180).0, State::Tracked);
        assert_eq!(state(1380).0, State::Tracked);
        let (predicted, held) = state(1381);
        assert_eq!(predicted, State::Predicted);
        assert!(held.joints.iter().all(|joint| joint.score == 0.0));
        assert!((held.confidence - 0.8 * (1.0 - 0.201 / 0.5)).abs() < 1e-9);
        assert_eq!(state(1680).0, State::Predicted);
        let (lost, there) = state(1681);
        assert_eq!((lost, there.confidence), (State::Lost, 0.0));
        assert_eq!(
            state(100_000).1.root_m,
            there.root_m,
            "nobody goes on for ever"
        );
        // A clock that was set back: nobody knows when that image was.
        assert_eq!(state(1180 - 200).0, State::Tracked);
        assert_eq!(state(1180 - 201).0, State::Lost);
        assert_eq!(
            state(1180 - 201).1.root_m,
            poses().people[0].root_m,
            "nor back"
        );
    }

    #[test]
    fn a_lead_is_no_age() {
        let there = extrapolated(&poses(), at(1180 + 400), at(1180), &VALIDITY);
        assert_eq!(there.people[0].state, State::Tracked);
        assert!(there.people[0].confidence == poses().people[0].confidence);
        let moved_m = there.people[0].root_m.x - poses().people[0].root_m.x;
        assert!((moved_m - 0.36).abs() < 0.03, "{moved_m}");
    }

    #[test]
    fn nothing_is_known_of_people_who_are_never_predicted() {
        let never = Validity {
            stale_s: 0.2,
            predict_s: 0.0,
        };
        let there = extrapolated(&poses(), at(1280), at(1280), &never);
        assert_eq!(
            (there.people[0].state, there.people[0].confidence),
            (State::Lost, 0.0)
        );
    }

    proptest! {
        /// In one step or in two: as little is known in the end.
        #[test]
        fn two_steps_are_one_long_one(first_s in 0.0..1.0f64, then_s in 0.0..1.0f64) {
            let person = &poses().people[0];
            let once = carried(person, first_s + then_s);
            let twice = carried(&carried(person, first_s), then_s);
            prop_assert!((once.root_velocity_m_s - twice.root_velocity_m_s).norm() < 1e-9);
            prop_assert!((once.root_covariance_m2 - twice.root_covariance_m2).norm() < 1e-9);
            for (once, twice) in once.joints.iter().zip(&twice.joints) {
                prop_assert!((once.velocity_m_s - twice.velocity_m_s).norm() < 1e-9);
                prop_assert!((once.sigma_m - twice.sigma_m).abs() < 1e-9);
            }
        }

        #[test]
        fn the_later_the_less_is_known(dt_s in 0.001..1.0f64, more_s in 0.001..1.0f64) {
            let person = &poses().people[0];
            let (soon, late) = (carried(person, dt_s), carried(person, dt_s + more_s));
            prop_assert!(late.root_covariance_m2.trace() > soon.root_covariance_m2.trace());
            prop_assert!(late.joints[13].sigma_m > soon.joints[13].sigma_m);
        }
    }
}
