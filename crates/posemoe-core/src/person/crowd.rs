//! Everyone who is remembered: who they are to the lifter, and when they are forgotten. Bounded.

use std::collections::BTreeMap;

use super::memory::{Estimate, MotionModel, Person};
use super::pose::{PersonPose, State};
use super::size::Size;
use super::statures::Statures;
use crate::health::{Cause, Drops};
use crate::lift::PersonKey;
use crate::skeleton::Pose;
use posemoe_stamp::Stamp;

/// Sizes of people who were lost are remembered for so long (s), in case they come back under the
/// same id.
const SIZE_LASTS_S: f64 = 60.0;
/// And of so many.
const MOST_SIZES: usize = 256;

/// Everyone, by id; ordered, so that outputs are.
pub struct Crowd {
    most: usize,
    model: MotionModel,
    statures: Statures,
    members: BTreeMap<String, Member>,
    keys_given: u64,
    /// People who were forgotten since the last poses, to be declared lost in the next.
    lost: Vec<PersonPose>,
    /// How large those are who were lost, and when they were seen last.
    sizes: BTreeMap<String, (Stamp, Size)>,
    /// Their keys, and those of who was never placed, until somebody takes them.
    forgotten: Vec<PersonKey>,
}

struct Member {
    key: PersonKey,
    /// Frames that show them and are yet to be answered.
    waiting: usize,
    /// The last answered frame that showed them.
    seen: Option<Stamp>,
    person: Person,
}

impl Crowd {
    /// Nobody yet; of people in answered frames at most `most` are remembered.
    pub fn new(most: usize, model: MotionModel) -> Self {
        Self {
            most,
            model,
            statures: Statures::default(),
            members: BTreeMap::new(),
            keys_given: 0,
            lost: Vec::new(),
            sizes: BTreeMap::new(),
            forgotten: Vec::new(),
        }
    }

    /// Someone whom a new frame shows, which is to be answered sooner or later.
    pub fn expect(&mut self, id: &str) -> PersonKey {
        if let Some(member) = self.members.get_mut(id) {
            member.waiting += 1;
            return member.key;
        }
        let key = PersonKey(self.keys_given);
        self.keys_given += 1;
        let member = Member {
            key,
            waiting: 1,
            seen: None,
            person: Person::of_size(
                self.sizes
                    .remove(id)
                    .map_or_else(Size::default, |(_, size)| size),
            ),
        };
        self.members.insert(id.to_owned(), member);
        key
    }

