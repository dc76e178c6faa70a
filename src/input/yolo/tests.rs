use super::*;
use crate::msg::yolo_msgs::KeyPoint2D;

fn detection(class: &str, ids: &[i32]) -> Detection {
    let mut detection = Detection {
        class_name: class.into(),
        id: "4".into(),
        score: 0.7,
        ..Default::default()
    };
    detection.keypoints.data = ids
        .iter()
        .map(|id| {
            let mut keypoint = KeyPoint2D {
                id: *id,
                score: 0.9,
                ..Default::default()
            };
            keypoint.point.x = f64::from(*id);
            keypoint
        })
        .collect();
    detection
}

fn message(detections: Vec<Detection>) -> DetectionArray {
    let mut message = DetectionArray {
        detections,
        ..Default::default()
    };
    message.header.frame_id = "camera_optical_frame".into();
    message
}

fn observation(detections: Vec<Detection>, drops: &mut Drops) -> Observation {
    Yolo::default()
        .observation(&message(detections), drops)
        .unwrap()
}

fn last(drops: &Drops) -> &str {
    drops.iter().next().map_or("", |(_, tally)| &tally.last)
}

#[test]
fn ids_are_coco_plus_one_and_gaps_stay_gaps() {
    let mut drops = Drops::default();
    let seen = observation(vec![detection("person", &[6, 13, 17])], &mut drops);
    let person = &seen.people[0];
    assert_eq!(person.track_id.as_deref(), Some("4"));
    assert_eq!(
        person.joints[11].map(|k| k.x_px),
        Some(6.0),
        "left shoulder is COCO 5"
    );
    assert_eq!(
        person.joints[1].map(|k| k.x_px),
        Some(13.0),
        "right hip is COCO 12"
    );
    assert_eq!(person.joints[0], None, "mid-hip needs both hips");
    assert!(drops.is_empty());
}

#[test]
fn chairs_are_left_out_and_people_with_strange_ids_counted() {
    let mut drops = Drops::default();
    let strange = [-3, 18, i32::MAX, i32::MIN].map(|id| detection("person", &[1, id]));
    let people = [detection("chair", &[]), detection("person", &[1])];
    let all = people.into_iter().chain(strange).collect();
    assert_eq!(observation(all, &mut drops).people.len(), 1);
    assert_eq!(drops.count(Cause::UnknownKeypoint), 4);
    // One further than they are.
    let shifted: Vec<i32> = (2..19).collect();
    let seen = observation(vec![detection("person", &shifted)], &mut drops);
    assert!(seen.people.is_empty());
    assert!(
        last(&drops).contains("found keypoint id 18, expected 1 to 17"),
        "{}",
        last(&drops)
    );
}

#[test]
fn whose_keypoints_count_from_0_is_not_taken_at_all() {
    let mut drops = Drops::default();
    let zero: Vec<i32> = (0..17).collect();
    let seen = observation(vec![detection("person", &zero)], &mut drops);
    assert!(seen.people.is_empty());
    assert_eq!(drops.count(Cause::KeypointsFromZero), 1);
    assert!(
        last(&drops).contains("expected 1 to 17"),
        "{}",
        last(&drops)
    );
}

#[test]
fn a_nose_that_is_left_out_does_not_hide_that_ids_count_from_0() {
    let mut drops = Drops::default();
    let (zero, faceless): (Vec<i32>, Vec<i32>) = ((0..17).collect(), (1..17).collect());
    let one: Vec<i32> = (1..18).collect();
    let mut yolo = Yolo::default();
    let mut count = |people: &[&[i32]]| {
        let people = people.iter().map(|ids| detection("person", ids)).collect();
        let seen = yolo.observation(&message(people), &mut drops).unwrap();
        seen.people.len()
    };
    // In the same message, whatever the order, and in later ones.
    assert_eq!(count(&[&faceless, &zero]), 0);
    assert_eq!((count(&[&faceless]), count(&[&[]])), (0, 1));
    // Until somebody has a right ankle.
    assert_eq!((count(&[&faceless, &one]), count(&[&faceless])), (2, 1));
    assert_eq!(drops.count(Cause::KeypointsFromZero), 3);
}

#[test]
fn an_id_that_comes_twice_is_taken_only_where_both_agree() {
    let mut drops = Drops::default();
    let mut twice = detection("person", &[6, 6, 13, 13, 17]);
    twice.keypoints.data[3].point.x += 1.0;
    let seen = observation(vec![twice], &mut drops);
    let x_px = [11, 1, 3].map(|joint: usize| seen.people[0].joints[joint].map(|k| k.x_px));
    assert_eq!(x_px, [Some(6.0), None, Some(17.0)]);
    assert_eq!(
        drops.count(Cause::RepeatedKeypoint),
        1,
        "once for the person"
    );
    assert!(
        last(&drops).contains("[6, 13] more than once"),
        "{}",
        last(&drops)
    );
}

#[test]
fn a_box_without_a_size_is_none() {
    let boxed = |width: f64| {
        let mut person = detection("person", &[1]);
        (person.bbox.center.position.x, person.bbox.center.position.y) = (500.0, 250.0);
        (person.bbox.size.x, person.bbox.size.y) = (width, 400.0);
        let seen = observation(vec![person], &mut Drops::default());
        seen.people[0].box_px
    };
    assert_eq!(boxed(200.0), Some([[400.0, 50.0], [600.0, 450.0]]));
    assert_eq!(
        [boxed(0.0), boxed(f64::NAN), boxed(f64::INFINITY)],
        [None; 3]
    );
}

#[test]
fn a_bad_header_is_named() {
    let mut drops = Drops::default();
    let mut yolo = Yolo::default();
    assert_eq!(
        yolo.observation(&DetectionArray::default(), &mut drops),
        None
    );
    let mut late = message(vec![]);
    late.header.stamp.nanosec = 1_000_000_000;
    assert_eq!(yolo.observation(&late, &mut drops), None);
    assert_eq!(drops.count(Cause::BadHeader), 2);
}
