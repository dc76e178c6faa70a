//! A calibrated camera: pixels to undistorted rays and back.
//!
//! Models are those of `sensor_msgs/CameraInfo`: `plumb_bob`, `rational_polynomial` (OpenCV's
//! pinhole models) and `equidistant` (Kannala-Brandt fisheye, OpenCV's `fisheye`).

mod distortion;
mod error;
mod plausible;
#[cfg(test)]
mod tests;

use distortion::Distortion;
pub use error::CameraError;
use nalgebra::{Matrix3, Point2, Point3, Rotation3, Vector2, Vector3};

/// Rows of a rotation may be this far from orthonormal: drivers round their numbers.
const ROTATION_TOLERANCE: f64 = 1e-3;
/// A second camera nearer than this (m) to the first is the same.
const LEAST_BASELINE_M: f64 = 1e-4;
/// Skew up to this share of the focal length is below half a pixel at the edge of any image.
const LEAST_SKEW: f64 = 5e-4;

/// Intrinsics and distortion of one camera; rays and points are in its optical frame
/// (REP-103: z forward, x right, y down).
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    focal_px: Vector2<f64>,
    centre_px: Point2<f64>,
    distortion: Distortion,
    /// How the camera stands in the view that its rectified image shows: R; the identity without.
    view_from_camera: Rotation3<f64>,
    /// Where that is not all of the calibrated one: which part, and its size (px).
    part: Option<(Part, [u32; 2])>,
    /// Width of the image (px).
    pub width_px: u32,
    /// Height of the image (px).
    pub height_px: u32,
}

/// The part of the calibrated image that is sent, and how coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its left edge, top edge, width and height in the calibrated image (px).
    pub roi_px: [u32; 4],
    /// Calibrated pixels that make one of the image, along x and y.
    pub binning: [u32; 2],
}

impl Camera {
    /// A camera from the fields of `sensor_msgs/CameraInfo` (`k` row-major 3x3).
    ///
    /// # Errors
    /// [`CameraError`] says what was found and what was expected.
    pub fn new(
        k: &[f64; 9],
        model: &str,
        d: &[f64],
        width_px: u32,
        height_px: u32,
    ) -> Result<Self, CameraError> {
        if k.iter().all(|v| *v == 0.0) {
            return Err(CameraError::Uncalibrated);
        }
        let size_px = [width_px, height_px];
        let mut camera = Self::pinhole("K", k, size_px)?;
        camera.distortion = Distortion::new(model, d)?;
        match plausible::bend(&camera) {
            Some((pixel, how)) => Err(CameraError::Bent {
                model: model.to_owned(),
                found: d.to_vec(),
                how,
                pixel,
                size_px,
            }),
            None => Ok(camera),
        }
    }

