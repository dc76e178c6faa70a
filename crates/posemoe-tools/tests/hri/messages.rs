//! Who is told of, and what of them.

use posemoe::msg::hri_msgs::Skeleton2D;
use posemoe::output::hri::{Body, bodies, ids_list, joint_states, roi, skeleton2d, urdf};
use posemoe::output::nav;
use posemoe_core::person::face::Face;
use posemoe_core::person::pose::{PersonPose, State};

use crate::common::{FRAME, mark, person, poses};

/// What a function makes of one tracked person.
fn told<T>(person: PersonPose, message: impl Fn(&Body<'_>) -> T) -> T {
    message(&bodies(&poses(vec![person]))[0])
}

#[test]
fn bodies_are_tracked_and_bear_an_id_of_their_own() {
    let poses = poses(vec![
        person("1", State::Tracked),
        person("2", State::Predicted),
        person("3", State::Lost),
        // The same name as the first.
        person("p1", State::Tracked),
        person("u4", State::Tracked),
    ]);
    let alive = bodies(&poses).into_iter().map(|body| body.id).collect();
    let list = ids_list(&poses, alive);
    assert_eq!(list.ids, ["p1", "u4"]);
    assert_eq!(list.header.frame_id, FRAME);
    let stamp = (list.header.stamp.sec, list.header.stamp.nanosec);
    assert_eq!(stamp, (1_700_000_000, 250_000_000));
}

#[test]
fn costmaps_hear_of_the_tracked_and_the_predicted_but_not_of_the_lost() {
    let poses = poses(vec![
        person("1", State::Tracked),
        person("p1", State::Tracked),
        person("2", State::Predicted),
        person("3", State::Lost),
    ]);
    let message = nav::message(&poses);
    let found: Vec<_> = message
        .people
        .iter()
        .map(|person| (person.name.as_str(), person.tags[0].as_str()))
        .collect();
    assert_eq!(found, [("p1", "tracked"), ("p2", "predicted")]);
    let first = &message.people[0];
    assert_eq!((first.position.x, first.position.z), (0.5, 3.0));
    assert_eq!((first.velocity.z, first.reliability), (-1.25, 0.75));
    assert_eq!(first.tagnames, ["state", "root_sigma_m"]);
    assert_eq!(first.tags[1], "0.050");
}

#[test]
fn skeletons_have_the_order_of_ros4hri() {
    let message = told(person("1", State::Tracked), skeleton2d::message).unwrap();
    let x = |of: u8| message.skeleton[usize::from(of)].x;
    // The network's joints lie at 0.02 times their number, the face from 0.4 on.
    let near = |found: f32, expected: f64| (f64::from(found) - expected).abs() < 1e-6;
    for (of, expected) in [
        (Skeleton2D::NOSE, 0.4),
        (Skeleton2D::NECK, 0.25),
        (Skeleton2D::RIGHT_SHOULDER, 0.28),
        (Skeleton2D::RIGHT_ELBOW, 0.30),
        (Skeleton2D::RIGHT_WRIST, 0.32),
        (Skeleton2D::LEFT_SHOULDER, 0.22),
        (Skeleton2D::LEFT_ELBOW, 0.24),
        (Skeleton2D::LEFT_WRIST, 0.26),
        (Skeleton2D::RIGHT_HIP, 0.02),
        (Skeleton2D::RIGHT_KNEE, 0.04),
        (Skeleton2D::RIGHT_ANKLE, 0.06),
        (Skeleton2D::LEFT_HIP, 0.08),
        (Skeleton2D::LEFT_KNEE, 0.10),
        (Skeleton2D::LEFT_ANKLE, 0.12),
        (Skeleton2D::LEFT_EYE, 0.42),
        (Skeleton2D::RIGHT_EYE, 0.44),
        (Skeleton2D::LEFT_EAR, 0.46),
        (Skeleton2D::RIGHT_EAR, 0.48),
    ] {
        assert!(near(x(of), expected), "{of}: {} not {expected}", x(of));
    }
    let point = &message.skeleton[0];
    assert!(near(point.y, 0.5) && near(point.c, 0.9));
}

#[test]
fn points_that_the_image_does_not_show_have_no_confidence_and_no_box_leaves_it() {
    let mut walker = person("1", State::Tracked);
    let marks = walker.marks.as_mut().unwrap();
    marks.face[Face::LeftEar as usize] = None;
    marks.joints[11] = None;
    marks.joints[3] = Some(mark(1.25));
    marks.joints[1] = Some(mark(-0.05));
    let message = told(walker.clone(), skeleton2d::message).unwrap();
    let unseen = [
        Skeleton2D::LEFT_EAR,
        Skeleton2D::LEFT_SHOULDER,
        Skeleton2D::NECK,
        Skeleton2D::RIGHT_ANKLE,
        Skeleton2D::RIGHT_HIP,
    ];
    for (i, point) in message.skeleton.iter().enumerate() {
        let is_seen = point.c > 0.0;
        assert_eq!(is_seen, !unseen.contains(&(i as u8)), "{i}");
        assert!(is_seen || (point.x, point.y) == (0.0, 0.0), "{i}");
    }
    let found = told(walker, roi::message).unwrap();
    assert_eq!((found.xmin, found.xmax, found.ymax), (0.0, 1.0, 1.0));
    assert!((found.ymin - 0.05).abs() < 1e-6 && found.c == 0.75);
}

#[test]
fn what_is_not_known_is_not_told() {
    let mut walker = person("1", State::Tracked);
    walker.marks = None;
    assert_eq!(told(walker.clone(), roi::message), None);
    assert_eq!(told(walker.clone(), skeleton2d::message), None);
    for joint in &mut walker.joints {
        joint.position_m = walker.root_m;
    }
    assert_eq!(told(walker.clone(), joint_states::message), None);
    assert_eq!(told(walker, urdf::message), None);
}

#[test]
fn a_description_is_as_tall_as_the_person() {
    let text = told(person("a-b", State::Tracked), urdf::message)
        .unwrap()
        .data;
    // Legs 0.84 m, trunk 0.5, neck and head 0.28, of which the ankle's height is missing.
    let unit_m = (0.84 + 0.5 + 0.28) / (1.0 - 0.039) / 7.5;
    let joint = text.split("<joint name=\"l_elbow_a_2db\"").nth(1).unwrap();
    let origin = format!("<origin xyz=\"0.0000 0.0000 {:.4}\"/>", -1.6 * unit_m);
    assert!(
        joint.split("</joint>").next().unwrap().contains(&origin),
        "{joint}"
    );
}
