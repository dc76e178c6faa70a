//! posemoe on the command line: replay bags, say what they have, compare with the truth, import
//! data sets, measure, look at the installation, list the parameters.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use posemoe::config::ros_args::RosArgs;
use posemoe_tools::cli::{
    self, EXIT_UNUSABLE, bench::BenchArgs, evaluate::EvaluateArgs, import::ImportArgs,
    info::InfoArgs, keypoints::KeypointsArgs, parameters::ParametersArgs, print,
    replay::ReplayArgs,
};

/// 2D human keypoints from any detector in, 3D people that a robot can act on out.
#[derive(Parser)]
#[command(
    name = "posemoe",
    version,
    after_help = "ROS parameters and remappings: --ros-args -p name:=value -r from:=to \
        --params-file FILE"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the node over a bag and write what it publishes into another. Exit code 2: the input is
    /// unusable; 3: done, but part of it was lost.
    Replay(ReplayArgs),
    /// Say what a bag has, and what the node would take of it. Exit codes as for replay.
    Info(InfoArgs),
    /// Say how far people are from where they truly were, and whether that became better. Exit code
    /// 1: a figure is worse than --tolerance allows; 2: the input is unusable; 3: done, but part of
    /// it was lost, or some of many bags are unusable.
    Evaluate(Box<EvaluateArgs>),
    /// Turn a data set with the truth, or markers, into bags of keypoints that evaluate and replay
    /// take. Exit code 2: something of it is unusable.
    Import(ImportArgs),
    /// Print what the network is given of everybody in bags, as a table: what `posemoe_training
    /// adapt` learns from. Exit code 2: a bag is unusable; 3: done, but part of one was lost.
    Keypoints(KeypointsArgs),
    /// Measure what a frame costs: the stream against windows, for crowds and memories of several
    /// sizes.
    Bench(BenchArgs),
    /// Say what is installed, what runs, and what is missing.
    Doctor,
    /// Print every ROS parameter with its default, meaning and range, as a parameter file.
    Parameters(ParametersArgs),
}

fn main() -> ExitCode {
    // What is no UTF-8 is refused by name further on, not by a panic.
    let mut args = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = args.next().unwrap_or_else(|| "posemoe".to_owned());
    let (ros, rest) = match RosArgs::parse(args) {
        Ok(parsed) => parsed,
        Err(error) => {
            print::err(format_args!("{error}"));
            return ExitCode::from(EXIT_UNUSABLE);
        }
    };
    let arguments = match Arguments::try_parse_from(std::iter::once(program).chain(rest)) {
        Ok(arguments) => arguments,
        Err(refusal) => return print::end(refused(&refusal)),
    };
    posemoe::process::start_logging(ros.log_level.as_deref().or(Some("warn")));
    for warning in &ros.warnings {
        tracing::warn!("{warning}");
    }
    print::end(run(arguments.command, ros))
}

fn run(command: Command, ros: RosArgs) -> ExitCode {
    match command {
        Command::Replay(args) => cli::replay::run(&args, ros),
        Command::Info(args) => cli::info::run(&args, &ros),
        Command::Evaluate(args) => cli::evaluate::run(&args, &ros),
        Command::Import(args) => cli::import::run(&args),
        Command::Keypoints(args) => cli::keypoints::run(&args, &ros),
        Command::Bench(args) => cli::bench::run(&args, ros),
        Command::Doctor => cli::doctor::run(&ros),
        Command::Parameters(args) => cli::parameters::run(&args),
    }
}

/// Says what is wrong with the arguments, or what was asked for: the help, the version.
fn refused(refusal: &clap::Error) -> ExitCode {
    let done = refusal.print();
    if !refusal.use_stderr() {
        print::took(done);
    }
    ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(EXIT_UNUSABLE))
}
