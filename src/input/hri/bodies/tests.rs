//! When an image is complete, and what is late.

use super::*;
use crate::msg::builtin_interfaces::Time;

const SIZE_PX: (u32, u32) = (640, 480);

fn time(tenths: u32) -> Time {
    Time {
        sec: (tenths / 10) as i32,
        nanosec: tenths % 10 * 100_000_000,
    }
}

fn list(tenths: u32, ids: &[&str]) -> IdsList {
    let mut list = IdsList::default();
    list.header.stamp = time(tenths);
    list.header.frame_id = "camera".into();
    list.ids = ids.iter().map(|id| (*id).to_owned()).collect();
    list
}

fn skeleton(tenths: u32) -> Skeleton2D {
    let mut message = Skeleton2D::default();
    message.header.stamp = time(tenths);
    message.header.frame_id = "camera".into();
    message
}

/// Tenths of a second and ids of each.
fn told(observations: &[Observation]) -> Vec<(i64, String)> {
    let ids = |seen: &Observation| {
        let ids = seen.people.iter().filter_map(|p| p.track_id.clone());
        ids.collect::<Vec<_>>().join("+")
    };
    observations
        .iter()
        .map(|seen| (seen.stamp.nanos() / 100_000_000, ids(seen)))
        .collect()
}

struct Scene {
    bodies: Bodies,
    drops: Drops,
}

impl Scene {
    fn of(ids: &[&str]) -> Self {
        let mut scene = Self {
            bodies: Bodies::new(3),
            drops: Drops::default(),
        };
        scene.tracked(0, ids);
        scene
    }

    fn tracked(&mut self, tenths: u32, ids: &[&str]) -> Change {
        self.bodies.tracked(&list(tenths, ids), &mut self.drops)
    }

    fn skeleton(&mut self, id: &str, tenths: u32) -> Vec<(i64, String)> {
        let message = skeleton(tenths);
        let seen = self.bodies.skeleton(id, &message, SIZE_PX, &mut self.drops);
        told(&seen)
    }
}

#[test]
fn an_image_is_given_as_soon_as_all_are_in_it() {
    let mut scene = Scene::of(&["b", "a"]);
    assert_eq!(scene.skeleton("b", 1), []);
    assert_eq!(scene.skeleton("a", 1), [(1, "a+b".into())]);
    assert_eq!(scene.skeleton("a", 2), []);
    assert_eq!(scene.skeleton("b", 2), [(2, "a+b".into())]);
    assert!(scene.drops.is_empty());
}

#[test]
fn a_later_image_gives_the_earlier_without_the_missing_and_these_are_counted() {
    let mut scene = Scene::of(&["a", "b"]);
    assert_eq!(scene.skeleton("a", 1), []);
    assert_eq!(scene.skeleton("a", 2), [(1, "a".into())]);
    assert_eq!(scene.skeleton("b", 1), []);
    assert_eq!(scene.drops.count(Cause::OutOfOrder), 1);
    assert_eq!(scene.skeleton("b", 2), [(2, "a+b".into())]);
    assert_eq!(scene.skeleton("b", 2), [], "given away already");
    assert_eq!(scene.drops.count(Cause::OutOfOrder), 2);
}

#[test]
fn a_looped_bag_begins_anew() {
    let mut scene = Scene::of(&["a", "b"]);
    assert_eq!(scene.skeleton("a", 50), []);
    assert_eq!(scene.skeleton("a", 1), [(50, "a".into())]);
    assert_eq!(scene.skeleton("b", 1), [(1, "a+b".into())]);
    assert!(scene.drops.is_empty());
}

#[test]
fn who_comes_and_who_leaves_is_said_once() {
    let mut scene = Scene::of(&["a"]);
    let change = scene.tracked(1, &["c", "b"]);
    assert_eq!(
        (change.came, change.left),
        (vec!["b".into(), "c".into()], vec!["a".into()])
    );
    assert_eq!(scene.tracked(2, &["b", "c"]), Change::default());
    assert_eq!(scene.skeleton("a", 2), []);
    assert_eq!(
        scene.drops.count(Cause::OutOfOrder),
        1,
        "a is not tracked any more"
    );
}

#[test]
fn who_leaves_is_not_waited_for() {
    let mut scene = Scene::of(&["a", "b"]);
    assert_eq!(scene.skeleton("a", 1), []);
    let change = scene.tracked(1, &["a"]);
    assert_eq!(told(&change.observations), [(1, "a".into())]);
}

#[test]
fn an_empty_list_says_that_nobody_is_in_its_image() {
    let mut scene = Scene::of(&["a", "b"]);
    assert_eq!(scene.skeleton("a", 1), []);
    let change = scene.tracked(2, &[]);
    assert_eq!(
        told(&change.observations),
        [(1, "a".into()), (2, String::new())]
    );
    assert_eq!(change.observations[1].frame_id, "camera");
    assert_eq!(
        told(&scene.tracked(3, &[]).observations),
        [(3, String::new())]
    );
    assert_eq!(scene.tracked(3, &[]), Change::default(), "said before");
    scene.tracked(4, &["a"]);
    assert_eq!(scene.skeleton("a", 4), [(4, "a".into())]);
}

#[test]
fn ids_are_checked_and_bounded_and_those_who_are_there_stay() {
    let mut scene = Scene::of(&["z"]);
    let change = scene.tracked(1, &["1st", "a", "b", "b", "a/b", "c", "", "z"]);
    assert_eq!(
        (change.came, change.left),
        (vec!["a".into(), "b".into()], vec![])
    );
    let counts = [Cause::BadBodyId, Cause::DuplicateId, Cause::TooManyPeople];
    assert_eq!(counts.map(|cause| scene.drops.count(cause)), [3, 1, 1]);
}

#[test]
fn a_body_of_another_camera_or_told_twice_is_counted() {
    let mut scene = Scene::of(&["a", "b"]);
    scene.skeleton("a", 1);
    assert_eq!(scene.skeleton("a", 1), []);
    let mut other = skeleton(1);
    other.header.frame_id = "other".into();
    let seen = scene
        .bodies
        .skeleton("b", &other, SIZE_PX, &mut scene.drops);
    assert_eq!(told(&seen), []);
    let counts = [Cause::DuplicateStamp, Cause::FrameMismatch];
    assert_eq!(counts.map(|cause| scene.drops.count(cause)), [1, 1]);
    let nameless = Skeleton2D::default();
    scene
        .bodies
        .skeleton("a", &nameless, SIZE_PX, &mut scene.drops);
    assert_eq!(scene.drops.count(Cause::BadHeader), 1);
}
