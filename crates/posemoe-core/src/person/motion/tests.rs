use super::*;
use proptest::prelude::*;

/// The default of the parameter `acceleration_noise`.
const NOISE: f64 = 0.5;
/// How well a person's size is known who was just met.
const SIZE_SIGMA: f64 = 0.05;

fn seen_at(x: f64) -> Placement {
    Placement::of_rays(
        Vector3::new(x, 0.0, 4.0),
        Matrix3::from_diagonal(&Vector3::new(1e-4, 1e-4, 0.01)),
    )
}

#[test]
fn a_walk_shows_its_speed_and_goes_on_when_unseen() {
    let mut motion = RootMotion::start(&seen_at(0.0));
    for i in 1..=60 {
        motion.see(
            1.0 / 30.0,
            NOISE,
            &seen_at(1.2 * f64::from(i) / 30.0),
            SIZE_SIGMA,
        );
    }
    let speed = motion.velocity_m_s().x;
    assert!((speed - 1.2).abs() < 0.05, "{speed}");
    assert!((motion.position_m().x - 2.4).abs() < 0.01);
    let sure = motion.position_covariance_m2()[(0, 0)];
    motion.predict(0.5, NOISE);
    let gone_m = motion.position_m().x - 2.4;
    assert!((0.5..0.6).contains(&gone_m), "{gone_m}");
    assert!(motion.position_covariance_m2()[(0, 0)] > 10.0 * sure);
}

#[test]
fn whoever_hardly_moves_is_somewhere() {
    for i in 0..1000 {
        let mut motion = RootMotion::start(&seen_at(1e-3 * f64::from(i)));
        motion.state[VELOCITY] = 3e-8;
        motion.predict(1.0 / 30.0, NOISE);
        assert!(motion.covariance.iter().all(|v| v.is_finite()), "{i}");
    }
}

#[test]
fn who_is_seen_well_at_last_is_there_at_once() {
    let at = |z: f64, sigma_m: f64| {
        let sigmas_m = Vector3::new(0.02, 0.02, sigma_m);
        let place_m = Vector3::new(0.0, 0.0, z);
        Placement::of_rays(place_m, Matrix3::from_diagonal(&sigmas_m.map(|s| s * s)))
    };
    let mut motion = RootMotion::start(&at(4.4, 0.5));
    for _ in 0..5 {
        motion.see(1.0 / 30.0, NOISE, &at(4.4, 0.5), SIZE_SIGMA);
    }
    for _ in 0..3 {
        motion.see(1.0 / 30.0, NOISE, &at(4.0, 0.05), SIZE_SIGMA);
    }
    let off_m = (motion.position_m().z - 4.0).abs();
    assert!(off_m < 0.05, "{off_m}");
    let sigma_m = motion.position_covariance_m2()[(2, 2)].sqrt();
    assert!((0.03..0.06).contains(&sigma_m), "{sigma_m}");
    // And where rays are all that is left, one of them moves nobody.
    motion.see(1.0 / 30.0, NOISE, &at(4.4, 0.5), SIZE_SIGMA);
    assert!((motion.position_m().z - 4.0).abs() < 0.06);
}

#[test]
fn standing_still_is_steadier_than_each_placement() {
    let mut motion = RootMotion::start(&seen_at(0.0));
    let mut worst: f64 = 0.0;
    for i in 0..200 {
        motion.see(
            1.0 / 60.0,
            NOISE,
            &seen_at(if i % 2 == 0 { 0.02 } else { -0.02 }),
            SIZE_SIGMA,
        );
        if i > 50 {
            worst = worst.max(motion.position_m().x.abs());
        }
    }
    assert!(worst < 0.008, "{worst}");
}

/// Whoever steps off at 3 m/s² up to 1.2 m/s, seen at this rate, is at most so far behind (m).
#[test]
fn whoever_steps_off_is_followed() {
    for (rate_hz, most_m) in [(60.0, 0.03), (30.0, 0.03), (10.0, 0.05), (5.0, 0.07)] {
        let way_m = |time_s: f64| match time_s {
            standing if standing < 1.0 => 0.0,
            speeding if speeding < 1.4 => 1.5 * (speeding - 1.0).powi(2),
            walking => 0.24 + 1.2 * (walking - 1.4),
        };
        let mut motion = RootMotion::start(&seen_at(0.0));
        let mut worst_m: f64 = 0.0;
        for i in 1..(4.0 * rate_hz) as i32 {
            let there_m = way_m(f64::from(i) / rate_hz);
            motion.see(1.0 / rate_hz, NOISE, &seen_at(there_m), SIZE_SIGMA);
            worst_m = worst_m.max((motion.position_m().x - there_m).abs());
        }
        assert!(worst_m < most_m, "{rate_hz} Hz: {worst_m}");
    }
}

/// White noise is averaged away, what lasts is not: after many placements the doubt is still
/// about that of what lasts.
#[test]
fn many_placements_do_not_make_the_slow_error_vanish() {
    let mut motion = RootMotion::start(&seen_at(0.0));
    for _ in 0..600 {
        motion.see(1.0 / 60.0, NOISE, &seen_at(0.0), SIZE_SIGMA);
    }
    let sigma_m = motion
        .position_covariance_m2()
        .diagonal()
        .map(|variance_m2| variance_m2.sqrt());
    assert!((0.006..0.010).contains(&sigma_m.x), "{sigma_m}");
    assert!((0.06..0.10).contains(&sigma_m.z), "{sigma_m}");
}

