//! People over time, as one side of a comparison has them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nalgebra::{Isometry3, Vector3};

use super::skips::{Skip, Skips};
use posemoe_stamp::Stamp;

/// A joint's name: one of [`posemoe_core::skeleton::JOINTS`] where it is to be found on the other
/// side.
pub type Name = Arc<str>;

/// Where one joint is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// Position (m); finite.
    pub position_m: Vector3<f64>,
    /// How far from the truth, relative to the root, 68 % of such joints are said to lie (m).
    pub sigma_m: Option<f64>,
}

impl Joint {
    /// A joint here (m); `None` where that is not finite. A sigma that is no length is not known.
    pub fn new(position_m: impl Into<Vector3<f64>>, sigma_m: Option<f64>) -> Option<Self> {
        let position_m = position_m.into();
        let sigma_m = sigma_m.filter(|sigma_m| *sigma_m > 0.0);
        let is_finite = position_m.iter().all(|coordinate| coordinate.is_finite());
        is_finite.then_some(Self {
            position_m,
            sigma_m,
        })
    }
}

/// One person at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Who it is.
    pub id: String,
    /// Standard deviation of the root along each axis (m), where it is said: all above 0.
    pub root_sigma_m: Option<Vector3<f64>>,
    /// The joints that are known.
    pub joints: BTreeMap<Name, Joint>,
}

impl Person {
    fn joint(&self, name: &str) -> Option<Vector3<f64>> {
        self.joints.get(name).map(|joint| joint.position_m)
    }

    fn mid_hip(&self) -> Option<Vector3<f64>> {
        Some((self.joint("left_hip")? + self.joint("right_hip")?) / 2.0)
    }

    /// The roots of two people (m): the middle between the hips, or the pelvis, whichever both
    /// have.
    pub fn roots_m(&self, other: &Self) -> Option<(Vector3<f64>, Vector3<f64>)> {
        let mid_hips = self.mid_hip().zip(other.mid_hip());
        mid_hips.or_else(|| self.joint("pelvis").zip(other.joint("pelvis")))
    }

    /// The root of one person alone (m): the middle between the hips, else the pelvis, else the
    /// middle of all joints; `None` without any.
    pub fn root_m(&self) -> Option<Vector3<f64>> {
        let middle = || {
            let sum: Vector3<f64> = self.joints.values().map(|joint| joint.position_m).sum();
            (!self.joints.is_empty()).then(|| sum / self.joints.len() as f64)
        };
        let hips = self.mid_hip().or_else(|| self.joint("pelvis"));
        hips.or_else(middle)
    }

    /// The joints that both have, in the order of their names.
    pub fn common<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a Name, &'a Joint, &'a Joint)> {
        self.joints
            .iter()
            .filter_map(|(name, joint)| Some((name, joint, other.joints.get(name)?)))
    }

    /// The same person in another frame, along whose axes no sigma is known.
    #[must_use]
    pub fn moved(&self, to_from: &Isometry3<f64>) -> Self {
        let moved = |joint: &Joint| Joint {
            position_m: (to_from * nalgebra::Point3::from(joint.position_m)).coords,
            ..*joint
        };
        let joints = self.joints.iter();
        Self {
            id: self.id.clone(),
            root_sigma_m: None,
            joints: joints
                .map(|(name, joint)| (name.clone(), moved(joint)))
                .collect(),
        }
    }

    /// The person at a share of the way to `later`: the joints that both have.
    fn on_the_way_to(&self, later: &Self, share: f64) -> Self {
        let between = |a: &Joint, b: &Joint| Joint {
            position_m: a.position_m.lerp(&b.position_m, share),
            sigma_m: None,
        };
        let joints = self.common(later);
        Self {
            id: self.id.clone(),
            root_sigma_m: None,
            joints: joints
                .map(|(name, a, b)| (name.clone(), between(a, b)))
                .collect(),
        }
    }
}

/// Everyone at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// When.
    pub stamp: Stamp,
    /// The coordinate frame; empty where nobody names it.
    pub frame_id: String,
    /// The people, each with an id of their own.
    pub people: Vec<Person>,
}

/// People over time: by coordinate frame, then by time, no moment twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    frames: Vec<Frame>,
}

impl Sequence {
    /// Puts frames in order. Of those of the same moment and coordinate frame the first stays, as
    /// does of people with the same id; the others are counted.
    pub fn new(mut frames: Vec<Frame>, skips: &mut Skips) -> Self {
        frames.sort_by(|a, b| (&a.frame_id, a.stamp).cmp(&(&b.frame_id, b.stamp)));
        frames.dedup_by(|later, earlier| {
            let same = later.stamp == earlier.stamp && later.frame_id == earlier.frame_id;
            if same {
                skips.note(Skip::DuplicateStamp);
            }
            same
        });
        for frame in &mut frames {
            let mut seen = BTreeSet::new();
            frame.people.retain(|person| {
                let is_new = seen.insert(person.id.clone());
                if !is_new {
                    skips.note(Skip::DuplicateId);
                }
                is_new
            });
        }
        Self { frames }
    }

    /// Everyone, by coordinate frame, then by time.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The coordinate frames that there are.
    pub fn frame_ids(&self) -> Vec<&str> {
        let ids: BTreeSet<&str> = self.frames.iter().map(|f| f.frame_id.as_str()).collect();
        ids.into_iter().collect()
    }

