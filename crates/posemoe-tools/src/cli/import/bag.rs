//! A recording before one camera as a bag: keypoints, calibration, the truth, and where the camera
//! is.

use posemoe::msg::type_info;
use std::fmt;
use std::path::Path;

use nalgebra::{Point3, Vector3};

use super::Failure;
use crate::evaluate::TRUTH_TOPIC;
use crate::import::{Body, Recording, View};
use posemoe::msg::geometry_msgs::{Quaternion, Transform, TransformStamped};
use posemoe::msg::posemoe::{Joint3D, Keypoint2D, People2D, People3D, Person2D, Person3D};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::{Message, encode};
use posemoe::output::{header, point, vector};
use posemoe_bag::{Compression, Output};
use posemoe_bus::{Qos, Topic};
use posemoe_stamp::Stamp;

/// When every recording begins (2020-09-13 12:26:40 UTC): data sets do not say, and 0 means "unset"
/// to many.
const FIRST: Stamp = Stamp::from_nanos(1_600_000_000_000_000_000);
const WORLD: &str = "world";

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    frames: usize,
    people: usize,
    out_of_image: usize,
    outliers: usize,
}

impl Counts {
    /// Adds those of another bag.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.people += other.people;
        self.out_of_image += other.out_of_image;
        self.outliers += other.outliers;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frames, people, out) = (self.frames, self.people, self.out_of_image);
        write!(
            f,
            "{frames} frames, {people} people seen, {out} out of the image"
        )?;
        match self.outliers {
            0 => Ok(()),
            outliers => write!(f, ", {outliers} outliers of the data set"),
        }
    }
}

/// A name for files and frames: letters, digits, `-` and `_`.
pub fn plain(name: &str) -> String {
    let keeps = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.chars()
        .map(|c| if keeps(c) { c } else { '_' })
        .collect()
}

/// Writes every so-manyth moment as the camera at this place in the recording sees it. Whom the
/// image shows nothing of is left out, also of the truth, and counted.
pub fn write(
    recording: &Recording,
    index: usize,
    view: &View,
    stride: usize,
    path: &Path,
) -> Result<Counts, Failure> {
    let frame_id = format!("camera_{}_optical_frame", plain(&view.name));
    let mut bag = Output::create(path, [], Compression::Zstd)?;
    let topic = |name: &str, type_name, qos| Topic {
        name: name.to_owned(),
        type_name,
        qos,
    };
    let topics = [
        topic("/tf_static", TFMessage::TYPE_NAME, Qos::latched(1)),
        topic(
            "/camera/camera_info",
            CameraInfo::TYPE_NAME,
            Qos::reliable(10),
        ),
        topic(TRUTH_TOPIC, People3D::TYPE_NAME, Qos::reliable(10)),
        topic("/people2d", People2D::TYPE_NAME, Qos::reliable(10)),
    ];
    for topic in &topics {
        bag.advertise(topic, Output::definition(topic, type_info)?)?;
    }
    let mut counts = Counts::default();
    for (number, moment) in recording.moments.iter().enumerate().step_by(stride) {
        let stamp = Stamp::from_nanos(FIRST.nanos().saturating_add(moment.at.nanos()));
        if counts.frames == 0 {
            bag.publish(0, stamp, stamp, &encode(&place(view, &frame_id, stamp)))?;
        }
        let detected = recording
            .detections
            .get(index)
            .and_then(|frames| frames.get(number));
        let [width, height] = view.size_px();
        let mut seen = People2D {
            header: header(stamp, &frame_id),
            joint_set: recording.joint_set.name().to_owned(),
            image_width_px: width,
            image_height_px: height,
            people: Vec::new(),
        };
        let mut truth = People3D {
            header: header(stamp, WORLD),
            joint_names: recording.joint_names.clone(),
            ..People3D::default()
        };
        for body in &moment.people {
            let keypoints = match detected {
                Some(found) => found
                    .iter()
                    .map(|k| keypoint(k.x_px, k.y_px, k.score))
                    .collect(),
                None => projected(body, recording, view),
            };
            if keypoints.iter().all(|keypoint| keypoint.score == 0.0) {
                counts.out_of_image += 1;
                continue;
            }
            seen.people.push(Person2D {
                id: body.id.clone(),
                score: 1.0,
                keypoints,
            });
            truth.people.extend(person(body, &recording.joint_names));
        }
        counts.frames += 1;
        counts.outliers += moment.outliers;
        counts.people += seen.people.len();
        bag.publish(
            1,
            stamp,
            stamp,
            &encode(&calibration(view, &frame_id, stamp)),
        )?;
        bag.publish(2, stamp, stamp, &encode(&truth))?;
        bag.publish(3, stamp, stamp, &encode(&seen))?;
    }
    bag.close()?;
    Ok(counts)
}

