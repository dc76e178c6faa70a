//! From the configuration to a lifter on a loaded network.

use std::path::{Path, PathBuf};

use nalgebra::Rotation3;

use crate::config::{Config, ConfigError};
use crate::library::{self, NotFound};
use posemoe_core::geometry::canonical::PersonView;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::manifest::{Form, MemoryPromise};
use posemoe_core::lift::onnx::{
    LoadError, Model, OnnxOptions, OnnxPlausibility, OnnxStep, OnnxWindow, Runtime,
};
use posemoe_core::lift::plausibility::Plausibility;
use posemoe_core::lift::provider::Provider;
use posemoe_core::lift::shares::Shares;
use posemoe_core::lift::stream::{MemoryShape, StreamLifter};
use posemoe_core::lift::window::{WindowLayout, WindowLifter};
use posemoe_core::lift::{LiftError, Lifter, Mode, Seen};
use posemoe_core::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// What runs the network, for diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Execution provider.
    pub provider: String,
    /// Name and version of the model.
    pub model: String,
}

/// The parameter `plausibility_model` where nobody is to judge poses.
const NOBODY: &str = "none";

type Loading<T> = Box<dyn FnMut(&Config) -> Result<T, EngineError>>;

/// Loads networks as the configuration says.
pub struct Loader {
    /// What lifts the people of one camera.
    pub lifter: Loading<(Box<dyn Lifter>, Engine)>,
    /// What judges everyone's poses; `None` where nobody does.
    pub plausibility: Loading<Option<Box<dyn Plausibility>>>,
}

impl Loader {
    /// From files.
    pub fn of_files() -> Self {
        Self {
            plausibility: Box::new(load_plausibility),
            ..Self::of_lifters(load)
        }
    }

    /// Of those that lift, while nobody judges.
    pub fn of_lifters(
        lifter: impl FnMut(&Config) -> Result<(Box<dyn Lifter>, Engine), EngineError> + 'static,
    ) -> Self {
        Self {
            lifter: Box::new(lifter),
            plausibility: Box::new(|_| Ok(None)),
        }
    }
}

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// What is asked for contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Library or model were not found.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// They do not work.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// They were loaded, and yet the network does not run.
    #[error("trying the network: {0}")]
    Run(#[from] LiftError),
}

