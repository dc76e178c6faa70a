//! `sensor_msgs/msg/CameraInfo` to a camera, and which camera an observation was made with.

use super::transforms;
use crate::msg::sensor_msgs::CameraInfo;
use posemoe_core::geometry::camera::{Camera, CameraError, Part};
use posemoe_core::health::{Cause, excerpt};
use posemoe_core::person::observation::Observation;

/// Boxes and keypoints may reach beyond the image by so much of it: trackers guess on.
const MARGIN: f64 = 0.1;

/// The camera that took the image; with `rectified`, the one that the rectified image seems taken
/// with (P and R, without distortion).
///
/// # Errors
/// [`CameraError`] says what was found and what was expected.
pub fn camera(info: &CameraInfo, rectified: bool) -> Result<Camera, CameraError> {
    let (width, height) = (info.width, info.height);
    let whole = match rectified {
        true => Camera::rectified(&info.p, &info.r, width, height),
        false => Camera::new(&info.k, &info.distortion_model, &info.d, width, height),
    }?;
    match part(info) {
        Some(part) => whole.part(&part),
        None => Ok(whole),
    }
}

/// What is sent of the calibrated image, where that is not all of it.
fn part(info: &CameraInfo) -> Option<Part> {
    let whole = [0, 0, info.width, info.height];
    let roi = &info.roi;
    let roi_px = match [roi.x_offset, roi.y_offset, roi.width, roi.height] {
        // How the message says "all of it", as it says "no binning" by 0.
        [0, 0, 0, 0] => whole,
        roi_px => roi_px,
    };
    let binning = [info.binning_x, info.binning_y].map(|binning| binning.max(1));
    let is_whole = roi_px == whole && binning == [1, 1];
    (!is_whole).then_some(Part { roi_px, binning })
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
        camera: Box<Camera>,
        /// What came.
        info: Box<CameraInfo>,
    },
}

impl Calibration {
    /// Takes over a camera_info; `true` when it differs from the one before.
    pub fn update(&mut self, mut info: CameraInfo, rectified: bool) -> bool {
        info.header.frame_id = transforms::name(&info.header.frame_id).to_owned();
        let known = match self {
            Self::Known { info, .. } | Self::Unusable { info, .. } => Some(info),
            Self::Unknown => None,
        };
        if known.is_some_and(|known| same(known, &info)) {
            return false;
        }
        let info = Box::new(info);
        *self = match camera(&info, rectified) {
            Ok(camera) => Self::Known {
                camera: Box::new(camera),
                info,
            },
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

    /// The camera and its frame, if they are known.
    pub fn known(&self) -> Option<(&Camera, &str)> {
        match self {
            Self::Known { camera, info } => Some((camera, &info.header.frame_id)),
            Self::Unusable { .. } | Self::Unknown => None,
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
        match other_image(seen, camera) {
            Some(found) => {
                let differs = format!("{found}, camera_info of {}", camera.image());
                Err((Cause::ImageSizeMismatch, differs))
            }
            None => Ok(camera),
        }
    }
}

/// What shows that `seen` is of an image of another size, if anything does: where the message does
/// not say, somebody's box and keypoints that both reach beyond the camera's image.
fn other_image(seen: &Observation, camera: &Camera) -> Option<String> {
    let size = (camera.width_px, camera.height_px);
    if let Some((width, height)) = seen.image_size_px {
        let differs = (width, height) != size;
        return differs.then(|| format!("keypoints of a {width} x {height} image"));
    }
    let most = [size.0, size.1].map(|size| (1.0 + MARGIN) * f64::from(size));
    let is_beyond = |[x, y]: [f64; 2]| x > most[0] || y > most[1];
    seen.people.iter().find_map(|person| {
        let [_, end] = person.box_px.filter(|[_, end]| is_beyond(*end))?;
        let places = person.joints.iter().flatten().map(|k| [k.x_px, k.y_px]);
        let [x, y] = places.into_iter().find(|place| is_beyond(*place))?;
        let [right, bottom] = end;
        Some(format!(
            "a box that reaches to ({right:.0}, {bottom:.0}) px with a keypoint at ({x:.0}, {y:.0})"
        ))
    })
}

/// Whether two messages calibrate alike; number by number as they are written, since NaN differs
/// from itself.
fn same(a: &CameraInfo, b: &CameraInfo) -> bool {
    let numbers = |info: &CameraInfo| {
        let all = [&info.k[..], &info.d, &info.r, &info.p].concat();
        all.into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    a.header.frame_id == b.header.frame_id
        && (a.width, a.height) == (b.width, b.height)
        && a.distortion_model == b.distortion_model
        && (a.d.len(), part(a)) == (b.d.len(), part(b))
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

    #[test]
    fn a_calibration_is_new_when_anything_of_it_is_and_nan_is_not_new_each_time() {
        let mut info = CameraInfo {
            width: 640,
            height: 480,
            k: [600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0],
            ..Default::default()
        };
        info.header.frame_id = "/camera".into();
        let mut known = Calibration::default();
        let changes: [fn(&mut CameraInfo); 9] = [
            |_| {},
            |c| c.k[0] = 610.0,
            |c| c.p[0] = 500.0,
            |c| c.r[8] = 1.0,
            |c| c.binning_x = 2,
            |c| c.roi.width = 100,
            |c| c.d = vec![0.0],
            |c| c.header.frame_id = "rear".into(),
            |c| c.k[2] = f64::NAN,
        ];
        for (i, change) in changes.iter().enumerate() {
            change(&mut info);
            assert!(known.update(info.clone(), false), "change {i}");
            assert!(!known.update(info.clone(), false), "no change after {i}");
        }
        // As it always was: no binning is said by 0 or 1, and a slash is no part of a name.
        info.binning_y = 1;
        info.header.frame_id = "/rear".into();
        assert!(!known.update(info, false));
    }
}