    /// The joints that anybody has at any moment.
    pub fn joint_names(&self) -> BTreeSet<&str> {
        let people = self.frames.iter().flat_map(|frame| &frame.people);
        people
            .flat_map(|person| person.joints.keys())
            .map(|name| &**name)
            .collect()
    }

    /// Everyone at a moment, on the straight line between the moments before and after, which may
    /// be `max_gap_s` apart; `None` where nothing is known so near. Who is not in both is not
    /// there. For a sequence of one coordinate frame.
    pub fn at(&self, stamp: Stamp, max_gap_s: f64) -> Option<Vec<Person>> {
        let after = self.frames.partition_point(|frame| frame.stamp < stamp);
        let later = self.frames.get(after)?;
        if later.stamp == stamp {
            return Some(later.people.clone());
        }
        let earlier = self.frames.get(after.checked_sub(1)?)?;
        let gap_s = later.stamp.seconds_since(earlier.stamp);
        if gap_s > max_gap_s {
            return None;
        }
        let share = stamp.seconds_since(earlier.stamp) / gap_s;
        let people = earlier.people.iter().filter_map(|person| {
            let same = later.people.iter().find(|other| other.id == person.id)?;
            Some(person.on_the_way_to(same, share))
        });
        Some(people.collect())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Somebody with these joints (m).
    pub fn person(id: &str, joints: &[(&str, [f64; 3])]) -> Person {
        let joint = |p: [f64; 3]| Joint {
            position_m: p.into(),
            sigma_m: None,
        };
        Person {
            id: id.to_owned(),
            root_sigma_m: None,
            joints: joints
                .iter()
                .map(|(n, p)| ((*n).into(), joint(*p)))
                .collect(),
        }
    }

    /// A frame of nobody's coordinate frame.
    pub fn frame(seconds: f64, people: Vec<Person>) -> Frame {
        Frame {
            stamp: Stamp::default().plus_seconds(seconds),
            frame_id: String::new(),
            people,
        }
    }

    fn nose_at(seconds: f64, x: f64) -> Frame {
        frame(seconds, vec![person("a", &[("nose", [x, 0.0, 0.0])])])
    }

    #[test]
    fn between_two_moments_people_are_on_the_straight_line() {
        let mut skips = Skips::default();
        let sequence = Sequence::new(vec![nose_at(1.1, 4.0), nose_at(1.0, 2.0)], &mut skips);
        let at = |seconds: f64| sequence.at(Stamp::default().plus_seconds(seconds), 0.1);
        let x = |seconds: f64| at(seconds).unwrap()[0].joints["nose"].position_m.x;
        assert!((x(1.025) - 2.5).abs() < 1e-12);
        assert_eq!((x(1.0), x(1.1)), (2.0, 4.0));
        assert_eq!((at(0.999), at(1.101)), (None, None));
        assert_eq!(
            sequence.at(Stamp::default().plus_seconds(1.05), 0.099),
            None
        );
        assert_eq!(skips, Skips::default());
    }

    #[test]
    fn who_comes_or_goes_is_not_there_in_between() {
        let both = frame(0.0, vec![person("a", &[]), person("b", &[])]);
        let one = frame(0.1, vec![person("b", &[]), person("c", &[])]);
        let sequence = Sequence::new(vec![both, one], &mut Skips::default());
        let people = sequence
            .at(Stamp::default().plus_seconds(0.05), 0.1)
            .unwrap();
        assert_eq!(people, [person("b", &[])]);
    }

    #[test]
    fn a_moment_or_a_person_twice_is_counted() {
        let twins = frame(0.1, vec![person("a", &[]), person("a", &[])]);
        let mut skips = Skips::default();
        let sequence = Sequence::new(
            vec![nose_at(0.0, 1.0), nose_at(0.0, 2.0), twins],
            &mut skips,
        );
        assert_eq!(sequence.frames()[0], nose_at(0.0, 1.0));
        assert_eq!(sequence.frames()[1].people.len(), 1);
        assert_eq!(
            (
                skips.count(Skip::DuplicateStamp),
                skips.count(Skip::DuplicateId)
            ),
            (1, 1)
        );
    }

    #[test]
    fn the_root_is_what_both_have() {
        let hips = [
            ("left_hip", [1.0, 0.0, 0.0]),
            ("right_hip", [3.0, 0.0, 0.0]),
        ];
        let with_hips = person("a", &hips);
        let pelvis = person("b", &[("pelvis", [9.0, 0.0, 0.0])]);
        let all = person("c", &[hips[0], hips[1], ("pelvis", [8.0, 0.0, 0.0])]);
        let x = |a: &Person, b: &Person| a.roots_m(b).map(|(a, b)| (a.x, b.x));
        assert_eq!(x(&with_hips, &all), Some((2.0, 2.0)));
        assert_eq!(x(&pelvis, &all), Some((9.0, 8.0)));
        assert_eq!(x(&with_hips, &pelvis), None);
        let hands = [("left_wrist", [1.0, 0.0, 0.0]), ("right_wrist", [2.0; 3])];
        let alone = [all, pelvis, person("d", &hands), person("e", &[])];
        let x = alone.map(|one| one.root_m().map(|root| root.x));
        assert_eq!(x, [Some(2.0), Some(9.0), Some(1.5), None]);
    }
}