fn given(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// Where ONNX Runtime's library is.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at.
pub fn library(config: &Config) -> Result<PathBuf, NotFound> {
    library::onnxruntime(given(&config.onnxruntime).as_deref())
}

/// What to load, with the model found.
///
/// # Errors
/// [`EngineError`]: names the parameters that contradict each other, or every place that was looked
/// at.
pub fn options(config: &Config) -> Result<OnnxOptions, EngineError> {
    config.check()?;
    Ok(OnnxOptions {
        model: library::model(given(&config.model).as_deref(), config.mode())?,
        providers: config.providers(),
        // A stream's threads share out people, not operators.
        threads: match config.mode() {
            Mode::Stream => 1,
            Mode::Window => threads(config),
        },
        engine_cache: given(&config.tensorrt_cache),
    })
}

/// Threads of the network on the CPU.
fn threads(config: &Config) -> usize {
    config.threads.unsigned_abs().max(1) as usize
}

/// How many copies of the model a stream's people are to be shared out among, besides the first.
fn copies(model: &Model, config: &Config) -> usize {
    match (config.mode(), model.provider()) {
        (Mode::Stream, Provider::Cpu) => threads(config) - 1,
        _ => 0,
    }
}

/// Puts a model to use as the configuration says; `copies` of it take shares of a stream's people.
///
/// # Errors
/// [`EngineError`] when it is for the other mode, or its inputs and outputs are not those of its
/// manifest; or when there are no threads for the copies.
pub fn lifter(
    model: Model,
    copies: Vec<Model>,
    config: &Config,
) -> Result<Box<dyn Lifter>, EngineError> {
    Ok(match config.mode() {
        Mode::Stream => {
            let network = OnnxStep::new(model)?;
            let shape = memory_shape(&network.memory(), config);
            let copies: Result<_, _> = copies.into_iter().map(OnnxStep::new).collect();
            Box::new(StreamLifter::new(Shares::new(network, copies?)?, shape))
        }
        Mode::Window => {
            let network = OnnxWindow::new(model)?;
            let layout = WindowLayout {
                frames: config.window_frames.unsigned_abs() as usize,
                span_s: network.window().span_s,
                lookahead_s: config.lookahead_s,
            };
            Box::new(WindowLifter::new(network, layout))
        }
    })
}

/// What a streaming model is to keep, as the configuration says.
pub fn memory_shape(memory: &MemoryPromise, config: &Config) -> MemoryShape {
    let frames = config.memory_frames.unsigned_abs() as usize;
    MemoryShape {
        together: config.frames_together.unsigned_abs().max(1) as usize,
        ..MemoryShape::of(memory, config.settings().max_people, frames)
    }
}

/// What such a model will see of each person's past, and what that costs, in words.
pub fn past(form: &Form, config: &Config) -> String {
    match form {
        Form::Stream { memory } => {
            let shape = memory_shape(memory, config);
            format!(
                "{} frames within {} s: {:.2} MB for each person, {:.1} kB for each frame",
                shape.reach.frames,
                shape.reach.span_s,
                shape.person_bytes() as f64 / 1e6,
                shape.frame_bytes() as f64 / 1e3
            )
        }
        Form::Plausibility => "none".to_owned(),
        Form::Window { window } => {
            let (frames, ahead_s) = (config.window_frames, config.lookahead_s);
            format!(
                "{frames} frames from {} s before to {ahead_s} s after",
                window.span_s
            )
        }
    }
}

/// Lifts somebody who is not there: a network's first run takes longest (TensorRT builds its engine
/// in it), and should not make the first person wait.
fn warm_up(lifter: &mut dyn Lifter) -> Result<(), LiftError> {
    let view = PersonView {
        keypoints: [[0.0; 3]; JOINT_COUNT],
        view: [0.0; 3],
        depth: [[0.0; 3]; JOINT_COUNT],
        view_from_camera: Rotation3::identity(),
    };
    let person = PersonKey(u64::MAX);
    let seen = [Seen {
        person,
        view: &view,
    }];
    let long_ago = Stamp::default();
    lifter.remember(long_ago, &seen);
    lifter.lift(long_ago, &seen, &mut Vec::new())?;
    lifter.forget(person);
    Ok(())
}

/// Loads the network, tries it, and says in the log what won and what was refused.
///
/// # Errors
/// [`EngineError`]: what was found and what is needed.
pub fn load(config: &Config) -> Result<(Box<dyn Lifter>, Engine), EngineError> {
    let (library, options) = (library(config)?, options(config)?);
    let runtime = Runtime::load(&library)?;
    let model = Model::load(&runtime, &options)?;
    let copies = (0..copies(&model, config)).map(|_| Model::load(&runtime, &options));
    let copies = copies.collect::<Result<_, _>>()?;
    for (provider, reason) in model.refused() {
        tracing::warn!(%provider, reason, "execution provider refused, trying the next");
    }
    let manifest = model.manifest();
    let engine = Engine {
        provider: model.provider().to_string(),
        model: format!("{} {}", manifest.name, manifest.version),
    };
    let past = past(&manifest.form, config);
    let mut lifter = lifter(model, copies, config)?;
    warm_up(lifter.as_mut())?;
    tracing::info!(
        provider = engine.provider,
        model = engine.model,
        mode = %config.mode(),
        past,
        file = %options.model.display(),
        library = %library.display(),
        "network loaded"
    );
    Ok((lifter, engine))
}

/// The file of the model that judges poses; `None` where nobody wants one, or nobody asks for one
/// and none ships.
///
/// # Errors
/// [`NotFound`] when one is asked for: names every place that was looked at.
pub fn plausibility_file(config: &Config) -> Result<Option<PathBuf>, NotFound> {
    match config.plausibility_model.as_str() {
        NOBODY => Ok(None),
        "" => Ok(library::plausibility(None)
            .inspect_err(|missing| tracing::warn!("how plausible poses are is not said: {missing}"))
            .ok()),
        asked => library::plausibility(Some(Path::new(asked))).map(Some),
    }
}

/// Loads what judges poses, if that is wanted; it runs on the CPU, whatever runs the network.
///
/// # Errors
/// [`EngineError`]: what was found and what is needed.
pub fn load_plausibility(config: &Config) -> Result<Option<Box<dyn Plausibility>>, EngineError> {
    let file = plausibility_file(config)?;
    file.map(|file| plausibility_of(config, &file)).transpose()
}

/// Loads what judges poses from this file.
///
/// # Errors
/// [`EngineError`]: what was found and what is needed.
pub fn plausibility_of(config: &Config, file: &Path) -> Result<Box<dyn Plausibility>, EngineError> {
    let runtime = Runtime::load(&library(config)?)?;
    let model = Model::load(&runtime, &OnnxOptions::cpu(file))?;
    let name = format!("{} {}", model.manifest().name, model.manifest().version);
    let plausibility = OnnxPlausibility::new(model)?;
    tracing::info!(model = name, file = %file.display(), "plausibility loaded");
    Ok(Box::new(plausibility))
}
