//! A person as capsules round the segments of the body.

use std::str::FromStr;

use crate::geometry::body::height_m;
use crate::geometry::capsule::Capsule;
use crate::person::pose::PersonPose;
use crate::skeleton::{BONES, HIPS, JOINT_COUNT, JOINTS, SHOULDERS, TORSO};

/// A part of the body, between two joints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// The joints at its ends; the same twice for a ball.
    pub joints: [usize; 2],
    /// Half its thickness (m) on a body of [`STATURE_M`].
    pub radius_m: f64,
}

const fn part(name: &'static str, joints: [usize; 2], radius_m: f64) -> Part {
    Part {
        name,
        joints,
        radius_m,
    }
}

/// The stature that radii are for (m): the mean of the men whom they are from.
pub const STATURE_M: f64 = 1.756;
/// Thickness goes with stature between these shares of it: a stature that was guessed badly makes
/// nobody a reed.
const SIZES: [f64; 2] = [0.75, 1.25];

/// Parts of a body.
pub(crate) const PART_COUNT: usize = 18;

/// Every part of the body. Radii are the 95th percentiles of the 4082 men in the 2012
/// Anthropometric Survey of U.S. Army Personnel (Gordon et al. 2014, NATICK/TR-15/007; public data
/// set), and 1 cm or more for clothes: girths as circles (thigh 723 mm, calf 443, biceps 418,
/// forearm 347, neck 443), trunk and shoulders half of breadth or depth beyond the joints at their
/// ends (chest 320 broad and 298 deep, waist 385, hips 291 deep), the head half its length (211).
/// Which way a hand (210 long) or a foot (293, about 220 before the ankle) points is not known: a
/// ball round wrist or ankle.
pub const PARTS: [Part; PART_COUNT] = [
    part("head", [9, 10], 0.14),
    part("neck", [8, 9], 0.09),
    part("shoulders", SHOULDERS, 0.17),
    part("chest", [7, 8], 0.19),
    part("waist", [0, 7], 0.21),
    part("hips", HIPS, 0.17),
    part("right_thigh", [1, 2], 0.13),
    part("right_shank", [2, 3], 0.09),
    part("right_foot", [3, 3], 0.23),
    part("left_thigh", [4, 5], 0.13),
    part("left_shank", [5, 6], 0.09),
    part("left_foot", [6, 6], 0.23),
    part("left_upper_arm", [11, 12], 0.09),
    part("left_forearm", [12, 13], 0.08),
    part("left_hand", [13, 13], 0.22),
    part("right_upper_arm", [14, 15], 0.09),
    part("right_forearm", [15, 16], 0.08),
    part("right_hand", [16, 16], 0.22),
];

/// What is made of limbs that the image does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unseen {
    /// Nothing is known of the person then.
    #[default]
    Unknown,
    /// They are anywhere that they reach from the nearest joint that is seen.
    Reach,
    /// They are where the network thinks.
    Inferred,
}

impl Unseen {
    /// The names that [`Unseen::from_str`] knows.
    pub const NAMES: [&str; 3] = ["unknown", "reach", "inferred"];
}

impl FromStr for Unseen {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "unknown" => Ok(Self::Unknown),
            "reach" => Ok(Self::Reach),
            "inferred" => Ok(Self::Inferred),
            _ => Err(()),
        }
    }
}

/// A body as capsules, in the order of [`PARTS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The space that each part takes at most.
    pub capsules: [Capsule; PART_COUNT],
    /// A joint that is not seen, for want of which nothing is known of the person.
    pub unseen: Option<&'static str>,
}

impl Body {
    /// The body of someone who is seen in the newest image: joints with a score are.
    pub fn of(person: &PersonPose, unseen: Unseen) -> Self {
        let size = size(person);
        let anchors = anchors(person, unseen);
        let capsule = |part: Part| {
            let ends = part.joints.map(|joint| anchors[joint]);
            let reach_m = ends[0].reach_m.max(ends[1].reach_m);
            Capsule {
                axis_m: ends.map(|end| person.joints[end.joint].position_m),
                radius_m: part.radius_m * size + reach_m,
            }
        };
        Self {
            capsules: PARTS.map(capsule),
            unseen: missing(person, unseen),
        }
    }
}

/// How large somebody is, as a share of [`STATURE_M`]; mean, where the joints do not tell.
fn size(person: &PersonPose) -> f64 {
    let height_m = height_m(&person.joints_m());
    (height_m.unwrap_or(STATURE_M) / STATURE_M).clamp(SIZES[0], SIZES[1])
}

/// The joint that another hangs on, and how far from it that may be (m).
#[derive(Clone, Copy)]
struct Anchor {
    joint: usize,
    reach_m: f64,
}

fn anchors(person: &PersonPose, unseen: Unseen) -> [Anchor; JOINT_COUNT] {
    let mut anchors: [Anchor; JOINT_COUNT] = std::array::from_fn(|joint| Anchor {
        joint,
        reach_m: 0.0,
    });
    if unseen != Unseen::Reach {
        return anchors;
    }
    // Parents come before their children.
    for (parent, child) in BONES {
        if is_limb(child) && person.joints[child].score <= 0.0 {
            let [above, below] = [parent, child].map(|joint| person.joints[joint].position_m);
            anchors[child] = Anchor {
                joint: anchors[parent].joint,
                reach_m: anchors[parent].reach_m + (below - above).norm(),
            };
        }
    }
    anchors
}

/// Knees, ankles, elbows and wrists: where they are, the rest of the body does not tell.
fn is_limb(joint: usize) -> bool {
    !TORSO.contains(&joint) && !HEAD.contains(&joint)
}

/// Joints of the head, which is where the trunk ends, seen or not.
const HEAD: [usize; 2] = [9, 10];

/// The trunk is known by one hip and one shoulder.
fn missing(person: &PersonPose, unseen: Unseen) -> Option<&'static str> {
    let is_seen = |joint: &usize| person.joints[*joint].score > 0.0;
    let trunk = [HIPS, SHOULDERS].into_iter();
    let gone = trunk
        .filter(|pair| !pair.iter().any(is_seen))
        .map(|pair| pair[0])
        .next();
    let limb = || {
        let mut limbs = (0..JOINT_COUNT).filter(|joint| is_limb(*joint));
        limbs
            .find(|joint| !is_seen(joint))
            .filter(|_| unseen == Unseen::Unknown)
    };
    gone.or_else(limb).map(|joint| JOINTS[joint])
}
