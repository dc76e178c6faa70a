//! The person-centred view, so that one network serves every camera.
//!
//! Each frame, a virtual camera without roll is turned to look at the person; keypoints become
//! coordinates in that view divided by the person's apparent size. What is divided out (direction
//! and apparent size) goes to the network beside them. Computed frame by frame, so that it works in
//! a stream. Measured depths go in relative to the torso's. `training/posemoe_training/view.py` is
//! the same, and a shared fixture checks that.

mod depth;

use nalgebra::{Matrix3, Point2, Rotation3, Vector2, Vector3};

use crate::skeleton::{HIPS, JOINT_COUNT, SHOULDERS};

/// Apparent sizes (tangent units) below this are raised to it: one lone keypoint must not explode.
const SMALLEST_SIZE: f64 = 1e-4;
/// Points this close to the virtual camera's plane are taken to lie at this depth.
const SMALLEST_DEPTH: f64 = 1e-3;

/// Undistorted rays (x/z, y/z, camera optical frame) with the detector's score; `None` where the
/// joint was not seen.
pub type Rays = [Option<Ray>; JOINT_COUNT];

/// One keypoint as a ray.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// (x/z, y/z) in the camera optical frame.
    pub xy: Point2<f64>,
    /// The detector's score, above 0 and at most 1.
    pub score: f64,
    /// The depth that was measured there, metres along the camera's optical axis.
    pub depth_m: Option<f64>,
}

/// One frame of one person as the network sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonView {
    /// x, y (units of apparent size) and score of each joint; zeros where it was not seen.
    pub keypoints: [[f32; 3]; JOINT_COUNT],
    /// Viewing direction x, y (unit vector, camera optical frame) and log apparent size.
    pub view: [f32; 3],
    /// Of each joint's measured depth: how far beyond the torso's (units of apparent size), log of
    /// the person's size (m) at the torso's, and 1; zeros where none was measured.
    pub depth: [[f32; 3]; JOINT_COUNT],
    /// Turns camera coordinates into the virtual camera's.
    pub view_from_camera: Rotation3<f64>,
}

/// Looks at a person; `None` when no joint was seen.
pub fn person_view(rays: &Rays) -> Option<PersonView> {
    let centre = centre(rays)?;
    let direction = Vector3::new(centre.x, centre.y, 1.0).normalize();
    let view_from_camera = look_at(&direction);

    let seen = |ray: &Ray| {
        let turned = view_from_camera * Vector3::new(ray.xy.x, ray.xy.y, 1.0);
        turned.xy() / turned.z.max(SMALLEST_DEPTH)
    };
    let turned: [Option<(Vector2<f64>, f64)>; JOINT_COUNT] =
        rays.map(|ray| ray.map(|ray| (seen(&ray), ray.score)));
    let count = turned.iter().flatten().count() as f64;
    let squares: f64 = turned
        .iter()
        .flatten()
        .map(|(uv, _)| uv.norm_squared())
        .sum();
    let size = (squares / count).sqrt().max(SMALLEST_SIZE);

    Some(PersonView {
        keypoints: turned.map(|joint| match joint {
            Some((uv, score)) => [(uv.x / size) as f32, (uv.y / size) as f32, score as f32],
            None => [0.0; 3],
        }),
        view: [direction.x as f32, direction.y as f32, size.ln() as f32],
        depth: depth::features(rays, &direction, size),
        view_from_camera,
    })
}

/// Where to look: the hips; where none is seen the shoulders; else all that is seen.
fn centre(rays: &Rays) -> Option<Vector2<f64>> {
    let mean = |joints: &mut dyn Iterator<Item = Option<Ray>>| {
        let (sum, count) = joints
            .flatten()
            .fold((Vector2::zeros(), 0.0), |(sum, count), ray| {
                (sum + ray.xy.coords, count + 1.0)
            });
        (count > 0.0).then(|| sum / count)
    };
    mean(&mut HIPS.iter().map(|j| rays[*j]))
        .or_else(|| mean(&mut SHOULDERS.iter().map(|j| rays[*j])))
        .or_else(|| mean(&mut rays.iter().copied()))
}

