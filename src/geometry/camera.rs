//! A calibrated camera: pixels to undistorted rays and back.
//!
//! Models are those of `sensor_msgs/CameraInfo`: `plumb_bob`, `rational_polynomial` (OpenCV's pinhole
//! models) and `equidistant` (Kannala-Brandt fisheye, OpenCV's `fisheye`).

use nalgebra::{Matrix2, Point2, Point3, Vector2};

/// Why a calibration cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CameraError {
    /// K is all zero, which is how ROS drivers say "uncalibrated".
    #[error(
        "K is all zero: the camera is uncalibrated; calibrate it (ros2 run camera_calibration cameracalibrator)"
    )]
    Uncalibrated,
    /// A focal length or principal point is unusable.
    #[error(
        "K is not usable: found fx={fx} fy={fy} cx={cx} cy={cy}, expected finite numbers with fx > 0 and fy > 0"
    )]
    Intrinsics {
        /// Focal length along x (px).
        fx: f64,
        /// Focal length along y (px).
        fy: f64,
        /// Principal point x (px).
        cx: f64,
        /// Principal point y (px).
        cy: f64,
    },
    /// The distortion model's name is not known.
    #[error("distortion_model is {0:?}, expected plumb_bob, rational_polynomial or equidistant")]
    UnknownModel(String),
    /// Too few or non-finite coefficients.
    #[error("{model} has distortion coefficients {found:?}, expected {expected} finite numbers")]
    Coefficients {
        /// The distortion model.
        model: &'static str,
        /// What D holds.
        found: Vec<f64>,
        /// How many there should be.
        expected: &'static str,
    },
    /// The image has no size.
    #[error("image size is {width} x {height} px, expected both above 0")]
    ImageSize {
        /// Width (px).
        width: u32,
        /// Height (px).
        height: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Distortion {
    /// k1 k2 p1 p2 k3 k4 k5 k6, missing ones zero.
    Pinhole([f64; 8]),
    /// k1 k2 k3 k4.
    Equidistant([f64; 4]),
}

/// Intrinsics and distortion of one camera; rays and points are in its optical frame
/// (REP-103: z forward, x right, y down).
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    focal_px: Vector2<f64>,
    centre_px: Vector2<f64>,
    distortion: Distortion,
    /// Width of the calibrated image (px).
    pub width_px: u32,
    /// Height of the calibrated image (px).
    pub height_px: u32,
}

const UNDISTORT_STEPS: usize = 20;
/// Residual below which a ray counts as found: about 1e-3 px at any usual focal length.
const UNDISTORT_TOLERANCE: f64 = 1e-6;
/// Rays closer than this to the image plane's edge (in tangent units) are no use to anyone.
const WIDEST_TANGENT: f64 = 20.0;

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
        let [fx, _, cx, _, fy, cy, ..] = *k;
        let finite = [fx, fy, cx, cy].iter().all(|v| v.is_finite());
        if !finite || fx <= 0.0 || fy <= 0.0 {
            return Err(CameraError::Intrinsics { fx, fy, cx, cy });
        }
        if width_px == 0 || height_px == 0 {
            return Err(CameraError::ImageSize {
                width: width_px,
                height: height_px,
            });
        }
        Ok(Self {
            focal_px: Vector2::new(fx, fy),
            centre_px: Vector2::new(cx, cy),
            distortion: Distortion::new(model, d)?,
            width_px,
            height_px,
        })
    }

    /// The undistorted ray through a pixel, as (x/z, y/z); `None` where the distortion model has
    /// no inverse (far outside the calibrated image).
    pub fn ray(&self, pixel: Point2<f64>) -> Option<Point2<f64>> {
        let distorted = (pixel.coords - self.centre_px).component_div(&self.focal_px);
        let ray = self.distortion.undo(distorted)?;
        (ray.norm() < WIDEST_TANGENT).then(|| Point2::from(ray))
    }

    /// The pixel that shows a point (m, camera optical frame); `None` behind the camera.
    pub fn pixel(&self, point: &Point3<f64>) -> Option<Point2<f64>> {
        if point.z <= 0.0 {
            return None;
        }
        let distorted = self.distortion.apply(point.xy().coords / point.z);
        Some(Point2::from(
            distorted.component_mul(&self.focal_px) + self.centre_px,
        ))
    }
}

