use super::*;
use crate::keypoint::Keypoint;

/// 124 px in size (root mean square from the middle).
fn standing_at(x_px: f64) -> Sighting {
    Sighting::of_joints(std::array::from_fn(|j| {
        Some(Keypoint {
            x_px: x_px + (j % 3) as f64 * 20.0,
            y_px: j as f64 * 25.0,
            score: 0.9,
            depth_m: None,
        })
    }))
}

fn tracked(id: &str, x_px: f64) -> Sighting {
    Sighting {
        track_id: Some(id.into()),
        ..standing_at(x_px)
    }
}

fn at(ms: i64) -> Stamp {
    Stamp::from_nanos(ms * 1_000_000)
}

fn named(identity: &mut Identity, ms: i64, people: &[Sighting]) -> Vec<String> {
    let people: Vec<&Sighting> = people.iter().collect();
    identity.name(at(ms), &people, 2.0, true)
}

#[test]
fn ids_follow_people_not_their_order_in_the_message() {
    let mut who = Identity::default();
    let frame = |a, b| [standing_at(a), standing_at(b)];
    assert_eq!(named(&mut who, 0, &frame(100.0, 600.0)), ["u1", "u2"]);
    assert_eq!(named(&mut who, 33, &frame(605.0, 108.0)), ["u2", "u1"]);
    assert_eq!(named(&mut who, 66, &frame(350.0, 600.0)), ["u3", "u2"]);
}

#[test]
fn who_was_away_too_long_is_someone_new() {
    let mut who = Identity::default();
    named(&mut who, 0, &[standing_at(100.0)]);
    assert_eq!(named(&mut who, 1900, &[standing_at(110.0)]), ["u1"]);
    assert_eq!(named(&mut who, 4000, &[standing_at(110.0)]), ["u2"]);
}

#[test]
fn the_least_sum_decides_and_not_who_is_nearest() {
    let mut who = Identity::default();
    named(&mut who, 0, &[standing_at(100.0), standing_at(150.0)]);
    // The second is nearest to where the first was; the first can only be the one on the left.
    let moved = [standing_at(55.0), standing_at(104.0)];
    assert_eq!(named(&mut who, 33, &moved), ["u1", "u2"]);
}

#[test]
fn people_who_cross_keep_their_ids() {
    let mut who = Identity::default();
    for step in 0..60 {
        let x_px = f64::from(step) * 10.0;
        // For a third of a second the one behind is not seen.
        let hidden = (25..35).contains(&step);
        let mut people = vec![standing_at(x_px)];
        if !hidden {
            people.push(standing_at(600.0 - x_px));
        }
        let names = named(&mut who, i64::from(step) * 33, &people);
        assert_eq!(names, ["u1", "u2"][..people.len()], "{step}");
    }
}

#[test]
fn a_detectors_new_id_is_the_person_who_vanished_there() {
    let mut who = Identity::default();
    assert_eq!(named(&mut who, 0, &[tracked("7", 100.0)]), ["7"]);
    assert_eq!(named(&mut who, 33, &[tracked("9", 102.0)]), ["7"]);
    assert_eq!(named(&mut who, 66, &[tracked("9", 104.0)]), ["7"]);
    // The old id comes back beside it: somebody else, who cannot be called 7 too.
    let both = [tracked("9", 106.0), tracked("7", 900.0)];
    assert_eq!(named(&mut who, 100, &both), ["7", "u1"]);
    assert_eq!(named(&mut who, 133, &both), ["7", "u1"]);
    // Without rejoining ids are the detector's.
    let mut who = Identity::default();
    let mut as_they_are = |ms, id, x_px| {
        who.name(at(ms), &[&tracked(id, x_px)], 2.0, false)
            .remove(0)
    };
    assert_eq!(as_they_are(0, "7", 100.0), "7");
    assert_eq!(as_they_are(33, "9", 102.0), "9");
}

#[test]
fn two_whom_a_detector_sees_at_once_are_two() {
    let mut who = Identity::default();
    named(&mut who, 0, &[tracked("7", 100.0)]);
    let both = [tracked("7", 101.0), tracked("9", 130.0)];
    assert_eq!(named(&mut who, 33, &both), ["7", "9"]);
    let twice = [tracked("5", 500.0), tracked("5", 900.0)];
    assert_eq!(
        named(&mut who, 66, &twice),
        ["5", "5"],
        "for the caller to count"
    );
}

#[test]
fn no_id_of_a_detector_is_one_of_ours() {
    let mut who = Identity::default();
    let both = [tracked("u1", 100.0), standing_at(900.0)];
    assert_eq!(named(&mut who, 0, &both), ["d_u1", "u1"]);
    assert_eq!(named(&mut who, 33, &both), ["d_u1", "u1"]);
    for (detectors, published) in [("d_u1", "d_d_u1"), ("user", "user"), ("u", "u"), ("", "")] {
        assert_eq!(apart_from_ours(detectors), published);
    }
}

#[test]
fn people_who_are_never_the_same_again_are_not_all_remembered() {
    let mut who = Identity::default();
    for frame in 0..100 {
        let strangers: Vec<Sighting> = (0..20)
            .map(|i| {
                tracked(
                    &format!("s{}", 20 * frame + i),
                    1e6 * f64::from(20 * frame + i),
                )
            })
            .collect();
        named(&mut who, i64::from(frame), &strangers);
    }
    assert_eq!(who.known.len(), MOST_KNOWN);
    assert!(who.renamed.len() <= MOST_KNOWN);
    let last = named(&mut who, 100, &[standing_at(1e6 * 1999.0)]);
    assert_eq!(last, ["s1999"], "those of late are there");
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
    let after = |then: std::ops::Range<usize>| {
        let mut who = Identity::default();
        named(&mut who, 0, &[part(0..9)]);
        named(&mut who, 33, &[part(then)]).remove(0)
    };
    assert_eq!((after(7..17), after(6..17)), ("u2".into(), "u1".into()));
}
