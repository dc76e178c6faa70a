//! Who of one camera is who of another: people with one id over all cameras.
//!
//! Camera after camera, the optimal assignment of its people to those whom other cameras show, by
//! what they cost on average over the last moments. Who is with others already stays unless that
//! is clearly worse, so that ids stay; who costs too much leaves. Two people of one camera are
//! never one.

use std::collections::{BTreeMap, BTreeSet};

use super::likeness::{Key, Likeness, cost};
use super::view::Witness;
use crate::assignment;
use posemoe_stamp::Stamp;

/// Costs beyond which two are two.
const MOST_COST: f64 = 14.0;
/// Who was one so far stays one up to so much more.
const STAYS: f64 = 10.0;
/// Costs are compared as whole numbers.
const GRAIN: f64 = 1e6;
/// People who are remembered at most.
const MOST_KNOWN: usize = 512;

/// One person over all cameras.
#[derive(Clone, Debug)]
pub(super) struct Someone {
    /// The id's number: ids are given once.
    pub number: u64,
    /// By which id each camera knows them.
    members: BTreeMap<usize, String>,
    seen: Stamp,
}

/// Everyone over all cameras.
#[derive(Clone, Debug, Default)]
pub(super) struct Everyone {
    known: Vec<Someone>,
    likeness: Likeness,
    given: u64,
}

impl Everyone {
    /// Who is who at this moment: each person's number, and who of `witnesses` they are (at least
    /// one, and one of each camera at most), in the order of numbers. Who is unseen for `forget_s`
    /// is forgotten.
    pub fn sort(
        &mut self,
        moment: Stamp,
        witnesses: &[Witness],
        forget_s: f64,
    ) -> Vec<(u64, Vec<usize>)> {
        self.likeness.forget_old(moment, forget_s);
        self.known
            .retain(|one| moment.seconds_since(one.seen) <= forget_s);
        self.compare(moment, witnesses);
        let mut by_source: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (n, witness) in witnesses.iter().enumerate() {
            by_source.entry(witness.source).or_default().push(n);
        }
        let keys: Vec<Key> = witnesses.iter().map(key).collect();
        for (source, rows) in &by_source {
            self.assign(*source, rows, &keys, moment);
        }
        self.make_room();
        let place: BTreeMap<&Key, usize> = keys.iter().zip(0..).collect();
        let mut sorted: Vec<(u64, Vec<usize>)> = Vec::new();
        for one in &mut self.known {
            let found = one.members.iter();
            let found: Vec<usize> = found
                .filter_map(|(source, id)| place.get(&(*source, id.clone())).copied())
                .collect();
            if !found.is_empty() {
                one.seen = moment;
                sorted.push((one.number, found));
            }
        }
        sorted.sort_unstable();
        sorted
    }

    fn compare(&mut self, moment: Stamp, witnesses: &[Witness]) {
        for (n, a) in witnesses.iter().enumerate() {
            for b in &witnesses[n + 1..] {
                if a.source != b.source && a.is_seen() && b.is_seen() {
                    let (of_a, of_b) = (key(a), key(b));
                    self.likeness.take_in(&of_a, &of_b, moment, cost(a, b));
                }
            }
        }
    }

    /// Assigns the people of one camera to those whom others show.
    fn assign(&mut self, source: usize, rows: &[usize], keys: &[Key], moment: Stamp) {
        let here: BTreeSet<&Key> = keys.iter().collect();
        // Who is shown by others now.
        let others: Vec<Vec<Key>> = self
            .known
            .iter()
            .map(|one| {
                let members = one.members.iter().map(|(s, id)| (*s, id.clone()));
                members
                    .filter(|key| key.0 != source && here.contains(key))
                    .collect()
            })
            .collect();
        let columns: Vec<usize> = (0..self.known.len())
            .filter(|n| !others[*n].is_empty())
            .collect();
        let worth = |row: usize, column: usize| -> i64 {
            let (key, place) = (&keys[rows[row]], columns[column]);
            let costs = others[place].iter();
            let costs: Vec<f64> = costs
                .filter_map(|other| self.likeness.of(key, other))
                .collect();
            if costs.is_empty() {
                return 0;
            }
            let mean = costs.iter().sum::<f64>() / costs.len() as f64;
            let is_one = self.known[place].members.get(&source) == Some(&key.1);
            let most = if is_one { MOST_COST + STAYS } else { MOST_COST };
            ((most - mean).max(0.0) * GRAIN) as i64
        };
        let pairs = assignment::best(rows.len(), columns.len(), worth);
        let joined: BTreeMap<usize, usize> = pairs
            .into_iter()
            .map(|(row, column)| (rows[row], columns[column]))
            .collect();
        let mut own: BTreeMap<usize, usize> = BTreeMap::new();
        for (n, one) in self.known.iter().enumerate() {
            for row in rows {
                if one.members.get(&source) == Some(&keys[*row].1) {
                    own.insert(*row, n);
                }
            }
        }
        // Everybody lets go first, then takes: two may have changed places.
        for (row, place) in &own {
            if joined.get(row) != Some(place) && !others[*place].is_empty() {
                self.known[*place].members.remove(&source);
            }
        }
        for row in rows {
            let id = &keys[*row].1;
            match (joined.get(row), own.get(row)) {
                (Some(place), before) => {
                    // Who was alone until now and was met earlier gives the id to both.
                    let alone = before.filter(|own| *own != place && others[**own].is_empty());
                    if let Some(own) = alone {
                        let older = self.known[*own].number.min(self.known[*place].number);
                        self.known[*place].number = older;
                        self.known[*own].members.clear();
                    }
                    self.known[*place].members.insert(source, id.clone());
                }
                (None, Some(own)) if others[*own].is_empty() => {}
                (None, _) => {
                    self.given += 1;
                    self.known.push(Someone {
                        number: self.given,
                        members: BTreeMap::from([(source, id.clone())]),
                        seen: moment,
                    });
                }
            }
        }
        self.known.retain(|one| !one.members.is_empty());
    }

    fn make_room(&mut self) {
        while self.known.len() > MOST_KNOWN {
            let oldest = (0..self.known.len()).min_by_key(|n| self.known[*n].seen);
            let Some(oldest) = oldest else { break };
            self.known.remove(oldest);
        }
    }

    /// Forgets everyone; ids already given are not given again.
    pub fn clear(&mut self) {
        self.known.clear();
        self.likeness = Likeness::default();
    }
}

pub(super) fn key(witness: &Witness) -> Key {
    (witness.source, witness.pose.id.clone())
}
