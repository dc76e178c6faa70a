//! Ids for people whose detector does not track: nearest to the last frame, in units of their size.

use std::collections::BTreeSet;

use super::observation::{Keypoint, Sighting};
use super::skeleton::JOINT_COUNT;
use crate::stamp::Stamp;

/// Mean joint distance (in units of apparent size) beyond which two sightings are different people.
const FARTHEST_MATCH: f64 = 0.6;
/// Joints that two sightings must share to be compared.
const FEWEST_COMMON: usize = 3;

type Joints = [Option<Keypoint>; JOINT_COUNT];

/// Gives untracked sightings ids that persist from frame to frame: `u1`, `u2`, …
#[derive(Clone, Debug, Default)]
pub struct Identity {
    known: Vec<(String, Stamp, Joints)>,
    given: u64,
}

impl Identity {
    /// An id for each sighting that has none, in the sightings' order; the detector's own ids are kept.
    /// Who has been unseen for `forget_s` gets a new id on return.
    pub fn name(&mut self, stamp: Stamp, people: &[&Sighting], forget_s: f64) -> Vec<String> {
        self.known
            .retain(|(_, seen, _)| stamp.seconds_since(*seen) <= forget_s);
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (new, person) in people
            .iter()
            .enumerate()
            .filter(|(_, p)| p.track_id.is_none())
        {
            for (old, (_, _, joints)) in self.known.iter().enumerate() {
                if let Some(distance) = distance(&person.joints, joints) {
                    pairs.push((distance, new, old));
                }
            }
        }
        pairs.retain(|(distance, ..)| *distance < FARTHEST_MATCH);
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));

        let mut matched: Vec<Option<usize>> = vec![None; people.len()];
        let mut taken = BTreeSet::new();
        for (_, new, old) in pairs {
            if matched[new].is_none() && taken.insert(old) {
                matched[new] = Some(old);
            }
        }
        people
            .iter()
            .zip(matched)
            .map(|(person, old)| match (&person.track_id, old) {
                (Some(id), _) => id.clone(),
                (None, Some(old)) => {
                    let (id, seen, joints) = &mut self.known[old];
                    (*seen, *joints) = (stamp, person.joints);
                    id.clone()
                }
                (None, None) => {
                    self.given += 1;
                    let id = format!("u{}", self.given);
                    self.known.push((id.clone(), stamp, person.joints));
                    id
                }
            })
            .collect()
    }

    /// Forgets everyone (time jumped); ids already given are not given again.
    pub fn clear(&mut self) {
        self.known.clear();
    }
}

/// Mean distance of the joints that both show, in units of their extent.
fn distance(a: &Joints, b: &Joints) -> Option<f64> {
    let common: Vec<(&Keypoint, &Keypoint)> = a
        .iter()
        .zip(b)
        .filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?)))
        .collect();
    if common.len() < FEWEST_COMMON {
        return None;
    }
    let count = common.len() as f64;
    let apart: f64 = common
        .iter()
        .map(|(a, b)| (a.x_px - b.x_px).hypot(a.y_px - b.y_px))
        .sum();
    let mean = |f: fn(&Keypoint) -> f64| common.iter().map(|(_, b)| f(b)).sum::<f64>() / count;
    let (x, y) = (mean(|k| k.x_px), mean(|k| k.y_px));
    let squares: f64 = common
        .iter()
        .map(|(_, b)| (b.x_px - x).powi(2) + (b.y_px - y).powi(2))
        .sum();
    let size = (squares / count).sqrt();
    (size > 0.0).then(|| apart / count / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing_at(x_px: f64) -> Sighting {
        Sighting {
            track_id: None,
            score: 0.9,
            face: [None; 5],
            joints: std::array::from_fn(|j| {
                Some(Keypoint {
                    x_px: x_px + (j % 3) as f64 * 20.0,
                    y_px: j as f64 * 25.0,
                    score: 0.9,
                    depth_m: None,
                })
            }),
        }
    }

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn ids_follow_people_not_their_order_in_the_message() {
        let mut identity = Identity::default();
        let first = identity.name(at(0), &[&standing_at(100.0), &standing_at(600.0)], 1.0);
        assert_eq!(first, ["u1", "u2"]);
        let swapped = identity.name(at(33), &[&standing_at(605.0), &standing_at(108.0)], 1.0);
        assert_eq!(swapped, ["u2", "u1"]);
        let third = identity.name(at(66), &[&standing_at(350.0), &standing_at(600.0)], 1.0);
        assert_eq!(third, ["u3", "u2"]);
    }

    #[test]
    fn who_was_away_too_long_is_someone_new() {
        let mut identity = Identity::default();
        identity.name(at(0), &[&standing_at(100.0)], 1.0);
        assert_eq!(identity.name(at(2000), &[&standing_at(100.0)], 1.0), ["u2"]);
    }

    #[test]
    fn the_detectors_own_ids_are_kept() {
        let mut tracked = standing_at(100.0);
        tracked.track_id = Some("7".into());
        let names = Identity::default().name(at(0), &[&tracked, &standing_at(100.0)], 1.0);
        assert_eq!(names, ["7", "u1"]);
    }
}
