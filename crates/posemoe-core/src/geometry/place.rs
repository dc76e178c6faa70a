//! Where a person stands, from all that is known: one least-squares problem.
//!
//! Joints lie on their rays (object-space error: with J the joint relative to the root, r its unit
//! ray and t the root, Σ w |(I - r rᵀ)(J + t)|²). Rays cannot tell how large a person is, and so
//! not how far away; what can is a prior of the size, depths that were measured, and the floor.
//! Each has a file of its own that makes equations of it, and `system.rs` solves them. A few
//! re-weighted rounds keep an outlier from dragging the person away.

pub mod depth;
pub mod ground;
mod ray;
pub mod size;
mod system;

use nalgebra::{Matrix3, Rotation3, Vector3, Vector4};

use super::canonical::Rays;
use crate::skeleton::{JOINT_COUNT, Pose};
use depth::JointDepth;
use ray::Sighting;
use size::LogSize;
use system::{Line, Solution, System};

/// Rays that a solution needs: two determine it, a third one checks.
const FEWEST_RAYS: usize = 3;
const REWEIGHTED_ROUNDS: usize = 3;
/// Residuals of this many sigma count half, larger ones ever less (Cauchy).
const DOUBTFUL_SIGMA: f64 = 2.0;
/// Whatever puts a person at another distance than rays and prior do, by so many sigma of that,
/// speaks of something else.
const INCREDIBLE_SIGMA: f64 = 4.0;
/// Of the floor fewer: where it is tilted, everybody on it is off together.
const INCREDIBLE_ON_GROUND_SIGMA: f64 = 3.0;

/// The root of a person, camera optical frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// Mid-hip position (m).
    pub root_m: Vector3<f64>,
    /// How large the person is against the lifted pose.
    pub size: f64,
    /// Covariance of the mid-hip position (m²), were the prior of the person's size exact.
    pub covariance_m2: Matrix3<f64>,
    /// How it goes with the logarithm of that prior (m): by the whole distance where only rays are
    /// known, hardly where depths were measured.
    pub per_log_size_m: Vector3<f64>,
    /// What depths and floor say of the person's size against the pose's, the prior left aside.
    pub measured_size: Option<LogSize>,
    /// What was given and not believed.
    pub disbelieved: Disbelieved,
}

#[cfg(test)]
impl Placement {
    /// A root (m) by rays alone, with its covariance (m²).
    pub(crate) fn of_rays(root_m: Vector3<f64>, covariance_m2: Matrix3<f64>) -> Self {
        Self {
            root_m,
            size: 1.0,
            covariance_m2,
            per_log_size_m: root_m,
            measured_size: None,
            disbelieved: Disbelieved::default(),
        }
    }
}

/// What speaks of something else than the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disbelieved {
    /// Measured depths.
    pub depths: bool,
    /// The floor.
    pub ground: bool,
}

/// All that is known of one person in one frame.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Where the image shows the joints.
    pub rays: &'a Rays,
    /// Root-relative joints (m, camera optical frame) as they were lifted.
    pub pose: &'a Pose,
    /// Sigma of each (m).
    pub sigma_m: &'a [f64; JOINT_COUNT],
    /// How large the person is against that pose.
    pub size: LogSize,
    /// Depths of joints that stand on the floor.
    pub on_ground: [Option<JointDepth>; JOINT_COUNT],
}

/// Turns root-relative joints (m) from the virtual camera back to the camera optical frame.
pub fn to_camera(view_from_camera: &Rotation3<f64>, joints_m: &Pose) -> Pose {
    joints_m.map(|joint| view_from_camera.inverse() * joint)
}

/// Places a person.
///
/// `None` when fewer than three joints were seen, when they do not fix a position, or when the
/// person would stand behind the camera.
pub fn place(evidence: &Evidence<'_>) -> Option<Placement> {
    let mut problem = Problem::of_rays(evidence);
    if problem.sightings.iter().flatten().count() < FEWEST_RAYS {
        return None;
    }
    let by_rays = problem.solve()?;
    let limits = Limits::of(&by_rays, &problem);
    let mut solution = by_rays;
    let mut disbelieved = Disbelieved::default();
    let depths = evidence.measured_depths();
    let Disbelieved {
        depths: of_depths,
        ground: of_ground,
    } = &mut disbelieved;
    for (given, refused, most_sigma) in [
        (&depths, of_depths, INCREDIBLE_SIGMA),
        (&evidence.on_ground, of_ground, INCREDIBLE_ON_GROUND_SIGMA),
    ] {
        if given.iter().all(Option::is_none) {
            continue;
        }
        let before = problem;
        problem.add(evidence, given);
        match problem
            .solve()
            .filter(|found| limits.allow(found, most_sigma))
        {
            Some(found) => solution = found,
            None => (problem, *refused) = (before, true),
        }
    }
    let root_m = solution.place_m();
    if root_m.z <= 0.0 || !root_m.iter().all(|v| v.is_finite()) {
        return None;
    }
    let by_prior = problem.share_of_prior(&solution);
    let of_size = evidence.size.inverse() / solution.inverse_size;
    Some(Placement {
        root_m,
        size: 1.0 / solution.inverse_size,
        covariance_m2: solution.covariance_m2(&problem.spread(&solution)),
        per_log_size_m: (root_m + solution.coupled_m) * (by_prior * of_size),
        measured_size: problem.measured_size(&solution),
        disbelieved,
    })
}