#[test]
fn what_a_wrong_size_does_is_what_a_person_farther_off_would_show() {
    let larger = 1.01;
    let farther = |placement: Placement| Placement {
        root_m: placement.root_m * larger,
        ..placement
    };
    let mut motion = RootMotion::start(&seen_at(0.0));
    let mut larger_motion = RootMotion::start(&farther(seen_at(0.0)));
    for i in 1..=40 {
        let placement = seen_at(0.01 * f64::from(i));
        motion.see(1.0 / 30.0, NOISE, &placement, SIZE_SIGMA);
        larger_motion.see(1.0 / 30.0, NOISE, &farther(placement), SIZE_SIGMA);
    }
    let off_m = larger_motion.position_m() - motion.position_m();
    let expected_m = motion.per_log_size_m() * (larger - 1.0);
    assert!(
        (off_m - expected_m).norm() < 2e-3 * off_m.norm(),
        "{off_m} {expected_m}"
    );
    // Depths that are measured from now on leave less and less of it.
    let measured = Placement {
        per_log_size_m: Vector3::zeros(),
        ..seen_at(0.4)
    };
    for _ in 0..90 {
        motion.see(1.0 / 30.0, NOISE, &measured, SIZE_SIGMA);
    }
    let left_m = motion.per_log_size_m();
    assert!(left_m.norm() < 0.2, "of 4 m: {left_m}");
}

#[test]
fn slow_errors_go_along_with_the_ray() {
    // Somebody walks past, from straight ahead to 45 degrees to the right.
    let at = |x: f64| {
        let root_m = Vector3::new(x, 0.0, 3.0);
        let (along, across) = (root_m.normalize(), 1e-4);
        let covariance_m2 = Matrix3::identity() * across + along * along.transpose() * 0.04;
        Placement::of_rays(root_m, covariance_m2)
    };
    let mut motion = RootMotion::start(&at(0.0));
    for i in 1..=75 {
        motion.see(1.0 / 30.0, NOISE, &at(0.04 * f64::from(i)), SIZE_SIGMA);
    }
    let across = Vector3::new(0.5f64.sqrt(), 0.0, -(0.5f64.sqrt()));
    let covariance_m2 = motion.position_covariance_m2();
    let sigma_m = (across.transpose() * covariance_m2 * across)[0].sqrt();
    assert!(sigma_m < 0.02, "{sigma_m} m across the ray, 0.2 along it");
}

#[test]
fn one_placement_far_off_is_not_believed_and_a_second_is_where_the_person_is() {
    let mut motion = RootMotion::start(&seen_at(0.0));
    let mut see = |x: f64| {
        motion.see(1.0 / 30.0, NOISE, &seen_at(x), SIZE_SIGMA);
        (motion.position_m().x, motion.velocity_m_s().x)
    };
    for _ in 0..30 {
        see(0.0);
    }
    for alone in [2.0, 0.0, -1.0, 0.0] {
        let (x, speed) = see(alone);
        assert!(
            x.abs() < 1e-9 && speed.abs() < 1e-9,
            "{alone}: {x}, {speed}"
        );
    }
    see(2.0);
    assert_eq!(see(2.0), (2.0, 0.0), "as somebody just met");
}

/// Half a second after someone was met, and where they are found 1 m off then, for one axis by
/// hand: velocity lasts 2 s, a quarter of the variance is new, the rest lasts 1 s.
#[test]
fn the_first_steps_are_those_of_the_textbook() {
    let (kept, slow_kept) = ((-0.25f64).exp(), (-0.5f64).exp());
    let (way_s, power, speed_m2_s2) = (2.0 * (1.0 - kept), 9.0, 1.5 * 1.5);
    let pushed = 4.0 * (0.5 - 2.0 * way_s + (1.0 - kept * kept));
    let position = 1e-4 + way_s.powi(2) * speed_m2_s2 + power * pushed;
    let cross = way_s * kept * speed_m2_s2 + power * way_s.powi(2) / 2.0;
    let mut motion = RootMotion::start(&seen_at(0.0));
    motion.predict(0.5, 3.0);
    let found = motion.position_covariance_m2();
    assert!((found[(0, 0)] - position).abs() < 1e-12, "{found}");
    assert_eq!((found[(0, 1)], found[(0, 2)]), (0.0, 0.0));
    motion.correct(&seen_at(1.0), SIZE_SIGMA);
    assert!(!motion.has_doubted);
    // Seen is position plus slow error: both and their covariance, besides what is new.
    let slow = 0.75e-4;
    let shared = -slow * slow_kept;
    let share = 1.0 / (position + 2.0 * shared + slow + 0.25e-4);
    let near = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
    assert!(near(motion.position_m().x, (position + shared) * share));
    assert!(near(motion.velocity_m_s().x, cross * share));
    let left = motion.position_covariance_m2()[(0, 0)];
    assert!(near(left, position - (position + shared).powi(2) * share));
}

proptest! {
    /// White noise has no steps: however finely time is cut, as much is known in the end.
    #[test]
    fn two_steps_are_one_long_one(
        first_s in 0.001..2.0f64,
        then_s in 0.001..2.0f64,
        noise in 0.1..9.0f64,
    ) {
        let mut walker = RootMotion::start(&seen_at(0.0));
        walker.see(0.1, noise, &seen_at(0.2), SIZE_SIGMA);
        let (mut once, mut twice) = (walker.clone(), walker);
        once.predict(first_s + then_s, noise);
        twice.predict(first_s, noise);
        twice.predict(then_s, noise);
        let off = (once.covariance - twice.covariance).norm() / once.covariance.norm();
        prop_assert!(off < 1e-9 && (once.state - twice.state).norm() < 1e-9, "{off}");
    }
}
