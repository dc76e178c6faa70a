//! The ROS node: `posemoe_node --ros-args -p name:=value -r from:=to --params-file FILE`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use posemoe::cli::live::{self, LiveBus};
use posemoe::cli::{self, EXIT_UNUSABLE};
use posemoe::config::Config;
use posemoe::config::ros_args::RosArgs;

fn main() -> ExitCode {
    if let Err(error) = live::prepare_process() {
        return refuse(&error.to_string());
    }
    let (mut ros, rest) = match RosArgs::parse(live::arguments()) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error.to_string()),
    };
    let mut rest = rest.into_iter();
    let mut bus = LiveBus::default();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.next()) {
            ("--help" | "-h", _) => return help(),
            ("--onnxruntime", Some(path)) => ros.config.onnxruntime = path,
            ("--model", Some(path)) => ros.config.model = path,
            ("--bus", Some(name)) => match name.parse() {
                Ok(asked) => bus = asked,
                Err(error) => return refuse(&error),
            },
            _ => return refuse(&format!("unknown argument {argument:?}; see --help")),
        }
    }
    cli::start_logging(ros.log_level.as_deref());
    for warning in &ros.warnings {
        tracing::warn!("{warning}");
    }
    live::run(&ros, bus)
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("posemoe_node: {reason}");
    ExitCode::from(EXIT_UNUSABLE)
}

fn help() -> ExitCode {
    println!(
        "Usage: posemoe_node [--bus {}] [--onnxruntime PATH] [--model PATH] [--ros-args -p NAME:=VALUE -r FROM:=TO --params-file FILE]\n\nParameters:",
        LiveBus::ALL
            .iter()
            .map(|bus| bus.name())
            .collect::<Vec<_>>()
            .join("|")
    );
    for parameter in Config::describe() {
        println!(
            "  {} (default {})\n      {}",
            parameter.name, parameter.default, parameter.description
        );
    }
    ExitCode::SUCCESS
}
