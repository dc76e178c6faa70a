//! The CMU Panoptic Studio: `hdPose3d_stage1_coco19/body3DScene_########.json`, one file for each
//! frame, and `calibration_SEQUENCE.json`. Centimetres, y down; 29.97 Hz; several people.

use nalgebra::{Isometry3, Point3, Rotation3, UnitQuaternion};
use serde::Deserialize;

use super::view::{isometry, row_major};
use super::{Body, Moment, Recording, Refusal, View, moment_of, refuse};
use posemoe_core::skeleton::JointSet;

/// So many frames in so many seconds: NTSC's rate.
const RATE: (u64, u64) = (30_000, 1001);
const METRES_IN_CM: f64 = 0.01;
/// A joint less certain than this was hardly triangulated; missing ones have -1.
const LEAST_CONFIDENCE: f64 = 0.1;
/// The joints of `joints19`, in order; ours where they are the same.
const JOINTS: [&str; 19] = [
    "neck",
    "nose",
    "pelvis",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_eye",
    "left_ear",
    "right_eye",
    "right_ear",
];
/// Which of them each keypoint of `body25` shows; the six of the feet none.
const BODY25: [usize; 19] = [
    1, 0, 9, 10, 11, 3, 4, 5, 2, 12, 13, 14, 6, 7, 8, 17, 15, 18, 16,
];

#[derive(Deserialize)]
struct Scene {
    bodies: Vec<SceneBody>,
}

#[derive(Deserialize)]
struct SceneBody {
    id: i64,
    joints19: Vec<f64>,
}

