//! How plausible a pose is, whatever it was made of: judged as it is published, never changed.

use nalgebra::Vector3;

use super::{JOINT_NUMBERS, LiftError};
use crate::skeleton::{BONES, HIPS, PELVIS, Pose, THORAX};

/// Lengths (m) between which a bone has a direction, in single precision too.
const BONE_M: [f64; 2] = [1e-3, 1e3];
/// Sine of the least angle between trunk and hips with which the pelvis has a frame.
const LEAST_SINE: f64 = 1e-3;

/// Judges poses.
pub trait Plausibility {
    /// For each pose, in any right-handed frame, the share of real poses that surprise more, 0 to
    /// 1; `None` where that is not known, as a bone has no direction.
    ///
    /// # Errors
    /// [`LiftError`] when nothing can be said of any of them.
    fn of(&mut self, poses: &[Pose]) -> Result<Vec<Option<f64>>, LiftError>;
}

/// What a network is asked: joints (m) relative to the pelvis, row-major.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// (P, 17, 3), of poses that can be judged.
    pub(crate) joints_m: Vec<f32>,
    /// Of each pose whether it is among them.
    is_asked: Vec<bool>,
}

impl Asked {
    /// Those of `poses` that can be judged.
    pub(crate) fn of(poses: &[Pose]) -> Self {
        let mut asked = Self::default();
        for pose in poses {
            let can_be = has_directions(pose);
            asked.is_asked.push(can_be);
            if can_be {
                let joints_m = pose.iter().map(|joint_m| joint_m - pose[PELVIS]);
                let numbers = joints_m.flat_map(|joint_m| joint_m.map(|m| m as f32).data.0[0]);
                asked.joints_m.extend(numbers);
            }
        }
        asked
    }

    /// P.
    pub(crate) fn people(&self) -> usize {
        self.joints_m.len() / JOINT_NUMBERS
    }

    /// The answers (P) as those to all poses.
    pub(crate) fn all(&self, answers: &[f32]) -> Vec<Option<f64>> {
        let mut answers = answers.iter();
        let of = |is_asked: &bool| is_asked.then(|| answers.next().copied()).flatten();
        let known = self.is_asked.iter().map(of);
        known
            .map(|answer| answer.filter(|share| (0.0..=1.0).contains(share)))
            .map(|answer| answer.map(f64::from))
            .collect()
    }
}

/// Whether each bone points somewhere and the pelvis is turned somehow: NaN does not.
fn has_directions(pose: &Pose) -> bool {
    let [shortest_m, longest_m] = BONE_M;
    let bone_m = |(from, to): &(usize, usize)| pose[*to] - pose[*from];
    let points = |bone_m: Vector3<f64>| (shortest_m..=longest_m).contains(&bone_m.norm());
    let (trunk, hips) = (bone_m(&(PELVIS, THORAX)), bone_m(&(HIPS[0], HIPS[1])));
    let sine = trunk.cross(&hips).norm() / (trunk.norm() * hips.norm());
    BONES.iter().map(bone_m).all(points) && sine >= LEAST_SINE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skeleton::JOINT_COUNT;

    /// Somebody whose bones all have a length, some distance away.
    fn somebody() -> Pose {
        std::array::from_fn(|j| {
            let j = j as f64;
            Vector3::new(j.sin(), (2.0 * j).cos(), 5.0 + 0.1 * j)
        })
    }

    #[test]
    fn joints_are_asked_about_relative_to_the_pelvis() {
        let asked = Asked::of(&[somebody()]);
        assert_eq!(asked.people(), 1);
        assert_eq!(asked.joints_m.len(), 3 * JOINT_COUNT);
        assert_eq!(asked.joints_m[..3], [0.0; 3]);
        assert!((asked.joints_m[50] - 1.6).abs() < 1e-6);
    }

    #[test]
    fn of_a_pose_without_directions_nothing_is_asked() {
        let spoiled = |spoil: fn(&mut Pose)| {
            let mut pose = somebody();
            spoil(&mut pose);
            pose
        };
        let poses = [
            somebody(),
            [Vector3::zeros(); JOINT_COUNT],
            spoiled(|pose| pose[13].y = f64::NAN),
            spoiled(|pose| pose[16] *= f64::INFINITY),
            spoiled(|pose| pose[16].x = 1e30),
            spoiled(|pose| pose[3] = pose[2]),
            spoiled(|pose| pose[HIPS[1]] = pose[HIPS[0]] + 0.1 * (pose[THORAX] - pose[PELVIS])),
            somebody(),
        ];
        let asked = Asked::of(&poses);
        assert_eq!(asked.people(), 2);
        let mut expected = vec![None; poses.len()];
        expected[0] = Some(0.25);
        expected[7] = Some(0.5);
        assert_eq!(asked.all(&[0.25, 0.5]), expected);
    }

    #[test]
    fn an_answer_that_is_no_share_is_none() {
        let asked = Asked::of(&[somebody(); 3]);
        let expected = [None, None, Some(1.0)];
        assert_eq!(asked.all(&[f32::NAN, 1.5, 1.0]), expected);
        assert_eq!(Asked::of(&[]).all(&[]), []);
    }
}
