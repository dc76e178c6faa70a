//! What has metres of its own beside the rays, and whether the covariance is true.

use super::super::*;
use super::{AS_LIFTED, ROOT, SIGMA, pose, rays};
use crate::geometry::place::depth::BELOW_SURFACE_M;
use crate::geometry::place::size::log_bones_m;
use crate::person::size::{Size, SizeModel, log_bones_of};
use posemoe_stamp::Stamp;

/// Normal numbers, the same each time: sums of twelve even ones, by SplitMix64.
struct Dice(u64);

impl Dice {
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }

    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Someone at `ROOT`, larger than they were lifted by this factor, of whom surfaces are so much
/// nearer than they are.
fn measured(larger: f64, nearer_m: f64) -> Rays {
    let body = pose().map(|joint_m| joint_m * larger);
    let mut seen = rays(&body, &ROOT);
    for (joint, ray) in seen.iter_mut().enumerate() {
        let centre_m = (body[joint] + ROOT).z;
        let surface_m = centre_m - BELOW_SURFACE_M[joint] - nearer_m;
        *ray = ray.map(|ray| super::Ray {
            depth_m: Some(surface_m),
            ..ray
        });
    }
    seen
}

fn placed(rays: &Rays) -> Placement {
    super::placed(rays, &pose(), &SIGMA).unwrap()
}

#[test]
fn by_rays_alone_a_size_scales_the_distance_and_nothing_else() {
    let seen = rays(&pose(), &ROOT);
    let (pose, sigma_m) = (pose(), SIGMA);
    let sized = |log: f64| {
        let evidence = Evidence {
            rays: &seen,
            pose: &pose,
            sigma_m: &sigma_m,
            size: LogSize { log, sigma: 0.05 },
            on_ground: [None; JOINT_COUNT],
        };
        place(&evidence).unwrap()
    };
    let (as_lifted, larger) = (sized(0.0), sized(0.1));
    assert!((as_lifted.root_m - ROOT).norm() < 1e-9);
    assert!((larger.root_m - ROOT * 0.1f64.exp()).norm() < 1e-9);
    for found in [as_lifted, larger] {
        assert!((found.per_log_size_m - found.root_m).norm() < 1e-9);
        assert_eq!(found.measured_size, None);
    }
}

#[test]
fn measured_depths_say_where_and_how_large_somebody_is() {
    for larger in [0.9, 1.0, 1.1] {
        let found = placed(&measured(larger, 0.0));
        assert!(
            (found.root_m - ROOT).norm() < 0.02,
            "{larger}: {}",
            found.root_m
        );
        let size = found.measured_size.unwrap();
        assert!(
            (size.log - f64::ln(larger)).abs() < 0.01,
            "{larger}: {size:?}"
        );
        assert!((0.002..0.05).contains(&size.sigma), "{size:?}");
        assert!(found.per_log_size_m.norm() < 0.1 * ROOT.norm());
        assert_eq!(found.disbelieved, Disbelieved::default());
    }
}

#[test]
fn the_prior_counts_for_less_the_more_is_measured() {
    let mut seen = measured(1.1, 0.0);
    let all = placed(&seen).per_log_size_m.norm();
    for (joint, ray) in seen.iter_mut().enumerate() {
        if let Some(ray) = ray.as_mut().filter(|_| joint != 8) {
            ray.depth_m = None;
        }
    }
    let one = placed(&seen);
    assert!(one.per_log_size_m.norm() > 2.0 * all);
    assert!((one.root_m - ROOT).norm() < 0.12, "{}", one.root_m);
}

#[test]
fn a_table_in_front_of_the_legs_does_not_draw_people_to_it() {
    let mut seen = measured(1.05, 0.0);
    for joint in [2, 3, 5, 6] {
        seen[joint].as_mut().unwrap().depth_m = Some(2.6);
    }
    let found = placed(&seen);
    assert!((found.root_m - ROOT).norm() < 0.05, "{}", found.root_m);
}

#[test]
fn what_stands_before_all_of_a_person_is_not_believed() {
    let found = placed(&measured(1.0, 1.2));
    assert_eq!(
        found,
        Placement {
            disbelieved: Disbelieved {
                depths: true,
                ground: false
            },
            ..placed(&rays(&pose(), &ROOT))
        }
    );
}

