//! A model that judges poses, on ONNX Runtime.

use super::tensor::{ANY, input, read_output};
use super::{LoadError, Model};
use crate::lift::LiftError;
use crate::lift::manifest::{Form, PLAUSIBILITY};
use crate::lift::plausibility::{Asked, Plausibility};
use crate::skeleton::{JOINT_COUNT, Pose};

/// A model that judges poses.
pub struct OnnxPlausibility(Model);

impl OnnxPlausibility {
    /// Takes a model that is one.
    ///
    /// # Errors
    /// [`LoadError`] when it is not, or its inputs and outputs are not those of its manifest.
    pub fn new(model: Model) -> Result<Self, LoadError> {
        if model.manifest().form != Form::Plausibility {
            return Err(model.is_not(PLAUSIBILITY, "plausibility_model"));
        }
        model.expect_input("joints_m", &[ANY, JOINT_COUNT as i64, 3])?;
        model.expect_output("plausibility", &[ANY])?;
        Ok(Self(model))
    }
}

impl Plausibility for OnnxPlausibility {
    fn of(&mut self, poses: &[Pose]) -> Result<Vec<Option<f64>>, LiftError> {
        let asked = Asked::of(poses);
        let people = asked.people();
        let mut answers = vec![0.0; people];
        if people > 0 {
            let joints_m = input([people, JOINT_COUNT, 3], &asked.joints_m)?;
            let outputs = self
                .0
                .session
                .run(vec![("joints_m", joints_m)])
                .map_err(|e| LiftError::Runtime(e.to_string()))?;
            read_output(&outputs, "plausibility", &[people], &mut answers)?;
        }
        Ok(asked.all(&answers))
    }
}
