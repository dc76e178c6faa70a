//! Tensors on their way in and out, and the check that a model takes and gives those it should.

use std::borrow::Cow;

use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{Outlet, TensorElementType, TensorRef};

use super::{LoadError, Model};
use crate::geometry::segments::SEGMENT_COUNT;
use crate::lift::network::Answers;
use crate::lift::{LiftError, TURN_WIDTH};
use crate::skeleton::JOINT_COUNT;

/// An axis of any length, in the shape of a model's input or output.
pub const ANY: i64 = -1;

impl Model {
    /// That there is an input of this name, type and shape.
    pub(super) fn expect_input(&self, name: &str, shape: &[i64]) -> Result<(), LoadError> {
        self.expect("input", self.session.inputs(), name, shape)
    }

    /// That there is an output of this name, type and shape.
    pub(super) fn expect_output(&self, name: &str, shape: &[i64]) -> Result<(), LoadError> {
        self.expect("output", self.session.outputs(), name, shape)
    }

    fn expect(
        &self,
        kind: &str,
        outlets: &[Outlet],
        name: &str,
        expected: &[i64],
    ) -> Result<(), LoadError> {
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
            path: self.path().to_owned(),
            which: format!("{kind} {name}"),
            found: found.map_or("absent".to_owned(), |outlet| {
                format!("{:?}", outlet.dtype())
            }),
            expected: format!("float32 {expected:?} ({ANY}: any number)"),
        })
    }
}

/// Numbers as they lie, seen as a tensor; its shape says how many of them count.
pub fn input<'a, const AXES: usize>(
    shape: [usize; AXES],
    numbers: &'a [f32],
) -> Result<SessionInputValue<'a>, LiftError> {
    let count = shape.iter().product();
    let numbers = numbers.get(..count).ok_or_else(|| {
        LiftError::Runtime(format!(
            "{} numbers for an input of shape {shape:?}",
            numbers.len()
        ))
    })?;
    TensorRef::from_array_view((shape, numbers))
        .map(SessionInputValue::from)
        .map_err(|e| LiftError::Runtime(e.to_string()))
}

/// Runs a model and reads what every model answers for so many people, or people and frames; gives
/// back its outputs for what else there is.
pub fn answer<'s>(
    session: &'s mut Session,
    inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)>,
    answered: &[usize],
    answers: Answers<'_>,
) -> Result<SessionOutputs<'s>, LiftError> {
    let outputs = session
        .run(inputs)
        .map_err(|e| LiftError::Runtime(e.to_string()))?;
    let Answers {
        joints_m,
        sigma_m,
        turns,
    } = answers;
    let shape = |of_each: &[usize]| [answered, of_each].concat();
    read_output(&outputs, "joints_m", &shape(&[JOINT_COUNT, 3]), joints_m)?;
    read_output(&outputs, "sigma_m", &shape(&[JOINT_COUNT]), sigma_m)?;
    if outputs.contains_key("segments") {
        let of_each = shape(&[SEGMENT_COUNT, TURN_WIDTH]);
        read_output(&outputs, "segments", &of_each, turns)?;
    }
    Ok(outputs)
}

/// Copies an output to where it belongs.
pub fn read_output(
    outputs: &SessionOutputs<'_>,
    name: &'static str,
    shape: &[usize],
    numbers: &mut [f32],
) -> Result<(), LiftError> {
    let value = outputs
        .get(name)
        .ok_or_else(|| LiftError::Runtime(format!("no output {name}")))?;
    let (found, data) = value
        .try_extract_tensor::<f32>()
        .map_err(|e| LiftError::Runtime(e.to_string()))?;
    let expected: Vec<i64> = shape.iter().map(|axis| *axis as i64).collect();
    if **found != *expected || data.len() != numbers.len() {
        return Err(LiftError::Shape {
            name,
            found: found.to_vec(),
            expected,
        });
    }
    numbers.copy_from_slice(data);
    Ok(())
}