/// Places many people whose joints, depths and sizes err as they are said to, with arms in front of
/// some; whether the covariance says so.
fn check_covariance(with_depth: bool) {
    let (mut dice, sigma_m, count) = (Dice(1), 0.05, 1000);
    let (mut found_m2, mut claimed_m2) = (Matrix3::zeros(), Matrix3::zeros());
    let mut off_sum_m = Vector3::zeros();
    for _ in 0..count {
        let mut seen = measured(1.0, 0.0);
        let mut lifted = pose();
        for (joint, ray) in seen.iter_mut().enumerate() {
            let (x, y, z) = (dice.normal(), dice.normal(), dice.normal());
            lifted[joint] += Vector3::new(x, y, z / 1.878) * sigma_m;
            let ray = ray.as_mut().unwrap();
            let depth_m = ray.depth_m.filter(|_| with_depth);
            let error = dice.normal();
            // An arm passes in front of one in six.
            let nearer_m = if dice.normal() > 1.0 { 0.15 } else { 0.0 };
            ray.depth_m =
                depth_m.map(|m| m - nearer_m + error * JointDepth::below_surface(joint, m).sigma_m);
        }
        let shared_m = 0.03 * dice.normal();
        for ray in seen.iter_mut().flatten() {
            ray.depth_m = ray.depth_m.map(|m| m + shared_m);
        }
        let size = LogSize {
            log: AS_LIFTED.sigma * dice.normal(),
            sigma: AS_LIFTED.sigma,
        };
        let evidence = Evidence {
            rays: &seen,
            pose: &lifted,
            sigma_m: &[sigma_m; JOINT_COUNT],
            size,
            on_ground: [None; JOINT_COUNT],
        };
        let placed = place(&evidence).unwrap();
        let (off_m, along_m) = (placed.root_m - ROOT, placed.per_log_size_m * size.sigma);
        off_sum_m += off_m;
        found_m2 += off_m * off_m.transpose();
        claimed_m2 += placed.covariance_m2 + along_m * along_m.transpose();
    }
    let count = f64::from(count);
    let bias_m = off_sum_m / count;
    for axis in 0..3 {
        let found = (found_m2[(axis, axis)] / count).sqrt();
        let claimed = (claimed_m2[(axis, axis)] / count).sqrt();
        assert!(bias_m[axis].abs() < 0.3 * found, "axis {axis}: {bias_m}");
        let ratio = claimed / found;
        assert!(
            (0.85..1.3).contains(&ratio),
            "axis {axis}: {claimed} said, {found} found"
        );
    }
    let expected = match with_depth {
        true => 0.025..0.05,
        false => 0.18..0.35,
    };
    assert!(
        expected.contains(&(found_m2[(2, 2)] / count).sqrt()),
        "{found_m2}"
    );
}

#[test]
fn errors_by_rays_and_size_are_as_large_as_is_said() {
    check_covariance(false);
}

#[test]
fn errors_with_measured_depths_are_as_large_as_is_said() {
    check_covariance(true);
}

/// Where many people of whom only rays are known are off along the ray (root mean square, m), and
/// that in sigmas, with what is known of their stature.
fn of_stature(is_known: bool) -> (f64, f64) {
    let model = SizeModel {
        stature_sigma: 0.05,
        known_stature_m: 0.0,
    };
    let mut dice = Dice(5);
    let (mut squares_m2, mut squares, count) = (0.0, 0.0, 2000);
    for _ in 0..count {
        // Statures differ from the network's guess, bones from those of the stature, and the pose
        // of one frame from those bones.
        let stature_m = 1.7 * (0.0346 * dice.normal()).exp();
        let bones_m = log_bones_of(stature_m).0 + 0.02 * dice.normal();
        let as_lifted = pose();
        let true_pose = {
            let larger = (bones_m - log_bones_m(&as_lifted)).exp();
            as_lifted.map(|joint_m| joint_m * larger)
        };
        let guessed = (log_bones_of(1.7).0 - bones_m).exp();
        let lifted = true_pose.map(|joint_m| joint_m * guessed);
        let leaning = (0.03 * dice.normal()).exp();
        let seen = rays(&true_pose.map(|joint_m| joint_m * leaning), &ROOT);
        let mut size = Size::default();
        size.know(is_known.then_some(stature_m));
        let prior = size.guess(Stamp::from_nanos(0), &lifted, &model);
        let found = place(&Evidence {
            rays: &seen,
            pose: &lifted,
            sigma_m: &SIGMA,
            size: prior,
            on_ground: [None; JOINT_COUNT],
        })
        .unwrap();
        let along = ROOT.normalize();
        let off_m = along.dot(&(found.root_m - ROOT));
        let sigma_m = along.dot(&found.per_log_size_m) * prior.sigma;
        squares_m2 += off_m.powi(2);
        squares += (off_m / sigma_m).powi(2);
    }
    let mean = |sum: f64| (sum / f64::from(count)).sqrt();
    (mean(squares_m2), mean(squares))
}

#[test]
fn people_of_known_stature_are_placed_better_and_their_sigma_is_true() {
    let (unknown_m, in_sigmas) = of_stature(false);
    assert!((0.9..1.1).contains(&in_sigmas), "{in_sigmas}");
    let (known_m, in_sigmas) = of_stature(true);
    assert!((0.9..1.1).contains(&in_sigmas), "{in_sigmas}");
    assert!(known_m < 0.8 * unknown_m, "{known_m} {unknown_m}");
}
