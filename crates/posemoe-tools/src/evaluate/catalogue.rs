//! Every metric by name: what it is of, and which way is better.

use super::errors::{JointErrors, PoseErrors};
use super::matching::Detection;
use super::metrics::{self, PCK_M};

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// As of an error.
    Lower,
    /// As of a share that is right.
    Higher,
    /// A figure to be read beside others.
    Neither,
}

/// A metric: its key ends with its unit.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name in JSON.
    pub key: &'static str,
    /// Which way is better.
    pub better: Better,
    /// How it is found.
    pub(super) measure: Measure,
}

/// What a metric is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    /// The mean of a pose's figure over the poses, times a factor.
    Pose(fn(&PoseErrors) -> Option<f64>, f64),
    /// The sum of one of a pose's figures over the sum of another, times a factor.
    Ratio(fn(&PoseErrors) -> Option<[f64; 2]>, f64),
    /// Of all joints of all poses.
    Joints(fn(&[&JointErrors]) -> Option<f64>),
    /// Of who was found; of parts of the people, too.
    Found(fn(&Detection) -> Option<f64>),
    /// Of who was taken for whom, over a whole sequence.
    Identity(fn(&Detection) -> Option<f64>),
}

const fn pose(key: &'static str, of: fn(&PoseErrors) -> Option<f64>, factor: f64) -> Metric {
    let (better, measure) = (Better::Lower, Measure::Pose(of, factor));
    Metric {
        key,
        better,
        measure,
    }
}

const fn joints(
    key: &'static str,
    better: Better,
    of: fn(&[&JointErrors]) -> Option<f64>,
) -> Metric {
    let measure = Measure::Joints(of);
    Metric {
        key,
        better,
        measure,
    }
}

const fn people(key: &'static str, better: Better, measure: Measure) -> Metric {
    Metric {
        key,
        better,
        measure,
    }
}

/// Of the root, to be read beside others; of those that say its sigma.
const fn root(key: &'static str, of: fn(&PoseErrors) -> Option<f64>, factor: f64) -> Metric {
    let (better, measure) = (Better::Neither, Measure::Pose(of, factor));
    Metric {
        key,
        better,
        measure,
    }
}

/// Millimetres in a metre, milliseconds in a second.
pub(super) const MM: f64 = 1e3;
const MS: f64 = 1e3;
const PCT: f64 = 100.0;
/// Share of the joints that lie within a sigma which is true, as of a normal distribution.
pub const ONE_SIGMA: f64 = 0.6827;

