//! One person's joints from all cameras that show them: one least-squares problem.
//!
//! Each camera gives each joint a Gaussian, narrow across its ray and wide along it. What a camera
//! gets wrong of all joints together is estimated with them: how large, and so how far away, the
//! person is (cameras alone cannot tell), and by how much the camera's own place is off.

use nalgebra::{DMatrix, DVector, Matrix3, Matrix3x4, Vector3};

use super::view::Witness;
use crate::skeleton::{JOINT_COUNT, PELVIS};

/// No camera is better placed than this (m).
const LEAST_MOVED_M: f64 = 1e-4;
const REWEIGHTED_ROUNDS: usize = 3;
/// Residuals of this many sigma count half, larger ones ever less (Cauchy).
const DOUBTFUL_SIGMA: f64 = 2.0;
/// Unknowns of each camera: the logarithm of the size, and its place.
const OWN: usize = 4;

/// How far off cameras are from where they are taken to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrinsics {
    /// Standard deviation of the angle (rad).
    pub turn_sigma_rad: f64,
    /// Of the place, along each axis (m).
    pub place_sigma_m: f64,
}

impl Extrinsics {
    /// By how much that moves people at a distance (m), along each axis.
    fn at_m(&self, distance_m: f64) -> f64 {
        let moved_m = self.place_sigma_m.hypot(self.turn_sigma_rad * distance_m);
        moved_m.max(LEAST_MOVED_M)
    }
}

/// A person's joints by all cameras together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Body {
    /// Where each joint is (m).
    pub joints_m: [Vector3<f64>; JOINT_COUNT],
    /// Covariance of the root (m²), its definition left aside.
    pub root_m2: Matrix3<f64>,
    /// Standard deviation of each joint beside the root, along any one axis (m).
    pub beside_root_m: [f64; JOINT_COUNT],
    /// Logarithm of the person's size against what each camera alone has, and its variance.
    pub log_sizes: Vec<(f64, f64)>,
}

/// What is known of a camera's view of one person before the others are asked: the logarithm of
/// their size against what it shows, and its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prior {
    pub log_size: f64,
    pub sigma: f64,
}

impl Prior {
    /// As the camera alone has it: doubt along the ray is doubt of the size.
    pub fn of(witness: &Witness) -> Self {
        let away_m = witness.pose.root_m - witness.centre_m;
        let distance_m = away_m.norm().max(0.1);
        let along = away_m / distance_m;
        let variance_m2 = along.dot(&(witness.pose.root_covariance_m2 * along));
        Self {
            log_size: 0.0,
            sigma: (variance_m2.max(1e-8).sqrt() / distance_m).min(0.5),
        }
    }
}

/// One person as these cameras show them; `None` where numbers fail.
pub(super) fn fuse(
    witnesses: &[&Witness],
    priors: &[Prior],
    extrinsics: &Extrinsics,
) -> Option<Body> {
    let mut problem = Problem {
        witnesses,
        priors,
        extrinsics,
        trust: vec![[[1.0; 2]; JOINT_COUNT]; witnesses.len()],
    };
    for _ in 0..REWEIGHTED_ROUNDS {
        let solution = problem.solve()?;
        problem.doubt(&solution);
    }
    let solution = problem.solve()?;
    problem.body(&solution)
}

struct Problem<'a> {
    witnesses: &'a [&'a Witness],
    priors: &'a [Prior],
    extrinsics: &'a Extrinsics,
    /// Of what is across the ray and along it.
    trust: Vec<[[f64; 2]; JOINT_COUNT]>,
}

struct Solution {
    joints_m: [Vector3<f64>; JOINT_COUNT],
    /// Of each joint, were what the cameras get wrong of all joints known.
    own_m2: [Matrix3<f64>; JOINT_COUNT],
    information: Vec<[Matrix3<f64>; JOINT_COUNT]>,
    /// What each camera gets wrong of all joints, and its covariance.
    wrong: DVector<f64>,
    wrong_covariance: DMatrix<f64>,
}

