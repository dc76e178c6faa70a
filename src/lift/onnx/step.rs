//! A streaming model on ONNX Runtime.

use std::borrow::Cow;

use super::tensor::{ANY, answer, input, read_output};
use super::{LoadError, Model};
use crate::lift::manifest::{Form, MemoryPromise};
use crate::lift::network::{Answers, Step, StepNetwork};
use crate::lift::{KEYPOINT_WIDTH, LiftError, Mode, VIEW_WIDTH};
use crate::person::skeleton::JOINT_COUNT;

/// A streaming model; its memory is the caller's, and goes in as it lies.
pub struct OnnxStep {
    model: Model,
    memory: MemoryPromise,
    /// The input that each block's memory goes to.
    memory_names: Vec<String>,
}

impl OnnxStep {
    /// Takes a model that is one.
    ///
    /// # Errors
    /// When it is not, or its inputs and outputs are not those of its manifest.
    pub fn new(model: Model) -> Result<Self, LoadError> {
        let Form::Stream { memory } = model.manifest().form else {
            return Err(model.is_not(Mode::Stream));
        };
        let (joints, width) = (JOINT_COUNT as i64, memory.width as i64);
        let memory_names: Vec<String> = (0..memory.blocks)
            .map(|block| format!("memory_{block}"))
            .collect();
        model.expect_input("keypoints", &[ANY, joints, KEYPOINT_WIDTH as i64])?;
        model.expect_input("view", &[ANY, VIEW_WIDTH as i64])?;
        model.expect_input("moment_s", &[ANY])?;
        model.expect_input("age_s", &[ANY, ANY])?;
        model.expect_input("stands_for", &[ANY, ANY])?;
        for name in &memory_names {
            model.expect_input(name, &[ANY, joints, ANY, width])?;
        }
        model.expect_output("joints_m", &[ANY, joints, 3])?;
        model.expect_output("sigma_m", &[ANY, joints])?;
        model.expect_output("entries", &[ANY, memory.blocks as i64, joints, width])?;
        Ok(Self {
            model,
            memory,
            memory_names,
        })
    }

    /// The memory that it was trained with.
    pub fn memory(&self) -> MemoryPromise {
        self.memory
    }
}

impl StepNetwork for OnnxStep {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        let Step { people, slots, .. } = *step;
        let MemoryPromise { blocks, width, .. } = self.memory;
        let mut inputs = vec![
            (
                Cow::Borrowed("keypoints"),
                input([people, JOINT_COUNT, KEYPOINT_WIDTH], step.keypoints)?,
            ),
            ("view".into(), input([people, VIEW_WIDTH], step.view)?),
            ("moment_s".into(), input([people], step.moment_s)?),
            ("age_s".into(), input([people, slots], step.age_s)?),
            (
                "stands_for".into(),
                input([people, slots], step.stands_for)?,
            ),
        ];
        for (name, memory) in self.memory_names.iter().zip(step.memory) {
            let memory = memory.get(step.row * JOINT_COUNT * slots * width..);
            let memory = memory.unwrap_or_default();
            let memory = input([people, JOINT_COUNT, slots, width], memory)?;
            inputs.push((name.into(), memory));
        }
        let outputs = answer(&mut self.model.session, inputs, people, answers)?;
        let shape = [people, blocks, JOINT_COUNT, width];
        read_output(&outputs, "entries", &shape, entries)
    }
}
