//! `posemoe parameters`: all parameters, on standard output.

use std::process::ExitCode;

use super::print;
use posemoe::config::render::{page, render};

/// In what form.
#[derive(Clone, Debug, clap::Args)]
pub struct ParametersArgs {
    /// As docs/parameters.md instead of config/posemoe.yaml.
    #[arg(long)]
    markdown: bool,
}

/// Prints them.
pub fn run(args: &ParametersArgs) -> ExitCode {
    let text = if args.markdown { page() } else { render() };
    print::out(format_args!("{text}"));
    ExitCode::SUCCESS
}
