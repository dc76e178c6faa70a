//! `posemoe doctor`: what is installed, what runs, what is missing.

use std::process::ExitCode;

use super::EXIT_UNUSABLE;
use crate::config::ros_args::RosArgs;
use crate::engine;
use crate::lift::onnx::{OnnxLifter, OnnxOptions};
use crate::lift::provider::Provider;

/// Prints a line for each part; exit code 2 when the node could not start.
pub fn run(ros: &RosArgs) -> ExitCode {
    println!("posemoe       {}", env!("CARGO_PKG_VERSION"));
    println!(
        "buses         bag{}",
        if cfg!(feature = "dds") { ", dds" } else { "" }
    );
    environment();
    let options = match engine::options(&ros.config) {
        Ok(options) => options,
        Err(error) => return missing(&error.to_string()),
    };
    println!("library       {}", options.library.display());
    println!("model         {}", options.model.display());
    let asked = ros.config.providers();
    let mut runs = false;
    for provider in Provider::ALL {
        let alone = OnnxOptions {
            providers: vec![provider],
            ..options.clone()
        };
        let verdict = match OnnxLifter::load(&alone) {
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
    println!("runtime       {}", OnnxLifter::runtime_info());
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
