//! From the configuration to a loaded network.

use std::path::PathBuf;

use crate::config::Config;
use crate::library::{self, NotFound};
use crate::lift::onnx::{LoadError, OnnxLifter, OnnxOptions, Runtime};
use crate::node::Engine;

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Library or model were not found.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// They do not work.
    #[error(transparent)]
    Load(#[from] LoadError),
}

fn given(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// Where ONNX Runtime's library is.
///
/// # Errors
/// Names every place that was looked at.
pub fn library(config: &Config) -> Result<PathBuf, NotFound> {
    library::onnxruntime(given(&config.onnxruntime).as_deref())
}

/// What to load, with the model found.
///
/// # Errors
/// Names every place that was looked at.
pub fn options(config: &Config) -> Result<OnnxOptions, NotFound> {
    Ok(OnnxOptions {
        model: library::model(given(&config.model).as_deref())?,
        providers: config.providers(),
        threads: config.threads.unsigned_abs() as usize,
        engine_cache: given(&config.tensorrt_cache),
    })
}

/// Loads the network and says in the log what won and what was refused.
///
/// # Errors
/// What was found and what is needed.
pub fn load(config: &Config) -> Result<(OnnxLifter, Engine), EngineError> {
    let (library, options) = (library(config)?, options(config)?);
    let lifter = OnnxLifter::load(&Runtime::load(&library)?, &options)?;
    for (provider, reason) in lifter.refused() {
        tracing::warn!(%provider, reason, "execution provider refused, trying the next");
    }
    let manifest = lifter.manifest();
    let engine = Engine {
        provider: lifter.provider().to_string(),
        model: format!("{} {}", manifest.name, manifest.version),
    };
    tracing::info!(
        provider = engine.provider,
        model = engine.model,
        file = %options.model.display(),
        library = %library.display(),
        "network loaded"
    );
    Ok((lifter, engine))
}
