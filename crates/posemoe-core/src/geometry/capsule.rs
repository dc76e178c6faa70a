//! Capsules, which are all points within a radius of a line segment, and how far two are apart.

use nalgebra::Vector3;

/// A line segment from one end to the other (m). Both ends may be the same point.
pub type Segment = [Vector3<f64>; 2];

/// All points within `radius_m` of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capsule {
    /// The segment in the middle (m).
    pub axis_m: Segment,
    /// Its half thickness (m), 0 or more.
    pub radius_m: f64,
}

/// Where two capsules are nearest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gap {
    /// How far along each axis, from 0 at its first end to 1 at its second.
    pub shares: [f64; 2],
    /// The point on the surface of each (m).
    pub points_m: Segment,
    /// From the first to the second, of length 1; zero where their axes meet.
    pub direction: Vector3<f64>,
    /// Between the surfaces (m); below 0 where they overlap.
    pub distance_m: f64,
}

impl Capsule {
    /// Where `self` and `other` are nearest.
    pub(crate) fn gap(&self, other: &Self) -> Gap {
        let shares = nearest(&self.axis_m, &other.axis_m);
        let on_axes_m = [at(&self.axis_m, shares[0]), at(&other.axis_m, shares[1])];
        let between_m = on_axes_m[1] - on_axes_m[0];
        let direction = between_m.try_normalize(f64::EPSILON).unwrap_or_default();
        Gap {
            shares,
            points_m: [
                on_axes_m[0] + direction * self.radius_m,
                on_axes_m[1] - direction * other.radius_m,
            ],
            direction,
            distance_m: between_m.norm() - self.radius_m - other.radius_m,
        }
    }
}

/// The point at a share of a segment.
pub(crate) fn at(segment_m: &Segment, share: f64) -> Vector3<f64> {
    segment_m[0].lerp(&segment_m[1], share)
}

/// How far along each of two segments they are nearest, from 0 to 1; of several such pairs, one.
/// (Ericson, Real-Time Collision Detection, 2005, section 5.1.9.)
pub(crate) fn nearest(first_m: &Segment, second_m: &Segment) -> [f64; 2] {
    let (along, beside) = (first_m[1] - first_m[0], second_m[1] - second_m[0]);
    let offset = first_m[0] - second_m[0];
    let (length2, other_length2) = (along.norm_squared(), beside.norm_squared());
    let (ahead, other_ahead) = (along.dot(&offset), beside.dot(&offset));
    match (length2 > f64::EPSILON, other_length2 > f64::EPSILON) {
        (false, false) => return [0.0, 0.0],
        (false, true) => return [0.0, (other_ahead / other_length2).clamp(0.0, 1.0)],
        (true, false) => return [(-ahead / length2).clamp(0.0, 1.0), 0.0],
        (true, true) => {}
    }
    let slant = along.dot(&beside);
    let unlike = length2 * other_length2 - slant * slant;
    // Parallel segments are as near all along: any point of the first will do, and the second's
    // follows.
    let share = if unlike > f64::EPSILON * length2 * other_length2 {
        ((slant * other_ahead - ahead * other_length2) / unlike).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let other_share = (slant * share + other_ahead) / other_length2;
    // Beyond an end of the second the end is nearest, and the first's point follows.
    match other_share {
        beyond if beyond < 0.0 => [(-ahead / length2).clamp(0.0, 1.0), 0.0],
        beyond if beyond > 1.0 => [((slant - ahead) / length2).clamp(0.0, 1.0), 1.0],
        within => [share, within],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As far apart as the nearest of 2001 points along one are from the other (each exactly).
    fn by_force_m(first_m: &Segment, second_m: &Segment) -> f64 {
        let to_second_m = |point: Vector3<f64>| {
            let along = second_m[1] - second_m[0];
            let ahead = (point - second_m[0]).dot(&along) / along.norm_squared();
            let share = if ahead.is_finite() {
                ahead.clamp(0.0, 1.0)
            } else {
                0.0
            };
            (at(second_m, share) - point).norm()
        };
        let points = (0..=2000).map(|i| at(first_m, f64::from(i) / 2000.0));
        points.map(to_second_m).fold(f64::INFINITY, f64::min)
    }

    fn place() -> impl Strategy<Value = Vector3<f64>> {
        // Whole decimetres too: parallel, touching and crossing segments, and points.
        prop_oneof![
            [-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64],
            [-3..=3i32, -3..=3i32, -3..=3i32].prop_map(|place| place.map(|c| f64::from(c) * 0.1)),
        ]
        .prop_map(Vector3::from)
    }

    fn segment() -> impl Strategy<Value = Segment> {
        [place(), place()]
    }

    fn capsule() -> impl Strategy<Value = Capsule> {
        (segment(), 0.0..0.3f64).prop_map(|(axis_m, radius_m)| Capsule { axis_m, radius_m })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn nobody_is_nearer_than_said_and_somebody_is(one in capsule(), other in capsule()) {
            let gap = one.gap(&other);
            let found_m = gap.distance_m;
            let expected_m = by_force_m(&one.axis_m, &other.axis_m) - one.radius_m - other.radius_m;
            prop_assert!((found_m - expected_m).abs() < 1e-3, "{found_m} {expected_m}");
            prop_assert!(found_m <= expected_m + 1e-9);
        }

        #[test]
        fn the_points_are_on_the_surfaces_and_as_far_apart(one in capsule(), other in capsule()) {
            let gap = one.gap(&other);
            let axes_m = gap.distance_m + one.radius_m + other.radius_m;
            prop_assume!(axes_m > 1e-6);
            let ends = gap.shares.iter().zip(gap.points_m);
            for (capsule, (share, point_m)) in [one, other].iter().zip(ends) {
                let off_m = (at(&capsule.axis_m, *share) - point_m).norm() - capsule.radius_m;
                prop_assert!(off_m.abs() < 1e-9);
            }
            let way_m = (gap.points_m[1] - gap.points_m[0]).dot(&gap.direction);
            prop_assert!((way_m - gap.distance_m).abs() < 1e-9);
        }

        #[test]
        fn it_is_the_same_from_either_side(one in capsule(), other in capsule()) {
            let (there, back) = (one.gap(&other), other.gap(&one));
            prop_assert!((there.distance_m - back.distance_m).abs() < 1e-9);
        }
    }

    #[test]
    fn parallel_and_crossing_segments_and_points() {
        let x = |from: f64, to: f64, y: f64| [Vector3::new(from, y, 0.0), Vector3::new(to, y, 0.0)];
        let distance_m = |a: Segment, b: Segment| {
            let [s, t] = nearest(&a, &b);
            (at(&a, s) - at(&b, t)).norm()
        };
        assert!((distance_m(x(0.0, 1.0, 0.0), x(0.5, 2.0, 0.3)) - 0.3).abs() < 1e-12);
        assert!((distance_m(x(0.0, 1.0, 0.0), x(3.0, 2.0, 0.0)) - 1.0).abs() < 1e-12);
        assert!((distance_m(x(0.0, 1.0, 0.0), x(-2.0, -1.0, 0.0)) - 1.0).abs() < 1e-12);
        let up = [Vector3::new(0.4, -1.0, 0.0), Vector3::new(0.4, 1.0, 0.0)];
        assert!(distance_m(x(0.0, 1.0, 0.0), up) < 1e-12);
        let point = [Vector3::new(0.0, 0.0, 2.0); 2];
        assert!((distance_m(point, point) - 0.0).abs() < 1e-12);
        assert!((distance_m(point, x(-1.0, 1.0, 0.0)) - 2.0).abs() < 1e-12);
    }
}
