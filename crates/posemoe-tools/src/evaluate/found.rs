//! Who was found, by person and by distance.

use std::collections::BTreeMap;

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::matching::Detection;
use super::sequence::Person;

/// Bands of distance from the camera: name, from (m, included), to (m).
pub const BANDS: [(&str, f64, f64); 4] = [
    ("below_2_m", 0.0, 2.0),
    ("2_to_4_m", 2.0, 4.0),
    ("4_to_6_m", 4.0, 6.0),
    ("from_6_m", 6.0, f64::INFINITY),
];

/// Counts of a part of the people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// True people, each frame anew.
    pub true_people: u64,
    /// Predicted people that belong to the part.
    pub predicted_people: u64,
    /// True people who were found.
    pub found_people: u64,
}

impl Found {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.true_people += other.true_people;
        self.predicted_people += other.predicted_people;
        self.found_people += other.found_people;
    }

    /// Nobody was there, and nobody was said to be.
    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// The same as counts of frames and people, without ids.
    pub fn detection(&self) -> Detection {
        Detection {
            true_people: self.true_people,
            predicted_people: self.predicted_people,
            found: self.found_people,
            ..Detection::default()
        }
    }

    fn note_true(&mut self, is_found: bool) {
        self.true_people += 1;
        self.predicted_people += u64::from(is_found);
        self.found_people += u64::from(is_found);
    }
}

/// The people of each part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// By true id. Of predictions who are nobody each belongs to the nearest true person within the
    /// gate.
    pub people: BTreeMap<String, Found>,
    /// By [`BANDS`]. True people and who was found belong where the person truly was; predictions
    /// who are nobody where they were said to be.
    pub bands: [Found; BANDS.len()],
}

impl Parts {
    /// Counts one frame: who was predicted, who was truly there, and which of both are the same
    /// (rows are predictions, columns true people).
    pub fn note(
        &mut self,
        predicted: &[Person],
        truth: &[Person],
        pairs: &[(usize, usize)],
        distance_m: impl Fn(usize, usize) -> f64,
        gate_m: f64,
    ) {
        for (column, person) in truth.iter().enumerate() {
            let found = pairs.iter().find(|(_, matched)| *matched == column);
            let found = found.and_then(|(row, _)| predicted.get(*row));
            let roots = found.and_then(|found| found.roots_m(person));
            let root_m = roots.map(|(_, truly)| truly).or_else(|| person.root_m());
            self.person(&person.id).note_true(found.is_some());
            if let Some(band) = self.band(root_m) {
                band.note_true(found.is_some());
            }
        }
        for (row, nobody) in predicted.iter().enumerate() {
            if pairs.iter().any(|(matched, _)| *matched == row) {
                continue;
            }
            if let Some(band) = self.band(nobody.root_m()) {
                band.predicted_people += 1;
            }
            let columns = (0..truth.len()).map(|column| (distance_m(row, column), column));
            let near = columns.filter(|(distance_m, _)| *distance_m <= gate_m);
            let nearest = near.min_by(|(a, _), (b, _)| a.total_cmp(b));
            if let Some(person) = nearest.and_then(|(_, column)| truth.get(column)) {
                self.person(&person.id).predicted_people += 1;
            }
        }
    }

    fn person(&mut self, id: &str) -> &mut Found {
        self.people.entry(id.to_owned()).or_default()
    }

    fn band(&mut self, root_m: Option<Vector3<f64>>) -> Option<&mut Found> {
        let distance_m = root_m?.norm();
        let is_in = |(_, from_m, to_m): &(&str, f64, f64)| (*from_m..*to_m).contains(&distance_m);
        self.bands.get_mut(BANDS.iter().position(is_in)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::sequence::tests::person;

    fn at(id: &str, z_m: f64) -> Person {
        person(id, &[("pelvis", [0.0, 0.0, z_m])])
    }

    fn counts(found: Found) -> [u64; 3] {
        [
            found.true_people,
            found.predicted_people,
            found.found_people,
        ]
    }

    #[test]
    fn who_is_never_found_is_there_and_a_double_counts_against_its_person() {
        // a is found at 1.9 m (said to be at 2.1), b at 5 m is missed; a double of a at 2.5 m, a
        // ghost at 9 m.
        let truth = [at("a", 1.9), at("b", 5.0)];
        let predicted = [at("1", 2.1), at("2", 2.5), at("3", 9.0)];
        let distance_m = |row: usize, column: usize| {
            (predicted[row].root_m().unwrap() - truth[column].root_m().unwrap()).norm()
        };
        let mut parts = Parts::default();
        parts.note(&predicted, &truth, &[(0, 0)], distance_m, 1.0);
        parts.note(&[], &truth[1..], &[], distance_m, 1.0);
        let people: Vec<_> = parts
            .people
            .iter()
            .map(|(id, found)| (id.as_str(), counts(*found)))
            .collect();
        assert_eq!(people, [("a", [1, 2, 1]), ("b", [2, 0, 0])]);
        assert_eq!(
            parts.bands.map(counts),
            [[1, 1, 1], [0, 1, 0], [2, 0, 0], [0, 1, 0]]
        );
        assert_eq!(parts.people["b"].detection().recall(), Some(0.0));
        assert_eq!(parts.people["a"].detection().precision(), Some(0.5));
    }

    #[test]
    fn who_has_no_joints_is_a_person_and_nowhere() {
        let mut parts = Parts::default();
        parts.note(
            &[person("1", &[])],
            &[person("a", &[])],
            &[],
            |_, _| f64::INFINITY,
            1.0,
        );
        assert_eq!(counts(parts.people["a"]), [1, 0, 0]);
        assert!(parts.bands.iter().all(Found::is_nobody));
    }
}
