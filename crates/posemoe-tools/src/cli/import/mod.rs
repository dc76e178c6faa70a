//! `posemoe import`: data sets with the truth, and markers, as bags of keypoints with the truth.

mod bag;
mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::bag::Counts;
use super::EXIT_UNUSABLE;
use crate::cli::say::{complain, say};
use crate::import::trc::Up;
use crate::import::{Recording, View};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to import.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Source {
    /// Human3.6M: data_3d_h36m.npz, and the keypoints of a detector where you have them.
    H36m {
        /// data_3d_h36m.npz.
        truth: PathBuf,
        /// data_2d_h36m_*.npz; without it keypoints are the projected truth.
        #[arg(long)]
        detections: Option<PathBuf>,
        /// Of these people only, such as S9,S11.
        #[arg(long, value_delimiter = ',')]
        subjects: Vec<String>,
        /// These actions only, such as Walking (which is "Walking 1", too).
        #[arg(long, value_delimiter = ',')]
        actions: Vec<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// MPI-INF-3DHP: folders such as S1/Seq1, with annot.mat and camera.calibration, or TS1, with
    /// annot_data_v5.mat.
    #[command(name = "mpi-inf-3dhp")]
    MpiInf3dhp {
        /// The folders.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Frames in a second; default: 50 for the five sequences of the training part that have
        /// it, else 25.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
        rate_hz: Option<u32>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// CMU Panoptic: folders of sequences, with calibration_*.json and hdPose3d_stage1_coco19.
    Panoptic {
        /// The folders.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Markers of OpenSim or Pose2Sim, before cameras that you describe.
    Trc {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// JSON with name, width, height, K, distortion_plumb_bob, R_camera_from_world and
        /// t_camera_from_world_m, or a list of such.
        #[arg(long)]
        camera: PathBuf,
        /// Which way is up in the markers' file. The cameras are in a world whose z points up.
        #[arg(long, value_enum)]
        up: Up,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What to write.
#[derive(Clone, Debug, clap::Args)]
struct OutputArgs {
    /// The folder for the bags, one for each recording and camera; earlier ones are replaced.
    #[arg(long, short)]
    output: PathBuf,
    /// Of these cameras only, by their names.
    #[arg(long, value_delimiter = ',')]
    cameras: Vec<String>,
    /// Every so-manyth frame only.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    stride: u32,
}

/// Imports, prints what was written on standard output, and says how it went.
pub fn run(args: &ImportArgs) -> ExitCode {
    match imported(&args.source) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("posemoe import: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

fn imported(source: &Source) -> Result<(), Failure> {
    match source {
        Source::H36m {
            truth,
            detections,
            subjects,
            actions,
            output,
        } => {
            let file = files::h36m(truth, detections.as_deref())?;
            let wanted = |action: &str| {
                let plain = action.split(' ').next().unwrap_or(action);
                actions.is_empty() || actions.iter().any(|a| a == action || a == plain)
            };
            let of_file = |refusal| files::in_file(truth, refusal);
            let mut recordings = file.recordings(subjects).map_err(of_file)?;
            recordings.retain(|(_, action)| wanted(action));
            let recordings = recordings
                .iter()
                .map(|(subject, action)| file.recording(subject, action).map_err(of_file));
            write_all(recordings, output)
        }
        Source::MpiInf3dhp {
            folders,
            rate_hz,
            output,
        } => write_all(
            folders
                .iter()
                .map(|folder| files::mpi_inf_3dhp(folder, *rate_hz)),
            output,
        ),
        Source::Panoptic { folders, output } => {
            write_all(folders.iter().map(|folder| files::panoptic(folder)), output)
        }
        Source::Trc {
            files,
            camera,
            up,
            output,
        } => write_all(
            files.iter().map(|file| files::trc(file, camera, *up)),
            output,
        ),
    }
}

/// A bag for each recording and camera.
fn write_all(
    recordings: impl Iterator<Item = Result<Recording, Failure>>,
    args: &OutputArgs,
) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.output)
        .map_err(|error| format!("{}: {error}", args.output.display()))?;
    let (mut written, mut total) = (BTreeSet::new(), Counts::default());
    for recording in recordings {
        let recording = recording?;
        for (index, view) in chosen(&recording, &args.cameras)? {
            let name = bag::plain(&format!("{}_{}", recording.name, view.name));
            if !written.insert(name.clone()) {
                return Err(format!("two recordings would be {name}.mcap").into());
            }
            let path = args.output.join(&name).with_extension("mcap");
            let counts = bag::write(&recording, index, view, args.stride as usize, &path)?;
            say!("{}  {counts}", path.display());
            total.add(&counts);
        }
    }
    match written.len() {
        0 => Err("nothing fits what was asked for".into()),
        bags => {
            say!("{bags} bags  {total}");
            Ok(())
        }
    }
}

/// The cameras that are wanted, with their places in the recording.
fn chosen<'a>(
    recording: &'a Recording,
    names: &[String],
) -> Result<Vec<(usize, &'a View)>, Failure> {
    let views = || recording.views.iter().enumerate();
    if let Some(name) = names
        .iter()
        .find(|name| views().all(|(_, view)| view.name != **name))
    {
        let known: Vec<&str> = views().map(|(_, view)| &*view.name).collect();
        let (recording, known) = (&recording.name, known.join(", "));
        return Err(format!("{recording}: found the cameras {known}, expected {name}").into());
    }
    let is_wanted = |view: &View| names.is_empty() || names.contains(&view.name);
    Ok(views().filter(|(_, view)| is_wanted(view)).collect())
}

/// A folder's or file's own name, without what comes after the last dot.
fn stem(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