/// The rotation that turns a camera towards `direction` (unit vector, z > 0) without rolling it:
/// the new x axis stays level with the old one.
pub(crate) fn look_at(direction: &Vector3<f64>) -> Rotation3<f64> {
    let z = *direction;
    let x = Vector3::new(z.z, 0.0, -z.x).normalize();
    let y = z.cross(&x);
    Rotation3::from_matrix_unchecked(Matrix3::from_rows(&[
        x.transpose(),
        y.transpose(),
        z.transpose(),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(points: &[(usize, f64, f64)]) -> Rays {
        let mut rays = [None; JOINT_COUNT];
        for (joint, x, y) in points {
            rays[*joint] = Some(Ray {
                xy: Point2::new(*x, *y),
                score: 0.5,
                depth_m: None,
            });
        }
        rays
    }

    #[test]
    fn nobody_seen_is_no_view() {
        assert_eq!(person_view(&[None; JOINT_COUNT]), None);
    }

    #[test]
    fn hips_lie_at_the_origin_and_size_is_one() {
        let view = person_view(&person(&[(1, 0.28, 0.1), (4, 0.32, 0.1), (8, 0.3, -0.2)])).unwrap();
        let [x, y, _] = view.keypoints[1];
        let [mirrored_x, ..] = view.keypoints[4];
        assert!((x + mirrored_x).abs() < 2e-2 && y.abs() < 2e-2);
        let squares: f32 = view.keypoints.iter().map(|[x, y, _]| x * x + y * y).sum();
        assert!((squares / 3.0 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn what_is_divided_out_is_told_beside() {
        // Looking at (0.75, 0), which is 0.8 of the way to z; the other point is turned to (0, 0.5
        // / 1.25).
        let view = person_view(&person(&[(1, 0.75, 0.0), (8, 0.75, 0.5)])).unwrap();
        let size = (0.4f64 * 0.4 / 2.0).sqrt();
        let expected = [0.6, 0.0, size.ln()];
        for (found, expected) in view.view.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}");
        }
        let [x, y, score] = view.keypoints[8].map(f64::from);
        assert!(x.abs() < 1e-6 && (y - 0.4 / size).abs() < 1e-6 && score == 0.5);
        assert_eq!(view.keypoints[2], [0.0; 3], "not seen");
    }

    #[test]
    fn without_hips_it_looks_between_the_shoulders_and_without_those_at_all_that_is_seen() {
        let [left, right] = SHOULDERS;
        let looks_at = |points: &[(usize, f64, f64)]| {
            let view = person_view(&person(points)).unwrap();
            let ahead = view.view_from_camera.inverse() * Vector3::z();
            (ahead.xy() / ahead.z).into()
        };
        let near = |found: [f64; 2], x: f64| (found[0] - x).abs() < 1e-12;
        let (shoulders, knee) = ([(left, 0.4, 0.0), (right, 0.2, 0.0)], (2, 1.5, 0.0));
        assert!(near(looks_at(&[shoulders[0], shoulders[1], knee]), 0.3));
        assert!(near(looks_at(&[shoulders[0], knee, (1, -0.5, 0.0)]), -0.5));
        assert!(near(looks_at(&[knee, (10, 0.5, 0.0)]), 1.0));
    }

    #[test]
    fn a_lone_point_stays_finite() {
        let view = person_view(&person(&[(10, -3.0, 5.0)])).unwrap();
        assert!(
            view.keypoints
                .iter()
                .flatten()
                .chain(&view.view)
                .all(|v| v.is_finite())
        );
    }

    proptest! {
        #[test]
        fn looks_along_the_person_without_roll(x in -2.0..2.0f64, y in -2.0..2.0f64) {
            let view = person_view(&person(&[(1, x, y)])).unwrap();
            let turned = view.view_from_camera * Vector3::new(x, y, 1.0);
            prop_assert!(turned.xy().norm() < 1e-12 && turned.z > 0.0);
            prop_assert!((view.view_from_camera.matrix().determinant() - 1.0).abs() < 1e-12);
            let level = view.view_from_camera.inverse() * Vector3::x();
            prop_assert!(level.y.abs() < 1e-12);
        }
    }
}
