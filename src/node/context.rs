//! What the node hands to its parts beside the events.

use super::time::Time;
use crate::config::ros_args::RosArgs;

/// What of the node its parts need to know.
pub struct Context<'a> {
    /// Names and parameters.
    pub args: &'a RosArgs,
    /// Its clock.
    pub time: &'a Time,
    /// Whether it is to publish.
    pub is_active: bool,
}
