//! MPI-INF-3DHP. The training part: `S1/Seq1/annot.mat` with 28 joints in the frame of each of 14
//! cameras (mm, OpenCV's axes), and `camera.calibration` beside it (mm; the studio's y points up).
//!
//! `annot3` is taken, which fits the images; `univ_annot3` has everybody scaled to one stature. The
//! test set has files of its own: see `test_set`.

mod test_set;

use nalgebra::Point3;

pub use test_set::recording as test_recording;

use super::mat5;
use super::view::isometry;
use super::{Body, Moment, Recording, Refusal, View, moment_of, refuse};
use posemoe_core::skeleton::{JOINT_COUNT, JOINTS, JointSet};

/// Ours among the 28, by the data set's own list (`mpii_get_joint_set.m`).
const SEVENTEEN_OF_28: [usize; JOINT_COUNT] =
    [4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16];
/// These were filmed at 50 Hz, the others at 25.
const AT_50_HZ: [&str; 5] = ["S1_Seq2", "S3_Seq1", "S3_Seq2", "S5_Seq1", "S5_Seq2"];
const METRES_IN_MM: f64 = 0.001;
const PERSON: &str = "1";

/// A sequence, such as `S1_Seq1`. The first camera's annotation says where everybody is for all.
///
/// # Errors
/// [`Refusal`] when the annotation or the calibration cannot be used.
pub fn recording(
    name: String,
    annotation: &[u8],
    calibration: &str,
    rate_hz: Option<u32>,
) -> Result<Recording, Refusal> {
    let views = views(calibration).map_err(|refusal| refusal.of("camera.calibration"))?;
    let of = |refusal: Refusal| refusal.of("annot.mat");
    let cells = mat5::arrays(annotation, "annot3").map_err(of)?;
    let (Some(first), Some(view)) = (cells.first(), views.first()) else {
        return Err(of(Refusal("found no cameras".to_owned())));
    };
    let [frames, 84] = *first.lengths else {
        let found = &first.lengths;
        return refuse(format!(
            "annot.mat: annot3 has arrays of {found:?}, expected frames x 84 (28 joints)"
        ));
    };
    let usual_hz = if AT_50_HZ.contains(&&*name) { 50 } else { 25 };
    let rate_hz = rate_hz.unwrap_or(usual_hz);
    let moments = (0..frames).map(|frame| {
        let coordinate = |joint, axis| {
            first
                .numbers
                .get((3 * joint + axis) * frames + frame)
                .copied()
        };
        moment(frame, rate_hz, &SEVENTEEN_OF_28, view, coordinate)
    });
    Ok(Recording {
        moments: moments.collect::<Result<_, _>>().map_err(of)?,
        ..seventeen(name, views)
    })
}

/// A recording of one person with our 17 joints, still without moments.
fn seventeen(name: String, views: Vec<View>) -> Recording {
    Recording {
        name,
        joint_names: JOINTS.map(str::to_owned).to_vec(),
        joint_set: JointSet::H36m17,
        keypoint_joints: (0..JOINT_COUNT).map(Some).collect(),
        moments: Vec::new(),
        views,
        detections: Vec::new(),
    }
}

/// A frame, from the coordinates (mm, in the frame of this camera) of the joints at these places.
fn moment(
    frame: usize,
    rate_hz: u32,
    places: &[usize; JOINT_COUNT],
    view: &View,
    coordinate: impl Fn(usize, usize) -> Option<f64>,
) -> Result<Moment, Refusal> {
    let world_from_camera = view.camera_from_world.inverse();
    let joint = |joint: &usize| {
        let finite = |axis| coordinate(*joint, axis).filter(|mm| mm.is_finite());
        match (finite(0), finite(1), finite(2)) {
            (Some(x), Some(y), Some(z)) => Ok(Some(
                world_from_camera * (Point3::new(x, y, z) * METRES_IN_MM),
            )),
            _ => refuse(format!("frame {frame}: joint {joint} is not finite")),
        }
    };
    Ok(Moment {
        at: moment_of(frame as u64, u64::from(rate_hz), 1),
        people: vec![Body {
            id: PERSON.to_owned(),
            joints_m: places.iter().map(joint).collect::<Result<_, _>>()?,
        }],
        outliers: 0,
    })
}

/// The cameras of `camera.calibration`: blocks that begin with `name`, 16 numbers each for
/// `intrinsic` and `extrinsic`. The files give no distortion.
fn views(text: &str) -> Result<Vec<View>, Refusal> {
    let mut views = Vec::new();
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("name") else {
            continue;
        };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("name")) {
            block.push(line);
        }
        let name = name.trim();
        views.push(view(name, &block).map_err(|refusal| refusal.of(format!("camera {name}")))?);
    }
    Ok(views)
}

fn view(name: &str, block: &[&str]) -> Result<View, Refusal> {
    let size = numbers::<2>(block, "size")?;
    let [fx, skew, cx, _, _, fy, cy, ..] = numbers::<16>(block, "intrinsic")?;
    let [a, b, c, x, d, e, f, y, g, h, i, z, ..] = numbers::<16>(block, "extrinsic")?;
    let shift_m = [x, y, z].map(|shift_mm| shift_mm * METRES_IN_MM);
    // World x, y, z are the studio's z, x, y: its y points up.
    let camera_from_world = isometry(&[[c, a, b], [f, d, e], [i, g, h]], shift_m)?;
    let k = [fx, skew, cx, 0.0, fy, cy, 0.0, 0.0, 1.0];
    View::new(
        name,
        size.map(|px| px as u32),
        k,
        [0.0; 5],
        camera_from_world,
    )
}

/// The numbers of a line that begins with this word.
fn numbers<const N: usize>(block: &[&str], word: &str) -> Result<[f64; N], Refusal> {
    let line = block.iter().find_map(|line| line.strip_prefix(word));
    let numbers = line.map(|line| {
        line.split_whitespace()
            .map(str::parse)
            .collect::<Result<Vec<f64>, _>>()
    });
    match numbers.map(|numbers| numbers.map(<[f64; N]>::try_from)) {
        Some(Ok(Ok(numbers))) => Ok(numbers),
        _ => refuse(format!("expected {N} numbers after {word}")),
    }
}
