//! Ids for people whose detector does not track: nearest to the last frame, in units of their size.

use std::collections::BTreeSet;

use super::observation::Sighting;
use crate::keypoint::Keypoint;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Mean joint distance (in units of apparent size) beyond which two sightings are different people.
const FARTHEST_MATCH: f64 = 0.6;
/// Sightings that are remembered at most; those of longest ago make room.
const MOST_KNOWN: usize = 512;
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
    /// An id for each sighting that has none, in the sightings' order; the detector's own ids are
    /// kept. Who has been unseen for `forget_s` gets a new id on return.
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
                    self.make_room();
                    self.known.push((id.clone(), stamp, person.joints));
                    id
                }
            })
            .collect()
    }

    fn make_room(&mut self) {
        let known = self.known.iter().enumerate();
        let oldest = known.min_by_key(|(_, (_, seen, _))| *seen);
        if let Some((oldest, _)) = oldest.filter(|_| self.known.len() >= MOST_KNOWN) {
            self.known.remove(oldest);
        }
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
            box_px: None,
            distance_m: None,
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
    fn people_who_are_never_the_same_again_are_not_all_remembered() {
        let mut identity = Identity::default();
        for frame in 0..100 {
            let strangers: Vec<Sighting> = (0..20)
                .map(|i| standing_at(1e6 * f64::from(20 * frame + i)))
                .collect();
            let all: Vec<&Sighting> = strangers.iter().collect();
            identity.name(at(i64::from(frame)), &all, 10.0);
        }
        assert_eq!(identity.known.len(), MOST_KNOWN);
        let last = identity.name(at(100), &[&standing_at(1e6 * 1999.0)], 10.0);
        assert_eq!(last, ["u2000"], "those of late are there");
    }

    #[test]
    fn who_is_too_far_off_is_someone_else_and_the_nearest_goes_first() {
        // These sightings are 124 px in size (root mean square from their middle); 0.6 of it are 74
        // px.
        let named = |people: [f64; 2]| {
            let mut identity = Identity::default();
            identity.name(at(0), &[&standing_at(100.0)], 1.0);
            let people = people.map(standing_at);
            identity.name(at(33), &[&people[0], &people[1]], 1.0)
        };
        assert_eq!(named([170.0, 900.0]), ["u1", "u2"]);
        assert_eq!(named([180.0, 900.0]), ["u2", "u3"]);
        assert_eq!(named([60.0, 110.0]), ["u2", "u1"]);
    }

    #[test]
    fn two_joints_in_common_say_nothing_and_three_do() {
        let part = |joints: std::ops::Range<usize>| {
            let mut person = standing_at(100.0);
            for (j, joint) in person.joints.iter_mut().enumerate() {
                *joint = joint.filter(|_| joints.contains(&j));
            }
            person
        };
        let named = |then: std::ops::Range<usize>| {
            let mut identity = Identity::default();
            identity.name(at(0), &[&part(0..9)], 1.0);
            identity.name(at(33), &[&part(then)], 1.0)
        };
        assert_eq!(
            (named(7..17), named(6..17)),
            (vec!["u2".into()], vec!["u1".into()])
        );
    }

    #[test]
    fn the_detectors_own_ids_are_kept() {
        let mut tracked = standing_at(100.0);
        tracked.track_id = Some("7".into());
        let names = Identity::default().name(at(0), &[&tracked, &standing_at(100.0)], 1.0);
        assert_eq!(names, ["7", "u1"]);
    }
}