impl Problem<'_> {
    /// How a joint goes with what its camera gets wrong: size, and place.
    fn lever(&self, camera: usize, joint: usize) -> Matrix3x4<f64> {
        let witness = &self.witnesses[camera];
        let away_m = witness.joints[joint].point_m - witness.centre_m;
        let mut lever = Matrix3x4::identity();
        lever.set_column(0, &away_m);
        lever.fixed_view_mut::<3, 3>(0, 1).fill_with_identity();
        lever
    }

    fn solve(&self) -> Option<Solution> {
        let count = self.witnesses.len();
        let mut normal = DMatrix::<f64>::zeros(OWN * count, OWN * count);
        let mut right = DVector::<f64>::zeros(OWN * count);
        for (n, (witness, prior)) in self.witnesses.iter().zip(self.priors).enumerate() {
            let distance_m = (witness.pose.root_m - witness.centre_m).norm();
            let place_m = self.extrinsics.at_m(distance_m);
            let known = [prior.sigma, place_m, place_m, place_m];
            for (i, sigma) in known.iter().enumerate() {
                normal[(OWN * n + i, OWN * n + i)] = sigma.powi(-2);
            }
            right[OWN * n] = prior.log_size * prior.sigma.powi(-2);
        }
        let information: Vec<[Matrix3<f64>; JOINT_COUNT]> = (0..count)
            .map(|n| {
                let witness = &self.witnesses[n];
                std::array::from_fn(|j| {
                    witness.joints[j].information(&witness.centre_m, self.trust[n][j])
                })
            })
            .collect();
        let mut own_m2 = [Matrix3::zeros(); JOINT_COUNT];
        let mut mean_m = [Vector3::zeros(); JOINT_COUNT];
        for j in 0..JOINT_COUNT {
            let sum = information
                .iter()
                .fold(Matrix3::zeros(), |sum, of| sum + of[j]);
            own_m2[j] = sum.try_inverse()?;
            let points = (0..count).fold(Vector3::zeros(), |sum, n| {
                sum + information[n][j] * self.witnesses[n].joints[j].point_m
            });
            mean_m[j] = own_m2[j] * points;
            for n in 0..count {
                let weighed = self.lever(n, j).transpose() * information[n][j];
                let off_m = mean_m[j] - self.witnesses[n].joints[j].point_m;
                add(&mut right, n, &(weighed * off_m));
                for (m, of) in information.iter().enumerate() {
                    let mut block = -(weighed * own_m2[j] * of[j] * self.lever(m, j));
                    if m == n {
                        block += weighed * self.lever(n, j);
                    }
                    let mut view = normal.fixed_view_mut::<OWN, OWN>(OWN * n, OWN * m);
                    view += block;
                }
            }
        }
        let wrong_covariance = normal.cholesky()?.inverse();
        let wrong = &wrong_covariance * right;
        let joints_m = std::array::from_fn(|j| {
            (0..count).fold(mean_m[j], |at_m, n| {
                let off_m = self.lever(n, j) * wrong.fixed_rows::<OWN>(OWN * n);
                at_m + own_m2[j] * information[n][j] * off_m
            })
        });
        Some(Solution {
            joints_m,
            own_m2,
            information,
            wrong,
            wrong_covariance,
        })
    }

    /// Trusts less what the others do not confirm.
    fn doubt(&mut self, solution: &Solution) {
        let trust = |misses_by: f64| 1.0 / (1.0 + (misses_by / DOUBTFUL_SIGMA).powi(2));
        for (n, witness) in self.witnesses.iter().enumerate() {
            for (j, glimpse) in witness.joints.iter().enumerate() {
                let off_m = self.lever(n, j) * solution.wrong.fixed_rows::<OWN>(OWN * n);
                let left_m = solution.joints_m[j] - glimpse.point_m - off_m;
                let direction = glimpse.direction(&witness.centre_m);
                let along_m = direction.dot(&left_m);
                let across_m = (left_m - direction * along_m).norm();
                // Two axes.
                let across = across_m / glimpse.across_m / 2f64.sqrt();
                self.trust[n][j] = [trust(across), trust(along_m / glimpse.along_m)];
            }
        }
    }

    fn body(&self, solution: &Solution) -> Option<Body> {
        let count = self.witnesses.len();
        let shares: Vec<[Matrix3<f64>; JOINT_COUNT]> = (0..count)
            .map(|n| std::array::from_fn(|j| solution.own_m2[j] * solution.information[n][j]))
            .collect();
        // How each joint goes with what the cameras get wrong.
        let goes = |j: usize| {
            let mut goes = DMatrix::<f64>::zeros(3, OWN * count);
            for (n, share) in shares.iter().enumerate() {
                let with = share[j] * self.lever(n, j);
                goes.fixed_view_mut::<3, OWN>(0, OWN * n).copy_from(&with);
            }
            goes
        };
        let spread_m2 = |with: &DMatrix<f64>| -> Matrix3<f64> {
            let spread = with * &solution.wrong_covariance * with.transpose();
            spread.fixed_view::<3, 3>(0, 0).into_owned()
        };
        let root = goes(PELVIS);
        let root_m2 = solution.own_m2[PELVIS] + spread_m2(&root);
        let beside_root_m = std::array::from_fn(|j| {
            let beside_m2 =
                solution.own_m2[j] + solution.own_m2[PELVIS] + spread_m2(&(goes(j) - &root));
            (beside_m2.trace().max(0.0) / 3.0).sqrt()
        });
        let is_finite = solution
            .joints_m
            .iter()
            .all(|m| m.iter().all(|v| v.is_finite()))
            && root_m2.iter().all(|v| v.is_finite());
        is_finite.then(|| Body {
            joints_m: solution.joints_m,
            root_m2: (root_m2 + root_m2.transpose()) / 2.0,
            beside_root_m,
            log_sizes: (0..count)
                .map(|n| {
                    let i = OWN * n;
                    (solution.wrong[i], solution.wrong_covariance[(i, i)])
                })
                .collect(),
        })
    }
}

fn add(right: &mut DVector<f64>, camera: usize, part: &nalgebra::Vector4<f64>) {
    let mut rows = right.fixed_rows_mut::<OWN>(OWN * camera);
    rows += part;
}

#[cfg(test)]
mod tests;
