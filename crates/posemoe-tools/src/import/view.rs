//! A camera in the world, and where it sees a point.

use nalgebra::{
    Isometry3, Matrix3, Point2, Point3, Rotation3, Translation3, UnitQuaternion, Vector3,
};

use super::{Refusal, refuse};
use posemoe_core::geometry::camera::Camera;

/// How far rows of a rotation may be from orthonormal: files round their numbers.
const ROTATION_TOLERANCE: f64 = 1e-3;
/// How far a pixel's ray may be from the point that it shows (tangent units).
const RAY_TOLERANCE: f64 = 1e-4;

/// A calibrated camera that stands somewhere.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name, such as `54138969`.
    pub name: String,
    /// Intrinsics, row-major 3x3 (px).
    pub k: [f64; 9],
    /// Distortion of the model `plumb_bob`: k1, k2, p1, p2, k3.
    pub d: [f64; 5],
    /// Where the camera is: world coordinates (m) to those of its optical frame.
    pub camera_from_world: Isometry3<f64>,
    camera: Camera,
}

impl View {
    /// A camera of this image size (px).
    ///
    /// # Errors
    /// [`Refusal`] when the calibration cannot be used.
    pub fn new(
        name: impl Into<String>,
        size_px: [u32; 2],
        k: [f64; 9],
        d: [f64; 5],
        camera_from_world: Isometry3<f64>,
    ) -> Result<Self, Refusal> {
        let name = name.into();
        let of = |text: String| Refusal(text).of(format!("camera {name}"));
        if k[1] != 0.0 || k[3] != 0.0 {
            return Err(of(format!("K has a skew of {} px, expected 0", k[1])));
        }
        let camera = Camera::new(&k, "plumb_bob", &d, size_px[0], size_px[1]);
        let camera = camera.map_err(|error| of(error.to_string()))?;
        if !camera_from_world
            .translation
            .vector
            .iter()
            .all(|v| v.is_finite())
        {
            return Err(of("its place is not finite".to_owned()));
        }
        Ok(Self {
            k,
            d,
            camera_from_world,
            camera,
            name,
        })
    }

    /// Image size (px).
    pub fn size_px(&self) -> [u32; 2] {
        [self.camera.width_px, self.camera.height_px]
    }

    /// The pixel that shows a point (m, world); `None` behind the camera and beyond the image.
    pub fn pixel(&self, point_m: &Point3<f64>) -> Option<Point2<f64>> {
        let point_m = self.camera_from_world * point_m;
        let pixel = self.camera.pixel(&point_m)?;
        let [width, height] = self.size_px().map(f64::from);
        if !(0.0..width).contains(&pixel.x) || !(0.0..height).contains(&pixel.y) {
            return None;
        }
        // A distortion that was fitted to the image folds back into it what is far beyond.
        let ray = self.camera.ray(pixel)?;
        let is_its = (ray - point_m.xy() / point_m.z).norm() < RAY_TOLERANCE;
        is_its.then_some(pixel)
    }
}

/// Intrinsics of three rows, row-major.
pub fn row_major([a, b, c]: [[f64; 3]; 3]) -> [f64; 9] {
    [a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]]
}

/// A turn and a shift (m), where the turn is one.
pub fn isometry(rows: &[[f64; 3]; 3], shift_m: [f64; 3]) -> Result<Isometry3<f64>, Refusal> {
    let matrix = Matrix3::from_fn(|row, column| rows[row][column]);
    let off = (matrix * matrix.transpose() - Matrix3::identity())
        .abs()
        .max();
    if off.is_nan() || off > ROTATION_TOLERANCE || matrix.determinant() < 0.0 {
        return refuse(format!("found {rows:?}, expected the rows of a rotation"));
    }
    let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix(&matrix));
    Ok(Isometry3::from_parts(
        Translation3::from(Vector3::from(shift_m)),
        turn,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: [f64; 9] = [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0];

    #[test]
    fn only_what_the_image_shows_has_a_pixel() {
        let strong = [-0.3, 0.0, 0.0, 0.0, 0.0];
        let view = View::new("a", [640, 480], K, strong, Isometry3::identity()).unwrap();
        let pixel = |x, z| view.pixel(&Point3::new(x, 0.0, z));
        assert_eq!(pixel(0.0, 2.0), Some(Point2::new(320.0, 240.0)));
        assert_eq!(pixel(0.0, -2.0), None);
        // Within the image by the formula, and far beyond it in the world: 1 - 0.3 x² is 0.06
        // there.
        assert!((0.0..640.0).contains(&(320.0 + 600.0 * 1.77 * (1.0 - 0.3 * 1.77 * 1.77))));
        assert_eq!(pixel(1.77, 1.0), None);
        assert_eq!(pixel(1.0, 1.0), None);
    }

    #[test]
    fn what_is_no_rotation_or_no_pinhole_is_refused() {
        let mut rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(isometry(&rows, [0.0; 3]).is_ok());
        rows[2][2] = -1.0;
        assert!(isometry(&rows, [0.0; 3]).is_err());
        rows[2][2] = f64::NAN;
        assert!(isometry(&rows, [0.0; 3]).is_err());
        let mut skewed = K;
        skewed[1] = 3.0;
        let refused = View::new("a", [640, 480], skewed, [0.0; 5], Isometry3::identity());
        assert!(
            refused
                .unwrap_err()
                .0
                .contains("camera a: K has a skew of 3 px")
        );
    }
}
