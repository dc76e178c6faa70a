//! `posemoe doctor`: what is installed, what runs, what is missing.

use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::lift::onnx::{OnnxLifter, OnnxOptions, Runtime};
use crate::lift::provider::Provider;

/// Prints a line for each part; exit code 2 when the node could not start.
pub fn run(ros: &RosArgs) -> ExitCode {
    println!("posemoe       {}", env!("CARGO_PKG_VERSION"));
    println!(
        "buses         bag{}{}",
        if cfg!(feature = "dds") { ", dds" } else { "" },
        if cfg!(feature = "rcl") { ", rcl" } else { "" }
    );
    environment();
    let found = engine::library(&ros.config).and_then(|library| {
        println!("library       {}", library.display());
        Ok((library, engine::options(&ros.config)?))
    });
    let (library, options) = match found {
        Ok(found) => found,
        Err(error) => return missing(&error.to_string()),
    };
    println!("model         {}", options.model.display());
    let runtime = match Runtime::load(&library) {
        Ok(runtime) => runtime,
        Err(error) => return missing(&error.to_string()),
    };
    println!("runtime       {}", runtime.info());
    let asked = ros.config.providers();
    let mut runs = false;
    for provider in Provider::ALL {
        let alone = OnnxOptions {
            providers: vec![provider],
            ..options.clone()
        };
        let verdict = match OnnxLifter::load(&runtime, &alone) {
            Ok(lifter) => {
                if asked.contains(&provider) && !runs {
                    runs = true;
                    describe(&lifter);
                }
                "runs the model".to_owned()
            }
            Err(error) => error.to_string(),
        };
        println!("{:13} {verdict}", provider.name());
    }
    if runs {
        ExitCode::SUCCESS
    } else {
        missing("none of the providers asked for runs the model")
    }
}

fn missing(what: &str) -> ExitCode {
    println!("missing       {what}");
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
            println!("{variable:13} {value}");
        }
    }
}

fn describe(lifter: &OnnxLifter) {
    let manifest = lifter.manifest();
    let window = manifest.window;
    println!(
        "network       {} {} ({})",
        manifest.name, manifest.version, manifest.licence
    );
    println!(
        "window        {} frames, at least {} s apart, within {} s",
        window.frames, window.spacing_s, window.span_s
    );
    for data in &manifest.training_data {
        println!("trained on    {} ({})", data.name, data.licence);
    }
}
