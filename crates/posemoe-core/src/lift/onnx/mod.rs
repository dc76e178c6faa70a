//! Networks on ONNX Runtime; the only folder that names `ort`.

mod model;
mod plausibility;
mod step;
mod tensor;
mod window;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

use super::manifest::ManifestError;
use super::provider::Provider;

pub use model::Model;
pub use plausibility::OnnxPlausibility;
pub use step::OnnxStep;
pub use window::OnnxWindow;

/// The oldest ONNX Runtime that works (JetPack 6 brings 1.17 to 1.22).
pub(crate) const OLDEST_RUNTIME: &str = "1.17";

/// The loaded library. A process has one, for good; whoever loads it again gets the same.
#[derive(Clone)]
pub struct Runtime(Environment);

/// The library and its path: ONNX Runtime's environment can be made only once.
static LOADED: Mutex<Option<(PathBuf, Runtime)>> = Mutex::new(None);

impl Runtime {
    /// Loads `libonnxruntime.so`, unless it is loaded.
    ///
    /// # Errors
    /// [`LoadError`]: what is at `path`, and what is needed; or the path of another that is loaded
    /// already.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let unusable = |reason: String| LoadError::Library {
            path: path.to_owned(),
            reason,
        };
        // ort would look for a relative path beside the executable first.
        let absolute = path.canonicalize().map_err(|e| unusable(e.to_string()))?;
        // Nothing panics while it is held, so that what is in it can be trusted.
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, runtime)) = loaded.as_ref() {
            let other = format!("{} is loaded already", known.display());
            let is_same = *known == absolute;
            return is_same
                .then(|| runtime.clone())
                .ok_or_else(|| unusable(other));
        }
        let runtime = ort::init_from(&absolute)
            .map_err(|e| unusable(e.to_string()))?
            .with_name("posemoe")
            .with_telemetry(false)
            .build()
            .map(Self)
            .map_err(|e| unusable(e.to_string()))?;
        *loaded = Some((absolute, runtime.clone()));
        Ok(runtime)
    }

    /// Version and build.
    pub fn info(&self) -> &'static str {
        ort::info()
    }
}

/// What to load and how to run it.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxOptions {
    /// The model.
    pub model: PathBuf,
    /// Providers to try, strictly in this order.
    pub providers: Vec<Provider>,
    /// Threads within one operator.
    pub threads: usize,
    /// Where TensorRT keeps its engines; without it they are built at every start.
    pub engine_cache: Option<PathBuf>,
}

impl OnnxOptions {
    /// On one thread of the CPU.
    pub fn cpu(model: &Path) -> Self {
        Self {
            model: model.to_owned(),
            providers: vec![Provider::Cpu],
            threads: 1,
            engine_cache: None,
        }
    }
}

/// Why the network could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The library is not usable.
    #[error("ONNX Runtime {OLDEST_RUNTIME} or newer is needed at {path}: {reason}")]
    Library {
        /// Where it was looked for.
        path: PathBuf,
        /// What was found there.
        reason: String,
    },
    /// The model's file is not usable.
    #[error("model {path}: {reason}")]
    Model {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The model's manifest does not fit.
    #[error("model {path}: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        source: ManifestError,
    },
    /// The model is for something else.
    #[error(
        "model {path} is of kind {found}, expected {expected}, as the parameter {parameter} says"
    )]
    Kind {
        /// The file.
        path: PathBuf,
        /// What it is for.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
        /// By which parameter.
        parameter: &'static str,
    },
    /// An input or output of the model does not fit its manifest.
    #[error("model {path}: {which} is {found}, expected {expected}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The input or output.
        which: String,
        /// Its type and shape (-1: dynamic).
        found: String,
        /// The type and shape that are needed.
        expected: String,
    },
    /// No provider could be had.
    #[error(
        "no execution provider runs the model; tried {}",
        tried.iter().map(|(p, why)| format!("{p} ({why})")).collect::<Vec<_>>().join(", ")
    )]
    NoProvider {
        /// Each provider with what it said.
        tried: Vec<(Provider, String)>,
    },
}
