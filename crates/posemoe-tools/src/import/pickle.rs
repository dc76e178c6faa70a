//! Python's pickles, as data: dictionaries, lists, texts, numbers and NumPy's arrays of protocols 2
//! to 5.
//!
//! A pickle is a program that can call whatever its maker likes. This reader calls nothing: it
//! knows the few functions with which NumPy builds arrays, does itself what they would, and refuses
//! all others by name. Objects lie in a list and name each other by their places, so that none is
//! ever copied and memory stays in proportion to the file.

mod array;
mod build;
mod machine;
mod opcode;

pub use array::Array;

use super::{Refusal, refuse};

/// An object's place.
type Id = usize;

/// Objects, and the bytes that they are made of.
pub struct Pickle {
    bytes: Vec<u8>,
    objects: Vec<Object>,
    root: Id,
}

/// The functions that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    /// `numpy.ndarray`, which is handed over as an argument only.
    NdArray,
    /// `numpy.dtype`
    Dtype,
    /// `_reconstruct`: an empty array that is then filled.
    Reconstruct,
    /// `_frombuffer`: an array of protocol 5.
    FromBuffer,
    /// `scalar`: a number of NumPy's.
    Scalar,
    /// `_codecs.encode`: how Python 3 writes bytes for Python 2.
    Encode,
}

/// A span of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Clone, Debug)]
enum Object {
    None,
    Bool(bool),
    Int(i64),
    /// A number with a point; nobody asks for its value.
    Float,
    Text(Span),
    Bytes(Span),
    /// Bytes that stand in the file as a text with a character for each.
    Encoded(Span),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Function(Function),
    Dtype(array::Dtype),
    Array(array::Stored),
}

/// An object of a pickle, to be looked into.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pickle: &'a Pickle,
    id: Id,
}

/// Reads a pickle.
///
/// # Errors
/// [`Refusal`] when it is cut short or damaged, or asks for anything but data.
pub fn read(bytes: Vec<u8>) -> Result<Pickle, Refusal> {
    let (objects, root) = machine::run(&bytes)?;
    Ok(Pickle {
        bytes,
        objects,
        root,
    })
}

impl Pickle {
    /// The object that was pickled. NumPy wraps one that is no array in an array without
    /// dimensions: then what is in it.
    pub fn root(&self) -> View<'_> {
        let root = self.view(self.root);
        match root.object() {
            Object::Array(stored) => match stored.only_object(self) {
                Some(id) => self.view(id),
                None => root,
            },
            _ => root,
        }
    }

    fn view(&self, id: Id) -> View<'_> {
        View { pickle: self, id }
    }

    fn span(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start..span.end).unwrap_or_default()
    }
}

impl<'a> View<'a> {
    fn object(self) -> &'a Object {
        self.pickle.objects.get(self.id).unwrap_or(&Object::None)
    }

    /// The value of a key; `None` where this is no dictionary, or has no such key. Of several the
    /// last.
    pub fn get(self, key: &str) -> Option<Self> {
        let mut found = self.entries()?.into_iter().rev();
        found.find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Keys that are texts, with their values; `None` where this is no dictionary.
    pub fn entries(self) -> Option<Vec<(String, Self)>> {
        let Object::Dict(entries) = self.object() else {
            return None;
        };
        let named = entries.iter().filter_map(|(key, value)| {
            let key = self.pickle.view(*key).text()?;
            Some((key, self.pickle.view(*value)))
        });
        Some(named.collect())
    }

    /// The items of a list or a tuple.
    pub fn items(self) -> Option<Vec<Self>> {
        match self.object() {
            Object::List(items) | Object::Tuple(items) => {
                Some(items.iter().map(|id| self.pickle.view(*id)).collect())
            }
            _ => None,
        }
    }

    /// A text; bytes are one in Latin-1, as Python 2 wrote them.
    pub fn text(self) -> Option<String> {
        match self.object() {
            Object::Text(span) => {
                let text = std::str::from_utf8(self.pickle.span(*span));
                text.ok().map(str::to_owned)
            }
            Object::Bytes(span) => {
                let bytes = self.pickle.span(*span).iter();
                Some(bytes.map(|byte| char::from(*byte)).collect())
            }
            _ => None,
        }
    }

    /// An array of numbers.
    ///
    /// # Errors
    /// [`Refusal`] when this is none.
    pub fn array(self) -> Result<Array, Refusal> {
        match self.object() {
            Object::Array(stored) => stored.numbers(self.pickle),
            other => refuse(format!("found {}, expected an array", kind(other))),
        }
    }
}

/// What an object is, in a word.
fn kind(object: &Object) -> &'static str {
    match object {
        Object::None => "None",
        Object::Bool(_) => "a truth value",
        Object::Int(_) | Object::Float => "a number",
        Object::Text(_) => "a text",
        Object::Bytes(_) | Object::Encoded(_) => "bytes",
        Object::List(_) => "a list",
        Object::Tuple(_) => "a tuple",
        Object::Dict(_) => "a dictionary",
        Object::Function(_) => "a function",
        Object::Dtype(_) => "a number type",
        Object::Array(_) => "an array",
    }
}