fn keypoint(x_px: f64, y_px: f64, score: f64) -> Keypoint2D {
    Keypoint2D {
        x_px: x_px as f32,
        y_px: y_px as f32,
        score: score as f32,
    }
}

/// The joints where the image shows them; the others are missing.
fn projected(body: &Body, recording: &Recording, view: &View) -> Vec<Keypoint2D> {
    let joints = recording.keypoint_joints.iter();
    let pixel = |joint: &Option<usize>| view.pixel(body.joints_m.get((*joint)?)?.as_ref()?);
    joints
        .map(|joint| pixel(joint).map_or_else(Keypoint2D::default, |at| keypoint(at.x, at.y, 1.0)))
        .collect()
}

/// Someone in the world; `None` when no joint is known. A joint that is not has NaN and a score of
/// 0.
fn person(body: &Body, names: &[String]) -> Option<Person3D> {
    let joint = |joint_m: &Option<Point3<f64>>| Joint3D {
        position: point(&joint_m.map_or(Vector3::repeat(f64::NAN), |joint_m| joint_m.coords)),
        score: if joint_m.is_some() { 1.0 } else { 0.0 },
        ..Joint3D::default()
    };
    let pelvis = names.iter().position(|name| name == "pelvis");
    let pelvis = pelvis.and_then(|pelvis| *body.joints_m.get(pelvis)?);
    let known: Vec<Vector3<f64>> = body
        .joints_m
        .iter()
        .flatten()
        .map(|joint_m| joint_m.coords)
        .collect();
    let middle = known.iter().sum::<Vector3<f64>>() / known.len() as f64;
    (!known.is_empty()).then(|| Person3D {
        id: body.id.clone(),
        state: Person3D::TRACKED,
        confidence: 1.0,
        plausibility: f32::NAN, // nobody judged it
        root_position: point(&pelvis.map_or(middle, |pelvis| pelvis.coords)),
        joints: body.joints_m.iter().map(joint).collect(),
        ..Person3D::default()
    })
}

fn place(view: &View, frame_id: &str, stamp: Stamp) -> TFMessage {
    let world_from_camera = view.camera_from_world.inverse();
    let turn = world_from_camera.rotation;
    TFMessage {
        transforms: vec![TransformStamped {
            header: header(stamp, WORLD),
            child_frame_id: frame_id.to_owned(),
            transform: Transform {
                translation: vector(&world_from_camera.translation.vector),
                rotation: Quaternion {
                    x: turn.i,
                    y: turn.j,
                    z: turn.k,
                    w: turn.w,
                },
            },
        }],
    }
}

fn calibration(view: &View, frame_id: &str, stamp: Stamp) -> CameraInfo {
    let [fx, _, cx, _, fy, cy, ..] = view.k;
    let [width, height] = view.size_px();
    CameraInfo {
        header: header(stamp, frame_id),
        height,
        width,
        distortion_model: "plumb_bob".to_owned(),
        d: view.d.to_vec(),
        k: view.k,
        r: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p: [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
        ..CameraInfo::default()
    }
}
