//! `posemoe doctor`: what is installed, what runs, what is missing.

use std::path::PathBuf;
use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::cli::say::say;
use posemoe::config::Config;
use posemoe::config::ros_args::RosArgs;
use posemoe::engine::{self, EngineError};
use posemoe::process::left_out;
use posemoe::process::print;
use posemoe_core::lift::Mode;
use posemoe_core::lift::onnx::{Model, OnnxOptions, Runtime};
use posemoe_core::lift::provider::Provider;

/// Prints a line for each part; exit code 2 when the node could not start.
pub fn run(ros: &RosArgs) -> ExitCode {
    say!("posemoe       {}", env!("CARGO_PKG_VERSION"));
    say!(
        "buses         bag{}{}",
        if cfg!(feature = "dds") { ", dds" } else { "" },
        if cfg!(feature = "rcl") { ", rcl" } else { "" }
    );
    if let Some(packages) = left_out() {
        say!("left out      on the rcl bus: {packages} (not installed when this was built)");
    }
    environment();
    #[cfg(feature = "dds")]
    match posemoe::bus::dds::variables_not_honoured() {
        Ok(lines) => lines
            .iter()
            .for_each(|line| println!("warning       {line}")),
        Err(error) => return missing(&error.to_string()),
    }
    let (library, options) = match find(&ros.config) {
        Ok(found) => found,
        Err(error) => return missing(&error.to_string()),
    };
    say!("model         {}", options.model.display());
    let runtime = match Runtime::load(&library) {
        Ok(runtime) => runtime,
        Err(error) => return missing(&error.to_string()),
    };
    say!("runtime       {}", runtime.info());
    let asked = ros.config.providers();
    let mut runs = false;
    for provider in Provider::ALL {
        let alone = OnnxOptions {
            providers: vec![provider],
            ..options.clone()
        };
        let verdict = match try_out(&runtime, &alone, &ros.config) {
            Ok(description) => {
                if asked.contains(&provider) && !runs {
                    runs = true;
                    print::out(format_args!("{description}"));
                }
                "runs the model".to_owned()
            }
            Err(error) => error.to_string(),
        };
        say!("{:13} {verdict}", provider.name());
    }
    let judges = engine::plausibility_file(&ros.config).map_err(EngineError::from);
    let judges = judges.and_then(|file| {
        let Some(file) = file else {
            return Ok("not said".to_owned());
        };
        engine::plausibility_of(&ros.config, &file)?;
        Ok(file.display().to_string())
    });
    match judges {
        Ok(file) => say!("plausibility  {file}"),
        Err(error) => return missing(&error.to_string()),
    }
    if runs {
        ExitCode::SUCCESS
    } else {
        missing("none of the providers asked for runs the model")
    }
}

fn missing(what: &str) -> ExitCode {
    say!("missing       {what}");
    ExitCode::from(EXIT_UNUSABLE)
}

fn environment() {
    for variable in [
        "ROS_DISTRO",
        "ROS_DOMAIN_ID",
        "ROS_LOCALHOST_ONLY",
        "ROS_AUTOMATIC_DISCOVERY_RANGE",
        "RMW_IMPLEMENTATION",
    ] {
        if let Ok(value) = std::env::var(variable) {
            say!("{variable:13} {value}");
        }
    }
}

fn find(config: &Config) -> Result<(PathBuf, OnnxOptions), EngineError> {
    let library = engine::library(config)?;
    say!("library       {}", library.display());
    Ok((library, engine::options(config)?))
}

/// Says what the network is, if it can be had.
fn try_out(
    runtime: &Runtime,
    options: &OnnxOptions,
    config: &Config,
) -> Result<String, EngineError> {
    let model = Model::load(runtime, options)?;
    let description = describe(&model, config);
    engine::lifter(model, Vec::new(), config)?;
    Ok(description)
}

fn describe(model: &Model, config: &Config) -> String {
    let manifest = model.manifest();
    let past = match manifest.form.mode() {
        Some(Mode::Stream) => "memory",
        Some(Mode::Window) => "window",
        None => "past  ",
    };
    let mut lines = format!(
        "network       {} {} ({})\n{past}        {}\n",
        manifest.name,
        manifest.version,
        manifest.licence,
        engine::past(&manifest.form, config)
    );
    for data in &manifest.training_data {
        lines += &format!("trained on    {} ({})\n", data.name, data.licence);
    }
    lines
}
