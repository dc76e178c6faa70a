//! Reads the files of each data set, and says which of them something is wrong with.

use std::path::{Path, PathBuf};

use super::{Failure, stem};
use crate::cli::file::{bytes, lossy, text};
use crate::cli::tables::trc as markers;
use crate::evaluate::Skips;
use crate::import::h36m::H36m;
use crate::import::trc::{self, Up};
use crate::import::{Moment, Recording, Refusal, mpi_inf_3dhp as mpi, panoptic as studio};

/// Where the frames of a sequence of the Panoptic Studio are.
const SCENES: &str = "hdPose3d_stage1_coco19";
/// The annotation of a sequence of MPI-INF-3DHP's test set: saved anew, else as it comes.
const TEST_ANNOTATIONS: [&str; 2] = ["annot_data_v5.mat", "annot_data.mat"];

/// The refusal with the file's name.
pub fn in_file(path: &Path, refusal: Refusal) -> Failure {
    refusal.of(path.display()).into()
}

/// Human3.6M, and what a detector saw of it.
pub fn h36m(truth: &Path, detections: Option<&Path>) -> Result<H36m, Failure> {
    let seen = detections.map(bytes).transpose()?;
    H36m::open(&bytes(truth)?, seen.as_deref()).map_err(|refusal| in_file(truth, refusal))
}

/// A sequence of MPI-INF-3DHP: `S1/Seq1` is `S1_Seq1`; one of the test set keeps its name.
pub fn mpi_inf_3dhp(folder: &Path, rate_hz: Option<u32>) -> Result<Recording, Failure> {
    let whole = folder.canonicalize();
    let whole = whole.map_err(|error| format!("{}: {error}", folder.display()))?;
    let of_test_set = TEST_ANNOTATIONS.map(|name| folder.join(name));
    if let Some(path) = of_test_set.iter().find(|path| path.is_file()) {
        let found = mpi::test_recording(stem(&whole), &bytes(path)?, rate_hz);
        return found.map_err(|refusal| in_file(path, refusal));
    }
    let name = match whole.parent() {
        Some(subject) => format!("{}_{}", stem(subject), stem(&whole)),
        None => stem(&whole),
    };
    let annotation = bytes(&folder.join("annot.mat"))?;
    let calibration = text(&folder.join("camera.calibration"))?;
    let found = mpi::recording(name, &annotation, &calibration, rate_hz);
    found.map_err(|refusal| in_file(folder, refusal))
}

/// A sequence of the Panoptic Studio.
pub fn panoptic(folder: &Path) -> Result<Recording, Failure> {
    let calibration = only(folder, "calibration_", "a calibration_SEQUENCE.json")?;
    let views =
        studio::views(&text(&calibration)?).map_err(|error| in_file(&calibration, error))?;
    let scenes = folder.join(SCENES);
    let mut moments: Vec<Moment> = Vec::new();
    for path in sorted(&scenes)? {
        let number = stem(&path)
            .strip_prefix("body3DScene_")
            .and_then(|n| n.parse().ok());
        if let Some(number) = number {
            let moment = studio::moment(number, &text(&path)?);
            moments.push(moment.map_err(|refusal| in_file(&path, refusal))?);
        }
    }
    moments.sort_by_key(|moment| moment.at);
    if moments.is_empty() {
        let scenes = scenes.display();
        return Err(
            format!("{scenes}: found no body3DScene_*.json, expected one for each frame").into(),
        );
    }
    Ok(studio::recording(stem(folder), moments, views))
}

/// Markers before these cameras.
pub fn trc(file: &Path, cameras: &Path, up: Up) -> Result<Recording, Failure> {
    let views = trc::views(&text(cameras)?).map_err(|refusal| in_file(cameras, refusal))?;
    // What was not seen is not in the bag either.
    let found = markers::read(&lossy(file)?, &mut Skips::default());
    let found = found.map_err(|error| format!("{}: {error}", file.display()))?;
    if let Some(damage) = found.damage.first() {
        return Err(format!("{}: {damage}", file.display()).into());
    }
    trc::recording(stem(file), &found.frames, up, views).map_err(|refusal| in_file(file, refusal))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let of = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(of)?;
    let paths = entries.map(|entry| Ok(entry.map_err(of)?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, Failure>>()?;
    paths.sort();
    Ok(paths)
}

/// The only file that begins so.
fn only(folder: &Path, start: &str, what: &str) -> Result<PathBuf, Failure> {
    let mut found = sorted(folder)?;
    found.retain(|path| stem(path).starts_with(start));
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => {
            let (folder, found) = (folder.display(), found.len());
            Err(format!("{folder}: found {found} of {what}, expected one").into())
        }
    }
}
