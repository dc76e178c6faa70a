//! From pixels to rays, from rays to the person-centred view, back to metres, from frame to frame,
//! and from metres to angles.

pub mod axes;
pub mod body;
pub mod camera;
pub mod canonical;
pub mod capsule;
pub mod kinematics;
pub mod place;
pub mod segments;
pub mod surface;
