//! What a model file promises, written by its training into the file itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Mode;
use crate::geometry::segments::SEGMENTS;
use crate::skeleton::JOINTS;

/// Key of the manifest among the ONNX file's metadata.
pub const MANIFEST_KEY: &str = "posemoe_manifest";
/// The manifest's own version that this crate reads.
pub const MANIFEST_FORMAT: u32 = 3;
/// The kind of a model that judges poses.
pub const PLAUSIBILITY: &str = "plausibility";
/// Frames beyond which a memory or a window is a mistake rather than a choice; so the parameters.
const MOST_FRAMES: usize = 1024;
/// Blocks, and numbers of an entry, beyond which a memory is a mistake.
const MOST_BLOCKS: usize = 64;
const MOST_WIDTH: usize = 1024;
/// Times (s) beyond which a span or a cycle is a mistake.
const LONGEST_S: f64 = 1000.0;

/// Name, contract and origin of a model.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Manifest {
    /// Version of this list of fields.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// Name of the network's size: `xs`, `s` or `b`.
    #[serde(default)]
    pub size: Option<String>,
    /// Number of weights.
    #[serde(default)]
    pub parameters: Option<u64>,
    /// What weights and arithmetic are; older files do not say, and are float32.
    #[serde(default)]
    pub precision: Precision,
    /// Name of the joint set.
    pub joint_set: String,
    /// Joints in the order of inputs and outputs.
    pub joints: Vec<String>,
    /// What it is for; in the file `kind`, and `memory` or `window`.
    #[serde(flatten)]
    pub form: Form,
    /// What each input is, in words.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// What each output is, in words.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// Segments in the order of the output of that name; of models that have it.
    #[serde(default)]
    pub segments: Vec<String>,
    /// Frame of the output, in words.
    pub output_frame: String,
    /// Unit of the output.
    pub output_unit: String,
    /// Licence of the weights.
    pub licence: String,
    /// What it was trained on.
    pub training_data: Vec<TrainingData>,
}

/// Numbers inside the network; its inputs and outputs are float32 in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    Float32,
    /// Half precision where it does not hurt: smaller, and faster on a GPU.
    Float16,
}

/// What a model is for: to lift people, with what it takes of each one's past, or to judge poses.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Form {
    /// One frame, and what it has kept of earlier ones.
    Stream {
        /// What it keeps.
        memory: MemoryPromise,
    },
    /// A window of frames.
    Window {
        /// How it is filled.
        window: WindowPromise,
    },
    /// Poses in 3D, each by itself: how plausible they are.
    Plausibility,
}

impl Form {
    /// The mode that such a model lifts in.
    pub fn mode(&self) -> Option<Mode> {
        match self {
            Self::Stream { .. } => Some(Mode::Stream),
            Self::Window { .. } => Some(Mode::Window),
            Self::Plausibility => None,
        }
    }

    /// Its name in the file.
    pub fn kind(&self) -> &'static str {
        self.mode().map_or(PLAUSIBILITY, Mode::name)
    }
}

/// The memory that a streaming model was trained with; more or fewer frames will do too.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct MemoryPromise {
    /// Frames remembered.
    pub frames: usize,
    /// Age (s) beyond which nothing is remembered.
    pub span_s: f64,
    /// It takes moments modulo this time (s).
    pub cycle_s: f64,
    /// Blocks that ask the past, each with a memory of its own.
    pub blocks: usize,
    /// Numbers that a block keeps of one joint in one frame.
    pub width: usize,
}

/// The window that a model was trained with; more or fewer frames will do too.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct WindowPromise {
    /// Slots.
    pub frames: usize,
    /// Oldest age (s).
    pub span_s: f64,
}

/// One source of training data.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct TrainingData {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
}

