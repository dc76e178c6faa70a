//! What NumPy's functions would build, built here: nothing is called.

use super::array::{Dtype, Stored};
use super::machine::Machine;
use super::opcode as op;
use super::{Function, Id, Object, Refusal, refuse};

/// More arguments than any of the functions has.
const MOST_ARGUMENTS: usize = 5;
/// Dimensions of an array at most.
const MOST_DIMENSIONS: usize = 8;

impl Machine<'_> {
    fn object(&self, id: Id) -> &Object {
        self.objects.get(id).unwrap_or(&Object::None)
    }

    fn text(&self, id: Id) -> Option<String> {
        match self.object(id) {
            Object::Text(span) | Object::Bytes(span) => {
                let bytes = self.bytes.get(span.start..span.end)?;
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
            _ => None,
        }
    }

    pub fn function(&mut self, opcode: u8) -> Result<(), Refusal> {
        let (module, name) = if opcode == op::GLOBAL {
            (self.line()?, self.line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            let both = self.text(module).zip(self.text(name));
            both.ok_or_else(|| Refusal("a function without a name".to_owned()))?
        };
        let function = match (module.as_str(), name.as_str()) {
            ("numpy", "ndarray") => Function::NdArray,
            ("numpy", "dtype") => Function::Dtype,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                Function::Reconstruct
            }
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Function::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Function::FromBuffer,
            ("_codecs", "encode") => Function::Encode,
            _ => {
                let name: String = format!("{module}.{name}").chars().take(80).collect();
                return refuse(format!(
                    "the file asks for the function {name}, which no plain data needs; nothing was \
                    run"
                ));
            }
        };
        self.push(Object::Function(function))
    }

    /// What a function would return.
    pub fn reduce(&mut self) -> Result<(), Refusal> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let arguments = match self.object(arguments) {
            Object::Tuple(ids) => ids
                .iter()
                .take(MOST_ARGUMENTS)
                .copied()
                .collect::<Vec<Id>>(),
            _ => return refuse("a function without arguments"),
        };
        let made = match (self.object(function), arguments.as_slice()) {
            (Object::Function(Function::Dtype), [name, ..]) => self.dtype(*name).map(Object::Dtype),
            (Object::Function(Function::Reconstruct), [..]) => Some(Object::None),
            (Object::Function(Function::FromBuffer), [content, dtype, shape, order]) => {
                let is_fortran = self.text(*order).as_deref() == Some("F");
                self.stored(*shape, *dtype, is_fortran, *content)
            }
            (Object::Function(Function::Scalar), [dtype, bytes]) => self.scalar(*dtype, *bytes),
            (Object::Function(Function::Encode), [text, ..]) => match self.object(*text) {
                Object::Text(span) => Some(Object::Encoded(*span)),
                _ => None,
            },
            _ => None,
        };
        match made {
            Some(object) => self.push(object),
            None => refuse("a function with arguments that NumPy does not give it"),
        }
    }

    fn dtype(&self, name: Id) -> Option<Dtype> {
        Dtype::named(&self.text(name)?)
    }

    fn scalar(&self, dtype: Id, bytes: Id) -> Option<Object> {
        match (self.object(dtype), self.object(bytes)) {
            (Object::Dtype(Dtype::Number(number)), Object::Bytes(span)) => {
                let bytes = self.bytes.get(span.start..span.end)?;
                (bytes.len() == number.bytes()).then_some(Object::Float)
            }
            _ => None,
        }
    }

    fn stored(&self, shape: Id, dtype: Id, is_fortran: bool, content: Id) -> Option<Object> {
        let (Object::Tuple(lengths), Object::Dtype(dtype)) =
            (self.object(shape), self.object(dtype))
        else {
            return None;
        };
        if lengths.len() > MOST_DIMENSIONS {
            return None;
        }
        let length = |id: &Id| match self.object(*id) {
            Object::Int(length) => usize::try_from(*length).ok(),
            _ => None,
        };
        let is_list = matches!(self.object(content), Object::List(_));
        let fits = is_list == (*dtype == Dtype::Object);
        let shape = lengths.iter().map(length).collect::<Option<_>>()?;
        fits.then_some(Object::Array(Stored {
            shape,
            dtype: *dtype,
            is_fortran,
            content,
        }))
    }

    /// Fills what a function has made: an array, or a number type with its byte order.
    pub fn build(&mut self) -> Result<(), Refusal> {
        let (state, made) = (self.pop()?, self.top()?);
        let built = match (self.object(made), self.object(state)) {
            (Object::Dtype(dtype), Object::Tuple(state)) => {
                let order = state.get(1).and_then(|id| self.text(*id));
                order.map(|order| Object::Dtype(dtype.in_order(order == ">")))
            }
            (Object::None, Object::Tuple(state)) => match state.as_slice() {
                [_, shape, dtype, is_fortran, content] => {
                    let is_fortran = matches!(
                        self.object(*is_fortran),
                        Object::Bool(true) | Object::Int(1)
                    );
                    self.stored(*shape, *dtype, is_fortran, *content)
                }
                _ => None,
            },
            _ => None,
        };
        match (built, self.objects.get_mut(made)) {
            (Some(built), Some(place)) => {
                *place = built;
                Ok(())
            }
            _ => refuse(
                "an array that is not described as NumPy's are (numbers of 1 to 8 bytes, or \
                objects)",
            ),
        }
    }
}
