//! The ROS node: `posemoe_node --ros-args -p name:=value -r from:=to --params-file FILE`.

use std::process::ExitCode;

use posemoe::config::ros_args::RosArgs;
use posemoe::config::{Config, Descriptor};
use posemoe::process::live::{self, LiveBus};
use posemoe::process::{self, EXIT_UNUSABLE, print};

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
    process::start_logging(ros.log_level.as_deref());
    for warning in &ros.warnings {
        tracing::warn!("{warning}");
    }
    live::run(&ros, bus)
}

fn refuse(reason: &str) -> ExitCode {
    print::err(format_args!("posemoe_node: {reason}"));
    ExitCode::from(EXIT_UNUSABLE)
}

fn help() -> ExitCode {
    let buses: Vec<_> = LiveBus::ALL.iter().map(|bus| bus.name()).collect();
    print::out(format_args!(
        "Usage: posemoe_node [--bus {}] [--onnxruntime PATH] [--model PATH] [--ros-args \
        -p NAME:=VALUE -r FROM:=TO --params-file FILE]\n\nParameters:\n",
        buses.join("|")
    ));
    for Descriptor {
        name,
        default,
        description,
        ..
    } in Config::describe()
    {
        print::out(format_args!(
            "  {name} (default {default})\n      {description}\n"
        ));
    }
    print::end(ExitCode::SUCCESS)
}
