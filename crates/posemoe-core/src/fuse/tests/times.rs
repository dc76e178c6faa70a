//! Cameras at other times and rates.

use super::*;

/// Everyone at each moment, of cameras with a period and a phase of their own (ms).
fn at_rates(
    eyes: &[(Eye, i64, i64)],
    walkers: &[Walker],
    to_ms: i64,
) -> (Vec<(i64, Poses)>, Drops) {
    let (mut fusion, mut drops) = new();
    let mut all = Vec::new();
    for ms in 0..to_ms {
        for (source, (eye, period_ms, phase_ms)) in eyes.iter().enumerate() {
            if (ms - phase_ms).rem_euclid(*period_ms) == 0 {
                let view = eye.view(source, walkers, at(ms));
                let told = fusion.take_in(view, at(ms), &mut drops);
                all.extend(told.into_iter().map(|poses| (ms, poses)));
            }
        }
    }
    (all, drops)
}

#[test]
fn a_walker_is_one_however_often_each_camera_sees_them() {
    let walker = Walker {
        speed_m_s: Vector3::new(0.0, 1.0, 0.0),
        ..Walker::standing(4.0, -1.0)
    };
    let [a, b] = [(two()[0], 0.05), (two()[1], -0.04)].map(|(there, off)| Eye::of(there, off));
    let (all, drops) = at_rates(&[(a, 33, 0), (b, 99, 16)], &[walker], 2000);
    assert!(drops.is_empty(), "{}", drops.summary());
    for (ms, poses) in all.iter().filter(|(ms, _)| *ms > 300) {
        assert_eq!(ids(poses), [("f1", State::Tracked)]);
        let person = &poses.people[0];
        let off_m = (person.root_m - walker.root_m(poses.stamp)).norm();
        assert!(off_m < 0.06, "{ms}: {off_m}");
        assert!((person.root_velocity_m_s - walker.speed_m_s).norm() < 0.25);
    }
    let stamps: Vec<Stamp> = all.iter().map(|(_, poses)| poses.stamp).collect();
    assert!(stamps.is_sorted_by(|a, b| a < b), "no moment twice");
    assert!(
        stamps.len() > 75,
        "each image of either camera: {}",
        stamps.len()
    );
}

#[test]
fn who_is_not_triggered_together_waits_for_nobody() {
    let walkers = [Walker::standing(4.0, 0.0)];
    let eyes = two().into_iter().map(|there| Eye::of(there, 0.0));
    let eyes: Vec<(Eye, i64, i64)> = eyes.zip([0, 16]).map(|(eye, at)| (eye, 33, at)).collect();
    let (all, _) = at_rates(&eyes, &walkers, 1000);
    let late = all
        .iter()
        .filter(|(ms, poses)| *ms > 100 && at(*ms) != poses.stamp);
    assert_eq!(late.count(), 0);
}

#[test]
fn a_bag_that_begins_anew_begins_anew() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.0), Eye::of(two()[1], 0.0)];
    let walkers = [Walker::standing(4.0, 0.0)];
    watch(&mut fusion, &eyes, &walkers, (5000, 6000), &mut drops);
    let again = watch(&mut fusion, &eyes, &walkers, (0, 1000), &mut drops);
    assert!(again.len() > 28, "{}", again.len());
    assert!(again.iter().all(|poses| poses.stamp < at(1000)));
    assert_eq!(again.last().unwrap().people.len(), 1);
}
