//! From pixels to rays, from rays to the person-centred view, back to metres, and from metres to angles.

pub mod body;
pub mod camera;
pub mod canonical;
pub mod kinematics;
pub mod place;
