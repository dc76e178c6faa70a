//! Whose stature is known, by id; also of people who have yet to come.

use std::collections::BTreeMap;

/// Statures (m) by id; 0 where it is known of everybody but them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statures(BTreeMap<String, f64>);

impl Statures {
    /// Somebody's stature (m), if anything is said of it.
    pub fn of(&self, id: &str) -> Option<f64> {
        self.0.get(id).copied()
    }
}

impl FromIterator<(String, f64)> for Statures {
    /// Of one id, what is said last.
    fn from_iter<T: IntoIterator<Item = (String, f64)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}
