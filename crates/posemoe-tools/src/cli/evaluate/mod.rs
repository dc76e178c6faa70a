//! `posemoe evaluate`: how far predicted people are from the truth, and whether that became better.
//!
//! ```text
//!  arguments ──▶ gather ──▶ work ─────────────────────▶ report ──▶ table, JSON, against
//!                search     one: source, calibration    figures
//!                           kept: by identity
//! ```

mod against;
mod arguments;
mod bag;
mod calibration;
mod capture;
mod compared;
mod found;
mod gather;
mod html;
mod identity;
mod kept;
mod one;
mod people3d;
mod progress;
mod read;
mod recording;
mod report;
mod search;
mod source;
mod table;
mod tf;
mod tf_pattern;
mod work;
mod zed;

use std::process::ExitCode;

pub use self::arguments::EvaluateArgs;
use self::compared::{Compared, Failed};
use self::report::Report;
use super::{EXIT_DATA_LOSS, EXIT_REGRESSION, EXIT_UNUSABLE, file};
use crate::cli::say::{complain, say};
use crate::cli::tables::Failure;
use posemoe::config::ros_args::RosArgs;
use posemoe::process::print;
use posemoe_core::frames::Frames;

/// Compares, prints a table on standard output, and says how it went.
pub fn run(args: &EvaluateArgs, ros: &RosArgs) -> ExitCode {
    let ran = if args.list {
        list(args, ros).map(|()| ExitCode::SUCCESS)
    } else {
        evaluated(args, ros).map(|report| shown(&report))
    };
    ran.unwrap_or_else(|error| {
        complain!("posemoe evaluate: {error}");
        ExitCode::from(EXIT_UNUSABLE)
    })
}

fn list(args: &EvaluateArgs, ros: &RosArgs) -> Result<(), Failure> {
    let tasks = gather::gather(&args.predictions, args.truths(), &args.exclude)?.tasks;
    let lines = work::list(&tasks, args, ros)?;
    lines.iter().for_each(|line| say!("{line}"));
    Ok(())
}

fn shown(report: &Report) -> ExitCode {
    print::out(format_args!("{}", table::table(report)));
    if let Some(against) = &report.against {
        print::out(format_args!("\n{}", table::differences(against)));
    }
    for one in &report.sequences {
        one.damage
            .iter()
            .for_each(|damage| complain!("damage: {}: {damage}", one.name));
    }
    for one in &report.failed {
        complain!("unusable: {}", one.text());
    }
    let is_damaged = report.sequences.iter().any(Compared::is_data_loss);
    if report
        .against
        .as_ref()
        .is_some_and(|against| against.is_regression)
    {
        ExitCode::from(EXIT_REGRESSION)
    } else if is_damaged || !report.failed.is_empty() {
        ExitCode::from(EXIT_DATA_LOSS)
    } else {
        ExitCode::SUCCESS
    }
}

fn evaluated(args: &EvaluateArgs, ros: &RosArgs) -> Result<Report, Failure> {
    // What all need is looked at once, before the work.
    args.node.apply(&mut ros.clone())?;
    if let Some(path) = &args.calibration {
        calibration::read(path, &mut Frames::recorded())?;
    }
    let gathered = gather::gather(&args.predictions, args.truths(), &args.exclude)?;
    for truth in &gathered.truths {
        complain!("not a prediction, but the truth: {}", truth.display());
    }
    let answers = work::all(&gathered.tasks, args, ros)?;
    let (mut sequences, mut failed) = (Vec::new(), Vec::new());
    for (task, answer) in gathered.tasks.into_iter().zip(answers) {
        match answer.and_then(|answer| Ok(answer?)) {
            Ok(found) => sequences.push(Compared::of(task.name, found)),
            Err(error) => failed.push(Failed {
                file: task.prediction.display().to_string(),
                error: error.to_string(),
            }),
        }
    }
    if sequences.is_empty() {
        return Err(none_usable(&failed).into());
    }
    let mut report = Report::of(args.settings(), sequences, failed);
    if let Some(other) = &args.against {
        report.against = Some(against::compare(&report.sequences, other, args.tolerance)?);
    }
    if let Some(path) = &args.json {
        file::write(path, &(serde_json::to_string_pretty(&report)? + "\n"))?;
    }
    if let Some(path) = &args.html {
        file::write(path, &html::page(&report)?)?;
    }
    Ok(report)
}

fn none_usable(failed: &[Failed]) -> String {
    match failed {
        [one] => one.error.clone(),
        all => {
            let errors: String = all
                .iter()
                .map(|one| format!("\n  {}", one.text()))
                .collect();
            format!("none of {} predictions is usable:{errors}", all.len())
        }
    }
}
