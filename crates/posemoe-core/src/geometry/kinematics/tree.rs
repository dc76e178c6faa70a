//! The links and joints of human_description 2.0: names, places and axes, but wider limits.
//!
//! Its own limits do not let a thigh come forward by more than 40 degrees, nor a left leg turn
//! outwards. Ours refuse no direction of a limb.

use std::f64::consts::{FRAC_PI_2, PI};

/// Lengths are given for a body this many units high.
pub const UNITS_IN_HEIGHT: f64 = 7.5;
/// From the shoulder to the elbow (units).
pub const UPPER_ARM_U: f64 = 1.6;
/// From the elbow to the wrist (units).
pub const FOREARM_U: f64 = 1.0;
/// From the hip to the knee (units).
pub const THIGH_U: f64 = 1.5;
/// From the knee to the ankle (units).
pub const SHANK_U: f64 = 2.0;
/// From mid-hip to between the shoulders (units).
pub const TRUNK_U: f64 = 2.75;
/// From between the shoulders to where the head turns (units).
pub(crate) const NECK_U: f64 = 0.25;
/// Radius of the head (units).
pub const HEAD_RADIUS_U: f64 = 0.5;
const HALF_SHOULDERS_U: f64 = 0.8;
const HALF_WAIST_U: f64 = 0.6;

/// The link that the tree hangs from.
pub const ROOT_LINK: &str = "body";

/// How a link moves on its parent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// Not at all.
    Fixed,
    /// It turns.
    Turns {
        /// Unit axis.
        axis: [f64; 3],
        /// Smallest and largest angle (rad).
        limits_rad: [f64; 2],
    },
}

/// What holds a link to its parent. Names are without `_<id>`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// Its own name.
    pub name: &'static str,
    /// The link that carries it.
    pub parent: &'static str,
    /// The link that it carries; at all zero oriented as its parent.
    pub child: &'static str,
    /// Where it sits on its parent (units).
    pub origin_u: [f64; 3],
    /// How the child moves.
    pub motion: Motion,
}

const fn fixed(
    name: &'static str,
    parent: &'static str,
    child: &'static str,
    origin_u: [f64; 3],
) -> Joint {
    let motion = Motion::Fixed;
    Joint {
        name,
        parent,
        child,
        origin_u,
        motion,
    }
}

impl Joint {
    const fn turning(self, axis: [f64; 3], limits_rad: [f64; 2]) -> Self {
        let motion = Motion::Turns { axis, limits_rad };
        Self { motion, ..self }
    }
}

/// Limits (rad): any angle, a quarter turn either way, a bend forwards, a bend backwards.
const ANY: [f64; 2] = [-PI, PI];
const QUARTER: [f64; 2] = [-FRAC_PI_2, FRAC_PI_2];
const FORWARDS: [f64; 2] = [0.0, PI];
const BACKWARDS: [f64; 2] = [-PI, 0.0];

const ON_PARENT: [f64; 3] = [0.0; 3];

const fn below(length_u: f64) -> [f64; 3] {
    [0.0, 0.0, -length_u]
}

const TRUNK: [Joint; 6] = [
    fixed("waist", ROOT_LINK, "waist", ON_PARENT).turning([0.0, 1.0, 0.0], QUARTER),
    fixed("torso", "waist", "torso", [0.0, 0.0, TRUNK_U]),
    fixed("r_head", "torso", "r_head", [0.0, 0.0, NECK_U]).turning([1.0, 0.0, 0.0], QUARTER),
    fixed("y_head", "r_head", "y_head", ON_PARENT).turning([0.0, 0.0, 1.0], QUARTER),
    fixed("p_head", "y_head", "p_head", ON_PARENT).turning([0.0, -1.0, 0.0], ANY),
    fixed(
        "head",
        "p_head",
        "head",
        [HEAD_RADIUS_U / 2.0, 0.0, HEAD_RADIUS_U],
    ),
];

/// The arm of a side; `$s` is +1 on the left and -1 on the right.
macro_rules! arm {
    ($side:literal, $s:expr) => {{
        const S: f64 = $s;
        let (y, p) = (concat!($side, "_y_shoulder"), concat!($side, "_p_shoulder"));
        let (r, shoulder) = (concat!($side, "_r_shoulder"), concat!($side, "_shoulder"));
        let (elbow, wrist) = (concat!($side, "_elbow"), concat!($side, "_wrist"));
        [
            fixed(y, "torso", y, [0.0, S * HALF_SHOULDERS_U, 0.0]).turning([0.0, 0.0, -S], ANY),
            fixed(p, y, p, ON_PARENT).turning([S, 0.0, 0.0], ANY),
            fixed(r, p, shoulder, ON_PARENT).turning([0.0, 0.0, S], ANY),
            fixed(elbow, shoulder, elbow, below(UPPER_ARM_U)).turning([0.0, -1.0, 0.0], FORWARDS),
            fixed(wrist, elbow, wrist, below(FOREARM_U)),
        ]
    }};
}

/// The leg of a side. Both yaws turn the same way, as in human_description.
macro_rules! leg {
    ($side:literal, $s:expr) => {{
        const S: f64 = $s;
        let (y, p) = (concat!($side, "_y_hip"), concat!($side, "_p_hip"));
        let (r, hip) = (concat!($side, "_r_hip"), concat!($side, "_hip"));
        let (knee, ankle) = (concat!($side, "_knee"), concat!($side, "_ankle"));
        [
            fixed(y, ROOT_LINK, y, [0.0, S * HALF_WAIST_U, 0.0]).turning([0.0, 0.0, -1.0], ANY),
            fixed(p, y, p, ON_PARENT).turning([S, 0.0, 0.0], ANY),
            fixed(r, p, hip, ON_PARENT).turning([0.0, -1.0, 0.0], ANY),
            fixed(knee, hip, knee, below(THIGH_U)).turning([0.0, -1.0, 0.0], BACKWARDS),
            fixed(ankle, knee, ankle, below(SHANK_U)),
        ]
    }};
}

const LIMBS: [[Joint; 5]; 4] = [
    arm!("l", 1.0),
    arm!("r", -1.0),
    leg!("l", 1.0),
    leg!("r", -1.0),
];

/// Every joint, parents before their children.
pub fn joints() -> impl Iterator<Item = &'static Joint> {
    TRUNK.iter().chain(LIMBS.as_flattened())
}

/// Name, axis and limits (rad) of each joint that turns: waist; roll, yaw and pitch of the head;
/// yaw, pitch, roll and elbow of the left and the right arm; yaw, pitch, roll and knee of the left
/// and the right leg.
pub fn turning() -> impl Iterator<Item = (&'static str, [f64; 3], [f64; 2])> {
    joints().filter_map(|joint| match joint.motion {
        Motion::Turns { axis, limits_rad } => Some((joint.name, axis, limits_rad)),
        Motion::Fixed => None,
    })
}
