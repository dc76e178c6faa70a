//! NumPy's arrays inside pickles.

use std::borrow::Cow;

use super::{Id, Object, Pickle, Refusal, refuse};
use crate::import::number::Number;

/// Numbers in a grid, the last index running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length along each dimension.
    pub shape: Vec<usize>,
    /// The numbers.
    pub numbers: Vec<f64>,
}

/// What the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    Number(Number),
    Object,
}

/// An array as the pickle has it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    /// The first index runs fastest, and not the last.
    pub is_fortran: bool,
    /// The bytes of the elements, or a list of objects.
    pub content: Id,
}

impl Dtype {
    /// Of a name such as `f4`, `<f8` or `O8`.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim_start_matches('|') {
            "O" | "O4" | "O8" => Some(Self::Object),
            number => Number::named(number).map(Self::Number),
        }
    }

    /// The same in this byte order.
    pub fn in_order(self, is_big_endian: bool) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.in_order(is_big_endian)),
            Self::Object => self,
        }
    }
}

impl Stored {
    /// The object of an array without dimensions.
    pub fn only_object(&self, pickle: &Pickle) -> Option<Id> {
        match pickle.objects.get(self.content) {
            Some(Object::List(ids)) if self.shape.is_empty() => ids.first().copied(),
            _ => None,
        }
    }

    /// The numbers, in order.
    pub fn numbers(&self, pickle: &Pickle) -> Result<Array, Refusal> {
        let bytes: Cow<'_, [u8]> = match pickle.objects.get(self.content) {
            Some(Object::Bytes(span)) => pickle.span(*span).into(),
            Some(Object::Encoded(span)) => latin1(pickle.span(*span))?.into(),
            _ => return refuse("found an array of objects, expected numbers"),
        };
        let Dtype::Number(number) = self.dtype else {
            return refuse("found bytes in an array of objects");
        };
        let (shape, length) = (self.shape.clone(), number.bytes());
        let expected = shape
            .iter()
            .try_fold(length, |product, length| product.checked_mul(*length));
        if expected != Some(bytes.len()) {
            return refuse(format!(
                "found an array of {shape:?} with {} bytes, expected {length} for each number",
                bytes.len()
            ));
        }
        let numbers = number.all(&bytes);
        Ok(match self.is_fortran {
            true => last_index_first(shape, &numbers),
            false => Array { shape, numbers },
        })
    }
}

/// The same numbers with the last index running fastest, where it was the first.
fn last_index_first(shape: Vec<usize>, numbers: &[f64]) -> Array {
    let stored_at = |mut index: usize| {
        let (mut place, mut stride) = (0, numbers.len());
        for length in shape.iter().rev() {
            stride /= length;
            place += index % length * stride;
            index /= length;
        }
        place
    };
    let ordered = (0..numbers.len()).filter_map(|index| numbers.get(stored_at(index)).copied());
    Array {
        numbers: ordered.collect(),
        shape,
    }
}

/// The bytes of a text whose characters are one each.
fn latin1(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(text).ok();
    let bytes = text.and_then(|text| text.chars().map(|c| u8::try_from(c).ok()).collect());
    bytes.ok_or_else(|| Refusal("found a text that is not of bytes in an array".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_fortran_is_turned() {
        // [[0, 1, 2], [3, 4, 5]], columns first.
        let turned = last_index_first(vec![2, 3], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert_eq!(turned.numbers, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
