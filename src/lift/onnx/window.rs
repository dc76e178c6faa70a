//! A model of windows on ONNX Runtime.

use super::tensor::{ANY, input, read_output};
use super::{LoadError, Model};
use crate::lift::manifest::{Form, WindowPromise};
use crate::lift::network::{Answers, WindowNetwork, Windows};
use crate::lift::{KEYPOINT_WIDTH, LiftError, Mode, VIEW_WIDTH};
use crate::person::skeleton::JOINT_COUNT;

/// A model of windows.
pub struct OnnxWindow {
    model: Model,
    window: WindowPromise,
}

impl OnnxWindow {
    /// Takes a model that is one.
    ///
    /// # Errors
    /// When it is not, or its inputs and outputs are not those of its manifest.
    pub fn new(model: Model) -> Result<Self, LoadError> {
        let Form::Window { window } = model.manifest().form else {
            return Err(model.is_not(Mode::Window));
        };
        let joints = JOINT_COUNT as i64;
        model.expect_input("keypoints", &[ANY, ANY, joints, KEYPOINT_WIDTH as i64])?;
        model.expect_input("view", &[ANY, ANY, VIEW_WIDTH as i64])?;
        model.expect_input("age_s", &[ANY, ANY])?;
        model.expect_input("present", &[ANY, ANY])?;
        model.expect_output("joints_m", &[ANY, joints, 3])?;
        model.expect_output("sigma_m", &[ANY, joints])?;
        Ok(Self { model, window })
    }

    /// The window that it was trained with.
    pub fn window(&self) -> WindowPromise {
        self.window
    }
}

impl WindowNetwork for OnnxWindow {
    fn run(&mut self, windows: &Windows, answers: Answers<'_>) -> Result<(), LiftError> {
        let Windows { people, frames, .. } = *windows;
        let keypoints = [people, frames, JOINT_COUNT, KEYPOINT_WIDTH];
        let inputs = vec![
            ("keypoints", input(keypoints, &windows.keypoints)?),
            ("view", input([people, frames, VIEW_WIDTH], &windows.view)?),
            ("age_s", input([people, frames], &windows.age_s)?),
            ("present", input([people, frames], &windows.present)?),
        ];
        let outputs = self
            .model
            .session
            .run(inputs)
            .map_err(|e| LiftError::Runtime(e.to_string()))?;
        let Answers { joints_m, sigma_m } = answers;
        read_output(&outputs, "joints_m", &[people, JOINT_COUNT, 3], joints_m)?;
        read_output(&outputs, "sigma_m", &[people, JOINT_COUNT], sigma_m)
    }
}
