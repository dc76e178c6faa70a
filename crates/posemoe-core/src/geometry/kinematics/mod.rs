//! A person as the kinematic tree of ROS4HRI: 20 angles on a body of fixed proportions.
//!
//! [`tree`] says what turns about what, [`forward`] where the links then are, [`inverse`] which
//! angles show a pose. Everything is in the body frame of [`super::body`] (x forward, y left, z
//! toward the head), lengths in units of a 7.5th of the height, angles in radians.
//!
//! The tree is that of human_description 2.0, the URDF that ROS4HRI's tools know, with wider
//! limits. At zero the person stands upright and the limbs hang down. A limb is three turns at its
//! root and one in its middle, each about an axis that the turns before it have carried along (s =
//! +1 left, -1 right):
//!
//! | limb | rotation of the upper part | of the lower part |
//! |---|---|---|
//! | arm | Rz(-s y) Rx(s p) Rz(s r) | that, then Ry(-elbow) |
//! | leg | Rz(-y) Rx(s p) Ry(-r) | that, then Ry(-knee) |
//! | head | Rx(r) Rz(y) Ry(-p) | |
//! | trunk | Ry(waist), which carries arms and head | |

pub mod forward;
pub mod inverse;
mod limb;
pub mod tree;

/// Number of angles.
pub const ANGLE_COUNT: usize = 20;

/// The angles (rad) in the order of [`tree::turning`].
pub type Angles = [f64; ANGLE_COUNT];
