//! What became of a message that a source of keypoints received.

use crate::bus::EndpointError;
use crate::msg::CdrError;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::observation::Observation;

/// What a message of a source was.
pub enum Received {
    /// Keypoints; what is complete by them, in the order of stamps: nothing when they could not be
    /// used.
    Keypoints(Vec<Observation>),
    /// Something else, which has been taken note of.
    Other,
}

/// Counts a message whose bytes are not what its type says.
pub fn note_undecodable(error: &CdrError, drops: &mut Drops) {
    drops.note(Cause::Undecodable, error.to_string());
}

/// Counts a topic of a body that the bus refused; whatever a peer made of it, the others go on.
pub fn note_refused(error: &EndpointError, drops: &mut Drops) {
    tracing::warn!("{error}");
    drops.note(Cause::RefusedTopic, error.to_string());
}
