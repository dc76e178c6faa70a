//! People as another frame has them.

use nalgebra::Matrix3;

use super::forecast::{Forecast, RootForecast};
use super::gaze::Gaze;
use super::pose::{Joint, PersonPose, Poses};
use crate::frames::Motion;
use crate::geometry::segments::turned;

/// The same people in the frame `frame_id`, in which the frame of `poses` moves as `motion` says,
/// at the stamp of `poses`. Ids, states, scores and `sigma_m`, which is the same in all directions,
/// stay.
///
/// Velocities are those over the target's ground: the camera's own motion is taken out. How sure
/// the transform is nobody says, so it adds nothing to the covariance.
pub fn into_frame(poses: &Poses, frame_id: &str, motion: &Motion) -> Poses {
    Poses {
        stamp: poses.stamp,
        frame_id: frame_id.to_owned(),
        people: poses
            .people
            .iter()
            .map(|person| reframed(person, motion))
            .collect(),
        unplaced: poses.unplaced,
    }
}

fn reframed(person: &PersonPose, motion: &Motion) -> PersonPose {
    PersonPose {
        root_m: motion.position_m(&person.root_m),
        root_covariance_m2: turned_m2(&person.root_covariance_m2, motion),
        root_velocity_m_s: motion.velocity_m_s(&person.root_m, &person.root_velocity_m_s),
        joints: person.joints.map(|joint| Joint {
            position_m: motion.position_m(&joint.position_m),
            velocity_m_s: motion.velocity_m_s(&joint.position_m, &joint.velocity_m_s),
            ..joint
        }),
        segments: turned(&person.segments, &motion.target_from_source.rotation),
        gaze: person.gaze.map(|gaze| Gaze {
            camera_from_head: motion.target_from_source.rotation * gaze.camera_from_head,
            ..gaze
        }),
        forecast: Forecast {
            root: RootForecast {
                shared_m2_s: turned_m2(&person.forecast.root.shared_m2_s, motion),
                velocity_m2_s2: turned_m2(&person.forecast.root.velocity_m2_s2, motion),
                ..person.forecast.root
            },
            ..person.forecast
        },
        ..person.clone()
    }
}

