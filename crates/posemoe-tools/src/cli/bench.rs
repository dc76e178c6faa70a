//! `posemoe bench`: what a frame costs, with a long memory and with windows, all in one run.
//!
//! Each figure is measured in a process of its own (this program again, `--cell`), so that memory
//! is counted from nothing, and as the node works: serialized keypoints in, serialized people out.

mod cell;
mod crowd;
mod plot;
mod report;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use indicatif::{ProgressBar, ProgressStyle};

use super::{EXIT_UNUSABLE, file};
use crate::cli::say::{complain, say};
use cell::{Cell, Mode, Row};
use posemoe::config::ros_args::RosArgs;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Frames of the past that are remembered, or seen anew each time.
    #[arg(long, value_delimiter = ',', default_values_t = [27, 81, 96, 243])]
    memory: Vec<usize>,
    /// How many people there are.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 10, 16, 32])]
    people: Vec<usize>,
    /// Which forms of the network.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Mode::ALL)]
    mode: Vec<Mode>,
    /// Frames come at this rate (Hz), and the process sleeps between them, as on a robot; without
    /// it they come as fast as they are answered.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: Option<u32>,
    /// Measure each row with a depth image beside each frame of keypoints, too.
    #[arg(long)]
    depth: bool,
    /// Write all rows here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the table as Markdown here, and its picture (SVG) beside it.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Measure one row, described as in the JSON, and print it so.
    #[arg(long, hide = true, value_parser = from_json)]
    cell: Option<Cell>,
}

fn from_json(text: &str) -> Result<Cell, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

type Failure = Box<dyn std::error::Error>;

/// Measures, prints a table, and writes what was asked for.
pub fn run(args: &BenchArgs, ros: RosArgs) -> ExitCode {
    let done = match args.cell {
        Some(cell) => cell::measure(cell, ros).and_then(|row| {
            say!("{}", serde_json::to_string(&row)?);
            Ok(())
        }),
        None => compare(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("posemoe bench: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

fn compare(args: &BenchArgs) -> Result<(), Failure> {
    let cells: Vec<Cell> = args
        .mode
        .iter()
        .flat_map(|mode| args.memory.iter().map(move |frames| (*mode, *frames)))
        .flat_map(|(mode, memory_frames)| {
            args.people
                .iter()
                .map(move |people| (mode, memory_frames, *people))
        })
        .flat_map(|(mode, memory_frames, people)| {
            let with_depth = if args.depth {
                &[false, true][..]
            } else {
                &[false]
            };
            with_depth.iter().map(move |depth| Cell {
                mode,
                memory_frames,
                people,
                rate_hz: args.rate,
                depth: *depth,
            })
        })
        .collect();
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?;
    let bar = ProgressBar::new(cells.len() as u64).with_style(style);
    let mut rows = Vec::with_capacity(cells.len());
    for cell in cells {
        bar.set_message(cell.to_string());
        rows.push(in_its_own_process(cell)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    say!("{}", report::machine());
    say!("{}", report::table(&rows));
    say!("{}", report::ratios(&rows));
    if let Some(path) = &args.json {
        file::write(path, &report::json(&rows)?)?;
    }
    if let Some(path) = &args.report {
        let picture = path.with_extension("svg");
        plot::draw(&rows, &picture)?;
        // What others wrote below stays.
        let earlier = std::fs::read_to_string(path).unwrap_or_default();
        let page = report::page(&rows, &picture) + report::sections(&earlier);
        file::write(path, &page)?;
    }
    Ok(())
}

/// This program with the same arguments, for one row.
fn in_its_own_process(cell: Cell) -> Result<Row, Failure> {
    let mut asked: Vec<_> = std::env::args_os().skip(1).collect();
    // Before all that may follow `--ros-args`.
    asked.splice(
        1..1,
        ["--cell".into(), serde_json::to_string(&cell)?.into()],
    );
    let output = Command::new(std::env::current_exe()?)
        .args(asked)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{cell}: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
