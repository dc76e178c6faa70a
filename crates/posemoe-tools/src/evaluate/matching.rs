//! Who is who: in one frame, and over a whole sequence.

use std::collections::{BTreeMap, BTreeSet};

use posemoe_core::assignment::best;
use serde::{Deserialize, Serialize};

/// Distances are compared as whole nanometres, which the Hungarian method adds without rounding.
const NM: f64 = 1e9;

/// Pairs of (row, column): those that `go_on`, and of the others as many as there can be
/// within the gate, and of those the set with the least sum of distances (m).
pub fn assign(
    rows: usize,
    columns: usize,
    go_on: &[(usize, usize)],
    distance_m: impl Fn(usize, usize) -> f64,
    gate_m: f64,
) -> Vec<(usize, usize)> {
    let row_goes_on = |row| go_on.iter().any(|pair| pair.0 == row);
    let column_goes_on = |column| go_on.iter().any(|pair| pair.1 == column);
    let open_rows: Vec<usize> = (0..rows).filter(|row| !row_goes_on(*row)).collect();
    let open_columns: Vec<usize> = (0..columns).filter(|c| !column_goes_on(*c)).collect();
    let apart_m = |row: usize, column: usize| distance_m(open_rows[row], open_columns[column]);
    let new = nearest(open_rows.len(), open_columns.len(), apart_m, gate_m);
    let new = new.map(|(row, column)| (open_rows[row], open_columns[column]));
    let mut pairs: Vec<_> = go_on.iter().copied().chain(new).collect();
    pairs.sort_unstable();
    pairs
}

fn nearest(
    rows: usize,
    columns: usize,
    distance_m: impl Fn(usize, usize) -> f64,
    gate_m: f64,
) -> impl Iterator<Item = (usize, usize)> {
    let gate_nm = (gate_m * NM) as i64;
    // One pair more is worth more than any distances.
    let pair = (gate_nm + 1) * rows.min(columns) as i64;
    let worth = |row: usize, column: usize| {
        let distance_m = distance_m(row, column);
        let is_near = distance_m <= gate_m; // not so for NaN
        if is_near {
            pair + gate_nm - (distance_m * NM) as i64
        } else {
            0
        }
    };
    best(rows, columns, worth).into_iter()
}

/// Who was found, over all frames that have a truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// Frames compared.
    pub frames: u64,
    /// True people in them.
    pub true_people: u64,
    /// Predicted people in them.
    pub predicted_people: u64,
    /// True people who were found.
    pub found: u64,
    /// How often a true person was found with another id than the last time.
    pub id_switches: u64,
    /// Frames in which people are near the one id that is theirs over the whole sequence (IDTP).
    pub id_true_positives: u64,
}

impl Detection {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.true_people += other.true_people;
        self.predicted_people += other.predicted_people;
        self.found += other.found;
        self.id_switches += other.id_switches;
        self.id_true_positives += other.id_true_positives;
    }

    /// Share of the true people who were found.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found, self.true_people)
    }

    /// Share of the predicted people who are there.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.found, self.predicted_people)
    }

    /// IDF1 = 2 IDTP / (predicted + true people).
    pub fn idf1(&self) -> Option<f64> {
        ratio(
            2 * self.id_true_positives,
            self.predicted_people + self.true_people,
        )
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Watches ids over one coordinate frame's moments.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    near: BTreeMap<(String, String), u64>,
    last: BTreeMap<String, String>,
}

impl Identities {
    /// In some frame this prediction was within the gate of this true person.
    pub fn note_near(&mut self, predicted: &str, truth: &str) {
        *self
            .near
            .entry((predicted.to_owned(), truth.to_owned()))
            .or_default() += 1;
    }

    /// Pairs of (row, column) of a frame's predicted and true ids that go on: people with the id
    /// that they were found with last, while they are within the gate of it (CLEAR MOT). Of several
    /// people who had one id the nearest goes on with it.
    pub fn go_on(
        &self,
        predicted: &[&str],
        truth: &[&str],
        distance_m: impl Fn(usize, usize) -> f64,
        gate_m: f64,
    ) -> Vec<(usize, usize)> {
        let had = |row: usize, column: usize| {
            let last = self.last.get(truth[column]);
            last.is_some_and(|last| last == predicted[row]) && distance_m(row, column) <= gate_m
        };
        (0..predicted.len())
            .filter_map(|row| {
                let columns = (0..truth.len()).filter(|column| had(row, *column));
                let nearer =
                    |a: &usize, b: &usize| distance_m(row, *a).total_cmp(&distance_m(row, *b));
                columns.min_by(nearer).map(|column| (row, column))
            })
            .collect()
    }