/// A covariance along the target's axes, from one along the source's: R C Rᵀ.
fn turned_m2(covariance_m2: &Matrix3<f64>, motion: &Motion) -> Matrix3<f64> {
    let turn = motion.target_from_source.rotation.to_rotation_matrix();
    turn * covariance_m2 * turn.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::segments::Orientations;
    use crate::person::pose::State;
    use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
    use posemoe_stamp::Stamp;
    use std::f64::consts::FRAC_PI_2;

    fn poses() -> Poses {
        let joint = |j: usize| Joint {
            position_m: Vector3::new(0.1 * j as f64, -0.2, 3.0),
            velocity_m_s: Vector3::new(0.0, 0.3, -0.1 * j as f64),
            sigma_m: 0.01 * j as f64,
            score: 0.05 * j as f64,
        };
        Poses {
            stamp: Stamp::from_nanos(7),
            frame_id: "optical".into(),
            people: vec![PersonPose {
                marks: None,
                gaze: None,
                segments: Orientations::default(),
                forecast: Forecast::default(),
                id: "a".into(),
                state: State::Predicted,
                confidence: 0.4,
                root_m: Vector3::new(0.5, 0.25, 4.0),
                root_covariance_m2: Matrix3::from_diagonal(&Vector3::new(0.01, 0.04, 0.16)),
                root_velocity_m_s: Vector3::new(1.0, 0.0, -0.5),
                joints: std::array::from_fn(joint),
            }],
            unplaced: 0,
        }
    }

    /// An optical frame on a base that turns to the left: base z is up, x forward.
    fn motion() -> Motion {
        let turn = UnitQuaternion::from_euler_angles(-FRAC_PI_2, 0.0, -FRAC_PI_2);
        Motion {
            target_from_source: Isometry3::from_parts(Translation3::new(0.2, 0.0, 1.5), turn),
            linear_m_s: Vector3::new(0.7, 0.0, 0.0),
            angular_rad_s: Vector3::new(0.0, 0.0, 0.5),
        }
    }

    #[test]
    fn away_in_an_optical_frame_is_forward_on_a_base() {
        let there = into_frame(&poses(), "base", &motion());
        let person = &there.people[0];
        assert_eq!(
            (there.frame_id.as_str(), there.stamp),
            ("base", poses().stamp)
        );
        // 0.5 right, 0.25 down, 4 away of a camera that is 0.2 ahead and 1.5 up.
        assert!((person.root_m - Vector3::new(4.2, -0.5, 1.25)).norm() < 1e-12);
        // Own (-0.5, -1, 0), with the base 0.7 ahead, and 0.5 rad/s at (4, -0.5) from the camera.
        let expected = Vector3::new(-0.5 + 0.7 + 0.25, -1.0 + 2.0, 0.0);
        assert!((person.root_velocity_m_s - expected).norm() < 1e-12);
        assert!((person.root_sigma_m() - Vector3::new(0.4, 0.1, 0.2)).norm() < 1e-12);
        let (was, is) = (&poses().people[0], person);
        assert_eq!(
            (&is.id, is.state, is.confidence),
            (&was.id, was.state, was.confidence)
        );
        for (was, is) in was.joints.iter().zip(&is.joints) {
            assert_eq!((is.sigma_m, is.score), (was.sigma_m, was.score));
            assert!((is.position_m - motion().position_m(&was.position_m)).norm() < 1e-12);
            assert_ne!(is.velocity_m_s, was.velocity_m_s);
        }
    }

    /// Where something is a little later says how fast it is.
    #[test]
    fn each_joint_is_as_fast_as_its_places_say() {
        let (there, motion, step_s) = (into_frame(&poses(), "base", &motion()), motion(), 1e-6);
        let turn = UnitQuaternion::from_scaled_axis(motion.angular_rad_s * step_s);
        let (shift, before) = (motion.linear_m_s * step_s, motion.target_from_source);
        let later = Motion::at_rest(Isometry3::from_parts(
            (before.translation.vector + shift).into(),
            turn * before.rotation,
        ));
        for (was, is) in poses().people[0].joints.iter().zip(&there.people[0].joints) {
            let goes_to_m = later.position_m(&(was.position_m + was.velocity_m_s * step_s));
            let velocity_m_s = (goes_to_m - is.position_m) / step_s;
            assert!(
                (velocity_m_s - is.velocity_m_s).norm() < 1e-5,
                "{velocity_m_s}"
            );
        }
    }

    #[test]
    fn there_and_back_positions_and_velocities_are_what_they_were() {
        let there = into_frame(&poses(), "base", &motion());
        let back = into_frame(&there, "optical", &motion().inverse());
        let (was, is) = (&poses().people[0], &back.people[0]);
        assert_eq!(back.frame_id, "optical");
        assert!((is.root_m - was.root_m).norm() < 1e-12);
        assert!((is.root_velocity_m_s - was.root_velocity_m_s).norm() < 1e-12);
        for (was, is) in was.joints.iter().zip(&is.joints) {
            assert!((is.position_m - was.position_m).norm() < 1e-12);
            assert!((is.velocity_m_s - was.velocity_m_s).norm() < 1e-12);
        }
    }

    #[test]
    fn doubt_along_a_slanted_ray_is_all_along_one_axis_when_that_looks_along_it() {
        // Unsure by 0.5 m along the bearing of 45°, as stature makes it, and by 0.1 m across.
        let along = Vector3::new(0.5f64.sqrt(), 0.0, 0.5f64.sqrt());
        let covariance_m2 = Matrix3::identity() * 0.01 + along * along.transpose() * (0.25 - 0.01);
        let mut seen = poses();
        seen.people[0].root_covariance_m2 = covariance_m2;
        let turn = UnitQuaternion::from_axis_angle(&Vector3::y_axis(), -FRAC_PI_2 / 2.0);
        let turned = Motion::at_rest(Isometry3::from_parts(Translation3::identity(), turn));
        let sigma_m = into_frame(&seen, "base", &turned).people[0].root_sigma_m();
        assert!(
            (sigma_m - Vector3::new(0.1, 0.1, 0.5)).norm() < 1e-12,
            "{sigma_m}"
        );
    }
}
