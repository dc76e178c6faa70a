//! The lifter on ONNX Runtime; the only file that names `ort`.

use std::path::{Path, PathBuf};

use nalgebra::Vector3;
use ort::environment::Environment;
use ort::ep;
use ort::session::{Session, SessionInputValue, builder::SessionBuilder};
use ort::value::{Outlet, TensorElementType, TensorRef};

use super::manifest::{MANIFEST_KEY, Manifest, ManifestError};
use super::provider::Provider;
use super::{KEYPOINT_WIDTH, LiftError, Lifted, Lifter, VIEW_WIDTH, WindowBatch};
use crate::person::skeleton::JOINT_COUNT;
use crate::person::window::WindowLayout;

/// The oldest ONNX Runtime that works (JetPack 6 brings 1.17 to 1.22).
pub const OLDEST_RUNTIME: &str = "1.17";

/// The loaded library. A process has one: a second [`Runtime::load`] fails while the first lives.
#[derive(Clone)]
pub struct Runtime(Environment);

impl Runtime {
    /// Loads `libonnxruntime.so`.
    ///
    /// # Errors
    /// What is at `path`, and what is needed.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let unusable = |reason: String| LoadError::Library {
            path: path.to_owned(),
            reason,
        };
        // ort would look for a relative path beside the executable first.
        let absolute = path.canonicalize().map_err(|e| unusable(e.to_string()))?;
        ort::init_from(&absolute)
            .map_err(|e| unusable(e.to_string()))?
            .with_name("posemoe")
            .with_telemetry(false)
            .build()
            .map(Self)
            .map_err(|e| unusable(e.to_string()))
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
    /// Threads within one operator; one is fastest for a few people.
    pub threads: usize,
    /// Where TensorRT keeps its engines; without it they are built at every start.
    pub engine_cache: Option<PathBuf>,
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
    #[error("no execution provider runs the model; tried {}", tried.iter().map(|(p, why)| format!("{p} ({why})")).collect::<Vec<_>>().join(", "))]
    NoProvider {
        /// Each provider with what it said.
        tried: Vec<(Provider, String)>,
    },
}

/// A PoseMoE model on ONNX Runtime.
pub struct OnnxLifter {
    session: Session,
    manifest: Manifest,
    provider: Provider,
    refused: Vec<(Provider, String)>,
}

impl OnnxLifter {
    /// Loads the model, and takes the first provider that really runs it.
    ///
    /// # Errors
    /// [`LoadError`] says what was found and what is needed.
    pub fn load(runtime: &Runtime, options: &OnnxOptions) -> Result<Self, LoadError> {
        let bytes = std::fs::read(&options.model).map_err(|e| LoadError::Model {
            path: options.model.clone(),
            reason: e.to_string(),
        })?;

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
                    let manifest = read_manifest(&session, &options.model)?;
                    check_shapes(&session, &manifest, &options.model)?;
                    return Ok(Self {
                        session,
                        manifest,
                        provider: *provider,
                        refused,
                    });
                }
                // The CPU provider is always there: what it refuses is the model.
                Err(reason) if *provider == Provider::Cpu => {
                    return Err(LoadError::Model {
                        path: options.model.clone(),
                        reason,
                    });
                }
                Err(reason) => refused.push((*provider, reason)),
            }
        }
        Err(LoadError::NoProvider { tried: refused })
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

