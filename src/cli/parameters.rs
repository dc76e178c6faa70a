//! `posemoe parameters`: the parameter file that ships, on standard output.

use std::io::Write;
use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::config::render::render;

/// Prints the file; exit code 2 when standard output takes nothing.
pub fn run() -> ExitCode {
    match std::io::stdout().write_all(render().as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("posemoe parameters: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}
