//! A table of keypoints in, a table of joints in metres out, of as many people as there are.
//!
//! ```bash
//! cargo run -p posemoe-core --example table -- LIBONNXRUNTIME.SO MODEL.ONNX \
//!     WIDTH HEIGHT FX FY CX CY < keypoints.csv > joints.csv
//! ```
//!
//! Lines that come in are `time_s,person,keypoint,x_px,y_px,score`, in the order of their times;
//! `keypoint` is a number of COCO's 17 (0 nose ... 16 right ankle), `person` any name. Lines of one
//! time are one image. What comes out is `time_s,person,state,joint,x_m,y_m,z_m,sigma_m` in the
//! camera's optical frame. Each image is answered before the next is read, so that it works at the
//! end of a pipe.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use posemoe_core::{
    Camera, Drops, JOINTS, JointSet, Keypoint, MemoryShape, Model, Observation, OnnxOptions,
    OnnxStep, Pipeline, Poses, Runtime, Settings, Sighting, Stamp, StreamLifter,
};

const MOST_PEOPLE: usize = 20;
const FRAMES_REMEMBERED: usize = 96;

/// A detector's answer for one keypoint.
struct Row {
    time_s: f64,
    person: String,
    keypoint: usize,
    at: Keypoint,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, model, camera @ ..] = arguments.as_slice() else {
        return Err("expected LIBONNXRUNTIME.SO MODEL.ONNX WIDTH HEIGHT FX FY CX CY".into());
    };
    let [width, height, fx, fy, cx, cy] = camera else {
        return Err("expected WIDTH HEIGHT FX FY CX CY of the camera".into());
    };
    let (fx, fy, cx, cy) = (fx.parse()?, fy.parse()?, cx.parse()?, cy.parse()?);
    let k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0];
    let size_px = (width.parse()?, height.parse()?);
    let camera = Camera::new(&k, "plumb_bob", &[], size_px.0, size_px.1)?;
    let mut pipeline = pipeline(&PathBuf::from(library), &PathBuf::from(model))?;
    let (stdin, stdout) = (std::io::stdin().lock(), std::io::stdout().lock());
    convert(&mut pipeline, &camera, size_px, stdin, stdout)
}

/// The pipeline that a robot has, too.
///
/// # Errors
/// A library or a model that cannot be loaded.
pub fn pipeline(library: &Path, model: &Path) -> Result<Pipeline, Box<dyn Error>> {
    let model = Model::load(&Runtime::load(library)?, &OnnxOptions::cpu(model))?;
    let network = OnnxStep::new(model)?;
    let memory = MemoryShape::of(&network.memory(), MOST_PEOPLE, FRAMES_REMEMBERED);
    let lifter = StreamLifter::new(network, memory);
    Ok(Pipeline::new(Settings::default(), Box::new(lifter)))
}

/// Turns the one table into the other. What could not be used is said on standard error.
///
/// # Errors
/// A line that is none of the table's, with its number; a table that cannot be read or written.
pub fn convert(
    pipeline: &mut Pipeline,
    camera: &Camera,
    size_px: (u32, u32),
    table: impl BufRead,
    mut out: impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut drops = Drops::default();
    let mut image: Vec<Row> = Vec::new();
    writeln!(out, "time_s,person,state,joint,x_m,y_m,z_m,sigma_m")?;
    for (number, line) in (1..).zip(table.lines()) {
        let line = line?;
        if line.is_empty() || (number == 1 && line.starts_with("time_s")) {
            continue;
        }
        let row = row(&line).ok_or_else(|| {
            let expected = "time_s,person,keypoint (0 to 16),x_px,y_px,score";
            format!("line {number}: found {line:?}, expected {expected}")
        })?;
        if image
            .first()
            .is_some_and(|first| first.time_s != row.time_s)
        {
            let frame = observation(std::mem::take(&mut image), size_px);
            write(&pipeline.step(&frame, camera, &mut drops), &mut out)?;
        }
        image.push(row);
    }
    if !image.is_empty() {
        let frame = observation(image, size_px);
        write(&pipeline.step(&frame, camera, &mut drops), &mut out)?;
    }
    write(&pipeline.flush(&mut drops), &mut out)?;
    if !drops.is_empty() {
        eprintln!("not used: {}", drops.summary());
    }
    Ok(out.flush()?)
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [time_s, person, keypoint, x_px, y_px, score] = cells.as_slice() else {
        return None;
    };
    Some(Row {
        time_s: time_s
            .parse()
            .ok()
            .filter(|time_s: &f64| time_s.is_finite())?,
        person: (*person).to_owned(),
        keypoint: keypoint.parse().ok().filter(|number| *number < 17)?,
        at: Keypoint {
            x_px: x_px.parse().ok()?,
            y_px: y_px.parse().ok()?,
            score: score.parse().ok()?,
            depth_m: None,
        },
    })
}

/// Everyone in one image; a keypoint that has no line was not seen.
fn observation(image: Vec<Row>, size_px: (u32, u32)) -> Observation {
    let time_s = image.first().map_or(0.0, |row| row.time_s);
    let mut people: BTreeMap<String, [Option<Keypoint>; 17]> = BTreeMap::new();
    for row in image {
        people.entry(row.person).or_default()[row.keypoint] = Some(row.at);
    }
    let sightings = people.into_iter().map(|(name, keypoints)| Sighting {
        track_id: Some(name),
        ..Sighting::of_joints(JointSet::Coco17.to_joints(&keypoints))
    });
    let stamp = Stamp::from_nanos((time_s * 1e9).round() as i64);
    Observation::of_people(stamp, "camera", size_px, sightings.collect())
}

fn write(frames: &[Poses], out: &mut impl Write) -> std::io::Result<()> {
    for poses in frames {
        let time_s = poses.stamp.seconds_since(Stamp::from_nanos(0));
        for person in &poses.people {
            let (id, state) = (&person.id, person.state);
            for (name, joint) in JOINTS.iter().zip(&person.joints) {
                let [x_m, y_m, z_m] = joint.position_m.into();
                let sigma_m = joint.sigma_m;
                write!(out, "{time_s:.4},{id},{state:?},{name},")?;
                writeln!(out, "{x_m:.4},{y_m:.4},{z_m:.4},{sigma_m:.4}")?;
            }
        }
    }
    out.flush()
}
