//! The live buses: DDS in pure Rust, and the ROS 2 that is installed.

#[cfg(feature = "dds")]
pub mod dds;
#[cfg(feature = "live")]
mod domain;
#[cfg(feature = "live")]
mod inbox;
#[cfg(feature = "live")]
mod lifetime;
#[cfg(feature = "rcl")]
pub mod rcl;

#[cfg(feature = "live")]
pub use domain::MAX_DOMAIN_ID;
#[cfg(feature = "live")]
pub use lifetime::ShutdownHandle;
pub use posemoe_bus::*;
