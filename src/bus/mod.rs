//! The live buses: DDS in pure Rust, and the ROS 2 that is installed.

#[cfg(feature = "dds")]
pub mod dds;
#[cfg(feature = "live")]
mod inbox;
#[cfg(feature = "live")]
mod lifetime;
#[cfg(feature = "rcl")]
pub mod rcl;

#[cfg(feature = "live")]
pub use lifetime::ShutdownHandle;
pub use posemoe_bus::*;

/// The largest `ROS_DOMAIN_ID` whose UDP ports exist (RTPS: 7400 + 250 × domain).
#[cfg(feature = "live")]
pub const MAX_DOMAIN_ID: u16 = 232;

/// The domain of the ROS graph, as `ROS_DOMAIN_ID` says; 0 where it says nothing.
///
/// # Errors
/// [`BusError::Setting`] when it is no domain.
#[cfg(feature = "live")]
fn domain_id(value: Option<String>) -> Result<u16, BusError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(0);
    };
    match value.parse() {
        Ok(id) if id <= MAX_DOMAIN_ID => Ok(id),
        _ => Err(BusError::Setting {
            name: "ROS_DOMAIN_ID",
            value,
            expected: "a whole number from 0 to 232",
        }),
    }
}
