//! Why a calibration cannot be used.

use nalgebra::{Point2, Vector2};

/// What was found in a camera_info, and what was expected. `matrix` is the one that was used: `K`,
/// or `P` for a rectified image.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs)]
pub enum CameraError {
    /// How ROS drivers say "uncalibrated".
    #[error(
        "K is all zero: the camera is uncalibrated; calibrate it (ros2 run camera_calibration \
         cameracalibrator)"
    )]
    Uncalibrated,
    /// Drivers leave P empty where nobody rectifies.
    #[error(
        "P is all zero, and image_rectified asks for it: set image_rectified to false, or \
         calibrate the camera (ros2 run camera_calibration cameracalibrator)"
    )]
    NotRectified,
    #[error(
        "{matrix} is not usable: found fx={} fy={} cx={} cy={}, expected finite numbers with fx > \
         0 and fy > 0",
        focal_px.x, focal_px.y, centre_px.x, centre_px.y
    )]
    Intrinsics {
        matrix: &'static str,
        focal_px: Vector2<f64>,
        centre_px: Point2<f64>,
    },
    /// Transposed, skewed, or not a pinhole camera at all.
    #[error("{matrix} is not usable: found {found:?}, expected rows fx 0 cx, 0 fy cy, 0 0 1")]
    Rows {
        matrix: &'static str,
        found: [f64; 9],
    },
    #[error(
        "{matrix} is not plausible: found fx={} fy={} px for an image of {} x {} px, expected \
         {:.0} to {:.0} px and both alike; {matrix} is in pixels (not shares, not mm), and the \
         identity calibrates nothing",
        focal_px.x, focal_px.y, size_px[0], size_px[1], range_px[0], range_px[1]
    )]
    Focal {
        matrix: &'static str,
        focal_px: Vector2<f64>,
        size_px: [u32; 2],
        range_px: [f64; 2],
    },
    #[error(
        "{matrix} is not plausible: found cx={} cy={} px, expected a point within the image of {} \
         x {} px",
        centre_px.x, centre_px.y, size_px[0], size_px[1]
    )]
    Centre {
        matrix: &'static str,
        centre_px: Point2<f64>,
        size_px: [u32; 2],
    },
    #[error(
        "{matrix} is not of this image: cx={} cy={} px are the middle of one of about {:.0} x \
         {:.0} px, found width and height {} x {} px; expected both of one size (a part of an \
         image is said by roi, a coarser one by binning)",
        centre_px.x, centre_px.y, 2.0 * centre_px.x, 2.0 * centre_px.y, size_px[0], size_px[1]
    )]
    OtherSize {
        matrix: &'static str,
        centre_px: Point2<f64>,
        size_px: [u32; 2],
    },
    #[error(
        "P is of the second camera of a stereo pair (P[3]={} P[7]={}: {:.3} m from the first), \
         whose people would be in the frame of the first; expected P[3] and P[7] 0: use the first \
         camera, or, where K and D describe the rectified image too, set image_rectified to false",
        shift_px.x, shift_px.y, baseline_m
    )]
    SecondOfPair {
        shift_px: Vector2<f64>,
        baseline_m: f64,
    },
    #[error(
        "R is no rotation: found {found:?}, expected one, the identity, or all zero where none is \
         known"
    )]
    NoRotation { found: [f64; 9] },
    #[error("distortion_model is {0:?}, expected plumb_bob, rational_polynomial or equidistant")]
    UnknownModel(String),
    #[error("{model} has distortion coefficients {found:?}, expected {expected} finite numbers")]
    Coefficients {
        model: &'static str,
        found: Vec<f64>,
        expected: &'static str,
    },
    #[error(
        "{model} is not plausible with the coefficients {found:?}: {how} at ({:.0}, {:.0}) px of \
         {} x {} px; are D, K and the image size of one calibration?",
        pixel.x, pixel.y, size_px[0], size_px[1]
    )]
    Bent {
        model: String,
        found: Vec<f64>,
        how: &'static str,
        pixel: Point2<f64>,
        size_px: [u32; 2],
    },
    #[error("image size is {width} x {height} px, expected both above 0")]
    ImageSize { width: u32, height: u32 },
    #[error(
        "roi of {} x {} px at ({}, {}) with binning {} x {} is no part of an image of {} x {} px; \
         expected width and height of the full image, and K, P and roi in its pixels",
        roi_px[2], roi_px[3], roi_px[0], roi_px[1], binning[0], binning[1], size_px[0], size_px[1]
    )]
    NoPart {
        roi_px: [u32; 4],
        binning: [u32; 2],
        size_px: [u32; 2],
    },
}