#[derive(Deserialize)]
struct Calibration {
    cameras: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct CalibratedCamera {
    resolution: [u32; 2],
    #[serde(rename = "K")]
    k: [[f64; 3]; 3],
    #[serde(rename = "distCoef")]
    distortion: [f64; 5],
    #[serde(rename = "R")]
    turn: [[f64; 3]; 3],
    t: [[f64; 1]; 3],
}

/// A recording of these frames.
pub fn recording(name: String, moments: Vec<Moment>, views: Vec<View>) -> Recording {
    let mut keypoint_joints: Vec<Option<usize>> = BODY25.iter().copied().map(Some).collect();
    keypoint_joints.resize(JointSet::Body25.keypoint_count(), None);
    Recording {
        name,
        joint_names: JOINTS.map(str::to_owned).to_vec(),
        joint_set: JointSet::Body25,
        keypoint_joints,
        moments,
        views,
        detections: Vec::new(),
    }
}

/// The people of one file, which is the frame of this number.
///
/// # Errors
/// [`Refusal`] when it is no such file.
pub fn moment(number: u64, json: &str) -> Result<Moment, Refusal> {
    let scene: Scene = serde_json::from_str(json)
        .map_err(|error| Refusal(format!("expected bodies with id and joints19: {error}")))?;
    // A negative id says "outlier" (the toolbox draws none).
    let (people, outliers): (Vec<&SceneBody>, Vec<&SceneBody>) =
        scene.bodies.iter().partition(|body| body.id >= 0);
    let people = people.into_iter().map(|body| {
        if body.joints19.len() != 4 * JOINTS.len() {
            let (id, found) = (body.id, body.joints19.len());
            return refuse(format!(
                "body {id}: found {found} numbers in joints19, expected 76"
            ));
        }
        let joint = |row: &[f64]| match row {
            [x, y, z, confidence] if *confidence >= LEAST_CONFIDENCE => {
                let point_m = Point3::new(*x, *y, *z) * METRES_IN_CM;
                Some(z_up_from_y_down() * point_m)
            }
            _ => None,
        };
        Ok(Body {
            id: body.id.to_string(),
            joints_m: body.joints19.chunks_exact(4).map(joint).collect(),
        })
    });
    let people: Vec<Body> = people.collect::<Result<_, _>>()?;
    let mut ids: Vec<&str> = people.iter().map(|body| &*body.id).collect();
    ids.sort_unstable();
    if let Some([id, _]) = ids.windows(2).find(|pair| pair.first() == pair.last()) {
        return refuse(format!("body {id} is there twice"));
    }
    Ok(Moment {
        at: moment_of(number, RATE.0, RATE.1),
        people,
        outliers: outliers.len(),
    })
}

/// The HD cameras of a calibration.
///
/// # Errors
/// [`Refusal`] when it is no such file, or one of them cannot be used.
pub fn views(json: &str) -> Result<Vec<View>, Refusal> {
    let calibration: Calibration = serde_json::from_str(json)
        .map_err(|error| Refusal(format!("expected a list of cameras: {error}")))?;
    let hd = calibration
        .cameras
        .into_iter()
        .filter(|camera| camera["type"] == "hd");
    let views: Vec<View> = hd.map(view).collect::<Result<_, _>>()?;
    if views.is_empty() {
        return refuse("found no camera of the type hd");
    }
    Ok(views)
}

fn view(json: serde_json::Value) -> Result<View, Refusal> {
    let name = json["name"].as_str().unwrap_or("without a name").to_owned();
    let of = |refusal: Refusal| refusal.of(format!("camera {name}"));
    let found: CalibratedCamera = serde_json::from_value(json).map_err(|error| {
        of(Refusal(format!(
            "expected resolution, K, distCoef, R and t: {error}"
        )))
    })?;
    let shift_m = found.t.map(|[shift_cm]| shift_cm * METRES_IN_CM);
    let camera_from_studio = isometry(&found.turn, shift_m).map_err(of)?;
    let camera_from_world = camera_from_studio * z_up_from_y_down().inverse();
    View::new(
        name.clone(),
        found.resolution,
        row_major(found.k),
        found.distortion,
        camera_from_world,
    )
}

/// The studio's y points down: x stays, z becomes y, and y turned about becomes z.
fn z_up_from_y_down() -> Isometry3<f64> {
    let turn =
        Rotation3::from_axis_angle(&nalgebra::Vector3::x_axis(), -std::f64::consts::FRAC_PI_2);
    Isometry3::from_parts(
        nalgebra::Translation3::identity(),
        UnitQuaternion::from_rotation_matrix(&turn),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_up_and_uncertain_joints_are_not_known() {
        let mut joints = vec![0.0; 76];
        joints[4..8].copy_from_slice(&[10.0, -170.0, 30.0, 0.5]);
        joints[8..12].copy_from_slice(&[0.0, -90.0, 0.0, -1.0]);
        let json = format!(r#"{{"bodies": [{{"id": 3, "joints19": {joints:?}}}]}}"#);
        let moment = moment(30, &json).unwrap();
        assert_eq!(moment.at.nanos(), 1_001_000_000);
        let body = &moment.people[0];
        let nose = body.joints_m[1].unwrap();
        assert!((nose - Point3::new(0.1, 0.3, 1.7)).norm() < 1e-12, "{nose}");
        assert_eq!((body.id.as_str(), body.joints_m[2]), ("3", None));
    }

    #[test]
    fn keypoints_are_those_of_body25() {
        let recording = recording(String::new(), Vec::new(), Vec::new());
        let mut keypoints = recording.keypoint_joints.iter();
        let names = keypoints
            .by_ref()
            .map_while(|joint| joint.map(|joint| JOINTS[joint]));
        let names: Vec<&str> = names.collect();
        assert_eq!(
            names[..5],
            [
                "nose",
                "neck",
                "right_shoulder",
                "right_elbow",
                "right_wrist"
            ]
        );
        assert_eq!(
            names[5..9],
            ["left_shoulder", "left_elbow", "left_wrist", "pelvis"]
        );
        assert_eq!(names[9..12], ["right_hip", "right_knee", "right_ankle"]);
        assert_eq!(names[12..15], ["left_hip", "left_knee", "left_ankle"]);
        assert_eq!(
            names[15..],
            ["right_eye", "left_eye", "right_ear", "left_ear"]
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let refused = |json: &str| moment(0, json).unwrap_err().0;
        assert!(refused("{").contains("expected bodies"));
        assert!(
            refused(r#"{"bodies": [{"id": 1, "joints19": [1]}]}"#)
                .contains("body 1: found 1 numbers")
        );
        let body = format!(r#"{{"id": 1, "joints19": {:?}}}"#, [0.0; 76]);
        assert!(
            refused(&format!(r#"{{"bodies": [{body}, {body}]}}"#))
                .contains("body 1 is there twice")
        );
        assert!(views(r#"{"cameras": []}"#).is_err());
        let error = views(r#"{"cameras": [{"name": "00_03", "type": "hd"}]}"#)
            .unwrap_err()
            .0;
        assert!(
            error.contains("camera 00_03: expected resolution"),
            "{error}"
        );
    }
}
