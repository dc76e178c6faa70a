use super::*;
use crate::geometry::canonical::Ray;
use nalgebra::Point2;
use proptest::prelude::*;

fn pose() -> [Vector3<f64>; JOINT_COUNT] {
    std::array::from_fn(|j| {
        let angle = j as f64;
        Vector3::new(0.3 * angle.sin(), 0.08 * (angle - 8.0), 0.2 * angle.cos())
    })
}

/// The size is as it was lifted, give or take a little.
const AS_LIFTED: LogSize = LogSize {
    log: 0.0,
    sigma: 0.05,
};

/// By rays alone.
fn placed(rays: &Rays, pose: &Pose, sigma_m: &[f64; JOINT_COUNT]) -> Option<Placement> {
    place(&Evidence {
        rays,
        pose,
        sigma_m,
        size: AS_LIFTED,
        on_ground: [None; JOINT_COUNT],
    })
}

fn rays(joints: &[Vector3<f64>; JOINT_COUNT], root: &Vector3<f64>) -> Rays {
    joints.map(|joint| {
        let point = joint + root;
        Some(Ray {
            xy: Point2::new(point.x / point.z, point.y / point.z),
            score: 0.8,
            depth_m: None,
        })
    })
}

const SIGMA: [f64; JOINT_COUNT] = [0.05; JOINT_COUNT];

proptest! {
    #[test]
    fn exact_rays_give_the_exact_root(x in -3.0..3.0f64, y in -1.5..1.5f64, z in 1.0..12.0f64) {
        let root = Vector3::new(x, y, z);
        let found = placed(&rays(&pose(), &root), &pose(), &SIGMA).unwrap();
        prop_assert!((found.root_m - root).norm() < 1e-6);
        prop_assert!(found.covariance_m2.symmetric_eigenvalues().min() > 0.0);
    }
}

#[test]
fn one_wild_joint_moves_the_root_little() {
    let root = Vector3::new(0.5, 0.2, 4.0);
    let mut seen = rays(&pose(), &root);
    if let Some(ray) = seen[13].as_mut() {
        ray.xy.x += 0.3;
    }
    let found = placed(&seen, &pose(), &SIGMA).unwrap();
    assert!((found.root_m - root).norm() < 0.15, "{}", found.root_m);
}

#[test]
fn depth_is_the_least_certain_direction() {
    let root = Vector3::new(0.0, 0.0, 6.0);
    let found = placed(&rays(&pose(), &root), &pose(), &SIGMA).unwrap();
    let c = found.covariance_m2;
    assert!(c[(2, 2)] > 4.0 * c[(0, 0)] && c[(2, 2)] > 4.0 * c[(1, 1)]);
}

#[test]
fn too_few_rays_or_a_person_behind_the_camera_is_no_placement() {
    let root = Vector3::new(0.0, 0.0, 3.0);
    let mut seen = rays(&pose(), &root);
    for ray in seen.iter_mut().skip(2) {
        *ray = None;
    }
    assert_eq!(placed(&seen, &pose(), &SIGMA), None);
    let behind = rays(&pose(), &root);
    assert_eq!(placed(&behind, &pose().map(|j| -j), &SIGMA), None);
}

const ROOT: Vector3<f64> = Vector3::new(0.5, 0.2, 4.0);

/// Rays of one person of whom some joints are elsewhere.
fn torn(from_m: Vector3<f64>, to_m: Vector3<f64>, is_to: impl Fn(usize) -> bool) -> Rays {
    let (from, to) = (rays(&pose(), &from_m), rays(&pose(), &to_m));
    std::array::from_fn(|j| if is_to(j) { to[j] } else { from[j] })
}

#[test]
fn joints_of_which_the_detector_is_surer_count_for_more() {
    let there = ROOT + Vector3::x() * 0.04;
    let share = |score: f64| {
        let mut seen = torn(ROOT, there, |j| j % 2 == 1);
        for (j, ray) in seen.iter_mut().enumerate() {
            ray.as_mut().unwrap().score = if j % 2 == 1 { score } else { 0.2 };
        }
        (placed(&seen, &pose(), &SIGMA).unwrap().root_m - ROOT).x / 0.04
    };
    assert!((0.38..0.46).contains(&share(0.2)), "{}", share(0.2));
    assert!(share(0.6) > 0.65 && share(1.0) > 0.75, "{}", share(1.0));
}

#[test]
fn a_leg_that_is_someone_elses_is_left_out() {
    let seen = torn(ROOT, ROOT + Vector3::new(0.6, 0.0, 0.0), |j| {
        (1..=5).contains(&j)
    });
    let found = placed(&seen, &pose(), &SIGMA).unwrap();
    // By plain least squares the person would be 1.06 m off.
    let off_m = (found.root_m - ROOT).norm();
    assert!(off_m < 0.25, "{off_m}");
}

/// What rays tell that are all alike: each of them `sigma` across itself.
fn covariance_m2(sigma_m: f64) -> Matrix3<f64> {
    let rays = rays(&pose(), &ROOT);
    let across = rays.iter().flatten().map(|ray| {
        let direction = Vector3::new(ray.xy.x, ray.xy.y, 1.0).normalize();
        Matrix3::identity() - direction * direction.transpose()
    });
    across.sum::<Matrix3<f64>>().try_inverse().unwrap() * sigma_m.powi(2)
}

#[test]
fn where_all_fits_the_covariance_is_that_of_the_joints() {
    for (sigma_m, counted_m) in [
        (0.2, 0.2f64.hypot(0.015)),
        (0.015, 0.0212132034),
        (0.0, 0.015),
    ] {
        for score in [0.1, 0.8] {
            let seen = rays(&pose(), &ROOT).map(|ray| ray.map(|ray| Ray { score, ..ray }));
            let found = placed(&seen, &pose(), &[sigma_m; JOINT_COUNT]).unwrap();
            let expected = covariance_m2(counted_m);
            let off = (found.covariance_m2 - expected).norm() / expected.norm();
            assert!(off < 1e-6, "sigma {sigma_m}, score {score}: {off}");
        }
    }
}

#[test]
fn where_joints_miss_their_rays_the_root_is_less_sure() {
    let there = ROOT + Vector3::y() * 0.2;
    let torn = placed(&torn(ROOT, there, |j| j % 2 == 1), &pose(), &SIGMA).unwrap();
    let whole = covariance_m2(0.05f64.hypot(0.015));
    let growth = torn.covariance_m2[(1, 1)] / whole[(1, 1)];
    assert!(growth > 2.2, "{growth}");
}

#[test]
fn one_joint_that_claims_to_be_exact_does_not_rule_alone() {
    let seen = torn(ROOT, ROOT + Vector3::x() * 0.04, |j| j == 0);
    let mut sigma_m = SIGMA;
    sigma_m[0] = 0.0;
    // It counts for 12 of the others, as 15 mm to 52 mm, and is less trusted for being 4 cm off.
    let pulled_m = (placed(&seen, &pose(), &sigma_m).unwrap().root_m - ROOT).x;
    assert!((0.009..0.016).contains(&pulled_m), "{pulled_m}");
}

mod sizes;
