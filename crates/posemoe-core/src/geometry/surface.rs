//! Points all over the surface of a capsule.

use std::f64::consts::{FRAC_PI_2, TAU};

use nalgebra::Vector3;

use super::capsule::{Capsule, at};

/// Hands over points on the surface of a capsule, of which no point of the surface is farther from
/// one than `spacing_m` (above 0): rings round the axis, and ever smaller ones over its ends. The
/// same capsule gives the same points.
pub fn points(capsule: &Capsule, spacing_m: f64, mut each: impl FnMut(Vector3<f64>)) {
    let Capsule { axis_m, radius_m } = capsule;
    let along_m = axis_m[1] - axis_m[0];
    let up = along_m.try_normalize(f64::EPSILON).unwrap_or(Vector3::z());
    // Whatever is far enough from the axis will do to turn round it.
    let aside = if up.x.abs() < 0.7 {
        Vector3::x()
    } else {
        Vector3::y()
    };
    let right = up.cross(&aside).normalize();
    let ahead = up.cross(&right);
    let mut ring = |centre_m: Vector3<f64>, ring_m: f64| {
        let count = steps(TAU * ring_m, spacing_m).max(1);
        for i in 0..count {
            let (sin, cos) = (TAU * i as f64 / count as f64).sin_cos();
            each(centre_m + (right * cos + ahead * sin) * ring_m);
        }
    };
    let rings = steps(along_m.norm(), spacing_m);
    for i in 0..=rings {
        let share = if rings == 0 {
            0.0
        } else {
            i as f64 / rings as f64
        };
        ring(at(axis_m, share), *radius_m);
    }
    let latitudes = steps(FRAC_PI_2 * radius_m, spacing_m);
    for i in 1..=latitudes {
        let (sin, cos) = (FRAC_PI_2 * i as f64 / latitudes as f64).sin_cos();
        let offset_m = up * (sin * radius_m);
        // The pole is one point, whatever is left of its ring by rounding.
        let ring_m = if i == latitudes { 0.0 } else { cos * radius_m };
        ring(axis_m[0] - offset_m, ring_m);
        ring(axis_m[1] + offset_m, ring_m);
    }
}

/// Into how many parts a length is cut, none longer than `spacing_m`.
fn steps(length_m: f64, spacing_m: f64) -> usize {
    (length_m / spacing_m).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(capsule: &Capsule, spacing_m: f64) -> Vec<Vector3<f64>> {
        let mut found = Vec::new();
        points(capsule, spacing_m, |point| found.push(point));
        found
    }

    /// How far a point is from the surface (m).
    fn off_m(capsule: &Capsule, point: Vector3<f64>) -> f64 {
        let point = Capsule {
            axis_m: [point; 2],
            radius_m: 0.0,
        };
        capsule.gap(&point).distance_m.abs()
    }

    proptest! {
        #[test]
        fn points_are_on_the_surface_and_nowhere_sparse(
            ends in prop::array::uniform2([-0.5..0.5f64, -0.5..0.5f64, -0.5..0.5f64]),
            is_ball in any::<bool>(),
            radius_m in 0.0..0.3f64,
            spacing_m in 0.05..0.2f64,
            way in [-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64],
        ) {
            let mut axis_m = ends.map(Vector3::from);
            if is_ball {
                axis_m[1] = axis_m[0];
            }
            let capsule = Capsule { axis_m, radius_m };
            let found = all(&capsule, spacing_m);
            prop_assert!(found.iter().all(|point| off_m(&capsule, *point) < 1e-9));
            // Any point of the surface: the nearest to one far away.
            let far = Capsule { axis_m: [Vector3::from(way).normalize() * 5.0; 2], radius_m: 0.0 };
            let somewhere = capsule.gap(&far).points_m[0];
            let distances_m = found.iter().map(|point| (point - somewhere).norm());
            let nearest_m = distances_m.fold(f64::INFINITY, f64::min);
            prop_assert!(nearest_m <= spacing_m, "{nearest_m}");
        }
    }

    #[test]
    fn a_thigh_is_some_hundred_points_and_a_point_is_one() {
        let axis_m = [Vector3::zeros(), Vector3::z() * 0.45];
        let thigh = Capsule {
            axis_m,
            radius_m: 0.13,
        };
        let count = all(&thigh, 0.1).len();
        assert!((50..100).contains(&count), "{count}");
        let point = Capsule {
            axis_m: [Vector3::zeros(); 2],
            radius_m: 0.0,
        };
        assert_eq!(all(&point, 0.1), [Vector3::zeros()]);
    }
}
