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
fn who_comes_back_with_the_other_side_to_the_camera_is_the_same() {
    let only = |joints: &[usize]| {
        let mut seen = standing_at(100.0);
        for (joint, keypoint) in seen.joints.iter_mut().enumerate() {
            *keypoint = keypoint.filter(|_| joints.contains(&joint));
        }
        seen
    };
    let mut who = Identity::default();
    assert_eq!(named(&mut who, 0, &[only(&[1, 2, 3, 14, 15, 16])]), ["u1"]);
    let left = only(&[4, 5, 6, 11, 12, 13]);
    assert_eq!(named(&mut who, 1500, &[left]), ["u1"]);
}

#[test]
fn a_glimpse_far_off_does_not_take_the_place_of_who_is_away() {
    let mut who = Identity::default();
    for ms in (0..=990).step_by(33) {
        named(&mut who, ms, &[standing_at(100.0)]);
    }
    assert_eq!(named(&mut who, 2200, &[standing_at(600.0)]), ["u1"]);
    named(&mut who, 2233, &[]);
    assert_eq!(named(&mut who, 2400, &[standing_at(105.0)]), ["u1"]);
    // Who stays there is there.
    let mut who = Identity::default();
    for ms in (0..=990).step_by(33) {
        named(&mut who, ms, &[standing_at(100.0)]);
    }
    for ms in (2200..=2600).step_by(33) {
        assert_eq!(named(&mut who, ms, &[standing_at(600.0)]), ["u1"]);
    }
    named(&mut who, 2633, &[]);
    assert_eq!(named(&mut who, 2700, &[standing_at(600.0)]), ["u1"]);
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
fn where_few_joints_are_common_the_place_says_who_it_is() {
    let part = |joints: std::ops::Range<usize>, x_px: f64| {
        let mut person = standing_at(x_px);
        for (j, joint) in person.joints.iter_mut().enumerate() {
            *joint = joint.filter(|_| joints.contains(&j));
        }
        person
    };
    let after = |then: std::ops::Range<usize>, x_px: f64| {
        let mut who = Identity::default();
        named(&mut who, 0, &[part(0..9, 100.0)]);
        named(&mut who, 33, &[part(then, x_px)]).remove(0)
    };
    for common in [6..17, 7..17, 9..17] {
        let (here, there) = (after(common.clone(), 100.0), after(common, 700.0));
        assert_eq!((here, there), ("u1".into(), "u2".into()));
    }
}

/// Joints at random places beside where they should be, as detectors have them (px), the same each
/// time.
fn noisy(mut person: Sighting, seed: u64, sigma_px: f64) -> Sighting {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut unit = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as f64 / f64::from(u32::MAX >> 1) - 0.5
    };
    for joint in person.joints.iter_mut().flatten() {
        joint.x_px += sigma_px * 12f64.sqrt() * unit();
        joint.y_px += sigma_px * 12f64.sqrt() * unit();
    }
    person
}

#[test]
fn single_joints_far_off_make_nobody_new() {
    let mut who = Identity::default();
    for frame in 0..60u64 {
        let mut person = noisy(standing_at(300.0), frame, 6.0);
        // Two joints are elsewhere, others of them each time, and four are not seen.
        for (n, off_px) in [(0, 150.0), (1, -120.0)] {
            let joint = person.joints[(5 * frame as usize + 7 * n) % 17].as_mut();
            joint.unwrap().y_px += off_px;
        }
        for n in 2..6 {
            person.joints[(5 * frame as usize + 7 * n) % 17] = None;
        }
        let names = named(&mut who, 33 * frame as i64, &[person]);
        assert_eq!(names, ["u1"], "{frame}");
    }
}

#[test]
fn left_taken_for_right_makes_nobody_new() {
    let mut who = Identity::default();
    for frame in 0..40u64 {
        let mut person = noisy(standing_at(300.0), frame, 5.0);
        for (right, left) in [1, 2, 3, 14, 15, 16].into_iter().zip([4, 5, 6, 11, 12, 13]) {
            for (joint, off_px) in [(right, -80.0), (left, 80.0)] {
                person.joints[joint].as_mut().unwrap().x_px += off_px;
            }
        }
        if frame % 10 == 9 {
            person.joints = crate::skeleton::MIRRORED.map(|joint| person.joints[joint]);
        }
        let names = named(&mut who, 33 * frame as i64, &[person]);
        assert_eq!(names, ["u1"], "{frame}");
    }
}

