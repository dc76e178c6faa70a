//! Follows the recorded walker through one calibrated camera, frame by frame.
//!
//! ```bash
//! cargo run -p posemoe-core --example walk -- LIBONNXRUNTIME.SO MODEL.ONNX FOLDER
//! cargo run -p posemoe-core --example walk -- \
//!     .cache/onnxruntime/*/libonnxruntime.so models/posemoe.onnx tests/data/walk
//! ```
//!
//! A line for each frame: when it was, where the person stands in the camera's optical frame (m),
//! how sure that is along the optical axis, how fast they move, and where their right ankle is.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use posemoe_core::{
    Camera, Drops, JOINTS, JointSet, Keypoint, MemoryShape, Model, Observation, OnnxOptions,
    OnnxStep, Pipeline, Runtime, Settings, Sighting, Stamp, StreamLifter,
};

/// What a detector saw: x and y (px) and score of each of COCO's 17 keypoints, frame by frame.
#[derive(serde::Deserialize)]
struct Recording {
    width: u32,
    height: u32,
    fps: f64,
    frames: Vec<[[f64; 3]; 17]>,
}

#[derive(serde::Deserialize)]
struct Calibration {
    #[serde(rename = "K")]
    k: [[f64; 3]; 3],
    distortion_plumb_bob: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [library, model, folder] = paths.as_slice() else {
        return Err("expected LIBONNXRUNTIME.SO MODEL.ONNX FOLDER".into());
    };
    follow(library, model, folder, &mut std::io::stdout().lock())
}

/// Writes where the walker of `folder` is, frame by frame.
///
/// # Errors
/// Files that cannot be read or are of another kind; a calibration that no camera has.
pub fn follow(
    library: &Path,
    model: &Path,
    folder: &Path,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let recording: Recording = read(&folder.join("walk_cam01.json"))?;
    let calibrations: std::collections::BTreeMap<String, Calibration> =
        read(&folder.join("walk_calibration.json"))?;
    let calibration = calibrations.get("cam01").ok_or("no calibration of cam01")?;
    let (width, height) = (recording.width, recording.height);
    let k: Vec<f64> = calibration.k.concat();
    let camera = Camera::new(
        k.as_slice().try_into()?,
        "plumb_bob",
        &calibration.distortion_plumb_bob,
        width,
        height,
    )?;

    let network = OnnxStep::new(Model::load(
        &Runtime::load(library)?,
        &OnnxOptions::cpu(model),
    )?)?;
    // Room for one person and what the network keeps of 96 of their frames.
    let memory = MemoryShape::of(&network.memory(), 1, 96);
    let lifter = StreamLifter::new(network, memory);
    let mut pipeline = Pipeline::new(Settings::default(), Box::new(lifter));

    let ankle = JOINTS.iter().position(|name| *name == "right_ankle");
    let ankle = ankle.ok_or("no ankle among the joints")?;
    let mut drops = Drops::default();
    writeln!(
        out,
        "time_s  x_m y_m z_m  sigma_z_m  speed_m_s  right ankle x_m y_m z_m"
    )?;
    for (number, keypoints) in recording.frames.iter().enumerate() {
        let keypoints = keypoints.map(|[x_px, y_px, score]| {
            Some(Keypoint {
                x_px,
                y_px,
                score,
                depth_m: None,
            })
        });
        let walker = Sighting {
            track_id: Some("walker".to_owned()),
            ..Sighting::of_joints(JointSet::Coco17.to_joints(&keypoints))
        };
        let nanos = (number as f64 / recording.fps * 1e9).round() as i64;
        let stamp = Stamp::from_nanos(nanos);
        let frame = Observation::of_people(stamp, "cam01", (width, height), vec![walker]);
        for poses in pipeline.step(&frame, &camera, &mut drops) {
            for person in &poses.people {
                let root_m = person.root_m;
                let ankle_m = person.joints[ankle].position_m;
                writeln!(
                    out,
                    "{:.3}  {:.3} {:.3} {:.3}  {:.3}  {:.3}  {:.3} {:.3} {:.3}",
                    poses.stamp.seconds_since(Stamp::from_nanos(0)),
                    root_m.x,
                    root_m.y,
                    root_m.z,
                    person.root_sigma_m().z,
                    person.root_velocity_m_s.norm(),
                    ankle_m.x,
                    ankle_m.y,
                    ankle_m.z,
                )?;
            }
        }
    }
    if !drops.is_empty() {
        writeln!(out, "not used: {}", drops.summary())?;
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| format!("{}: {error}", path.display()).into())
}
