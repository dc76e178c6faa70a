//! A model of windows on ONNX Runtime.

use super::tensor::{ANY, answer, input};
use super::{LoadError, Model};
use crate::geometry::segments::SEGMENT_COUNT;
use crate::lift::manifest::{Form, WindowPromise};
use crate::lift::network::{Answers, WindowNetwork, Windows};
use crate::lift::{DEPTH_WIDTH, KEYPOINT_WIDTH, LiftError, Mode, TURN_WIDTH, VIEW_WIDTH};
use crate::skeleton::JOINT_COUNT;

/// A model of windows.
pub struct OnnxWindow {
    model: Model,
    window: WindowPromise,
    takes_depth: bool,
}

impl OnnxWindow {
    /// Takes a model that is one.
    ///
    /// # Errors
    /// [`LoadError`] when it is not, or its inputs and outputs are not those of its manifest.
    pub fn new(model: Model) -> Result<Self, LoadError> {
        let Form::Window { window } = model.manifest().form else {
            return Err(model.is_not(Mode::Window.name(), "mode"));
        };
        let takes_depth = model.manifest().takes_depth();
        let joints = JOINT_COUNT as i64;
        model.expect_input("keypoints", &[ANY, ANY, joints, KEYPOINT_WIDTH as i64])?;
        model.expect_input("view", &[ANY, ANY, VIEW_WIDTH as i64])?;
        if takes_depth {
            model.expect_input("depth", &[ANY, ANY, joints, DEPTH_WIDTH as i64])?;
        }
        model.expect_input("age_s", &[ANY, ANY])?;
        model.expect_input("present", &[ANY, ANY])?;
        model.expect_output("joints_m", &[ANY, joints, 3])?;
        model.expect_output("sigma_m", &[ANY, joints])?;
        if model.manifest().gives_segments() {
            let of_each = [SEGMENT_COUNT as i64, TURN_WIDTH as i64];
            model.expect_output("segments", &[ANY, of_each[0], of_each[1]])?;
        }
        Ok(Self {
            model,
            window,
            takes_depth,
        })
    }

    /// The window that it was trained with.
    pub fn window(&self) -> WindowPromise {
        self.window
    }

    /// Whether it makes use of measured depths.
    pub fn takes_depth(&self) -> bool {
        self.takes_depth
    }

    /// Whether it says how segments are turned.
    pub fn gives_segments(&self) -> bool {
        self.model.manifest().gives_segments()
    }
}

impl WindowNetwork for OnnxWindow {
    fn run(&mut self, windows: &Windows, answers: Answers<'_>) -> Result<(), LiftError> {
        let Windows { people, frames, .. } = *windows;
        let keypoints = [people, frames, JOINT_COUNT, KEYPOINT_WIDTH];
        let mut inputs = vec![
            ("keypoints".into(), input(keypoints, &windows.keypoints)?),
            (
                "view".into(),
                input([people, frames, VIEW_WIDTH], &windows.view)?,
            ),
            ("age_s".into(), input([people, frames], &windows.age_s)?),
            ("present".into(), input([people, frames], &windows.present)?),
        ];
        if self.takes_depth {
            let depth = [people, frames, JOINT_COUNT, DEPTH_WIDTH];
            inputs.push(("depth".into(), input(depth, &windows.depth)?));
        }
        answer(&mut self.model.session, inputs, &[people], answers).map(drop)
    }
}
