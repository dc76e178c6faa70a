//! Cameras that fall silent, jump, or are not where TF has them.

use super::*;

fn off_m(poses: &Poses, walker: &Walker) -> f64 {
    let people = poses.people.iter().filter(|p| p.state == State::Tracked);
    let off = people.map(|person| (person.root_m - walker.root_m(poses.stamp)).norm());
    off.fold(f64::INFINITY, f64::min)
}

#[test]
fn people_go_on_with_what_is_left_when_a_camera_is_unplugged() {
    let (mut fusion, mut drops) = new();
    // The first camera alone has people 0.24 m too near.
    let eyes = [Eye::of(two()[0], 0.06), Eye::of(two()[1], -0.02)];
    let walkers = [Walker::standing(4.0, 0.2)];
    let is_plugged = |source: usize, ms: i64| source == 0 || !(2000..12_000).contains(&ms);
    let all = run(
        &mut fusion,
        &eyes,
        &walkers,
        (0, 14_000),
        is_plugged,
        &mut drops,
    );
    for poses in &all[1..] {
        assert_eq!(ids(poses), [("f1", State::Tracked)], "{}", poses.stamp);
    }
    let during: Vec<&Poses> = all
        .iter()
        .filter(|poses| (at(2500)..at(12_000)).contains(&poses.stamp))
        .collect();
    assert!(during.len() > 280);
    for poses in during {
        let off_m = off_m(poses, &walkers[0]);
        assert!(off_m < 0.08, "{off_m}: how large they are was seen before");
        assert!(
            poses.people[0].root_sigma_m().max() > 0.08,
            "one knows less"
        );
    }
    let after = all.last().unwrap();
    assert!(off_m(after, &walkers[0]) < 0.03 && after.people[0].root_sigma_m().max() < 0.05);
    assert!(drops.is_empty(), "{}", drops.summary());
}

#[test]
fn a_transform_that_jumps_is_left_out_and_named() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.01), Eye::of(two()[1], -0.01)];
    let walkers = [Walker::standing(4.0, 0.2)];
    watch(&mut fusion, &eyes, &walkers, (0, 1000), &mut drops);
    assert!(drops.is_empty(), "{}", drops.summary());
    let mut jumped = eyes;
    jumped[1].by_tf.translation.vector.x += 1.0;
    let during = watch(&mut fusion, &jumped, &walkers, (1023, 1150), &mut drops);
    assert!(drops.count(Cause::CamerasDisagree) > 0);
    for poses in &during {
        assert!(poses.people.iter().any(|p| p.id == "f1"));
        let off_m = off_m(poses, &walkers[0]);
        assert!(off_m < 0.1, "{off_m}, of 1 m");
    }
    let after = watch(&mut fusion, &eyes, &walkers, (1155, 4000), &mut drops);
    assert_eq!(ids(after.last().unwrap()), [("f1", State::Tracked)]);
}

#[test]
fn a_camera_that_is_turned_by_ten_degrees_is_named_and_does_not_drag_people_away() {
    let (mut fusion, mut drops) = new();
    let mut eyes = [Eye::of(two()[0], 0.01), Eye::of(two()[1], -0.01)];
    let turn = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), 10f64.to_radians());
    eyes[1].by_tf.rotation = turn * eyes[1].by_tf.rotation;
    let walkers = [Walker::standing(4.0, 0.2)];
    let all = watch(&mut fusion, &eyes, &walkers, (0, 2000), &mut drops);
    assert!(
        drops.count(Cause::CamerasDisagree) > 30,
        "{}",
        drops.summary()
    );
    assert!(drops.summary().contains("TF"), "{}", drops.summary());
    for poses in &all[1..] {
        // Nobody knows which camera is right, so both are told of, each as it has them.
        assert_eq!(ids(poses), [("f1", State::Tracked), ("f2", State::Tracked)]);
        let off_m = off_m(poses, &walkers[0]);
        assert!(off_m < 0.06, "{off_m}");
    }
}

#[test]
fn a_third_camera_outvotes_one_that_is_wrong() {
    let (mut fusion, mut drops) = new();
    let third = looking([7.5, 3.0, 2.3], [4.0, 0.0, 0.9]);
    let mut eyes = [two()[0], two()[1], third].map(|there| Eye::of(there, 0.01));
    eyes[1].by_tf.translation.vector.y += 1.0;
    let walkers = [Walker::standing(4.0, 0.2)];
    let all = watch(&mut fusion, &eyes, &walkers, (0, 2000), &mut drops);
    let last = all.last().unwrap();
    assert_eq!(last.people.len(), 2);
    assert!(off_m(last, &walkers[0]) < 0.03);
}

#[test]
fn numbers_that_fail_leave_people_as_one_camera_has_them() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.0), Eye::of(two()[0], 0.0)];
    // Two cameras at one place, and the person right there.
    let centre_m = two()[0].translation.vector;
    let walkers = [Walker {
        place_m: centre_m,
        ..Walker::standing(0.0, 0.0)
    }];
    let all = watch(&mut fusion, &eyes, &walkers, (0, 500), &mut drops);
    for person in all.iter().flat_map(|poses| &poses.people) {
        assert!(person.root_m.iter().all(|v| v.is_finite()));
        assert!(person.root_covariance_m2.iter().all(|v| v.is_finite()));
    }
}
