//! Measured depths as the network takes them: relative to the torso's, in units of the person's
//! apparent size. So they are alike near and far, and what they say of the person's size in metres
//! stands beside them.

use nalgebra::Vector3;

use super::Rays;
use crate::skeleton::{JOINT_COUNT, TORSO};

/// Joints of the torso that must be measured; with fewer all that is measured is left out.
const LEAST_TORSO: usize = 2;
/// In units of apparent size; what is farther off is no part of the person.
const FARTHEST_FROM_TORSO: f64 = 3.0;
/// A torso nearer than this is taken to be there (m).
const NEAREST_TORSO_M: f64 = 1e-2;

/// For each joint how far beyond the torso it was measured (units of apparent size), the log of the
/// person's size (m) at the torso's depth, and 1; zeros where nothing was measured. `direction` is
/// where the person is looked at, a unit vector, and `size` how large they appear (tangent units).
pub fn features(rays: &Rays, direction: &Vector3<f64>, size: f64) -> [[f32; 3]; JOINT_COUNT] {
    let along_m: [Option<f64>; JOINT_COUNT] = rays.map(|ray| {
        let ray = ray?;
        let depth_m = ray.depth_m.filter(|depth_m| *depth_m > 0.0)?;
        Some(direction.dot(&ray.xy.to_homogeneous()) * depth_m)
    });
    let Some(torso_m) = torso_m(&along_m) else {
        return [[0.0; 3]; JOINT_COUNT];
    };
    let size_m = size * torso_m.max(NEAREST_TORSO_M);
    along_m.map(|along_m| {
        let beyond = along_m.map(|along_m| (along_m - torso_m) / size_m);
        match beyond.filter(|beyond| beyond.abs() < FARTHEST_FROM_TORSO) {
            Some(beyond) => [beyond as f32, size_m.ln() as f32, 1.0],
            None => [0.0; 3],
        }
    })
}

/// The lower median, which one joint of the background does not move far.
fn torso_m(along_m: &[Option<f64>; JOINT_COUNT]) -> Option<f64> {
    let mut torso_m = TORSO.map(|joint| along_m[joint].unwrap_or(f64::INFINITY));
    let count = TORSO.iter().filter(|j| along_m[**j].is_some()).count();
    torso_m.sort_by(f64::total_cmp);
    (count >= LEAST_TORSO).then(|| torso_m[(count - 1) / 2])
}

#[cfg(test)]
mod tests {
    use super::super::{PersonView, Ray, person_view};
    use super::*;
    use nalgebra::Point2;

    /// A person around the optical axis, whose joints have these depths (m).
    fn person(depths_m: &[(usize, f64)]) -> PersonView {
        let mut rays: Rays = std::array::from_fn(|joint| {
            let across = (joint as f64 - 8.0) / 80.0;
            Some(Ray {
                xy: Point2::new(
                    if joint == 1 || joint == 4 {
                        0.0
                    } else {
                        across
                    },
                    0.0,
                ),
                score: 0.9,
                depth_m: None,
            })
        });
        for (joint, depth_m) in depths_m {
            rays[*joint] = rays[*joint].map(|ray| Ray {
                depth_m: Some(*depth_m),
                ..ray
            });
        }
        person_view(&rays).unwrap()
    }

    fn measured(view: &PersonView) -> Vec<usize> {
        let all = 0..JOINT_COUNT;
        all.filter(|joint| view.depth[*joint] != [0.0; 3]).collect()
    }

    #[test]
    fn they_count_from_the_torsos_lower_median_in_units_of_apparent_size() {
        let view = person(&[(1, 3.0), (4, 3.2), (8, 3.4), (11, 9.0), (13, 2.9)]);
        let size_m = f64::from(view.view[2]).exp() * 3.2;
        for (joint, depth_m) in [(1, 3.0), (4, 3.2), (8, 3.4), (13, 2.9)] {
            let [beyond, log_size_m, one] = view.depth[joint].map(f64::from);
            assert!((beyond - (depth_m - 3.2) / size_m).abs() < 1e-5, "{joint}");
            assert!((log_size_m - size_m.ln()).abs() < 1e-5);
            assert_eq!(one, 1.0);
        }
        assert_eq!(
            measured(&view),
            [1, 4, 8, 13],
            "the wall behind is no shoulder"
        );
    }

    #[test]
    fn with_less_than_two_joints_of_the_torso_nothing_is_known() {
        assert_eq!(measured(&person(&[])), [0; 0]);
        assert_eq!(measured(&person(&[(1, 3.0), (2, 3.0), (3, 3.0)])), [0; 0]);
        assert_eq!(
            measured(&person(&[(1, 3.0), (14, 3.1), (3, 3.2)])),
            [1, 3, 14]
        );
    }

    #[test]
    fn whatever_the_numbers_they_stay_finite() {
        for strange_m in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1e300] {
            let all: Vec<_> = (0..JOINT_COUNT).map(|joint| (joint, strange_m)).collect();
            for depths_m in [&all[..], &[(1, 3.0), (4, strange_m), (8, 3.1)]] {
                let view = person(depths_m);
                assert!(
                    view.depth.iter().flatten().all(|v| v.is_finite()),
                    "{strange_m}"
                );
            }
        }
    }
}