impl Evidence<'_> {
    fn measured_depths(&self) -> [Option<JointDepth>; JOINT_COUNT] {
        std::array::from_fn(|joint| {
            let surface_m = self.rays[joint]?.depth_m?;
            Some(JointDepth::below_surface(joint, surface_m))
        })
    }
}

/// How far away a person can be, by rays and the prior of the size.
struct Limits {
    distance_m: f64,
    /// Of the logarithm of the distance.
    sigma: f64,
}

impl Limits {
    fn of(by_rays: &Solution, problem: &Problem) -> Self {
        let place_m = by_rays.place_m();
        let covariance_m2 = by_rays.covariance_m2(&problem.spread(by_rays));
        let distance_m = place_m.norm();
        let along_m = place_m.dot(&(covariance_m2 * place_m)).sqrt() / distance_m;
        Self {
            distance_m,
            sigma: problem.size.sigma.hypot(along_m / distance_m),
        }
    }

    fn allow(&self, found: &Solution, most_sigma: f64) -> bool {
        let off = (found.place_m().norm() / self.distance_m).ln();
        off.abs() < most_sigma * self.sigma
    }
}

/// The equations with how far each is trusted.
#[derive(Clone, Copy)]
struct Problem {
    sightings: [Option<Sighting>; JOINT_COUNT],
    sighting_trust: [f64; JOINT_COUNT],
    /// Of depths that were measured, and of the floor.
    lines: [Option<Line>; 2 * JOINT_COUNT],
    line_trust: [f64; 2 * JOINT_COUNT],
    size: LogSize,
}

impl Problem {
    fn of_rays(evidence: &Evidence<'_>) -> Self {
        Self {
            sightings: std::array::from_fn(|j| {
                let ray = evidence.rays[j].as_ref()?;
                Some(Sighting::new(ray, &evidence.pose[j], evidence.sigma_m[j]))
            }),
            sighting_trust: [1.0; JOINT_COUNT],
            lines: [None; 2 * JOINT_COUNT],
            line_trust: [1.0; 2 * JOINT_COUNT],
            size: evidence.size,
        }
    }

    fn add(&mut self, evidence: &Evidence<'_>, depths: &[Option<JointDepth>; JOINT_COUNT]) {
        let mut free = self.lines.iter_mut().filter(|line| line.is_none());
        for (joint, depth) in depths.iter().enumerate() {
            if let (Some(depth), Some(line)) = (depth, free.next()) {
                *line = Some(depth.line(&evidence.pose[joint], evidence.sigma_m[joint]));
            }
        }
    }

    fn solve(&mut self) -> Option<Solution> {
        self.sighting_trust = [1.0; JOINT_COUNT];
        self.line_trust = [1.0; 2 * JOINT_COUNT];
        let mut solution = self.system().solve()?;
        for _ in 0..REWEIGHTED_ROUNDS {
            let trust = |misses_by: f64| 1.0 / (1.0 + (misses_by / DOUBTFUL_SIGMA).powi(2));
            for (sighting, told) in self.sightings.iter().zip(&mut self.sighting_trust) {
                *told = sighting.map_or(0.0, |s| trust(s.misses_by(&solution)));
            }
            for (line, told) in self.lines.iter().zip(&mut self.line_trust) {
                *told = line.map_or(0.0, |line| trust(line.misses_by(&solution)));
            }
            solution = self.system().solve()?;
        }
        Some(solution)
    }

    fn system(&self) -> System {
        let mut system = System::new();
        for (sighting, trust) in self.trusted_sightings() {
            sighting.tell(trust, &mut system);
        }
        for (line, trust) in self.trusted_lines() {
            line.tell(trust, &mut system);
        }
        self.size.line().tell(1.0, &mut system);
        system
    }

    /// What errors do, but those of the prior. Sandwich estimate: errors as large as they are seen
    /// to be.
    fn spread(&self, at: &Solution) -> System {
        let mut spread = System::new();
        for (sighting, trust) in self.trusted_sightings() {
            sighting.err(trust, at, &mut spread);
        }
        let mut together = Vector4::zeros();
        for (line, trust) in self.trusted_lines() {
            line.err(trust, at, &mut spread);
            line.err_together(trust, &mut together);
        }
        spread.add_square(&together);
        spread
    }

    fn trusted_sightings(&self) -> impl Iterator<Item = (&Sighting, f64)> {
        let all = self.sightings.iter().zip(self.sighting_trust);
        all.filter_map(|(sighting, trust)| Some((sighting.as_ref()?, trust)))
    }

    fn trusted_lines(&self) -> impl Iterator<Item = (&Line, f64)> {
        let all = self.lines.iter().zip(self.line_trust);
        all.filter_map(|(line, trust)| Some((line.as_ref()?, trust)))
    }

    fn prior_information(&self) -> f64 {
        self.size.line().sigma.powi(-2)
    }

    /// How much of what is known of the size is the prior.
    fn share_of_prior(&self, at: &Solution) -> f64 {
        self.prior_information() / at.inverse_size_information
    }

    fn measured_size(&self, at: &Solution) -> Option<LogSize> {
        self.lines.iter().flatten().next()?;
        let share = 1.0 - self.share_of_prior(at);
        let of_prior = self.size.inverse();
        let inverse_size = of_prior + (at.inverse_size - of_prior) / share;
        let sigma = (share * at.inverse_size_information).sqrt().recip() / inverse_size;
        let log = -inverse_size.ln();
        (log.is_finite() && sigma.is_finite()).then_some(LogSize { log, sigma })
    }
}

#[cfg(test)]
mod tests;
