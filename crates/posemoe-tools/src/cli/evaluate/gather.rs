//! Which predictions there are, and the truth of each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Failure;
use super::search::{Prediction, Search, real};
use posemoe_bag::ENDINGS;

/// What stands for the prediction in `--truth`.
pub const BAG: &str = "{bag}";
const NAME: &str = "{name}";
const FOLDER: &str = "{folder}";

/// A prediction and its truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What the sequence is called.
    pub name: String,
    /// Where the predictions are.
    pub prediction: PathBuf,
    /// Where the truth is.
    pub truth: PathBuf,
}

impl Task {
    /// Whether predictions and truth are in the same file.
    pub fn is_one_file(&self) -> bool {
        real(&self.prediction) == real(&self.truth)
    }
}

/// Everything that is to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// In the order of the arguments, what a folder or pattern has in the order of names.
    pub tasks: Vec<Task>,
    /// Bags found that are the truth of others, and therefore no predictions.
    pub truths: Vec<PathBuf>,
}

/// Finds what `predictions` name, without what `exclude` names, and the truth of each.
///
/// # Errors
/// Says what was looked for where nothing was found, or that truths and predictions are not as
/// many.
pub fn gather(
    predictions: &[PathBuf],
    truths: &[PathBuf],
    exclude: &[String],
) -> Result<Gathered, Failure> {
    let mut found = Search::new(exclude)?.all(predictions)?;
    let left_out = truths_among(&found, truths)?;
    found.retain(|one| !left_out.contains(&one.path));
    if found.is_empty() {
        return Err("no prediction is left: all that was found is excluded, or truth".into());
    }
    if truths.len() != 1 && truths.len() != found.len() {
        let (found, expected) = (truths.len(), found.len());
        return Err(format!(
            "found {found} x --truth, expected one, or {expected} as of predictions"
        )
        .into());
    }
    let names = names(&found);
    let tasks = found.into_iter().zip(names).enumerate();
    let tasks = tasks.map(|(index, (one, name))| {
        let truth = truths.get(index).or(truths.first());
        let truth = truth.ok_or("found no --truth, expected one")?;
        Ok(Task {
            name,
            truth: truth_of(&one.path, truth)?,
            prediction: one.path,
        })
    });
    Ok(Gathered {
        tasks: tasks.collect::<Result<_, Failure>>()?,
        truths: left_out,
    })
}

/// The predictions that nobody named, but were found, and that are the truth of another.
fn truths_among(found: &[Prediction], truths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (patterns, files): (Vec<&PathBuf>, _) = truths.iter().partition(|t| is_pattern(t));
    let mut of_another: BTreeSet<PathBuf> = files
        .into_iter()
        .filter(|_| found.len() > 1)
        .map(|file| real(file))
        .collect();
    for one in found {
        for pattern in &patterns {
            let truth = real(&truth_of(&one.path, pattern)?);
            if truth != real(&one.path) {
                of_another.insert(truth);
            }
        }
    }
    let found = found.iter().filter(|one| !one.is_named);
    let paths = found.map(|one| one.path.clone());
    Ok(paths
        .filter(|path| of_another.contains(&real(path)))
        .collect())
}

fn is_pattern(truth: &Path) -> bool {
    truth.to_string_lossy().contains('{') && !truth.exists()
}

/// The truth of a prediction, with what stands for the prediction put in.
fn truth_of(prediction: &Path, truth: &Path) -> Result<PathBuf, Failure> {
    let text = truth.to_string_lossy();
    if !is_pattern(truth) {
        return Ok(truth.to_owned());
    }
    let folder = prediction
        .parent()
        .filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let put_in = text
        .replace(BAG, &prediction.to_string_lossy())
        .replace(FOLDER, &folder.to_string_lossy())
        .replace(NAME, &short(prediction));
    if put_in == text {
        return Err(format!(
            "--truth: found {text:?}, expected {BAG}, {NAME} or {FOLDER} in braces"
        )
        .into());
    }
    Ok(put_in.into())
}

/// A file's name without its ending; a folder's name.
fn short(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    match ending {
        _ if path.is_dir() => name.into_owned(),
        Some(name) => name.to_owned(),
        None => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    }
}

/// What sequences are called: as their files, with folders where names would be the same.
fn names(found: &[Prediction]) -> Vec<String> {
    let paths = || found.iter().map(|one| &one.path);
    let distinct: BTreeSet<String> = paths().map(|path| short(path)).collect();
    if distinct.len() == found.len() {
        paths().map(|path| short(path)).collect()
    } else {
        paths().map(|path| path.display().to_string()).collect()
    }
}