    /// In some frame this prediction was matched with this true person; whether that is a switch.
    pub fn note_match(&mut self, predicted: &str, truth: &str) -> bool {
        let last = self.last.insert(truth.to_owned(), predicted.to_owned());
        last.is_some_and(|last| last != predicted)
    }

    /// IDTP: frames in which people are near their id, with ids given to people once and for all so
    /// that these are most.
    pub fn true_positives(&self) -> u64 {
        let predicted: BTreeSet<&str> = self
            .near
            .keys()
            .map(|(predicted, _)| predicted.as_str())
            .collect();
        let truth: BTreeSet<&str> = self.near.keys().map(|(_, truth)| truth.as_str()).collect();
        let predicted: Vec<&str> = predicted.into_iter().collect();
        let truth: Vec<&str> = truth.into_iter().collect();
        let near = |row: usize, column: usize| {
            let key = (predicted[row].to_owned(), truth[column].to_owned());
            self.near.get(&key).copied().unwrap_or(0)
        };
        let pairs = best(predicted.len(), truth.len(), |row, column| {
            near(row, column) as i64
        });
        pairs
            .into_iter()
            .map(|(row, column)| near(row, column))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(distances_m: &[&[f64]]) -> Vec<(usize, usize)> {
        let columns = distances_m.first().map_or(0, |row| row.len());
        assign(
            distances_m.len(),
            columns,
            &[],
            |row, column| distances_m[row][column],
            1.0,
        )
    }

    #[test]
    fn the_sum_of_distances_counts_and_not_who_comes_first() {
        // Greedy would take 0.1 and be left with 0.9.
        assert_eq!(assigned(&[&[0.1, 0.2], &[0.2, 0.9]]), [(0, 1), (1, 0)]);
    }

    #[test]
    fn nobody_is_matched_beyond_the_gate_and_more_matches_are_better() {
        assert_eq!(assigned(&[&[0.1, 0.8], &[0.7, 1.1]]), [(0, 1), (1, 0)]);
        assert_eq!(assigned(&[&[0.3, 1.5], &[1.5, 1.2]]), [(0, 0)]);
        assert_eq!(assigned(&[&[1.0]]), [(0, 0)]);
        assert_eq!(assigned(&[&[f64::INFINITY], &[f64::NAN]]), []);
        assert_eq!(assigned(&[]), []);
    }

    #[test]
    fn there_may_be_more_on_either_side() {
        assert_eq!(assigned(&[&[0.5], &[0.1], &[0.3]]), [(1, 0)]);
        assert_eq!(assigned(&[&[0.5, 0.1, 0.3]]), [(0, 1)]);
    }

    #[test]
    fn who_was_found_goes_on_with_the_same_id_while_it_is_near() {
        let mut ids = Identities::default();
        assert!(!ids.note_match("1", "a"));
        let apart_m = [[0.4, 0.1], [0.2, 0.5]]; // ids 1 and 2, people a and b
        let distance_m = |row: usize, column: usize| apart_m[row][column];
        let go_on = ids.go_on(&["1", "2"], &["a", "b"], distance_m, 1.0);
        assert_eq!(go_on, [(0, 0)]);
        let pairs = assign(2, 2, &go_on, distance_m, 1.0);
        assert_eq!(pairs, [(0, 0), (1, 1)]);
        // Beyond the gate it does not.
        assert_eq!(ids.go_on(&["1", "2"], &["a", "b"], distance_m, 0.3), []);
        // Both had it: the nearer one goes on.
        assert!(!ids.note_match("1", "b"));
        assert_eq!(ids.go_on(&["1"], &["a", "b"], distance_m, 1.0), [(0, 1)]);
    }

    #[test]
    fn idf1_gives_each_person_one_id_for_all_time() {
        // True a is 6 frames near 1, then 4 near 2; true b 3 frames near 2: a-1 and b-2 make 9.
        let mut ids = Identities::default();
        for (predicted, truth, count) in [("1", "a", 6), ("2", "a", 4), ("2", "b", 3)] {
            (0..count).for_each(|_| ids.note_near(predicted, truth));
        }
        assert_eq!(ids.true_positives(), 9);
        let detection = Detection {
            true_people: 13,
            predicted_people: 15,
            id_true_positives: 9,
            ..Detection::default()
        };
        assert_eq!(detection.idf1(), Some(18.0 / 28.0));
        assert_eq!(Detection::default().idf1(), None);
    }

    #[test]
    fn a_switch_is_another_id_than_the_last_time() {
        let mut ids = Identities::default();
        let switches = ["1", "1", "2", "1"].map(|predicted| ids.note_match(predicted, "a"));
        assert_eq!(switches, [false, false, true, true]);
        assert!(!ids.note_match("2", "b"));
    }
}
