//! What a model file promises, written by its training into the file itself.

use serde::Deserialize;

use crate::person::skeleton::JOINTS;
use crate::person::window::WindowLayout;

/// Key of the manifest among the ONNX file's metadata.
pub const MANIFEST_KEY: &str = "posemoe_manifest";
/// The manifest's own version that this crate reads.
pub const MANIFEST_FORMAT: u32 = 1;
/// Slots beyond which a window is a mistake rather than a choice.
const MOST_FRAMES: usize = 1024;

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
    /// How windows are filled.
    pub window: WindowPromise,
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

/// The window that the model was trained with.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct WindowPromise {
    /// Slots.
    pub frames: usize,
    /// Least time between slots (s).
    pub spacing_s: f64,
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
        "no {MANIFEST_KEY} in the file's metadata; expected a model exported by training/ (posemoe_training export)"
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
        let manifest: Self = serde_json::from_str(json)?;
        let unfit = |field, found: String, expected: &str| {
            Err(ManifestError::Unfit {
                field,
                found,
                expected: expected.to_owned(),
            })
        };
        let window = &manifest.window;
        if manifest.format != MANIFEST_FORMAT {
            return unfit(
                "format",
                manifest.format.to_string(),
                &MANIFEST_FORMAT.to_string(),
            );
        }
        if manifest.joints != JOINTS {
            return unfit("joints", manifest.joints.join(" "), &JOINTS.join(" "));
        }
        if manifest.output_unit != "m" {
            return unfit("output_unit", manifest.output_unit, "m");
        }
        if !(1..=MOST_FRAMES).contains(&window.frames) {
            return unfit("window.frames", window.frames.to_string(), "1 to 1024");
        }
        let seconds = |s: f64| s.is_finite() && s >= 0.0;
        if !seconds(window.spacing_s) || !seconds(window.span_s) {
            let found = format!("spacing {} s, span {} s", window.spacing_s, window.span_s);
            return unfit("window", found, "seconds, 0 or more");
        }
        Ok(manifest)
    }

    /// How windows are to be filled.
    pub fn layout(&self) -> WindowLayout {
        WindowLayout {
            frames: self.window.frames,
            spacing_s: self.window.spacing_s,
            span_s: self.window.span_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(format: u32, joints: &[&str], frames: usize) -> String {
        serde_json::json!({
            "format": format, "name": "test", "version": "1", "joint_set": "h36m17",
            "joints": joints, "window": {"frames": frames, "spacing_s": 0.05, "span_s": 0.8},
            "output_frame": "virtual camera", "output_unit": "m", "licence": "Apache-2.0",
            "training_data": [],
        })
        .to_string()
    }

    #[test]
    fn a_fitting_manifest_is_read() {
        let manifest = Manifest::parse(&json(1, &JOINTS, 9)).unwrap();
        assert_eq!(manifest.layout().frames, 9);
    }

    #[test]
    fn size_and_precision_are_read_where_they_are_given() {
        let old = json(1, &JOINTS, 9);
        let manifest = Manifest::parse(&old).unwrap();
        assert_eq!((manifest.size, manifest.parameters), (None, None));
        assert_eq!(manifest.precision, Precision::Float32);

        let add = |precision: &str| {
            let added = format!(r#"{{"size":"xs","parameters":7,"precision":"{precision}","#);
            old.replacen('{', &added, 1)
        };
        let manifest = Manifest::parse(&add("float16")).unwrap();
        assert_eq!(
            (manifest.size.as_deref(), manifest.parameters),
            (Some("xs"), Some(7))
        );
        assert_eq!(manifest.precision, Precision::Float16);
        let error = Manifest::parse(&add("int8")).unwrap_err().to_string();
        assert!(
            error.contains("unknown variant `int8`, expected `float32` or `float16`"),
            "{error}"
        );
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_was_expected() {
        let says = |json: &str| Manifest::parse(json).unwrap_err().to_string();
        assert_eq!(
            says(&json(2, &JOINTS, 9)),
            "manifest says format = 2, expected 1"
        );
        assert!(says(&json(1, &["nose"], 9)).contains("joints = nose, expected pelvis right_hip"));
        assert!(says(&json(1, &JOINTS, 0)).contains("window.frames = 0, expected 1 to 1024"));
        assert!(says("{}").contains("missing field `format`"));
    }
}