/// Every metric, in the order of tables.
pub const METRICS: [Metric; 30] = [
    pose("mpjpe_mm", |p| p.mpjpe_m, MM),
    pose("p_mpjpe_mm", |p| p.p_mpjpe_m, MM),
    pose("n_mpjpe_mm", |p| p.n_mpjpe_m, MM),
    pose("mpjve_mm_s", |p| p.velocity_m_s, MM),
    pose("acceleration_error_m_s2", |p| p.acceleration_m_s2, 1.0),
    Metric {
        key: "delay_ms",
        better: Better::Neither,
        measure: Measure::Ratio(|p| p.behind, MS),
    },
    Metric {
        better: Better::Neither,
        ..pose("jitter_m_s3", |p| p.jitter_m_s3, 1.0)
    },
    Metric {
        better: Better::Neither,
        ..pose("truth_jitter_m_s3", |p| p.truth_jitter_m_s3, 1.0)
    },
    joints("pck150_pct", Better::Higher, |j| {
        metrics::share(free(j.iter().copied()).map(|j| j.relative_m <= PCK_M))
            .map(|share| share * PCT)
    }),
    joints("auc_pct", Better::Higher, |j| {
        metrics::area_under_pck(free(j.iter().copied()).map(|j| j.relative_m))
            .map(|area| area * PCT)
    }),
    pose("root_error_mm", |p| Some(p.root_m), MM),
    joints("abs_mpjpe_mm", Better::Lower, |j| {
        metrics::mean(j.iter().map(|j| j.absolute_m)).map(|mean| mean * MM)
    }),
    joints("abs_pck150_pct", Better::Higher, |j| {
        metrics::share(j.iter().map(|j| j.absolute_m <= PCK_M)).map(|share| share * PCT)
    }),
    joints("p99_9_error_mm", Better::Lower, |j| {
        metrics::quantile(j.iter().map(|j| j.absolute_m).collect(), 0.999).map(|error| error * MM)
    }),
    pose("bone_length_error_mm", |p| p.bone_length_m, MM),
    joints("within_1_sigma_pct", Better::Neither, |j| {
        within_sigmas(j, 1.0)
    }),
    joints("within_2_sigma_pct", Better::Neither, |j| {
        within_sigmas(j, 2.0)
    }),
    joints("sigma_factor", Better::Neither, |j| {
        sigma_factor(sigmas(j.iter().copied()))
    }),
    joints("joint_nees", Better::Neither, joint_nees),
    root("root_within_1_sigma_x_pct", |p| root_within(p, 0, 1.0), PCT),
    root("root_within_1_sigma_y_pct", |p| root_within(p, 1, 1.0), PCT),
    root("root_within_1_sigma_z_pct", |p| root_within(p, 2, 1.0), PCT),
    root("root_within_2_sigma_x_pct", |p| root_within(p, 0, 2.0), PCT),
    root("root_within_2_sigma_y_pct", |p| root_within(p, 1, 2.0), PCT),
    root("root_within_2_sigma_z_pct", |p| root_within(p, 2, 2.0), PCT),
    root("root_nees", root_nees, 1.0),
    people(
        "recall_pct",
        Better::Higher,
        Measure::Found(|d| d.recall().map(|share| share * PCT)),
    ),
    people(
        "precision_pct",
        Better::Higher,
        Measure::Found(|d| d.precision().map(|share| share * PCT)),
    ),
    people(
        "idf1_pct",
        Better::Higher,
        Measure::Identity(|d| d.idf1().map(|share| share * PCT)),
    ),
    people(
        "id_switches",
        Better::Lower,
        Measure::Identity(|d| (d.frames > 0).then_some(d.id_switches as f64)),
    ),
];

/// The joints that can be wrong: the root itself would flatter a share.
fn free<'a>(
    joints: impl IntoIterator<Item = &'a JointErrors>,
) -> impl Iterator<Item = &'a JointErrors> {
    joints.into_iter().filter(|joint| *joint.name != *"pelvis")
}

/// (Error, sigma) of the joints that can be wrong and have one (m).
pub fn sigmas<'a>(
    joints: impl IntoIterator<Item = &'a JointErrors>,
) -> impl Iterator<Item = (f64, f64)> {
    free(joints).filter_map(|joint| Some((joint.relative_m, joint.sigma_m?)))
}

/// What sigmas must be multiplied by to be true.
pub fn sigma_factor(known: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    metrics::quantile(
        known.map(|(error, sigma)| error / sigma).collect(),
        ONE_SIGMA,
    )
}

fn within_sigmas(joints: &[&JointErrors], many: f64) -> Option<f64> {
    metrics::share(
        sigmas(joints.iter().copied()).map(|(error_m, sigma_m)| error_m <= many * sigma_m),
    )
    .map(|share| share * PCT)
}

/// Squared distance, in standard deviations, within which 68.27 % of a normal distribution in space
/// lie.
const ONE_SIGMA_IN_SPACE: f64 = 3.5267;

/// Normalised estimation error squared of the joints: 3 where sigma is true and errors are normal,
/// alike in all directions.
fn joint_nees(joints: &[&JointErrors]) -> Option<f64> {
    let squares =
        sigmas(joints.iter().copied()).map(|(error_m, sigma_m)| (error_m / sigma_m).powi(2));
    metrics::mean(squares).map(|mean| mean * ONE_SIGMA_IN_SPACE)
}

/// The same of the root, whose sigma is said along each axis.
fn root_nees(pose: &PoseErrors) -> Option<f64> {
    let in_sigmas = pose.root_in_sigmas?;
    Some(in_sigmas.iter().map(|one| one.powi(2)).sum())
}

/// 1 where the root is within so many sigmas along an axis, else 0.
fn root_within(pose: &PoseErrors, axis: usize, many: f64) -> Option<f64> {
    let in_sigmas = pose.root_in_sigmas?;
    Some(f64::from(u8::from(in_sigmas[axis].abs() <= many)))
}
