//! The floor: a foot that stands on it is where its ray meets it.

use nalgebra::{Isometry3, Unit, Vector3};

use super::depth::JointDepth;
use crate::geometry::canonical::Rays;
use crate::skeleton::{ANKLES, JOINT_COUNT, Pose};

/// An ankle of a standing foot is so high above the floor (m), shoes and all.
const ANKLE_HEIGHT_M: f64 = 0.10;
const ANKLE_SIGMA_M: f64 = 0.03;
/// How far off its ankle a keypoint is, in the image (tangent units).
const KEYPOINT_SIGMA: f64 = 0.008;
/// A ray that falls less than this (m for each metre of depth) meets the floor anywhere.
const LEAST_FALL: f64 = 0.08;
/// A foot that is so much higher than the other one (m) is in the air.
const LIFTED_M: f64 = 0.04;
/// A foot that goes up or down faster than this (m/s) does not stand.
const FASTEST_M_S: f64 = 0.35;

/// The floor as the camera has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    up: Unit<Vector3<f64>>,
    camera_height_m: f64,
}

impl Ground {
    /// The plane z = 0, z upwards, of a frame in which the camera is so.
    pub fn new(ground_from_camera: &Isometry3<f64>) -> Self {
        let up = ground_from_camera.rotation.inverse() * Vector3::z_axis();
        Self {
            up,
            camera_height_m: ground_from_camera.translation.z,
        }
    }

    /// How far away the ankles of feet are that stand (camera optical frame). `velocity_m_s`: of
    /// the joints, relative to the root, where it is known.
    pub fn ankles(
        &self,
        rays: &Rays,
        pose: &Pose,
        velocity_m_s: Option<&Pose>,
    ) -> [Option<JointDepth>; JOINT_COUNT] {
        let mut depths = [None; JOINT_COUNT];
        let height_m = |joint: usize| self.up.dot(&pose[joint]);
        let lowest_m = ANKLES
            .map(height_m)
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        for joint in ANKLES {
            let is_still = velocity_m_s
                .is_none_or(|velocity| self.up.dot(&velocity[joint]).abs() < FASTEST_M_S);
            if is_still && height_m(joint) < lowest_m + LIFTED_M {
                depths[joint] = rays[joint].and_then(|ray| self.meets(&ray.xy.to_homogeneous()));
            }
        }
        depths
    }

    /// Where a ray (z = 1) is as high as a standing ankle.
    fn meets(&self, ray: &Vector3<f64>) -> Option<JointDepth> {
        let fall = -self.up.dot(ray);
        let depth_m = (self.camera_height_m - ANKLE_HEIGHT_M) / fall;
        (fall > LEAST_FALL && depth_m > 0.0).then(|| JointDepth {
            depth_m,
            sigma_m: KEYPOINT_SIGMA * depth_m / fall,
            shared_m: ANKLE_SIGMA_M / fall,
            doubt_of_nearer: 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::canonical::Ray;
    use nalgebra::{Point2, Translation3, UnitQuaternion};
    use std::f64::consts::FRAC_PI_2;

    /// A camera 1.2 m above the floor that looks ahead, and down by so much.
    fn ground(down_rad: f64) -> Ground {
        let level = UnitQuaternion::from_euler_angles(-FRAC_PI_2, 0.0, -FRAC_PI_2);
        let down = UnitQuaternion::from_axis_angle(&Vector3::x_axis(), -down_rad);
        Ground::new(&Isometry3::from_parts(
            Translation3::new(3.0, -2.0, 1.2),
            level * down,
        ))
    }

    fn ray(point_m: Vector3<f64>) -> Option<Ray> {
        let xy = Point2::new(point_m.x / point_m.z, point_m.y / point_m.z);
        Some(Ray {
            xy,
            score: 0.9,
            depth_m: None,
        })
    }

    /// Someone 4 m ahead of a level camera, with the left foot lifted by so much.
    fn person(lifted_m: f64) -> (Rays, Pose) {
        let mut pose = [Vector3::zeros(); JOINT_COUNT];
        let mut rays = [None; JOINT_COUNT];
        for (joint, up_m) in ANKLES.into_iter().zip([0.0, lifted_m]) {
            let ankle_m = Vector3::new(0.1, 1.2 - ANKLE_HEIGHT_M - up_m, 4.0);
            pose[joint] = ankle_m - Vector3::new(0.0, 0.3, 4.0);
            rays[joint] = ray(ankle_m);
        }
        (rays, pose)
    }

    #[test]
    fn a_foot_stands_where_its_ray_meets_the_floor() {
        let (rays, pose) = person(0.0);
        let found = ground(0.0).ankles(&rays, &pose, None);
        for joint in ANKLES {
            let ankle = found[joint].unwrap();
            assert!((ankle.depth_m - 4.0).abs() < 1e-9);
            // Each 32 mm in the image, and both 30 mm of height, at a fall of 0.275.
            assert!((0.11..0.12).contains(&ankle.sigma_m), "{ankle:?}");
            assert!((0.10..0.12).contains(&ankle.shared_m), "{ankle:?}");
        }
        assert_eq!(found.iter().flatten().count(), 2);
    }

    #[test]
    fn a_camera_that_looks_down_sees_the_same_floor() {
        let (rays, pose) = person(0.0);
        let tilt = UnitQuaternion::from_axis_angle(&Vector3::x_axis(), 0.3);
        let seen =
            |ray: Option<Ray>| ray.and_then(|r| self::ray(tilt * r.xy.to_homogeneous() * 4.0));
        let (rays, pose) = (rays.map(seen), pose.map(|joint_m| tilt * joint_m));
        let right = ground(0.3).ankles(&rays, &pose, None)[ANKLES[0]].unwrap();
        let expected_m = (tilt * Vector3::new(0.1, 1.2 - ANKLE_HEIGHT_M, 4.0)).z;
        assert!((right.depth_m - expected_m).abs() < 1e-9, "{right:?}");
    }

    #[test]
    fn a_lifted_foot_a_moving_one_and_a_ray_above_the_horizon_say_nothing() {
        let count = |found: [Option<JointDepth>; JOINT_COUNT]| found.iter().flatten().count();
        let (rays, pose) = person(0.1);
        let found = ground(0.0).ankles(&rays, &pose, None);
        assert!(found[ANKLES[0]].is_some() && found[ANKLES[1]].is_none());
        let (rays, pose) = person(0.0);
        let mut velocity_m_s = [Vector3::zeros(); JOINT_COUNT];
        velocity_m_s[ANKLES[1]].y = -0.5;
        let found = ground(0.0).ankles(&rays, &pose, Some(&velocity_m_s));
        assert!(found[ANKLES[0]].is_some() && found[ANKLES[1]].is_none());
        assert_eq!(
            count(ground(-0.6).ankles(&rays, &pose, None)),
            0,
            "the camera looks up"
        );
    }
}
