//! Why a configuration is refused.

use std::path::PathBuf;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A name that is no parameter's.
    #[error("unknown parameter {name:?}; known are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// All names that there are.
        known: String,
    },
    /// A value of another type or outside its range.
    #[error("parameter {name}: found {found}, expected {expected}")]
    Unfit {
        /// The parameter.
        name: String,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// Two parameters that do not go together.
    #[error(
        "parameters {first} and {second} contradict each other: found {found}, expected {expected}"
    )]
    Contradiction {
        /// One.
        first: String,
        /// The other.
        second: String,
        /// What they say.
        found: String,
        /// What they may say together.
        expected: String,
    },
    /// A parameter file that cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A command line that cannot be read.
    #[error("--ros-args: {0}")]
    Arguments(String),
}
