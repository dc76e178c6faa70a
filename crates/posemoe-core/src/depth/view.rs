//! Where a keypoint of one camera is in the depth image of another, or of the same one.

use nalgebra::{Isometry3, Point2, Vector3};

use super::body::Depths;
use super::cover;
use super::image::DepthImage;
use super::patch;
use crate::geometry::camera::Camera;
use crate::keypoint::Keypoint;
use crate::person::observation::Sighting;

/// Where a search along the ray begins (m): nothing is known yet.
const FIRST_GUESSES_M: [f64; 4] = [2.0, 3.5, 6.0, 1.0];
const ROUNDS: usize = 4;
/// A place that was found is on the ray when it is so near to it (px of the depth image).
const ON_RAY_PX: f64 = 1.5;

/// A depth image, and how its camera stands to that of the keypoints.
#[derive(Clone, Copy, Debug)]
pub struct DepthView<'a> {
    /// The image.
    pub image: &'a DepthImage,
    /// The camera that took it; of the same size.
    pub depth_camera: &'a Camera,
    /// Takes coordinates of the keypoints' camera to those of the depth camera (m); `None` where
    /// the image is registered to the former.
    pub depth_from_camera: Option<Isometry3<f64>>,
}

impl DepthView<'_> {
    /// Fills in depths of everybody's joints where none are known.
    pub fn measure(&self, people: &mut [Sighting], camera: &Camera) {
        let seen: Vec<Depths> = people
            .iter()
            .map(|person| self.all(person, camera))
            .collect();
        let covered = cover::covered(people, &seen, camera.focal_length_px());
        for ((person, seen), covered) in people.iter_mut().zip(seen).zip(covered) {
            let own = cover::own(seen, &covered);
            for (keypoint, depth_m) in person.joints.iter_mut().zip(own) {
                if let Some(keypoint) = keypoint.as_mut().filter(|k| k.depth_m.is_none()) {
                    keypoint.depth_m = depth_m;
                }
            }
        }
    }

    fn all(&self, person: &Sighting, camera: &Camera) -> Depths {
        person
            .joints
            .map(|keypoint| keypoint.and_then(|keypoint| self.at(&keypoint, camera)))
    }

    /// The depth of the surface at a keypoint (m), along the axis of the keypoints' camera.
    fn at(&self, keypoint: &Keypoint, camera: &Camera) -> Option<f64> {
        let (x_px, y_px) = (keypoint.x_px, keypoint.y_px);
        if !(x_px.is_finite() && y_px.is_finite()) {
            return None;
        }
        let ray = camera.ray(Point2::new(x_px, y_px))?.to_homogeneous();
        match &self.depth_from_camera {
            None => self.surface_m(&ray).map(|(_, depth_m)| depth_m),
            Some(depth_from_camera) => FIRST_GUESSES_M
                .iter()
                .find_map(|guess_m| self.along(&ray, *guess_m, depth_from_camera)),
        }
    }

    /// Looks where the ray would be at a depth, takes what is seen there for the next guess, and so
    /// on.
    fn along(
        &self,
        ray: &Vector3<f64>,
        guess_m: f64,
        depth_from_camera: &Isometry3<f64>,
    ) -> Option<f64> {
        let mut depth_m = guess_m;
        let place = |depth_m: f64| depth_from_camera * nalgebra::Point3::from(ray * depth_m);
        for _ in 0..ROUNDS {
            let (looked_at_px, surface_m) = self.surface_m(&place(depth_m).coords)?;
            let seen = self.depth_camera.ray(looked_at_px)?.to_homogeneous() * surface_m;
            let point = depth_from_camera.inverse() * nalgebra::Point3::from(seen);
            depth_m = point.z;
            let back_px = self.depth_camera.pixel(&place(depth_m))?;
            if (back_px - looked_at_px).norm() <= ON_RAY_PX {
                return Some(depth_m).filter(|depth_m| *depth_m > 0.0);
            }
        }
        None
    }

    /// Where in the image a point of the depth camera is, and how far away the surface there is
    /// (m).
    fn surface_m(&self, point: &Vector3<f64>) -> Option<(Point2<f64>, f64)> {
        let place_px = self.depth_camera.pixel(&(*point).into())?;
        let pixel = self.image.pixel_at(place_px)?;
        let surface_m = patch::surface_m(self.image, pixel, self.depth_camera.focal_length_px())?;
        Some((place_px, surface_m))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Point3, Translation3, UnitQuaternion};

    fn camera(scale: f64) -> Camera {
        let (f, x, y) = (400.0 * scale, 320.0 * scale, 240.0 * scale);
        let k = [f, 0.0, x, 0.0, f, y, 0.0, 0.0, 1.0];
        let size_px = [640.0 * scale, 480.0 * scale].map(|v| v as u32);
        Camera::new(&k, "plumb_bob", &[0.0; 5], size_px[0], size_px[1]).unwrap()
    }

    /// An image (mm) of what is so far away along the axis of the camera that takes it.
    fn image(camera: &Camera, depth_m: impl Fn(Vector3<f64>) -> f64) -> DepthImage {
        let (width, height) = (camera.width_px, camera.height_px);
        let mut data = Vec::new();
        for place in 0..width * height {
            let pixel = Point2::new(f64::from(place % width), f64::from(place / width));
            let ray = camera.ray(pixel).unwrap().to_homogeneous();
            let number = 1000.0 * depth_m(ray);
            data.extend((number.round() as u16).to_le_bytes());
        }
        DepthImage::new([width, height], "16UC1", false, 2 * width, data).unwrap()
    }

    fn person(camera: &Camera, joint_m: impl Fn(usize) -> Point3<f64>) -> Sighting {
        let joints = std::array::from_fn(|j| {
            let pixel = camera.pixel(&joint_m(j))?;
            Some(Keypoint {
                x_px: pixel.x,
                y_px: pixel.y,
                score: 0.9,
                depth_m: None,
            })
        });
        Sighting::of_joints(joints)
    }

    #[test]
    fn a_registered_image_of_half_the_size_is_read_at_the_same_rays() {
        let (colour, depth) = (camera(1.0), camera(0.5));
        // A slanted wall: 3 m away in the middle, farther to the right.
        let image = image(&depth, |ray| 3.0 / (1.0 - 0.3 * ray.x));
        let view = DepthView {
            image: &image,
            depth_camera: &depth,
            depth_from_camera: None,
        };
        let across = |j: usize| 0.04 * (j as f64 - 8.0);
        let joint = |j| {
            let ray = Vector3::new(across(j), 0.1, 1.0);
            Point3::from(ray * 3.0 / (1.0 - 0.3 * across(j)))
        };
        let mut person = person(&colour, joint);
        view.measure(std::slice::from_mut(&mut person), &colour);
        for (j, keypoint) in person.joints.iter().enumerate() {
            let found_m = keypoint.unwrap().depth_m.unwrap();
            assert!(
                (found_m - joint(j).z).abs() < 0.03,
                "{j}: {found_m} {}",
                joint(j)
            );
        }
    }

    #[test]
    fn an_image_of_a_camera_beside_is_reprojected() {
        let (colour, depth) = (camera(1.0), camera(0.5));
        let beside = Isometry3::from_parts(
            Translation3::new(0.06, 0.01, 0.0),
            UnitQuaternion::from_axis_angle(&Vector3::y_axis(), 0.03),
        );
        // A wall 2.5 m before the colour camera, across its axis.
        let normal = beside.rotation * Vector3::z();
        let wall_m = (beside * Point3::new(0.0, 0.0, 2.5)).coords.dot(&normal);
        let image = image(&depth, |ray| wall_m / normal.dot(&ray));
        let view = DepthView {
            image: &image,
            depth_camera: &depth,
            depth_from_camera: Some(beside),
        };
        let mut person = person(&colour, |j| Point3::new(0.1 * (j as f64 - 8.0), 0.2, 2.5));
        view.measure(std::slice::from_mut(&mut person), &colour);
        for keypoint in person.joints.iter().flatten() {
            let found_m = keypoint.depth_m.unwrap();
            assert!((found_m - 2.5).abs() < 0.01, "{found_m}");
        }
    }

    #[test]
    fn keypoints_outside_and_those_that_are_none_have_no_depth_and_measured_ones_stay() {
        let colour = camera(1.0);
        let image = image(&colour, |_| 3.0);
        let view = DepthView {
            image: &image,
            depth_camera: &colour,
            depth_from_camera: None,
        };
        let mut person = person(&colour, |_| Point3::new(0.0, 0.0, 3.0));
        person.joints[1].as_mut().unwrap().x_px = f64::NAN;
        person.joints[2].as_mut().unwrap().x_px = -50.0;
        person.joints[3].as_mut().unwrap().depth_m = Some(2.0);
        person.joints[4] = None;
        view.measure(std::slice::from_mut(&mut person), &colour);
        let depth_m = |j: usize| person.joints[j].and_then(|k| k.depth_m);
        assert_eq!(
            [0, 1, 2, 3, 4].map(depth_m),
            [Some(3.0), None, None, Some(2.0), None]
        );
    }
}