#[test]
fn who_walks_behind_something_for_a_second_and_a_half_comes_out_as_who_they_were() {
    let mut who = Identity::default();
    // One walks (250 px are a metre) behind another, who stands.
    for frame in 0..120u64 {
        let x_px = 100.0 + 250.0 / 30.0 * frame as f64;
        let mut people = vec![noisy(standing_at(600.0), 1000 + frame, 5.0)];
        if !(40..85).contains(&frame) {
            people.push(noisy(standing_at(x_px), frame, 5.0));
        }
        let names = named(&mut who, 33 * frame as i64, &people);
        assert_eq!(names, ["u1", "u2"][..people.len()], "{frame}");
    }
}

#[test]
fn two_who_stand_close_are_told_apart_whatever_the_order() {
    let mut who = Identity::default();
    for frame in 0..90u64 {
        // 40 px apart, which are 16 cm, and one is a tenth nearer.
        let mut nearer = standing_at(340.0);
        for joint in nearer.joints.iter_mut().flatten() {
            joint.y_px *= 1.1;
        }
        let mut people = vec![
            noisy(standing_at(300.0), frame, 5.0),
            noisy(nearer, 500 + frame, 5.0),
        ];
        let is_turned = frame % 2 == 1;
        let mut expected = ["u1", "u2"];
        if is_turned {
            people.reverse();
            expected.reverse();
        }
        let names = named(&mut who, 33 * frame as i64, &people);
        assert_eq!(names, expected, "{frame}");
    }
}

#[test]
fn ids_that_break_while_two_cross_stay_with_their_people() {
    let mut who = Identity::default();
    for frame in 0..120u64 {
        let way_px = 6.0 * frame as f64;
        // New ids at once for both, at their closest and elsewhere.
        let [one, other] = [0, 1].map(|n| format!("{n}-{}", (frame + 10) / 35));
        let people = [
            noisy(tracked(&one, 100.0 + way_px), frame, 5.0),
            noisy(tracked(&other, 700.0 - way_px), 500 + frame, 5.0),
        ];
        let names = named(&mut who, 33 * frame as i64, &people);
        assert_eq!(names, ["0-0", "1-0"], "{frame}");
    }
}

proptest::proptest! {
    #[test]
    fn nobodys_id_depends_on_the_order_of_the_message(
        places in proptest::collection::vec(0.0..2000.0f64, 1..6),
        turn in 0usize..6,
    ) {
        let (mut plain, mut turned) = (Identity::default(), Identity::default());
        named(&mut plain, 0, &places.iter().map(|x| standing_at(*x)).collect::<Vec<_>>());
        named(&mut turned, 0, &places.iter().map(|x| standing_at(*x)).collect::<Vec<_>>());
        let moved: Vec<Sighting> = places.iter().map(|x| standing_at(x + 3.0)).collect();
        let mut rotated = moved.clone();
        rotated.rotate_left(turn % moved.len());
        let mut names = named(&mut plain, 33, &moved);
        names.rotate_left(turn % moved.len());
        proptest::prop_assert_eq!(names, named(&mut turned, 33, &rotated));
    }

    #[test]
    fn whatever_is_seen_costs_a_number(
        places in proptest::collection::vec((-1e6..1e6f64, -1e6..1e6f64), 17),
        ms in 1i64..1900,
    ) {
        let mut who = Identity::default();
        let mut odd = standing_at(0.0);
        for (joint, (x_px, y_px)) in odd.joints.iter_mut().flatten().zip(places) {
            (joint.x_px, joint.y_px) = (x_px, y_px);
        }
        named(&mut who, 0, &[standing_at(100.0)]);
        let names = named(&mut who, ms, &[odd.clone(), standing_at(100.0)]);
        proptest::prop_assert_eq!(&names[1], "u1");
        named(&mut who, ms + 33, &[odd, standing_at(100.0)]);
        let joints = standing_at(100.0).joints;
        let costs = who.known.values().map(|t| t.at(at(ms + 66)).cost(at(ms + 66), &joints));
        proptest::prop_assert!(costs.flatten().all(f64::is_finite));
    }
}