    /// Those whom the frame at `stamp` shows, which is answered now: room is made for them, by
    /// forgetting those unseen for longest.
    pub fn admit<'a>(
        &mut self,
        stamp: Stamp,
        ids: impl Iterator<Item = &'a str>,
        drops: &mut Drops,
    ) {
        for id in ids {
            if let Some(member) = self.members.get_mut(id) {
                member.waiting = member.waiting.saturating_sub(1);
                member.seen = Some(stamp);
            }
        }
        loop {
            let remembered = self
                .members
                .iter()
                .filter_map(|(id, member)| Some((member.seen?, id)));
            let held = remembered.clone().count();
            let longest_unseen = remembered.min().map(|(seen, id)| (seen, id.clone()));
            let Some((seen, id)) = longest_unseen.filter(|_| held > self.most) else {
                break;
            };
            // Who would be lost by now anyway is not driven out.
            if stamp.seconds_since(seen) <= self.model.predict_s {
                let most = self.most;
                drops.note(
                    Cause::TooManyPeople,
                    format!("memory holds {held} people, max_people {most}; forgot {id:?}"),
                );
            }
            self.dismiss(&id);
        }
    }

    /// What the frame at `stamp` says of someone whom it shows.
    pub fn update(&mut self, id: &str, stamp: Stamp, estimate: Estimate) {
        if let Some(member) = self.members.get_mut(id) {
            member.person.update(stamp, estimate, &self.model);
        }
    }

    /// What is known of someone's size.
    pub(crate) fn size(&self, id: &str) -> Size {
        let member = self.members.get(id);
        let mut size = member.map_or_else(Size::default, |member| member.person.size());
        size.know(self.statures.of(id));
        size
    }

    /// How fast someone's joints move against the root (m/s), where that is known.
    pub(crate) fn limb_velocities_m_s(&self, id: &str) -> Option<Pose> {
        self.members.get(id)?.person.limb_velocities_m_s()
    }

    /// Tracked, predicted and just lost people at `stamp`; the lost are forgotten.
    pub fn everyone(&mut self, stamp: Stamp) -> Vec<PersonPose> {
        let model = self.model;
        let mut poses = BTreeMap::new();
        let mut gone = Vec::new();
        for (id, member) in &mut self.members {
            let state = member.person.pass(stamp, &model);
            let pose = state.and_then(|state| member.person.pose(id, state, &model));
            poses.extend(pose.map(|pose| (id.clone(), pose)));
            let is_lost = match state {
                Some(state) => state == State::Lost,
                // Who was never placed is kept as long as their past can still help.
                None => member
                    .seen
                    .is_some_and(|seen| stamp.seconds_since(seen) > model.predict_s),
            };
            if is_lost {
                gone.push(id.clone());
            }
        }
        for id in gone {
            self.forget(&id);
        }
        for lost in std::mem::take(&mut self.lost) {
            // Whoever is here again under the same id is not lost.
            poses.entry(lost.id.clone()).or_insert(lost);
        }
        poses.into_values().collect()
    }

    /// Whether these can be expected without forgetting anybody.
    pub(crate) fn has_room<'a>(&self, ids: impl Iterator<Item = &'a str>) -> bool {
        let strangers = ids.filter(|id| !self.members.contains_key(*id));
        self.members.len() + strangers.count() <= self.most
    }

    /// Whether somebody whom no frame shows that is yet to be answered will be lost at `stamp`.
    pub(crate) fn loses_someone(&self, stamp: Stamp) -> bool {
        let unseen = self.members.values().filter(|member| member.waiting == 0);
        unseen
            .filter_map(|member| member.seen)
            .any(|seen| stamp.seconds_since(seen) > self.model.predict_s)
    }

    /// Goes on with another model of motion.
    pub(crate) fn adjust(&mut self, model: MotionModel) {
        self.model = model;
    }

    /// Takes note of whose stature is known, in place of what was said before.
    pub(crate) fn know_statures(&mut self, statures: Statures) {
        self.statures = statures;
    }

    /// Forgets everyone, those in frames that are yet to be answered too: those frames are given
    /// up. Who was placed is declared lost in the next poses.
    pub(crate) fn clear(&mut self) {
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for member in self.members.values_mut() {
            member.waiting = 0;
        }
        for id in ids {
            self.dismiss(&id);
        }
        self.sizes.clear();
    }

    /// The keys of those who were forgotten since the last call.
    pub(crate) fn take_forgotten(&mut self) -> Vec<PersonKey> {
        std::mem::take(&mut self.forgotten)
    }

    /// Forgets someone who is to be declared lost.
    fn dismiss(&mut self, id: &str) {
        let member = self.members.get(id);
        let pose = member.and_then(|member| member.person.pose(id, State::Lost, &self.model));
        self.lost.extend(pose);
        self.forget(id);
    }

    /// Who is in a frame that waits keeps the key by which the lifter knows that frame.
    fn forget(&mut self, id: &str) {
        self.remember_size(id);
        match self.members.get_mut(id) {
            Some(member) if member.waiting > 0 => {
                member.seen = None;
                member.person = Person::of_size(member.person.size());
            }
            Some(member) => {
                self.forgotten.push(member.key);
                self.members.remove(id);
            }
            None => {}
        }
    }

    fn remember_size(&mut self, id: &str) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let Some(seen) = member.seen else { return };
        self.sizes
            .retain(|_, (last, _)| seen.seconds_since(*last).abs() <= SIZE_LASTS_S);
        if self.sizes.len() >= MOST_SIZES {
            let longest_unseen = self.sizes.iter().min_by_key(|(_, (last, _))| *last);
            if let Some(id) = longest_unseen.map(|(id, _)| id.clone()) {
                self.sizes.remove(&id);
            }
        }
        self.sizes
            .insert(id.to_owned(), (seen, member.person.size()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::tests::{MODEL, seen};
    use super::*;

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    /// Answers a frame that shows these people.
    fn answer(crowd: &mut Crowd, ms: i64, ids: &[&str]) -> (Vec<(String, State)>, Drops) {
        let mut drops = Drops::default();
        crowd.admit(at(ms), ids.iter().copied(), &mut drops);
        for id in ids {
            crowd.update(id, at(ms), seen(0.0, 0.0));
        }
        let people = crowd.everyone(at(ms)).into_iter();
        (people.map(|p| (p.id, p.state)).collect(), drops)
    }

    fn step(crowd: &mut Crowd, ms: i64, ids: &[&str]) -> (Vec<(String, State)>, Drops) {
        for id in ids {
            crowd.expect(id);
        }
        answer(crowd, ms, ids)
    }

    fn states(found: &[(String, State)]) -> Vec<(&str, State)> {
        found.iter().map(|(id, s)| (id.as_str(), *s)).collect()
    }

    #[test]
    fn who_comes_back_after_being_lost_is_someone_new_to_the_lifter() {
        let mut crowd = Crowd::new(3, MODEL);
        assert_eq!(crowd.expect("a"), PersonKey(0));
        answer(&mut crowd, 0, &["a"]);
        assert_eq!(crowd.expect("a"), PersonKey(0), "the same while remembered");
        answer(&mut crowd, 50, &["a"]);
        let (found, _) = step(&mut crowd, 1000, &[]);
        assert_eq!(states(&found), [("a", State::Lost)]);
        assert_eq!(crowd.take_forgotten(), [PersonKey(0)]);
        assert_eq!(crowd.expect("a"), PersonKey(1));
    }

    #[test]
    fn room_is_made_before_a_frame_is_answered_and_counted() {
        let mut crowd = Crowd::new(2, MODEL);
        step(&mut crowd, 0, &["a"]);
        step(&mut crowd, 50, &["b"]);
        crowd.expect("c");
        let mut drops = Drops::default();
        crowd.admit(at(100), ["c"].into_iter(), &mut drops);
        assert_eq!(
            crowd.take_forgotten(),
            [PersonKey(0)],
            "a, unseen for longest"
        );
        assert_eq!(drops.count(Cause::TooManyPeople), 1);
        let (found, _) = answer(&mut crowd, 100, &["c"]);
        let expected = [
            ("a", State::Lost),
            ("b", State::Predicted),
            ("c", State::Tracked),
        ];
        assert_eq!(states(&found), expected);
    }

    #[test]
    fn whose_time_is_over_makes_room_uncounted() {
        let mut crowd = Crowd::new(1, MODEL);
        step(&mut crowd, 0, &["a"]);
        let (found, drops) = step(&mut crowd, 600, &["b"]);
        assert_eq!(states(&found), [("a", State::Lost), ("b", State::Tracked)]);
        assert!(drops.is_empty());
    }

    #[test]
    fn there_is_room_for_the_known_and_for_as_many_strangers_as_fit() {
        let mut crowd = Crowd::new(3, MODEL);
        step(&mut crowd, 0, &["a", "b"]);
        let has_room = |ids: &[&str]| crowd.has_room(ids.iter().copied());
        assert!(has_room(&["a", "b", "c"]) && has_room(&["c"]));
        assert!(!has_room(&["c", "d"]) && !has_room(&["a", "c", "d"]));
    }

    #[test]
    fn someone_is_about_to_be_lost_who_was_seen_too_long_ago_and_waits_in_no_frame() {
        let mut crowd = Crowd::new(3, MODEL);
        assert!(!crowd.loses_someone(at(9000)), "nobody is there");
        step(&mut crowd, 0, &["a"]);
        assert!(!crowd.loses_someone(at(500)) && crowd.loses_someone(at(501)));
        crowd.expect("a");
        assert!(!crowd.loses_someone(at(501)));
    }

    #[test]
    fn who_is_in_a_waiting_frame_is_lost_and_comes_back_under_the_same_key() {
        let mut crowd = Crowd::new(3, MODEL);
        let key = crowd.expect("a");
        answer(&mut crowd, 0, &["a"]);
        assert_eq!(
            crowd.expect("a"),
            key,
            "in the frame at 900 ms, which waits"
        );
        let (found, _) = answer(&mut crowd, 700, &[]);
        assert_eq!(states(&found), [("a", State::Lost)]);
        assert_eq!(answer(&mut crowd, 800, &[]).0, [], "said once");
        assert!(crowd.take_forgotten().is_empty());
        let (found, _) = answer(&mut crowd, 900, &["a"]);
        assert_eq!(states(&found), [("a", State::Tracked)]);
    }

    #[test]
    fn the_never_placed_are_forgotten_too() {
        let mut crowd = Crowd::new(3, MODEL);
        crowd.expect("a");
        crowd.admit(at(0), ["a"].into_iter(), &mut Drops::default());
        assert!(crowd.everyone(at(0)).is_empty());
        assert!(crowd.everyone(at(500)).is_empty() && crowd.take_forgotten().is_empty());
        assert!(crowd.everyone(at(501)).is_empty());
        assert_eq!(crowd.take_forgotten(), [PersonKey(0)]);
    }

    #[test]
    fn clearing_lets_go_of_those_in_waiting_frames_too() {
        let mut crowd = Crowd::new(3, MODEL);
        step(&mut crowd, 0, &["a"]);
        let keys = [crowd.expect("a"), crowd.expect("b")];
        crowd.clear();
        assert_eq!(crowd.take_forgotten(), keys);
        assert!(crowd.has_room(["c", "d", "e"].into_iter()));
    }

    #[test]
    fn clearing_forgets_all_and_says_so_once() {
        let mut crowd = Crowd::new(3, MODEL);
        step(&mut crowd, 5000, &["a", "b"]);
        crowd.clear();
        assert_eq!(crowd.take_forgotten(), [PersonKey(0), PersonKey(1)]);
        let (found, _) = step(&mut crowd, 0, &["a"]);
        assert_eq!(states(&found), [("a", State::Tracked), ("b", State::Lost)]);
        assert_eq!(
            states(&step(&mut crowd, 50, &["a"]).0),
            [("a", State::Tracked)]
        );
    }
}
