//! People on TF, from trees of a few frames.

use super::*;
use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe_core::health::Drops;

/// Parent, child, when (s; never: at rest), how far along x (m).
type Given<'a> = (&'a str, &'a str, Option<f64>, f64);

fn read(pattern: &str, given: &[Given<'_>], base: Option<&str>) -> Result<Vec<Frame>, String> {
    let pattern: TfPattern = pattern.parse().unwrap();
    let (mut people, mut frames) = (TfPeople::new(&pattern), Frames::recorded());
    for (parent, child, seconds, x_m) in given {
        let mut one = TransformStamped::default();
        let stamp = Stamp::default().plus_seconds(seconds.unwrap_or(0.0));
        (one.header.stamp.sec, one.header.stamp.nanosec) = stamp.to_parts();
        one.header.frame_id = (*parent).to_owned();
        one.child_frame_id = (*child).to_owned();
        one.transform.translation.x = *x_m;
        let message = TFMessage {
            transforms: vec![one],
        };
        people.take_in(&message, seconds.is_none());
        let drops = &mut Drops::default();
        transforms::take_in(&message, seconds.is_none(), &mut frames, drops);
    }
    let how = How {
        side: "truth",
        frame_id: base,
        max_gap_s: 0.1,
        ..How::default()
    };
    let found = people.people(&frames, &how, &mut Skips::default());
    found.map_err(|error| error.to_string())
}

/// When, who, and where which joint is (m).
fn told(frames: &[Frame]) -> Vec<String> {
    let mut told = Vec::new();
    for frame in frames {
        for person in &frame.people {
            let joints = person.joints.iter();
            let joints = joints.map(|(name, joint)| format!(" {name} {:.2}", joint.position_m.x));
            told.push(format!(
                "{} {}{}",
                frame.stamp,
                person.id,
                joints.collect::<String>()
            ));
        }
    }
    told
}

#[test]
fn joints_are_looked_up_through_parents_that_move_and_stale_ones_are_gone() {
    let given = [
        ("map", "base", Some(0.0), 10.0),
        ("map", "base", Some(1.0), 20.0),
        ("base", "person_7", None, 1.0),
        ("person_7", "person_7/nose", Some(0.1), 0.5),
        ("person_7", "person_7/head", Some(0.14), 0.6),
        ("person_7", "person_7/nose", Some(0.2), 0.7),
        ("person_7", "person_7/nose", Some(0.5), 0.9),
        ("person_7/nose", "person_7/left_wrist", None, 0.1),
    ];
    let found = read("person_{id}/{joint}", &given, Some("map")).unwrap();
    let expected = [
        "0.100000000 7 left_wrist 12.60 nose 12.50",
        // The nose between 0.1 and 0.2 s; the head was published once.
        "0.140000000 7 head 13.00 left_wrist 13.08 nose 12.98",
        "0.200000000 7 left_wrist 13.80 nose 13.70",
        "0.500000000 7 left_wrist 17.00 nose 16.90",
    ];
    assert_eq!(told(&found), expected);
    let in_base = read("person_{id}/{joint}", &given, None).unwrap();
    assert_eq!(in_base[0].frame_id, "base", "person_7 is the person, too");
    assert_eq!(told(&in_base)[0], "0.100000000 7 left_wrist 1.60 nose 1.50");
}

#[test]
fn a_moment_of_one_person_has_the_others_who_are_there_then() {
    let given = [
        ("map", "nose_a", Some(0.0), 0.0),
        ("map", "nose_a", Some(0.1), 1.0),
        ("map", "nose_b", Some(0.05), 5.0),
        ("map", "nose_b", Some(0.4), 6.0),
    ];
    let found = read("{joint}_{id}", &given, None).unwrap();
    let expected = [
        "0.000000000 a nose 0.00",
        "0.050000000 a nose 0.50",
        "0.050000000 b nose 5.00",
        "0.100000000 a nose 1.00",
        "0.400000000 b nose 6.00",
    ];
    assert_eq!(told(&found), expected);
}

#[test]
fn bodies_of_ros4hri_are_those_with_a_body() {
    let given = [
        ("camera", "body_ab", Some(0.0), 2.0),
        ("body_ab", "torso_ab", Some(0.0), 0.5),
        ("torso_ab", "l_wrist_ab", Some(0.0), 0.25),
        ("base", "torso_lift_link", Some(0.0), 9.0),
        ("base", "body_link", Some(0.0), 9.0),
    ];
    let found = read("ros4hri", &given, None).unwrap();
    assert_eq!(
        told(&found),
        ["0.000000000 ab left_wrist 2.75 pelvis 2.00 thorax 2.50"]
    );
    assert_eq!(found[0].frame_id, "camera");
}

#[test]
fn what_is_not_clear_is_refused_by_name() {
    let refusal = |given: &[Given<'_>], base| read("{joint}_{id}", given, base).unwrap_err();
    let one = ("front", "nose_a", Some(0.0), 1.0);
    let several = refusal(&[one, ("rear", "nose_b", Some(0.0), 1.0)], None);
    assert!(
        several.contains("front, rear") && several.contains("--truth-frame"),
        "{several}"
    );
    let one_person = read(
        "mocap/{joint}",
        &[("lab_1", "mocap/nose", Some(0.0), 1.0)],
        None,
    );
    assert_eq!(one_person.unwrap()[0].frame_id, "lab_1");
    let moved = refusal(&[one, ("rear", "nose_a", Some(1.0), 1.0)], None);
    assert!(moved.contains("front, rear"), "{moved}");
    let twice = refusal(&[one, ("front", "Nose_a", Some(0.0), 1.0)], None);
    assert!(
        twice.contains("Nose_a and nose_a are both nose of person a"),
        "{twice}"
    );
    let nobody = refusal(
        &[
            ("map", "base", Some(0.0), 1.0),
            ("base", "nose_a", None, 1.0),
        ],
        None,
    );
    assert!(
        nobody.contains("like {joint}_{id}; it has base, nose_a"),
        "{nobody}"
    );
    let nowhere = refusal(&[one], Some("map"));
    assert!(nowhere.contains("\"map\" is not known"), "{nowhere}");
}