    /// The camera that a rectified image seems taken with, from the fields of
    /// `sensor_msgs/CameraInfo` (`p` row-major 3x4, `r` 3x3). Its rays are in the frame of the
    /// camera itself, which R turns into the view of P.
    ///
    /// # Errors
    /// [`CameraError`] says what was found and what was expected.
    pub fn rectified(
        p: &[f64; 12],
        r: &[f64; 9],
        width_px: u32,
        height_px: u32,
    ) -> Result<Self, CameraError> {
        if p.iter().all(|v| *v == 0.0) {
            return Err(CameraError::NotRectified);
        }
        let k = [p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]];
        let camera = Self::pinhole("P", &k, [width_px, height_px])?;
        let shift_px = Vector2::new(p[3], p[7]);
        let baseline_m = shift_px.component_div(&camera.focal_px).norm();
        // Not so for NaN either.
        let is_first = baseline_m < LEAST_BASELINE_M;
        if !is_first {
            return Err(CameraError::SecondOfPair {
                shift_px,
                baseline_m,
            });
        }
        if p[11] != 0.0 {
            return Err(CameraError::Rows {
                matrix: "P",
                found: k,
            });
        }
        Ok(Self {
            view_from_camera: rotation(r)?,
            ..camera
        })
    }

    fn pinhole(matrix: &'static str, k: &[f64; 9], size_px: [u32; 2]) -> Result<Self, CameraError> {
        let [fx, skew, cx, _, fy, cy, ..] = *k;
        let (focal_px, centre_px) = (Vector2::new(fx, fy), Point2::new(cx, cy));
        let finite = [fx, fy, cx, cy].iter().all(|v| v.is_finite());
        if !finite || fx <= 0.0 || fy <= 0.0 {
            return Err(CameraError::Intrinsics {
                matrix,
                focal_px,
                centre_px,
            });
        }
        let [.., last] = *k;
        let is_zero = [k[3], k[6], k[7]].iter().all(|v| *v == 0.0);
        // Not so for NaN either.
        let is_upright = skew.abs() <= LEAST_SKEW * fx;
        if !is_zero || !is_upright || last != 1.0 {
            return Err(CameraError::Rows { matrix, found: *k });
        }
        let [width_px, height_px] = size_px;
        if width_px == 0 || height_px == 0 {
            return Err(CameraError::ImageSize {
                width: width_px,
                height: height_px,
            });
        }
        plausible::pinhole(matrix, focal_px, centre_px, size_px)?;
        Ok(Self {
            focal_px,
            centre_px,
            distortion: Distortion::none(),
            view_from_camera: Rotation3::identity(),
            part: None,
            width_px,
            height_px,
        })
    }

    /// The same camera where only a part of its image is sent, or a coarser one.
    ///
    /// # Errors
    /// [`CameraError`] when that is no part of the image.
    pub fn part(&self, part: &Part) -> Result<Self, CameraError> {
        let Part { roi_px, binning } = *part;
        let size_px = [self.width_px, self.height_px];
        let [left, top, width, height] = roi_px;
        let ends = |start: u32, length: u32, whole: u32| {
            start.checked_add(length).is_some_and(|end| end <= whole)
        };
        let is_within = ends(left, width, size_px[0]) && ends(top, height, size_px[1]);
        let [across, down] = binning;
        let sizes = (width.checked_div(across), height.checked_div(down));
        let (Some(width_px @ 1..), Some(height_px @ 1..), true) = (sizes.0, sizes.1, is_within)
        else {
            return Err(CameraError::NoPart {
                roi_px,
                binning,
                size_px,
            });
        };
        let corner = Vector2::new(f64::from(left), f64::from(top));
        let coarse = Vector2::new(f64::from(across), f64::from(down));
        let centre = (self.centre_px.coords - corner).component_div(&coarse);
        Ok(Self {
            focal_px: self.focal_px.component_div(&coarse),
            centre_px: Point2::from(centre),
            part: Some((*part, size_px)),
            width_px,
            height_px,
            ..self.clone()
        })
    }

    /// The undistorted ray through a pixel, as (x/z, y/z); `None` where the distortion model has
    /// no inverse (far outside the calibrated image).
    pub fn ray(&self, pixel: Point2<f64>) -> Option<Point2<f64>> {
        let seen = self.distortion.undo(self.bent(pixel))?;
        let ray = self.view_from_camera.inverse() * Vector3::new(seen.x, seen.y, 1.0);
        (ray.z > 0.0).then(|| Point2::from(ray.xy() / ray.z))
    }

    /// The pixel that shows a point (m, camera optical frame); `None` behind the camera and beyond
    /// the distortion model's first fold.
    pub fn pixel(&self, point: &Point3<f64>) -> Option<Point2<f64>> {
        let point = self.view_from_camera * point;
        if point.z <= 0.0 {
            return None;
        }
        let bent = self.distortion.apply(point.xy().coords / point.z)?;
        Some(self.centre_px + bent.component_mul(&self.focal_px))
    }

    /// Pixels for each unit of x/z near the middle of the image; the mean of both axes.
    pub(crate) fn focal_length_px(&self) -> f64 {
        self.focal_px.mean()
    }

    /// The image's size in words, and what it is of the calibrated one.
    pub fn image(&self) -> String {
        let size = format!("{} x {} px", self.width_px, self.height_px);
        let Some((Part { roi_px, binning }, [whole_x, whole_y])) = self.part else {
            return size;
        };
        let ([x, y, width, height], [across, down]) = (roi_px, binning);
        format!(
            "{size} (of {whole_x} x {whole_y} px: roi {width} x {height} at ({x}, {y}), binning \
             {across} x {down})"
        )
    }

    fn bent(&self, pixel: Point2<f64>) -> Vector2<f64> {
        (pixel - self.centre_px).component_div(&self.focal_px)
    }

    /// The ray through a pixel in the image's own view, and what it would be if the lens did not
    /// err.
    fn undistorted(&self, pixel: Point2<f64>) -> (Option<Vector2<f64>>, Vector2<f64>) {
        let bent = self.bent(pixel);
        (
            self.distortion.undo(bent),
            self.distortion.undo_ideally(bent),
        )
    }
}

/// R of a camera_info; all zero where nobody set it.
fn rotation(rows: &[f64; 9]) -> Result<Rotation3<f64>, CameraError> {
    if rows.iter().all(|v| *v == 0.0) {
        return Ok(Rotation3::identity());
    }
    let matrix = Matrix3::from_row_slice(rows);
    let off = (matrix * matrix.transpose() - Matrix3::identity())
        .abs()
        .max();
    // Not so for NaN either.
    let is_rotation = off <= ROTATION_TOLERANCE && matrix.determinant() > 0.0;
    match is_rotation {
        true => Ok(Rotation3::from_matrix(&matrix)),
        false => Err(CameraError::NoRotation { found: *rows }),
    }
}
