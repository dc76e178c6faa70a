//! Calibrations that no camera has, though their numbers can be computed with.
//!
//! Limits are wide: lenses from fisheye to telescope are within. What is beyond is another unit,
//! another image, or no calibration.

use nalgebra::{Point2, Vector2};

use super::{Camera, CameraError};

/// Focal lengths in units of the image's longer side: from 157° across to 2°.
const FOCAL: [f64; 2] = [0.1, 30.0];
/// Pixels are as wide as they are high, or nearly; of some sensors every second line is sent.
const MOST_OBLONG: f64 = 2.5;
/// A middle that is so many times off this image's along both axes is another image's.
const OTHER_SIZE: f64 = 1.3;
/// At this share of the way to the image's edge a lens does not fold, and bends little:
const INNER: f64 = 0.5;
/// by at most so much of the way.
const MOST_BENT_INSIDE: f64 = 0.5;
/// At the edge, a ray is at least so much of what it would be if nothing was bent,
const LEAST_AT_EDGE: f64 = 0.6;
/// and no farther aside than so much of it.
const MOST_ASIDE: f64 = 0.35;

/// That a pinhole of these numbers (px) fits an image of this size.
pub fn pinhole(
    matrix: &'static str,
    focal_px: Vector2<f64>,
    centre_px: Point2<f64>,
    size_px: [u32; 2],
) -> Result<(), CameraError> {
    let [width, height] = size_px.map(f64::from);
    let range_px = FOCAL.map(|share| share * width.max(height));
    let fits = |focal_px: &f64| (range_px[0]..=range_px[1]).contains(focal_px);
    let oblong = focal_px.max() / focal_px.min();
    if !focal_px.iter().all(fits) || oblong > MOST_OBLONG {
        return Err(CameraError::Focal {
            matrix,
            focal_px,
            size_px,
            range_px,
        });
    }
    let is_within = |at: f64, size: f64| 0.0 < at && at < size;
    let (across, down) = (2.0 * centre_px.x / width, 2.0 * centre_px.y / height);
    let is_off = |factor: f64| factor > 0.0 && factor.max(factor.recip()) > OTHER_SIZE;
    if is_off(across) && is_off(down) {
        return Err(CameraError::OtherSize {
            matrix,
            centre_px,
            size_px,
        });
    }
    if !is_within(centre_px.x, width) || !is_within(centre_px.y, height) {
        return Err(CameraError::Centre {
            matrix,
            centre_px,
            size_px,
        });
    }
    Ok(())
}

/// Where and how a camera bends as no lens does, if it does: looked at on the way from the middle
/// to the image's corners and sides. Coefficients say little by themselves: those of a telescope
/// are large, and a fraction's two parts may cancel.
pub fn bend(camera: &Camera) -> Option<(Point2<f64>, &'static str)> {
    let size = Vector2::new(f64::from(camera.width_px), f64::from(camera.height_px));
    let steps = [0.0, 0.5, 1.0];
    let grid = steps
        .iter()
        .flat_map(|x| steps.map(|y| Vector2::new(*x, y)));
    let edge = grid.filter(|share| share.x != 0.5 || share.y != 0.5);
    edge.map(|share| share.component_mul(&size))
        .find_map(|edge| {
            let way = edge - camera.centre_px.coords;
            let inside = Point2::from(camera.centre_px.coords + way * INNER);
            let edge = Point2::from(edge);
            inner_fault(camera, inside)
                .map(|how| (inside, how))
                .or_else(|| edge_fault(camera, edge).map(|how| (edge, how)))
        })
}

fn inner_fault(camera: &Camera, pixel: Point2<f64>) -> Option<&'static str> {
    let (ray, ideal) = camera.undistorted(pixel);
    match ray {
        None => Some("it folds before"),
        Some(ray) if (ray - ideal).norm() > MOST_BENT_INSIDE * ideal.norm() => {
            Some("it bends more than any lens")
        }
        Some(_) => None,
    }
}

fn edge_fault(camera: &Camera, pixel: Point2<f64>) -> Option<&'static str> {
    // A wide lens may fold before the edge: what is beyond has no ray.
    let (Some(ray), ideal) = camera.undistorted(pixel) else {
        return None;
    };
    let (along, aside) = (ray.dot(&ideal), ray.perp(&ideal).abs());
    let is_pulled_in = ray.norm() < LEAST_AT_EDGE * ideal.norm();
    (is_pulled_in || aside > MOST_ASIDE * along).then_some("it bends more than any lens")
}
