//! How somebody who is seen lies on what is remembered of a person, and how likely that is.
//!
//! The remembered joints are laid on those seen by a shift and a scale; single joints that are far
//! off, as detectors have them, count little (Cauchy's weights).

use crate::keypoint::Keypoint;
use crate::skeleton::{JOINT_COUNT, MIRRORED};

/// Joints that must be both seen and remembered.
const FEWEST_COMMON: usize = 3;
/// How far a joint is from where it was last, beside the shift, in units of the person's size
/// (about half a metre): at once, more for each second, and at most, which is as far as anybody
/// else's.
const NOISE: f64 = 0.06;
const NOISE_S: f64 = 0.5;
const ANYBODYS: f64 = 0.35;
/// Errors of a person's joints are not independent: so many of them say as much as one would.
const ALIKE: f64 = 4.0;
/// Deviation of the size's logarithm from what is expected, where joints say nothing of it.
const SIZE: f64 = 0.3;
/// What is never known better, of place (sizes) and of size (its logarithm).
const LEAST: [f64; 2] = [0.03, 0.02];
/// How well place (sizes) and size (its logarithm) are known from a part of a person.
const ABOUT: [f64; 2] = [0.5, 0.5];
const ROUNDS: usize = 3;
/// That a detector takes left for right is so much less likely than that it does not (difference of
/// negative logarithms).
const MIRRORING: f64 = 6.0;

pub type Joints = [Option<Keypoint>; JOINT_COUNT];

/// Where a joint was beside a person's place, in units of their size, and how long ago.
#[derive(Clone, Copy, Debug)]
pub struct Remembered {
    pub offset: [f64; 2],
    pub age_s: f64,
}

/// Where remembered joints lie on those seen.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    pub place_px: [f64; 2],
    pub size_px: f64,
    /// Variance of the place (in sizes) and of the size's logarithm.
    pub variance: [f64; 2],
    /// How much less likely such a pose is this person's than anybody's: the difference of negative
    /// logarithms of likelihoods, below 0 where it is theirs.
    pub pose: f64,
    /// Whether left and right were taken for each other.
    pub is_mirrored: bool,
}

struct Common {
    seen_px: [f64; 2],
    offset: [f64; 2],
    sigma: f64,
    weight: f64,
}

/// Lays what is remembered on what is seen, also with left for right; `None` where too few joints
/// are common. `size_px` is what is expected.
pub fn fit(
    remembered: &[Option<Remembered>; JOINT_COUNT],
    seen: &Joints,
    size_px: f64,
) -> Option<Fit> {
    let straight = laid_on(remembered, seen, size_px)?;
    if straight.pose <= 0.0 {
        return Some(straight);
    }
    let mirrored = laid_on(remembered, &MIRRORED.map(|joint| seen[joint]), size_px);
    let mirrored = mirrored.map(|fit| Fit {
        pose: fit.pose + MIRRORING,
        is_mirrored: true,
        ..fit
    });
    let better = mirrored.filter(|mirrored| mirrored.pose < straight.pose);
    Some(better.unwrap_or(straight))
}

/// Where somebody is of whom other joints are seen than are remembered: somewhere about these, and
/// as large as is expected.
pub fn about(seen: &Joints, size_px: f64) -> Option<Fit> {
    seen.iter().flatten().next()?;
    Some(Fit {
        place_px: middle_px(seen),
        size_px,
        variance: ABOUT.map(|sigma| sigma * sigma),
        pose: 0.0,
        is_mirrored: false,
    })
}

fn laid_on(
    remembered: &[Option<Remembered>; JOINT_COUNT],
    seen: &Joints,
    size_px: f64,
) -> Option<Fit> {
    let both = remembered.iter().zip(seen);
    let common = both.filter_map(|(remembered, seen)| {
        let (remembered, seen) = (remembered.as_ref()?, seen.as_ref()?);
        Some(Common {
            seen_px: [seen.x_px, seen.y_px],
            offset: remembered.offset,
            sigma: (NOISE + NOISE_S * remembered.age_s).min(ANYBODYS),
            weight: 1.0,
        })
    });
    let mut common: Vec<Common> = common.collect();
    if common.len() < FEWEST_COMMON {
        return None;
    }
    let shifts = |axis: usize| {
        common
            .iter()
            .map(move |c| c.seen_px[axis] - size_px * c.offset[axis])
    };
    let (mut place_px, mut scale) = ([median(shifts(0)), median(shifts(1))], 1.0);
    let mut variance = [1.0; 2];
    for _ in 0..ROUNDS {
        for joint in &mut common {
            let off = joint.off(place_px, scale * size_px);
            joint.weight = 1.0 / (joint.sigma.powi(2) + off);
        }
        let sum =
            |of: &dyn Fn(&Common) -> f64| common.iter().map(|c| c.weight * of(c)).sum::<f64>();
        let total = sum(&|_| 1.0);
        let seen_px = [0, 1].map(|axis| sum(&|c| c.seen_px[axis]) / total);
        let offset = [0, 1].map(|axis| sum(&|c| c.offset[axis]) / total);
        let along = |c: &Common, axis: usize| c.offset[axis] - offset[axis];
        let spread = sum(&|c| along(c, 0).powi(2) + along(c, 1).powi(2)) / ALIKE;
        let apart = |c: &Common, axis: usize| (c.seen_px[axis] - seen_px[axis]) / size_px;
        let product = sum(&|c| (0..2).map(|axis| along(c, axis) * apart(c, axis)).sum()) / ALIKE;
        let prior = SIZE.powi(-2);
        scale = ((product + prior) / (spread + prior)).max(0.2);
        place_px = [0, 1].map(|axis| seen_px[axis] - scale * size_px * offset[axis]);
        variance = [ALIKE / total, 1.0 / (spread + prior)];
    }
    let size_px = scale * size_px;
    let pose = common.iter().map(|joint| {
        let off = joint.off(place_px, size_px);
        negative_log(off, joint.sigma) - negative_log(off, ANYBODYS)
    });
    Some(Fit {
        place_px,
        size_px,
        variance: [0, 1].map(|i| variance[i] + LEAST[i].powi(2)),
        pose: pose.sum::<f64>() / ALIKE,
        is_mirrored: false,
    })
}

impl Common {
    /// Squared distance from where it should be, in sizes.
    fn off(&self, place_px: [f64; 2], size_px: f64) -> f64 {
        let along =
            |axis: usize| (self.seen_px[axis] - place_px[axis]) / size_px - self.offset[axis];
        along(0).powi(2) + along(1).powi(2)
    }
}

/// Of Cauchy's distribution in the plane, without what is the same for all.
fn negative_log(square: f64, sigma: f64) -> f64 {
    2.0 * sigma.ln() + 1.5 * (square / sigma.powi(2)).ln_1p()
}

/// The median of the joints along each axis.
pub fn middle_px(joints: &Joints) -> [f64; 2] {
    let along = |axis: usize| joints.iter().flatten().map(move |k| [k.x_px, k.y_px][axis]);
    [median(along(0)), median(along(1))]
}

/// The lower one of an even number; of none 0.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
        .get(values.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0.0)
}
