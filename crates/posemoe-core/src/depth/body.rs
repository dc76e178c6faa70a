//! What of the depths at a person's keypoints can be the person: joints that bones join, of
//! somebody as large as people are.
//!
//! This is asked before anything is lifted. The network takes depths as they are and answers with a
//! pose that fits them: afterwards a wall in front of somebody looks like a small person there.

use nalgebra::Vector3;

use crate::geometry::canonical::Rays;
use crate::geometry::place::depth::JointDepth;
use crate::skeleton::{BONES, BONES_M, JOINT_COUNT};

/// Depths (m) of the surface at a person's joints, where something was measured.
pub(crate) type Depths = [Option<f64>; JOINT_COUNT];

/// No joint is farther than this from the middle of the person along the view (m).
const FARTHEST_M: f64 = 1.1;
/// A bone that seems longer than this, in units of most people's, is none; but for so many sigma of
/// its ends' depths, and keypoints beside its ends (m).
const LONGEST_BONE: f64 = 1.25;
const NOISE_SIGMAS: f64 = 2.0;
const BESIDE_M: f64 = 0.03;
/// Fewer bones tell nobody's size.
const FEWEST_BONES: usize = 3;
/// Keypoints miss the person now and then, and what is behind is measured there; of more than this
/// share, the image is not of this person at this time.
const MOST_BEHIND: f64 = 0.3;
/// Half of all bones, in units of most people's: from a child of 1 m to a giant.
pub(crate) const SIZE: [f64; 2] = [0.6, 1.25];

/// Where depths put a joint (m, camera optical frame), with the sigma of its depth (m).
type Measured = Option<(Vector3<f64>, f64)>;

/// What was found of one person's depths.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// Joints at which something was measured.
    pub measured: usize,
    /// Of these, what is too far behind the others to be the person.
    pub behind: usize,
    /// The size, in units of most people's, of somebody who is where the rest of the depths are;
    /// `None` of too few.
    pub size: Option<f64>,
}

impl Found {
    /// Whether people are so large, and enough of the depths speak of one.
    pub fn is_somebody(&self) -> bool {
        let is_sized = |size: f64| (SIZE[0]..=SIZE[1]).contains(&size);
        self.size.is_some_and(is_sized) && self.behind as f64 <= MOST_BEHIND * self.measured as f64
    }
}

/// Drops depths that are of a wall behind or of a thing or somebody in front, joint by joint; and
/// all of them where what is left is nobody.
pub(crate) fn keep_own(rays: &mut Rays) -> Found {
    let given = measured(rays);
    let mut joints = given;
    leave_out_far(&mut joints);
    while let Some(odd) = oddest(&joints) {
        joints[odd] = None;
    }
    let size = size(&joints);
    // Of whom no bones are left, all were too long: what is behind somebody looks so large.
    let middle_m = size.and_then(|_| middle_m(&joints)).unwrap_or(0.0);
    let is_behind = |(given, kept): &(&Measured, &Measured)| {
        kept.is_none() && given.is_some_and(|(at, _)| at.z > middle_m)
    };
    let measured = given.iter().flatten().count();
    let found = Found {
        measured,
        behind: match measured > FEWEST_BONES {
            true => given.iter().zip(&joints).filter(is_behind).count(),
            false => 0,
        },
        size,
    };
    let is_somebody = found.is_somebody();
    for (ray, joint) in rays.iter_mut().zip(&joints) {
        if let Some(ray) = ray.as_mut().filter(|_| !is_somebody || joint.is_none()) {
            ray.depth_m = None;
        }
    }
    found
}

fn measured(rays: &Rays) -> [Measured; JOINT_COUNT] {
    std::array::from_fn(|joint| {
        let ray = rays[joint]?;
        let depth = JointDepth::below_surface(joint, ray.depth_m?);
        Some((ray.xy.to_homogeneous() * depth.depth_m, depth.sigma_m))
    })
}

/// The lower median of depths (m).
fn middle_m(joints: &[Measured; JOINT_COUNT]) -> Option<f64> {
    let mut depths_m: Vec<f64> = joints.iter().flatten().map(|(at, _)| at.z).collect();
    depths_m.sort_unstable_by(f64::total_cmp);
    depths_m.get(depths_m.len().checked_sub(1)? / 2).copied()
}

fn leave_out_far(joints: &mut [Measured; JOINT_COUNT]) {
    let Some(middle_m) = middle_m(joints) else {
        return;
    };
    for joint in joints {
        *joint = joint.filter(|(at, _)| (at.z - middle_m).abs() <= FARTHEST_M);
    }
}

/// Of the ends of bones that are too long, the one that is farthest from the person's middle.
fn oddest(joints: &[Measured; JOINT_COUNT]) -> Option<usize> {
    let middle_m = middle_m(joints)?;
    let off_m = |joint: &usize| joints[*joint].map_or(0.0, |(at, _)| (at.z - middle_m).abs());
    let too_long = bones(joints).filter(Bone::is_too_long);
    too_long
        .flat_map(|bone| bone.ends)
        .max_by(|a, b| off_m(a).total_cmp(&off_m(b)))
}

/// Half of all bones are longer than this, in units of most people's; `None` of too few.
fn size(joints: &[Measured; JOINT_COUNT]) -> Option<f64> {
    let mut sizes: Vec<f64> = bones(joints).map(|bone| bone.size()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    (sizes.len() >= FEWEST_BONES).then(|| sizes[sizes.len() / 2])
}

/// A bone of which both ends were measured.
struct Bone {
    ends: [usize; 2],
    /// What the image shows of it, at the depth that was measured, and what is along the view (m).
    across_m: f64,
    along_m: f64,
    /// Of the latter (m).
    sigma_m: f64,
    /// How long it is of most people (m).
    usual_m: f64,
}

impl Bone {
    fn is_too_long(&self) -> bool {
        let along_m = (self.along_m - NOISE_SIGMAS * self.sigma_m).max(0.0);
        self.across_m.hypot(along_m) > LONGEST_BONE * self.usual_m + BESIDE_M
    }

    /// In units of most people's, less what noise adds.
    fn size(&self) -> f64 {
        let along_m2 = self.along_m.powi(2) - self.sigma_m.powi(2);
        (self.across_m.powi(2) + along_m2.max(0.0)).sqrt() / self.usual_m
    }
}

fn bones(joints: &[Measured; JOINT_COUNT]) -> impl Iterator<Item = Bone> + '_ {
    BONES.iter().zip(BONES_M).filter_map(|((a, b), usual_m)| {
        let ((from, from_sigma_m), (to, to_sigma_m)) = (joints[*a]?, joints[*b]?);
        let bone = to - from;
        Some(Bone {
            ends: [*a, *b],
            across_m: bone.xy().norm(),
            along_m: bone.z.abs(),
            sigma_m: from_sigma_m.hypot(to_sigma_m),
            usual_m,
        })
    })
}

#[cfg(test)]
mod tests;
