//! `sensor_msgs/msg/CameraInfo` to a camera, and which camera an observation was made with.

use crate::geometry::camera::{Camera, CameraError};
use crate::health::{Cause, excerpt};
use crate::msg::sensor_msgs::CameraInfo;
use crate::person::observation::Observation;

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

/// What is known of the camera.
#[derive(Clone, Debug, Default)]
pub enum Calibration {
    /// No camera_info has come.
    #[default]
    Unknown,
    /// The last camera_info cannot be used.
    Unusable {
        /// Why.
        problem: String,
        /// What came.
        info: Box<CameraInfo>,
    },
    /// The last camera_info gives a camera.
    Known {
        /// The camera.
        camera: Camera,
        /// What came.
        info: Box<CameraInfo>,
    },
}

impl Calibration {
    /// Takes over a camera_info; `true` when it differs from the one before.
    pub fn update(&mut self, info: CameraInfo, rectified: bool) -> bool {
        let known = match self {
            Self::Known { info, .. } | Self::Unusable { info, .. } => Some(info),
            Self::Unknown => None,
        };
        if known.is_some_and(|known| same(known, &info)) {
            return false;
        }
        let info = Box::new(info);
        *self = match camera(&info, rectified) {
            Ok(camera) => Self::Known { camera, info },
            Err(error) => Self::Unusable {
                problem: format!("camera_info of {}: {error}", excerpt(&info.header.frame_id)),
                info,
            },
        };
        true
    }

    /// The camera's frame, if one has been named.
    pub fn frame_id(&self) -> Option<&str> {
        match self {
            Self::Unknown => None,
            Self::Unusable { info, .. } | Self::Known { info, .. } => Some(&info.header.frame_id),
        }
    }

    /// Width and height of its images (px), if it is known.
    pub fn image_size_px(&self) -> Option<(u32, u32)> {
        match self {
            Self::Known { camera, .. } => Some((camera.width_px, camera.height_px)),
            Self::Unknown | Self::Unusable { .. } => None,
        }
    }

    /// What keeps the camera from being used, if anything.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Unknown => Some("no camera_info yet"),
            Self::Unusable { problem, .. } => Some(problem),
            Self::Known { .. } => None,
        }
    }

    /// The camera that `seen` was made with.
    ///
    /// # Errors
    /// Why there is none, with what was found and what was expected.
    pub fn camera_of(&self, seen: &Observation) -> Result<&Camera, (Cause, String)> {
        let (camera, info) = match self {
            Self::Known { camera, info } => (camera, info),
            Self::Unusable { problem, .. } => return Err((Cause::CameraUnusable, problem.clone())),
            Self::Unknown => {
                let waiting = format!("keypoints of {} wait for camera_info", seen.stamp);
                return Err((Cause::NoCamera, waiting));
            }
        };
        if info.header.frame_id != seen.frame_id {
            let (found, expected) = (&seen.frame_id, &info.header.frame_id);
            let differs = format!("keypoints are in {found:?}, camera_info in {expected:?}");
            return Err((Cause::FrameMismatch, differs));
        }
        let (width, height) = (camera.width_px, camera.height_px);
        match seen.image_size_px {
            Some((w, h)) if (w, h) != (width, height) => {
                let differs =
                    format!("keypoints of a {w} x {h} image, camera_info of {width} x {height}");
                Err((Cause::ImageSizeMismatch, differs))
            }
            _ => Ok(camera),
        }
    }
}

/// Whether two messages calibrate alike; number by number as they are written, since NaN differs from itself.
fn same(a: &CameraInfo, b: &CameraInfo) -> bool {
    let numbers = |info: &CameraInfo| {
        let all = info.k.iter().chain(&info.p).chain(&info.d);
        all.map(|number| number.to_bits()).collect::<Vec<_>>()
    };
    a.header.frame_id == b.header.frame_id
        && (a.width, a.height, &a.distortion_model) == (b.width, b.height, &b.distortion_model)
        && numbers(a) == numbers(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Point2, Point3};

    #[test]
    fn a_broken_calibration_that_is_repeated_is_no_news() {
        let mut info = CameraInfo {
            d: vec![f64::NAN; 5],
            ..Default::default()
        };
        let mut calibration = Calibration::default();
        assert!(calibration.update(info.clone(), false));
        assert!(!calibration.update(info.clone(), false));
        info.d[4] = 0.0;
        assert!(calibration.update(info, false));
    }

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

    #[test]
    fn whatever_changes_in_a_calibration_counts_from_then_on() {
        type Change = fn(&mut CameraInfo);
        let info = || CameraInfo {
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
        let camera_of = |calibration: &Calibration| match calibration {
            Calibration::Known { camera, info } => (camera.clone(), info.header.frame_id.clone()),
            other => panic!("{other:?}"),
        };
        let becomes_another = |rectified: bool, change: Change| {
            let (mut calibration, mut changed) = (Calibration::default(), info());
            change(&mut changed);
            assert!(calibration.update(info(), rectified));
            assert!(!calibration.update(info(), rectified), "nothing new");
            let before = camera_of(&calibration);
            calibration.update(changed, rectified);
            camera_of(&calibration) != before
        };
        let changes: [(Change, [bool; 2]); 7] = [
            (|info| info.k[0] = 501.0, [true, false]),
            (|info| info.d[1] = 0.2, [true, false]),
            (
                |info| (info.distortion_model, info.d) = ("equidistant".into(), vec![0.1; 4]),
                [true, false],
            ),
            (|info| info.p[0] = 451.0, [false, true]),
            (|info| info.p[6] = 231.0, [false, true]),
            (|info| info.height = 400, [true, true]),
            (|info| info.header.frame_id = "other".into(), [true, true]),
        ];
        for (place, (change, [raw, rectified])) in changes.into_iter().enumerate() {
            assert_eq!(becomes_another(false, change), raw, "change {place}");
            assert_eq!(
                becomes_another(true, change),
                rectified,
                "change {place}, rectified"
            );
        }
    }
}
