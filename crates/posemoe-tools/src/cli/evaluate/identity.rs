//! What a result depends on, so that it is taken from an earlier run only where it would be the
//! same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::against::Tolerance;
use super::arguments::EvaluateArgs;
use super::gather::Task;
use super::{Failure, bag};
use posemoe::config::ros_args::RosArgs;
use posemoe::engine;

/// Tells results apart by all that goes into them: this program, ONNX Runtime, the model, the
/// calibration, prediction and truth by their content (BLAKE3), and every setting and parameter.
pub struct Identities {
    shared: Value,
    contents: Mutex<BTreeMap<PathBuf, String>>,
}

impl Identities {
    /// For results with these arguments.
    ///
    /// # Errors
    /// When a file that goes into all results cannot be read.
    pub fn new(args: &EvaluateArgs, ros: &RosArgs) -> Result<Self, Failure> {
        let mut ros = ros.clone();
        args.node.apply(&mut ros)?;
        // Where the node is not needed these need not be there.
        let library = engine::library(&ros.config).ok();
        let model = engine::options(&ros.config).map(|options| options.model);
        let of = |path: Option<PathBuf>| path.map(|path| content(&path)).transpose();
        Ok(Self {
            contents: Mutex::default(),
            shared: json!({
                "posemoe": env!("CARGO_PKG_VERSION"),
                "program": content(&std::env::current_exe()?)?,
                "onnxruntime": of(library)?,
                "model": of(model.ok())?,
                "calibration": of(args.calibration.clone())?,
                "arguments": format!("{:?}", of_one(args)),
                "node": ros.qualified_node(),
                "remappings": ros.remappings,
                "parameters": bag::parameters(&ros.config),
            }),
        })
    }

    /// What the result of this sequence depends on, as JSON.
    ///
    /// # Errors
    /// When prediction or truth cannot be read.
    pub fn of(&self, task: &Task) -> Result<String, Failure> {
        let mut all = self.shared.clone();
        for (side, path) in [("prediction", &task.prediction), ("truth", &task.truth)] {
            all[side] = json!({ "file": path.to_string_lossy(), "content": self.content(path)? });
        }
        Ok(all.to_string())
    }

    /// A truth of many is read once.
    fn content(&self, path: &Path) -> Result<String, Failure> {
        let known = || self.contents.lock().map_err(|_| "a comparison ended early");
        if let Some(content) = known()?.get(path) {
            return Ok(content.clone());
        }
        let content = content(path)?;
        known()?.insert(path.to_owned(), content.clone());
        Ok(content)
    }
}

/// The arguments, without what one sequence's result does not depend on. Whatever is added to them
/// counts, unless it is taken out here.
fn of_one(args: &EvaluateArgs) -> EvaluateArgs {
    EvaluateArgs {
        predictions: Vec::new(),
        // Whether it is the prediction's own; which it is counts elsewhere.
        truth: args
            .truth
            .first()
            .map(|_| PathBuf::new())
            .into_iter()
            .collect(),
        exclude: Vec::new(),
        json: None,
        html: None,
        against: None,
        tolerance: Tolerance::Percent(0.0),
        jobs: 1,
        work: None,
        list: false,
        ..args.clone()
    }
}

/// The hash of a file; or of the names and contents of a folder's files, which may be a bag's.
fn content(path: &Path) -> Result<String, Failure> {
    let in_file = |error: std::io::Error| format!("{}: {error}", path.display());
    let hash = if path.is_dir() {
        of_folder(path)
    } else {
        of_file(path)
    };
    Ok(hash.map_err(in_file)?.to_hex().to_string())
}

fn of_file(path: &Path) -> std::io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok(hasher.finalize())
}

fn of_folder(folder: &Path) -> std::io::Result<blake3::Hash> {
    let entries = folder
        .read_dir()?
        .map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    let mut hasher = blake3::Hasher::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .as_encoded_bytes()
            .to_owned();
        hasher.update(blake3::hash(&name).as_bytes());
        hasher.update(of_file(path)?.as_bytes());
    }
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_files_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let hash = || content(folder.path()).unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a", "1");
        write("b", "2");
        let before = hash();
        assert_eq!(hash(), before);
        write("b", "3");
        let changed = hash();
        std::fs::rename(folder.path().join("b"), folder.path().join("c")).unwrap();
        assert!(before != changed && hash() != changed);
        assert_eq!(
            content(&folder.path().join("a")).unwrap(),
            blake3::hash(b"1").to_hex().to_string()
        );
        let gone = content(&folder.path().join("b")).unwrap_err();
        assert!(gone.to_string().contains("b: "), "{gone}");
    }
}
