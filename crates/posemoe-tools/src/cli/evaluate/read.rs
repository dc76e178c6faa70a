//! Reads one side of a comparison, from whatever file it is in.

use std::path::Path;

use super::source::{How, Origin, Source};
use super::{Failure, bag};
use crate::cli::file;
use crate::cli::tables::{csv, trc};
use crate::evaluate::{Frame, Sequence};
use posemoe_core::frames::Frames;

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