impl Distortion {
    fn new(model: &str, d: &[f64]) -> Result<Self, CameraError> {
        let coefficients = |model, counts: &[usize], expected| {
            let usable = d.iter().all(|v| v.is_finite()) && counts.contains(&d.len());
            usable
                .then_some(())
                .ok_or_else(|| CameraError::Coefficients {
                    model,
                    found: d.iter().copied().take(16).collect(),
                    expected,
                })
        };
        let mut padded = [0.0; 8];
        for (to, from) in padded.iter_mut().zip(d) {
            *to = *from;
        }
        match model {
            // Drivers of rectified cameras leave the name and D empty.
            "" if d.iter().all(|v| *v == 0.0) => Ok(Self::Pinhole([0.0; 8])),
            "plumb_bob" => {
                coefficients("plumb_bob", &[0, 4, 5], "0, 4 or 5")?;
                Ok(Self::Pinhole(padded))
            }
            "rational_polynomial" => {
                // OpenCV also writes 12 or 14; its thin prism and tilt terms must then be zero.
                coefficients("rational_polynomial", &[8, 12, 14], "8 (or 12 or 14)")?;
                if d.iter().skip(8).any(|v| *v != 0.0) {
                    return Err(CameraError::Coefficients {
                        model: "rational_polynomial",
                        found: d.to_vec(),
                        expected: "8 (thin prism and tilt terms zero)",
                    });
                }
                Ok(Self::Pinhole(padded))
            }
            "equidistant" => {
                coefficients("equidistant", &[4], "4")?;
                Ok(Self::Equidistant([
                    padded[0], padded[1], padded[2], padded[3],
                ]))
            }
            other => Err(CameraError::UnknownModel(other.chars().take(64).collect())),
        }
    }