fn check_shapes(session: &Session, manifest: &Manifest, path: &Path) -> Result<(), LoadError> {
    let frames = manifest.window.frames as i64;
    let joints = JOINT_COUNT as i64;
    let inputs: [(&str, &[i64]); 4] = [
        ("keypoints", &[-1, frames, joints, KEYPOINT_WIDTH as i64]),
        ("view", &[-1, frames, VIEW_WIDTH as i64]),
        ("age_s", &[-1, frames]),
        ("present", &[-1, frames]),
    ];
    let outputs: [(&str, &[i64]); 2] = [("joints_m", &[-1, joints, 3]), ("sigma_m", &[-1, joints])];
    let check = |kind: &str, outlets: &[Outlet], name: &str, expected: &[i64]| {
        let found = outlets.iter().find(|outlet| outlet.name() == name);
        let fits = found.is_some_and(|outlet| {
            let shape = outlet.dtype().tensor_shape().map(|shape| shape.to_vec());
            outlet.dtype().tensor_type() == Some(TensorElementType::Float32)
                && shape.as_deref() == Some(expected)
        });
        if fits {
            return Ok(());
        }
        Err(LoadError::Shape {
            path: path.to_owned(),
            which: format!("{kind} {name}"),
            found: found.map_or("absent".to_owned(), |outlet| {
                format!("{:?}", outlet.dtype())
            }),
            expected: format!("float32 {expected:?} (-1: any number of people)"),
        })
    };
    for (name, shape) in inputs {
        check("input", session.inputs(), name, shape)?;
    }
    for (name, shape) in outputs {
        check("output", session.outputs(), name, shape)?;
    }
    Ok(())
}

fn input<'a>(shape: &[usize], data: &'a [f32]) -> Result<SessionInputValue<'a>, LiftError> {
    TensorRef::from_array_view((shape.to_vec(), data))
        .map(SessionInputValue::from)
        .map_err(|e| LiftError::Runtime(e.to_string()))
}

fn output<'a>(
    outputs: &'a ort::session::SessionOutputs<'_>,
    name: &'static str,
    expected: &[i64],
) -> Result<&'a [f32], LiftError> {
    let value = outputs
        .get(name)
        .ok_or_else(|| LiftError::Runtime(format!("no output {name}")))?;
    let (shape, data) = value
        .try_extract_tensor::<f32>()
        .map_err(|e| LiftError::Runtime(e.to_string()))?;
    if shape.to_vec() != expected {
        return Err(LiftError::Shape {
            name,
            found: shape.to_vec(),
            expected: expected.to_vec(),
        });
    }
    Ok(data)
}

impl Lifter for OnnxLifter {
    fn layout(&self) -> WindowLayout {
        self.manifest.layout()
    }

    fn lift(&mut self, batch: &WindowBatch) -> Result<Vec<Option<Lifted>>, LiftError> {
        if batch.people == 0 {
            return Ok(Vec::new());
        }
        let (people, frames) = (batch.people, batch.frames);
        let inputs = vec![
            (
                "keypoints",
                input(
                    &[people, frames, JOINT_COUNT, KEYPOINT_WIDTH],
                    &batch.keypoints,
                )?,
            ),
            ("view", input(&[people, frames, VIEW_WIDTH], &batch.view)?),
            ("age_s", input(&[people, frames], &batch.age_s)?),
            ("present", input(&[people, frames], &batch.present)?),
        ];
        let outputs = self
            .session
            .run(inputs)
            .map_err(|e| LiftError::Runtime(e.to_string()))?;
        let joints = output(
            &outputs,
            "joints_m",
            &[people as i64, JOINT_COUNT as i64, 3],
        )?;
        let sigmas = output(&outputs, "sigma_m", &[people as i64, JOINT_COUNT as i64])?;
        Ok(joints
            .chunks_exact(JOINT_COUNT * 3)
            .zip(sigmas.chunks_exact(JOINT_COUNT))
            .map(|(joints, sigmas)| {
                let finite = joints.iter().chain(sigmas).all(|v| v.is_finite());
                finite.then(|| Lifted {
                    joints_m: std::array::from_fn(|j| {
                        Vector3::from_iterator(
                            joints[3 * j..3 * j + 3].iter().map(|v| f64::from(*v)),
                        )
                    }),
                    sigma_m: std::array::from_fn(|j| f64::from(sigmas[j])),
                })
            })
            .collect())
    }
}
