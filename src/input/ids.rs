//! Track ids as detectors give them, whichever detector it is.

use posemoe_core::health::{Cause, Drops, excerpt};
use posemoe_core::person::observation::Observation;

/// The longest id (bytes): it stands in the names of a person's frames and topics.
pub const LONGEST_ID: usize = 128;
/// What trackers say of whom they do not track.
const NOBODY: [&str; 2] = ["", "-1"];

/// Takes ids away that are none, and those that are too long, which are counted: such people are
/// named like those of a detector that does not track.
pub fn check(seen: &mut Observation, drops: &mut Drops) {
    for person in &mut seen.people {
        let Some(id) = &person.track_id else { continue };
        let is_long = id.len() > LONGEST_ID;
        if is_long {
            let found = excerpt(id);
            let detail = format!("found id {found}, expected up to {LONGEST_ID} bytes; renamed");
            drops.note(Cause::BadId, detail);
        }
        if is_long || NOBODY.contains(&id.as_str()) {
            person.track_id = None;
        }
    }
}
