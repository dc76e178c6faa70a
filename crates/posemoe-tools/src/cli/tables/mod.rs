//! People and markers as tables: `.csv` and `.trc` files.

pub mod csv;
pub mod trc;

/// Why a table cannot be understood, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
