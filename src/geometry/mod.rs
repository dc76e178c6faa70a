//! From pixels to rays, from rays to the person-centred view, and back to metres; from frame to frame.

pub mod body;
pub mod camera;
pub mod canonical;
pub mod frames;
pub mod place;
