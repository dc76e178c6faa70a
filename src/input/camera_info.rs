//! `sensor_msgs/msg/CameraInfo` to a camera.

use crate::geometry::camera::{Camera, CameraError};
use crate::msg::sensor_msgs::CameraInfo;

/// The camera that took the image; with `rectified`, the one that the rectified image seems taken
/// with (P without distortion).
///
/// # Errors
/// [`CameraError`] says what was found and what was expected.
pub fn camera(info: &CameraInfo, rectified: bool) -> Result<Camera, CameraError> {
    let (width, height) = (info.width, info.height);
    if rectified {
        let p = &info.p;
        let k = [p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]];
        return Camera::new(&k, "plumb_bob", &[], width, height);
    }
    Camera::new(&info.k, &info.distortion_model, &info.d, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Point2, Point3};

    #[test]
    fn a_rectified_image_uses_p_and_no_distortion() {
        let info = CameraInfo {
            width: 640,
            height: 480,
            distortion_model: "plumb_bob".into(),
            d: vec![-0.3, 0.1, 0.0, 0.0, 0.0],
            k: [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0],
            p: [
                450.0, 0.0, 310.0, 0.0, 0.0, 450.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0,
            ],
            ..Default::default()
        };
        let pixel = |rectified| {
            camera(&info, rectified)
                .unwrap()
                .pixel(&Point3::new(0.5, 0.0, 1.0))
        };
        assert_eq!(pixel(true), Some(Point2::new(535.0, 230.0)));
        assert_ne!(pixel(false), pixel(true));
        assert_eq!(
            camera(&CameraInfo::default(), false),
            Err(CameraError::Uncalibrated)
        );
    }
}