    fn apply(&self, ray: Vector2<f64>) -> Vector2<f64> {
        let (x, y) = (ray.x, ray.y);
        match self {
            Self::Pinhole([k1, k2, p1, p2, k3, k4, k5, k6]) => {
                let r2 = x * x + y * y;
                let radial = (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3)))
                    / (1.0 + r2 * (k4 + r2 * (k5 + r2 * k6)));
                Vector2::new(
                    x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
                    y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
                )
            }
            Self::Equidistant([k1, k2, k3, k4]) => {
                let r = ray.norm();
                if r < 1e-12 {
                    return ray;
                }
                let theta = r.atan();
                let t2 = theta * theta;
                let bent = theta * (1.0 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))));
                ray * (bent / r)
            }
        }
    }

    /// Inverts [`Self::apply`] by Newton's method; `None` when it does not converge.
    fn undo(&self, distorted: Vector2<f64>) -> Option<Vector2<f64>> {
        if let Self::Pinhole(k) = self
            && k.iter().all(|v| *v == 0.0)
        {
            return distorted.iter().all(|v| v.is_finite()).then_some(distorted);
        }
        let mut ray = self.first_guess(distorted);
        for _ in 0..UNDISTORT_STEPS {
            let residual = self.apply(ray) - distorted;
            if residual.norm() < UNDISTORT_TOLERANCE * 1e-3 {
                break;
            }
            ray -= self.slope(ray).try_inverse()? * residual;
        }
        // Beyond its fold the model maps back on itself: there a slope is negative.
        let slope = self.slope(ray);
        let found = (self.apply(ray) - distorted).norm() < UNDISTORT_TOLERANCE
            && slope.determinant() > 0.0
            && slope.trace() > 0.0;
        found.then_some(ray)
    }

    fn first_guess(&self, distorted: Vector2<f64>) -> Vector2<f64> {
        match self {
            Self::Pinhole(_) => distorted,
            Self::Equidistant(_) => {
                let theta = distorted.norm().min(1.5);
                if theta < 1e-12 {
                    distorted
                } else {
                    distorted.normalize() * theta.tan()
                }
            }
        }
    }

    /// Derivative of [`Self::apply`] by central differences.
    fn slope(&self, ray: Vector2<f64>) -> Matrix2<f64> {
        let step = 1e-6 * (1.0 + ray.norm());
        let along = |axis: Vector2<f64>| {
            (self.apply(ray + axis * step) - self.apply(ray - axis * step)) / (2.0 * step)
        };
        Matrix2::from_columns(&[along(Vector2::x()), along(Vector2::y())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const K: [f64; 9] = [600.0, 0.0, 320.0, 0.0, 610.0, 240.0, 0.0, 0.0, 1.0];

    fn camera(model: &str, d: &[f64]) -> Result<Camera, CameraError> {
        Camera::new(&K, model, d, 640, 480)
    }

    #[test]
    fn what_is_unusable_is_named() {
        let zero = Camera::new(&[0.0; 9], "plumb_bob", &[], 640, 480);
        assert!(zero.unwrap_err().to_string().contains("uncalibrated"));
        let mut k = K;
        k[0] = f64::NAN;
        assert!(
            Camera::new(&k, "plumb_bob", &[], 640, 480)
                .unwrap_err()
                .to_string()
                .contains("fx=NaN")
        );
        assert_eq!(
            camera("fov", &[]),
            Err(CameraError::UnknownModel("fov".into()))
        );
        assert!(
            camera("plumb_bob", &[0.1; 3])
                .unwrap_err()
                .to_string()
                .contains("0, 4 or 5")
        );
        assert!(camera("equidistant", &[f64::INFINITY; 4]).is_err());
        let flat = Camera::new(&K, "plumb_bob", &[], 0, 480);
        assert_eq!(
            flat,
            Err(CameraError::ImageSize {
                width: 0,
                height: 480
            })
        );
    }

    #[test]
    fn a_pixel_beyond_the_models_fold_has_no_ray() {
        let strong = camera("plumb_bob", &[-0.4, 0.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(strong.ray(Point2::new(1e5, 0.0)), None);
        assert_eq!(strong.ray(Point2::new(f64::NAN, 0.0)), None);
    }

    #[test]
    fn plumb_bob_agrees_with_a_hand_worked_point() {
        // x = 0.5, y = 0: r2 = 0.25, radial = 1 - 0.2*0.25 = 0.95, plus p2*(0.25 + 0.5) = 0.0075.
        let camera = camera("plumb_bob", &[-0.2, 0.0, 0.0, 0.01, 0.0]).unwrap();
        let pixel = camera.pixel(&Point3::new(1.0, 0.0, 2.0)).unwrap();
        assert!((pixel.x - (320.0 + 600.0 * (0.475 + 0.0075))).abs() < 1e-9);
    }

    #[test]
    fn each_model_agrees_with_a_hand_worked_point_off_both_axes() {
        // x = 0.5, y = 0.25: r2 = 0.3125, x y = 0.125.
        let shown = |model: &str, d: &[f64]| {
            let pixel = camera(model, d).unwrap().pixel(&Point3::new(1.0, 0.5, 2.0));
            let pixel = pixel.unwrap();
            ((pixel.x - 320.0) / 600.0, (pixel.y - 240.0) / 610.0)
        };
        let is = |found: (f64, f64), x: f64, y: f64| {
            assert!((found.0 - x).hypot(found.1 - y) < 1e-12, "{found:?}");
        };
        // radial = 1 - 0.2 r2 = 0.9375; x gets 2 p1 x y + p2 (r2 + 2 x2), y gets p1 (r2 + 2 y2) + 2 p2 x y.
        let tangential = shown("plumb_bob", &[-0.2, 0.0, 0.02, 0.01, 0.0]);
        is(
            tangential,
            0.46875 + 0.005 + 0.008125,
            0.234375 + 0.00875 + 0.0025,
        );
        // k2 r2^2 and k3 r2^3.
        let radial = 1.0 + 0.5 * 0.09765625 - 0.25 * 0.030517578125;
        let high_orders = shown("plumb_bob", &[0.0, 0.5, 0.0, 0.0, -0.25]);
        is(high_orders, 0.5 * radial, 0.25 * radial);
        // Numerator 1 + 0.4 r2, denominator 1 + 0.8 r2 + 0.5 r2^2 - 0.25 r2^3.
        let radial = 1.125 / (1.25 + 0.5 * 0.09765625 - 0.25 * 0.030517578125);
        let rational = [0.4, 0.0, 0.0, 0.0, 0.0, 0.8, 0.5, -0.25];
        is(
            shown("rational_polynomial", &rational),
            0.5 * radial,
            0.25 * radial,
        );
        // The angle from the axis, bent, in place of its tangent.
        let (tangent, angle) = (0.3125f64.sqrt(), 0.3125f64.sqrt().atan());
        let bent = angle + 0.1 * angle.powi(3) - 0.2 * angle.powi(5) + 0.3 * angle.powi(7)
            - 0.4 * angle.powi(9);
        let fisheye = shown("equidistant", &[0.1, -0.2, 0.3, -0.4]);
        is(fisheye, 0.5 * bent / tangent, 0.25 * bent / tangent);
    }

    proptest! {
        #[test]
        fn ray_inverts_pixel(x in -0.5..0.5f64, y in -0.4..0.4f64, z in 0.3..10.0f64, which in 0..3usize) {
            let (model, d): (_, &[f64]) = [
                ("plumb_bob", &[-0.25, 0.08, 0.001, -0.0007, 0.01][..]),
                ("rational_polynomial", &[0.4, -0.2, 0.0003, 0.0002, 0.02, 0.7, -0.1, 0.01][..]),
                ("equidistant", &[0.02, -0.01, 0.003, -0.0004][..]),
            ][which];
            let camera = camera(model, d).unwrap();
            let pixel = camera.pixel(&Point3::new(x * z, y * z, z)).unwrap();
            let ray = camera.ray(pixel).unwrap();
            prop_assert!((ray - Point2::new(x, y)).norm() < 1e-6);
        }
    }
}
