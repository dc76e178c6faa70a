//! The test set of MPI-INF-3DHP: `TS1/annot_data.mat`, with `annot3` (3, 17, 1, frames; mm, in the
//! frame of the one camera) and `valid_frame`.
//!
//! The file comes in MATLAB's version 7.3, which must be saved anew in version 5 before
//! (`docs/importing.md`).

use nalgebra::Isometry3;

use super::{moment, seventeen};
use crate::import::view::isometry;
use crate::import::{Recording, Refusal, View, mat5, refuse};
use posemoe_core::skeleton::JOINT_COUNT;

/// The rate is not said anywhere.
const USUAL_HZ: u32 = 25;
/// Ours among the 17 of the test set: head top, neck, right and left arm, right and left leg,
/// pelvis, spine, head.
const PLACES: [usize; JOINT_COUNT] = [14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4];

/// A sequence, such as `TS1`, without the frames that the data set calls invalid.
///
/// # Errors
/// [`Refusal`] when it is not one of the six, or the annotation cannot be used.
pub fn recording(
    name: String,
    annotation: &[u8],
    rate_hz: Option<u32>,
) -> Result<Recording, Refusal> {
    let view = view(&name)?;
    let one = |variable: &str| {
        let found = mat5::arrays(annotation, variable)?.into_iter().next();
        found.ok_or_else(|| Refusal(format!("{variable} is empty")))
    };
    let (joints, valid) = (one("annot3")?, one("valid_frame")?);
    let frames = valid.numbers.len();
    let expected = joints.lengths.starts_with(&[3, JOINT_COUNT]);
    if !expected || joints.numbers.len() != 3 * JOINT_COUNT * frames {
        let found = &joints.lengths;
        return refuse(format!(
            "annot3 is an array of {found:?}, expected [3, 17, 1, {frames}] as of valid_frame"
        ));
    }
    let is_valid = |frame: &usize| valid.numbers.get(*frame).is_some_and(|valid| *valid != 0.0);
    let moments = (0..frames).filter(is_valid).map(|frame| {
        let place = |joint, axis| (frame * JOINT_COUNT + joint) * 3 + axis;
        let coordinate = |joint, axis| joints.numbers.get(place(joint, axis)).copied();
        moment(
            frame,
            rate_hz.unwrap_or(USUAL_HZ),
            &PLACES,
            &view,
            coordinate,
        )
    });
    Ok(Recording {
        moments: moments.collect::<Result<_, _>>()?,
        ..seventeen(name, vec![view.clone()])
    })
}

/// The camera of a sequence: two there are, as `test_util/camera_calibration/*.calib` have them in
/// mm on a sensor of 10 mm. How it is tilted is not known: the world is that of a level camera.
fn view(name: &str) -> Result<View, Refusal> {
    let (size, f, cx, cy) = match name {
        "TS1" | "TS2" | "TS3" | "TS4" => ([2048, 2048], 7.325_06, -0.032_288_4, 0.092_929_6),
        "TS5" | "TS6" => ([1920, 1080], 8.770_747_185, -0.104_908_645, 0.104_899_704),
        _ => return refuse(format!("found the sequence {name}, expected TS1 to TS6")),
    };
    let [width, height] = size.map(f64::from);
    let px_in_mm = width / 10.0;
    let k = [
        f * px_in_mm,
        0.0,
        width / 2.0 + cx * px_in_mm,
        0.0,
        f * px_in_mm,
        height / 2.0 + cy * px_in_mm,
        0.0,
        0.0,
        1.0,
    ];
    View::new("0", size, k, [0.0; 5], level()?)
}

/// A camera that looks along the world's y.
fn level() -> Result<Isometry3<f64>, Refusal> {
    let rows = [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]];
    isometry(&rows, [0.0; 3])
}
