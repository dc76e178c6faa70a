//! One side of a comparison, from whatever file it is in.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tf::TfPattern;
use super::{Failure, bag, csv, trc};
use crate::cli::file;
use crate::cli::offline::NodeArgs;
use crate::config::ros_args::RosArgs;
use crate::evaluate::{Frame, Sequence, Skips};
use crate::geometry::frames::Frames;

/// What a file holds, and what of it could not be used.
#[derive(Debug, Default)]
pub struct Source {
    /// The people.
    pub sequence: Sequence,
    /// What of them was left out.
    pub skips: Skips,
    /// How they came out of the file.
    pub origin: Origin,
    /// What is wrong with the file, in words.
    pub damage: Vec<String>,
    /// What the node did not use, by cause, where it ran.
    pub dropped: BTreeMap<String, u64>,
    /// From stamp to publication, for each frame (s); empty where not known.
    pub latencies_s: Vec<f64>,
}

/// How people came out of a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The topic, of a bag that has people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What ran, where the node made the people of a bag's keypoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
}

/// The node that made people of keypoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replayed {
    /// Name and version of the model.
    pub model: String,
    /// What ran it.
    pub provider: String,
    /// All its parameters.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Messages of keypoints that it was given.
    pub frames_in: u64,
    /// Messages of people that it made of them.
    pub frames_out: u64,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct How<'a> {
    /// The topic of people; where there is one only, it need not be said.
    pub topic: Option<&'a str>,
    /// A topic that is the other side's, and is not taken unless it is asked for.
    pub not_topic: Option<&'a str>,
    /// What people are on TF, where they are there.
    pub tf: Option<&'a TfPattern>,
    /// `prediction` or `truth`, as in the flags that say so.
    pub side: &'static str,
    /// The frame that people are in, for a file that does not say; that to express people on TF in.
    pub frame_id: Option<&'a str>,
    /// People on TF are in between transforms at most so far apart (s).
    pub max_gap_s: f64,
    /// Added to all stamps (s).
    pub offset_s: f64,
    /// Whether people count who are not in the image, but predicted.
    pub includes_predicted: bool,
    /// How many files are read at a time.
    pub jobs: u16,
    /// The node for keypoints; without it a bag must have people.
    pub node: Option<(&'a NodeArgs, &'a RosArgs)>,
}

/// Reads a bag, a `.csv` or a `.trc`. What a bag says of frames wins over what `frames` has.
pub fn read(path: &Path, how: &How<'_>, frames: &mut Frames) -> Result<Source, Failure> {
    let mut source = Source {
        origin: Origin {
            file: path.display().to_string(),
            ..Origin::default()
        },
        ..Source::default()
    };
    let is_table = |extension: &str| ["csv", "trc"].contains(&extension);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.map(str::to_ascii_lowercase);
    if how.tf.is_some() && extension.as_deref().is_some_and(is_table) {
        let (file, side) = (path.display(), how.side);
        return Err(
            format!("{file}: found a table, expected a bag, as --{side}-tf is given").into(),
        );
    }
    let mut found = match extension.as_deref() {
        Some("csv") => csv::read(&file::text(path)?, &mut source.skips),
        Some("trc") => trc::read(&file::lossy(path)?, &mut source.skips).map(|markers| {
            source.damage.extend(markers.damage);
            markers.frames
        }),
        _ => bag::read(path, how, frames, &mut source),
    }
    .map_err(|error| in_file(path, error))?;
    found.iter_mut().for_each(|frame| adjust(frame, how));
    source.sequence = Sequence::new(found, &mut source.skips);
    Ok(source)
}

/// The same for a truth; without `--truth` it must be a topic of the predictions' own bag.
pub fn read_truth(
    path: &Path,
    how: &How<'_>,
    is_own: bool,
    frames: &mut Frames,
) -> Result<Source, Failure> {
    match read(path, how, frames) {
        Ok(source) if is_own && source.origin.topic.is_none() => {
            let path = path.display();
            Err(format!("{path} cannot have a truth of its own: --truth says where it is").into())
        }
        Err(error) if is_own => {
            Err(format!("{error} (--truth says where else the truth is)").into())
        }
        read => read,
    }
}

fn adjust(frame: &mut Frame, how: &How<'_>) {
    frame.stamp = frame.stamp.plus_seconds(how.offset_s);
    if let (true, Some(frame_id)) = (frame.frame_id.is_empty(), how.frame_id) {
        frame.frame_id = frame_id.to_owned();
    }
}

/// The error with the file's name, where it does not have it.
fn in_file(path: &Path, error: Failure) -> Failure {
    let (path, text) = (path.display().to_string(), error.to_string());
    if text.contains(&path) {
        error
    } else {
        format!("{path}: {text}").into()
    }
}
