//! A model's file on the first provider that really runs it.

use std::path::{Path, PathBuf};

use ort::ep;
use ort::session::{Session, builder::SessionBuilder};

use super::{LoadError, OnnxOptions, Runtime};
use crate::lift::manifest::{MANIFEST_KEY, Manifest, ManifestError};
use crate::lift::provider::Provider;

/// A loaded model, not yet looked at as what it is for.
pub struct Model {
    pub(super) session: Session,
    manifest: Manifest,
    path: PathBuf,
    provider: Provider,
    refused: Vec<(Provider, String)>,
}

impl Model {
    /// Loads the model, and takes the first provider that really runs it.
    ///
    /// # Errors
    /// [`LoadError`] says what was found and what is needed.
    pub fn load(runtime: &Runtime, options: &OnnxOptions) -> Result<Self, LoadError> {
        let path = options.model.clone();
        let unusable = |reason: String| LoadError::Model {
            path: path.clone(),
            reason,
        };
        let bytes = std::fs::read(&path).map_err(|e| unusable(e.to_string()))?;

        let mut refused = Vec::new();
        for provider in &options.providers {
            let session = Session::builder(&runtime.0)
                .map_err(|e| e.to_string())
                .and_then(|builder| configure(builder, *provider, options))
                .and_then(|mut builder| {
                    builder
                        .commit_from_memory(&bytes)
                        .map_err(|e| e.to_string())
                });
            match session {
                Ok(session) => {
                    let manifest = read_manifest(&session, &path)?;
                    return Ok(Self {
                        session,
                        manifest,
                        path,
                        provider: *provider,
                        refused,
                    });
                }
                // The CPU provider is always there: what it refuses is the model.
                Err(reason) if *provider == Provider::Cpu => return Err(unusable(reason)),
                Err(reason) => refused.push((*provider, reason)),
            }
        }
        Err(LoadError::NoProvider { tried: refused })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The provider that runs the model.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Providers that were tried before it, with what they said.
    pub fn refused(&self) -> &[(Provider, String)] {
        &self.refused
    }

    /// What the model promises.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The error of a model that a parameter wants to be of another kind.
    pub(super) fn is_not(&self, expected: &'static str, parameter: &'static str) -> LoadError {
        LoadError::Kind {
            path: self.path.clone(),
            found: self.manifest.form.kind(),
            expected,
            parameter,
        }
    }
}

fn configure(
    builder: SessionBuilder,
    provider: Provider,
    options: &OnnxOptions,
) -> Result<SessionBuilder, String> {
    let builder = builder
        .with_intra_threads(options.threads)
        .map_err(|e| e.to_string())?
        .with_intra_op_spinning(false)
        .map_err(|e| e.to_string())?;
    let dispatch = match provider {
        Provider::Cpu => return Ok(builder),
        Provider::Cuda => ep::CUDA::default().build(),
        Provider::TensorRt => {
            let mut tensorrt = ep::TensorRT::default();
            if let Some(folder) = &options.engine_cache {
                tensorrt = tensorrt
                    .with_engine_cache(true)
                    .with_engine_cache_path(folder.display());
            }
            tensorrt.build()
        }
    };
    // Without error_on_failure the CPU would silently take over.
    builder
        .with_execution_providers([dispatch.error_on_failure()])
        .map_err(|e| e.to_string())
}

fn read_manifest(session: &Session, path: &Path) -> Result<Manifest, LoadError> {
    let metadata = session.metadata().map_err(|e| LoadError::Model {
        path: path.to_owned(),
        reason: e.to_string(),
    })?;
    metadata
        .custom(MANIFEST_KEY)
        .ok_or(ManifestError::Missing)
        .and_then(|json| Manifest::parse(&json))
        .map_err(|source| LoadError::Manifest {
            path: path.to_owned(),
            source,
        })
}
