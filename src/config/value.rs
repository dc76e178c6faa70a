//! Parameter values: what YAML or a command line may give, and what a parameter may take.

use std::fmt;

/// A value of a ROS parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(v) => write!(f, "{v}"),
            Self::Int(v) => write!(f, "{v}"),
            Self::Float(v) => write!(f, "{v:?}"), // 48.0 is not 48
            Self::Text(v) => write!(f, "{v:?}"),
            Self::List(v) => write!(f, "{v:?}"),
        }
    }
}

/// What a parameter may be, within its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Anything.
    Any,
    /// A text that is not empty.
    NotEmpty,
    /// A number from the first to the second, both included.
    Between(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list, not empty, of these texts.
    EachOneOf(&'static [&'static str]),
}

impl Range {
    /// In words; `None` where anything goes.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::NotEmpty => Some("Not empty.".to_owned()),
            Self::Between(low, high) => Some(format!("From {low} to {high}.")),
            Self::OneOf(choices) => Some(format!("One of: {}.", choices.join(", "))),
            Self::EachOneOf(choices) => Some(format!("One or more of: {}.", choices.join(", "))),
        }
    }
}

/// When a parameter may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// At any time; it counts from the next frame on.
    Live,
    /// Only while the node is not configured: at the start, or after `cleanup`.
    Unconfigured,
    /// Only at the start, by whoever starts the node: paths of what it loads, which nobody on the
    /// network may choose, and the delivery of topics, as in rclcpp.
    Start,
}

impl Change {
    /// In words; `None` where it is free.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Live => None,
            Self::Unconfigured => Some("Changes only while the node is unconfigured.".to_owned()),
            Self::Start => Some("Set only at the start.".to_owned()),
        }
    }
}

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueError {
    /// The value.
    pub found: String,
    /// What it may be.
    pub expected: String,
}

/// A Rust type that a parameter can have.
pub(super) trait Parameter: Sized {
    /// Reads it, if it fits the type and the range.
    fn read(value: &Value, range: &Range) -> Result<Self, ValueError>;
    /// Writes it.
    fn write(&self) -> Value;
}

fn unfit<T>(value: &Value, expected: impl Into<String>) -> Result<T, ValueError> {
    Err(ValueError {
        found: value.to_string(),
        expected: expected.into(),
    })
}

impl Parameter for bool {
    fn read(value: &Value, _: &Range) -> Result<Self, ValueError> {
        match value {
            Value::Bool(v) => Ok(*v),
            other => unfit(other, "true or false"),
        }
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

fn number(value: &Value, kind: &str, range: &Range, whole: bool) -> Result<f64, ValueError> {
    let found = match value {
        Value::Int(v) => Some(*v as f64),
        Value::Float(v) if !whole => Some(*v),
        _ => None,
    };
    let (low, high) = match range {
        Range::Between(low, high) => (*low, *high),
        _ => (f64::MIN, f64::MAX),
    };
    match found.filter(|v| (low..=high).contains(v)) {
        Some(v) => Ok(v),
        None => unfit(value, format!("{kind} from {low} to {high}")),
    }
}

impl Parameter for f64 {
    fn read(value: &Value, range: &Range) -> Result<Self, ValueError> {
        number(value, "a number", range, false)
    }

    fn write(&self) -> Value {
        Value::Float(*self)
    }
}

impl Parameter for i64 {
    fn read(value: &Value, range: &Range) -> Result<Self, ValueError> {
        number(value, "a whole number", range, true).map(|v| v as Self)
    }

    fn write(&self) -> Value {
        Value::Int(*self)
    }
}

impl Parameter for String {
    fn read(value: &Value, range: &Range) -> Result<Self, ValueError> {
        let Value::Text(text) = value else {
            return unfit(value, "a text");
        };
        match range {
            Range::NotEmpty if text.is_empty() => unfit(value, "a text that is not empty"),
            Range::OneOf(known) if !known.contains(&text.as_str()) => {
                unfit(value, format!("one of {}", known.join(", ")))
            }
            _ => Ok(text.clone()),
        }
    }

    fn write(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Parameter for Vec<String> {
    fn read(value: &Value, range: &Range) -> Result<Self, ValueError> {
        let items = match value {
            Value::List(items) => items.clone(),
            Value::Text(item) => vec![item.clone()], // one item needs no brackets
            other => return unfit(other, "a list of texts"),
        };
        match range {
            Range::EachOneOf(known)
                if items.is_empty() || items.iter().any(|item| !known.contains(&item.as_str())) =>
            {
                unfit(
                    value,
                    format!("a list of one or more of {}", known.join(", ")),
                )
            }
            _ => Ok(items),
        }
    }

    fn write(&self) -> Value {
        Value::List(self.clone())
    }
}
