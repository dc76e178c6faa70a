//! A streaming model on ONNX Runtime.

use std::borrow::Cow;

use super::tensor::{ANY, answer, input, read_output};
use super::{LoadError, Model};
use crate::geometry::segments::SEGMENT_COUNT;
use crate::lift::manifest::{Form, MemoryPromise};
use crate::lift::network::{Answers, Step, StepNetwork};
use crate::lift::{DEPTH_WIDTH, KEYPOINT_WIDTH, LiftError, Mode, TURN_WIDTH, VIEW_WIDTH};
use crate::skeleton::JOINT_COUNT;

/// A streaming model; its memory is the caller's, and goes in as it lies.
pub struct OnnxStep {
    model: Model,
    memory: MemoryPromise,
    takes_depth: bool,
    /// The input that each block's memory goes to.
    memory_names: Vec<String>,
}

impl OnnxStep {
    /// Takes a model that is one.
    ///
    /// # Errors
    /// [`LoadError`] when it is not, or its inputs and outputs are not those of its manifest.
    pub fn new(model: Model) -> Result<Self, LoadError> {
        let Form::Stream { memory } = model.manifest().form else {
            return Err(model.is_not(Mode::Stream.name(), "mode"));
        };
        let takes_depth = model.manifest().takes_depth();
        let (joints, width) = (JOINT_COUNT as i64, memory.width as i64);
        let memory_names: Vec<String> = (0..memory.blocks)
            .map(|block| format!("memory_{block}"))
            .collect();
        model.expect_input("keypoints", &[ANY, ANY, joints, KEYPOINT_WIDTH as i64])?;
        model.expect_input("view", &[ANY, ANY, VIEW_WIDTH as i64])?;
        if takes_depth {
            model.expect_input("depth", &[ANY, ANY, joints, DEPTH_WIDTH as i64])?;
        }
        model.expect_input("moment_s", &[ANY, ANY])?;
        model.expect_input("age_s", &[ANY, ANY, ANY])?;
        model.expect_input("stands_for", &[ANY, ANY, ANY])?;
        model.expect_input("new_age_s", &[ANY, ANY, ANY])?;
        for name in &memory_names {
            model.expect_input(name, &[ANY, joints, ANY, width])?;
        }
        model.expect_output("joints_m", &[ANY, ANY, joints, 3])?;
        model.expect_output("sigma_m", &[ANY, ANY, joints])?;
        if model.manifest().gives_segments() {
            let of_each = [SEGMENT_COUNT as i64, TURN_WIDTH as i64];
            model.expect_output("segments", &[ANY, ANY, of_each[0], of_each[1]])?;
        }
        model.expect_output("entries", &[ANY, memory.blocks as i64, joints, ANY, width])?;
        Ok(Self {
            model,
            memory,
            takes_depth,
            memory_names,
        })
    }

    /// The memory that it was trained with.
    pub fn memory(&self) -> MemoryPromise {
        self.memory
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

impl StepNetwork for OnnxStep {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        let Step {
            people,
            frames,
            slots,
            ..
        } = *step;
        let MemoryPromise { blocks, width, .. } = self.memory;
        let keypoints = input(
            [people, frames, JOINT_COUNT, KEYPOINT_WIDTH],
            step.keypoints,
        )?;
        let view = input([people, frames, VIEW_WIDTH], step.view)?;
        let stands_for = input([people, frames, slots], step.stands_for)?;
        let mut inputs = vec![
            (Cow::Borrowed("keypoints"), keypoints),
            ("view".into(), view),
            ("moment_s".into(), input([people, frames], step.moment_s)?),
            ("age_s".into(), input([people, frames, slots], step.age_s)?),
            ("stands_for".into(), stands_for),
            (
                "new_age_s".into(),
                input([people, frames, frames], step.new_age_s)?,
            ),
        ];
        if self.takes_depth {
            let depth = input([people, frames, JOINT_COUNT, DEPTH_WIDTH], step.depth)?;
            inputs.push(("depth".into(), depth));
        }
        for (name, memory) in self.memory_names.iter().zip(step.memory) {
            let memory = memory.get(step.row * JOINT_COUNT * slots * width..);
            let memory = memory.unwrap_or_default();
            let memory = input([people, JOINT_COUNT, slots, width], memory)?;
            inputs.push((name.into(), memory));
        }
        let outputs = answer(&mut self.model.session, inputs, &[people, frames], answers)?;
        let shape = [people, blocks, JOINT_COUNT, frames, width];
        read_output(&outputs, "entries", &shape, entries)
    }
}