/// Why a manifest does not fit.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file has none.
    #[error(
        "no {MANIFEST_KEY} in the file's metadata; expected a model exported by training/ \
        (posemoe_training export)"
    )]
    Missing,
    /// It is not what a manifest looks like.
    #[error("manifest is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// One promise is not what this crate can keep.
    #[error("manifest says {field} = {found}, expected {expected}")]
    Unfit {
        /// The field.
        field: &'static str,
        /// What it says.
        found: String,
        /// What it may say.
        expected: String,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] says what was found and what was expected.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        // Another format may lack or add any field, so it is looked at first.
        let Version { format } = serde_json::from_str(json)?;
        if format != MANIFEST_FORMAT {
            return unfit("format", format.to_string(), MANIFEST_FORMAT.to_string());
        }
        let manifest: Self = serde_json::from_str(json)?;
        if manifest.joints != JOINTS {
            return unfit("joints", manifest.joints.join(" "), JOINTS.join(" "));
        }
        if manifest.gives_segments() && manifest.segments != SEGMENTS {
            return unfit("segments", manifest.segments.join(" "), SEGMENTS.join(" "));
        }
        let unit = match manifest.form {
            Form::Stream { .. } | Form::Window { .. } => "m",
            Form::Plausibility => "share of real poses",
        };
        if manifest.output_unit != unit {
            return unfit("output_unit", manifest.output_unit, unit);
        }
        match &manifest.form {
            Form::Stream { memory } => {
                count("memory.frames", memory.frames, MOST_FRAMES)?;
                count("memory.blocks", memory.blocks, MOST_BLOCKS)?;
                count("memory.width", memory.width, MOST_WIDTH)?;
                seconds("memory.span_s", memory.span_s, 0.0)?;
                // Else what is older than a cycle would look young.
                seconds("memory.cycle_s", memory.cycle_s, memory.span_s)?;
            }
            Form::Window { window } => {
                count("window.frames", window.frames, MOST_FRAMES)?;
                seconds("window.span_s", window.span_s, 0.0)?;
            }
            Form::Plausibility => {}
        }
        Ok(manifest)
    }

    /// Whether it makes use of measured depths.
    pub fn takes_depth(&self) -> bool {
        self.inputs.contains_key("depth")
    }

    /// Whether it says how segments are turned.
    pub fn gives_segments(&self) -> bool {
        self.outputs.contains_key("segments")
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

fn unfit<T>(
    field: &'static str,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Result<T, ManifestError> {
    Err(ManifestError::Unfit {
        field,
        found: found.into(),
        expected: expected.into(),
    })
}

fn count(field: &'static str, found: usize, most: usize) -> Result<(), ManifestError> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    unfit(field, found.to_string(), format!("1 to {most}"))
}

/// Longer than `above_s`, and short enough that an empty slot is surely older.
fn seconds(field: &'static str, found_s: f64, above_s: f64) -> Result<(), ManifestError> {
    if found_s > above_s && found_s <= LONGEST_S {
        return Ok(());
    }
    let expected = format!("seconds above {above_s}, at most {LONGEST_S}");
    unfit(field, found_s.to_string(), expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn manifest(form: Value) -> Value {
        let mut manifest = json!({
            "format": 3, "name": "test", "version": "1", "joint_set": "h36m17",
            "joints": JOINTS, "output_frame": "virtual camera", "output_unit": "m",
            "licence": "Apache-2.0", "training_data": [],
        });
        let fields = manifest.as_object_mut().unwrap();
        fields.extend(form.as_object().unwrap().clone());
        manifest
    }

    fn stream() -> Value {
        let memory =
            json!({"frames": 96, "span_s": 8.0, "cycle_s": 10.0, "blocks": 4, "width": 32});
        manifest(json!({"kind": "stream", "memory": memory}))
    }

    fn window() -> Value {
        manifest(json!({"kind": "window", "window": {"frames": 27, "span_s": 8.0}}))
    }

    fn parse(manifest: &Value) -> Result<Manifest, String> {
        Manifest::parse(&manifest.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn all_forms_are_read() {
        let Form::Stream { memory } = parse(&stream()).unwrap().form else {
            panic!("a stream")
        };
        assert_eq!((memory.frames, memory.blocks, memory.width), (96, 4, 32));
        assert_eq!((memory.span_s, memory.cycle_s), (8.0, 10.0));
        let Form::Window { window } = parse(&window()).unwrap().form else {
            panic!("a window")
        };
        assert_eq!((window.frames, window.span_s), (27, 8.0));
        let mut judge = manifest(json!({"kind": "plausibility"}));
        assert!(parse(&judge).unwrap_err().contains("output_unit = m"));
        judge["output_unit"] = "share of real poses".into();
        assert_eq!(parse(&judge).unwrap().form, Form::Plausibility);
    }

    #[test]
    fn size_and_precision_are_read_where_they_are_given() {
        let mut json = stream();
        let manifest = parse(&json).unwrap();
        assert_eq!((manifest.size, manifest.parameters), (None, None));
        assert_eq!(manifest.precision, Precision::Float32);

        json["size"] = "xs".into();
        json["parameters"] = 7.into();
        json["precision"] = "float16".into();
        let manifest = parse(&json).unwrap();
        assert_eq!(
            (manifest.size.as_deref(), manifest.parameters),
            (Some("xs"), Some(7))
        );
        assert_eq!(manifest.precision, Precision::Float16);
        json["precision"] = "int8".into();
        let error = parse(&json).unwrap_err();
        assert!(
            error.contains("unknown variant `int8`, expected `float32` or `float16`"),
            "{error}"
        );
    }

    #[test]
    fn a_model_takes_depth_if_that_is_among_its_inputs() {
        let mut json = window();
        assert!(
            !parse(&json).unwrap().takes_depth(),
            "older files do not list any"
        );
        json["inputs"] = json!({"keypoints": "x, y, score", "view": "where to"});
        assert!(!parse(&json).unwrap().takes_depth());
        json["inputs"]["depth"] = "beyond the torso".into();
        assert!(parse(&json).unwrap().takes_depth());
    }

    #[test]
    fn a_model_gives_segments_if_those_are_among_its_outputs() {
        let mut json = stream();
        assert!(
            !parse(&json).unwrap().gives_segments(),
            "older files do not"
        );
        json["outputs"] = json!({"joints_m": "metres", "segments": "axes and sigma"});
        let error = parse(&json).unwrap_err();
        assert!(
            error.contains("segments = , expected pelvis chest"),
            "{error}"
        );
        json["segments"] = json!(SEGMENTS);
        assert!(parse(&json).unwrap().gives_segments());
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_was_expected() {
        let spoiled = |path: &str, value: Value| {
            let mut json = stream();
            *json.pointer_mut(path).unwrap() = value;
            parse(&json).unwrap_err()
        };
        assert!(
            spoiled("/joints", json!(["nose"]))
                .contains("joints = nose, expected pelvis right_hip")
        );
        assert!(spoiled("/output_unit", "mm".into()).contains("output_unit = mm, expected m"));
        assert!(
            spoiled("/memory/frames", 0.into()).contains("memory.frames = 0, expected 1 to 1024")
        );
        assert!(
            spoiled("/memory/width", 9999.into()).contains("memory.width = 9999, expected 1 to")
        );
        assert!(
            spoiled("/memory/cycle_s", 5.into()).contains("cycle_s = 5, expected seconds above 8")
        );
        assert!(spoiled("/kind", "tree".into()).contains("unknown variant `tree`"));
        assert!(spoiled("/kind", "window".into()).contains("missing field `window`"));
        assert_eq!(
            parse(&json!({})).unwrap_err(),
            "manifest is not readable: missing field `format` at line 1 column 2"
        );
    }

    #[test]
    fn an_older_format_is_named_whatever_else_it_lacks() {
        assert_eq!(
            parse(
                &json!({"format": 1, "window": {"frames": 9, "spacing_s": 0.055, "span_s": 0.8}})
            ),
            Err("manifest says format = 1, expected 3".to_owned())
        );
    }
}
