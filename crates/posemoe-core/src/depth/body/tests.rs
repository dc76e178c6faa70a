use super::*;
use crate::geometry::canonical::Ray;
use crate::geometry::place::depth::BELOW_SURFACE_M;

/// Somebody of usual size who faces the camera, root-relative (m).
fn standing() -> [Vector3<f64>; JOINT_COUNT] {
    let at = |x: f64, y: f64, z: f64| Vector3::new(x, y, z);
    [
        at(0.0, 0.0, 0.0),
        at(-0.12, 0.0, 0.0),
        at(-0.12, 0.43, -0.05),
        at(-0.12, 0.85, 0.0),
        at(0.12, 0.0, 0.0),
        at(0.12, 0.43, -0.05),
        at(0.12, 0.85, 0.0),
        at(0.0, -0.24, 0.02),
        at(0.0, -0.48, 0.0),
        at(0.0, -0.58, -0.04),
        at(0.0, -0.69, 0.0),
        at(0.18, -0.48, 0.0),
        at(0.2, -0.2, 0.03),
        at(0.2, 0.0, -0.12),
        at(-0.18, -0.48, 0.0),
        at(-0.2, -0.2, 0.03),
        at(-0.2, 0.0, -0.12),
    ]
}

/// As a depth camera sees somebody so many metres away, with other depths (m) at some joints.
fn seen(away_m: f64, size: f64, others_m: &[(usize, f64)]) -> Rays {
    let mut joint = 0;
    standing().map(|at| {
        let at = at * size + Vector3::z() * away_m;
        let other = others_m.iter().find(|(of, _)| *of == joint);
        let depth_m = other.map_or(at.z - BELOW_SURFACE_M[joint], |(_, depth_m)| *depth_m);
        joint += 1;
        Some(Ray {
            xy: nalgebra::Point2::new(at.x / at.z, at.y / at.z),
            score: 0.9,
            depth_m: Some(depth_m),
        })
    })
}

fn left_out(mut rays: Rays) -> Vec<usize> {
    assert!(keep_own(&mut rays).is_somebody());
    let is_out = |j: &usize| rays[*j].is_some_and(|ray| ray.depth_m.is_none());
    (0..JOINT_COUNT).filter(is_out).collect()
}

#[test]
fn everybody_from_a_child_to_a_giant_is_kept_near_and_far() {
    for away_m in [1.2, 3.0, 6.0, 9.0] {
        for size in [0.65, 1.0, 1.2] {
            assert_eq!(left_out(seen(away_m, size, &[])), [0; 0], "{away_m} {size}");
        }
    }
}

#[test]
fn what_is_beyond_any_bone_is_left_out_and_a_stretched_arm_is_not() {
    let of = |others_m: &[(usize, f64)]| left_out(seen(3.0, 1.0, others_m));
    assert_eq!(
        of(&[(12, 2.72), (13, 2.45)]),
        [0; 0],
        "an arm stretched out"
    );
    assert_eq!(of(&[(13, 5.0)]), [13], "the wall behind a wrist");
    assert_eq!(of(&[(13, 3.7)]), [13], "something not far behind a wrist");
    assert_eq!(of(&[(3, 1.2), (6, 1.2)]), [3, 6], "a table before the feet");
    assert_eq!(of(&[(13, 2.2)]), [13], "somebody's arm before a wrist");
}

#[test]
fn a_wall_is_nobody_before_or_behind_the_person() {
    for (wall_m, likely_size, behind) in [(1.5, Some(0.4), 0), (7.0, None, 10)] {
        let wall: Vec<_> = (0..JOINT_COUNT).map(|joint| (joint, wall_m)).collect();
        let mut rays = seen(4.0, 1.0, &wall);
        let found = keep_own(&mut rays);
        assert!(!found.is_somebody());
        let size = found.size.map(|size| (100.0 * size).round() / 100.0);
        assert_eq!(
            (size, found.behind >= behind),
            (likely_size, true),
            "{found:?}"
        );
        assert!(rays.iter().flatten().all(|ray| ray.depth_m.is_none()));
    }
}

#[test]
fn a_few_depths_are_of_anything() {
    let mut rays = seen(3.0, 1.0, &[]);
    for ray in rays[2..].iter_mut().flatten() {
        ray.depth_m = None;
    }
    assert_eq!(keep_own(&mut rays).size, None);
    assert!(rays.iter().flatten().all(|ray| ray.depth_m.is_none()));
}

#[test]
fn who_stands_beside_what_was_measured_is_not_there() {
    // Of an image that is shifted: legs and one arm are missed by it.
    let wall: Vec<_> = [2, 3, 5, 6, 12, 13].map(|joint| (joint, 4.5)).to_vec();
    let mut rays = seen(3.0, 1.0, &wall);
    let found = keep_own(&mut rays);
    assert_eq!((found.measured, found.behind), (17, 6));
    assert!(!found.is_somebody());
    assert!(rays.iter().flatten().all(|ray| ray.depth_m.is_none()));
}
