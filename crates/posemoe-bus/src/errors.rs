//! What goes wrong on a bus: either it ends the bus, or it concerns one endpoint. They are two
//! types, so that what a peer does to a topic or a service cannot end the node by a `?`.

use std::fmt::Display;
use std::path::PathBuf;

/// Why a bus could not begin, or came to its end. Only [`Events::next`](super::Events::next) and
/// what makes a bus say so.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The file could not be opened, read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not a usable bag at all.
    #[error("{path}: not a usable bag: {reason}")]
    NotABag {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// An environment variable or option holds something unusable.
    #[error("{name}={value:?} is not usable: expected {expected}")]
    Setting {
        /// The variable's or option's name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The middleware refused.
    #[error("{action}: {reason}")]
    Middleware {
        /// What was asked of it.
        action: String,
        /// What it said.
        reason: String,
    },
}

impl BusError {
    /// [`Self::Middleware`], with its reason in words.
    pub fn refused(action: impl Into<String>, reason: &dyn Display) -> Self {
        Self::Middleware {
            action: action.into(),
            reason: reason.to_string(),
        }
    }
}

/// Why a topic or a service could not be had. The bus and its other endpoints go on.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// A topic exists with another type than the one asked for.
    #[error("topic {topic} carries {found}, expected {expected}")]
    WrongType {
        /// The topic.
        topic: String,
        /// The type that the bag or graph has.
        found: String,
        /// The type that the node asked for.
        expected: &'static str,
    },
    /// A topic, service or type cannot have this name.
    #[error("the name {name:?} is not usable: expected {expected}")]
    Name {
        /// The name.
        name: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The middleware refused.
    #[error("{action}: {reason}")]
    Refused {
        /// What was asked of it.
        action: String,
        /// What it said.
        reason: String,
    },
}

impl EndpointError {
    /// [`Self::Refused`], with its reason in words.
    pub fn refused(action: impl Into<String>, reason: &dyn Display) -> Self {
        Self::Refused {
            action: action.into(),
            reason: reason.to_string(),
        }
    }
}
