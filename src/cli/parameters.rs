//! `posemoe parameters`: all parameters, on standard output.

use std::io::Write;
use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::config::render::{page, render};

/// In what form.
#[derive(Clone, Debug, clap::Args)]
pub struct ParametersArgs {
    /// As docs/parameters.md instead of config/posemoe.yaml.
    #[arg(long)]
    markdown: bool,
}

/// Prints them; exit code 2 when standard output takes nothing.
pub fn run(args: &ParametersArgs) -> ExitCode {
    let text = if args.markdown { page() } else { render() };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("posemoe parameters: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}
