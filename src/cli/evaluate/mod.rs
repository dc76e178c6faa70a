//! `posemoe evaluate`: how far predicted people are from the truth, and whether that became better.

mod against;
mod bag;
mod calibration;
mod capture;
mod csv;
mod html;
mod report;
mod source;
mod table;
mod trc;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::against::Tolerance;
use self::report::{Compared, Report};
use self::source::{How, Source};
use super::offline::NodeArgs;
use super::{EXIT_DATA_LOSS, EXIT_REGRESSION, EXIT_UNUSABLE};
use crate::config::ros_args::RosArgs;
use crate::evaluate::{self, Places, Sequence, Settings};
use crate::geometry::frames::Frames;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How the truth comes into the frame of the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Align {
    /// By what --calibration or /tf_static say.
    #[default]
    None,
    /// By the rigid transform that fits best, one for each sequence.
    Rigid,
}

/// What to compare.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluateArgs {
    /// Bags with people (posemoe/msg/People3D) or with keypoints, through which the node is run; or .csv
    /// or .trc files.
    #[arg(required = true)]
    predictions: Vec<PathBuf>,
    /// Where people truly were: a bag with posemoe/msg/People3D, a .csv or a .trc. One for all, or one for
    /// each prediction in their order.
    #[arg(long, required = true)]
    truth: Vec<PathBuf>,
    /// The predictions' topic, where a bag has several of people.
    #[arg(long)]
    prediction_topic: Option<String>,
    /// The truth's topic, where a bag has several of people.
    #[arg(long)]
    truth_topic: Option<String>,
    /// The frame of predictions in a file that does not say (.csv, .trc).
    #[arg(long)]
    prediction_frame: Option<String>,
    /// The frame of a truth in a file that does not say (.csv, .trc).
    #[arg(long)]
    truth_frame: Option<String>,
    /// Added to the truth's stamps (s).
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    truth_offset_s: f64,
    /// Where frames are: JSON with frame_id, child_frame_id, rotation_xyzw and translation_m, or a list.
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// How the truth comes into the frame of the predictions.
    #[arg(long, value_enum, default_value_t)]
    align: Align,
    /// Truth is interpolated between moments at most so far apart (s).
    #[arg(long, default_value_t = Settings::default().max_gap_s, value_parser = positive)]
    max_gap_s: f64,
    /// Nobody is the same person at a greater distance (m).
    #[arg(long, default_value_t = Settings::default().gate_m, value_parser = positive)]
    gate_m: f64,
    /// Compare predicted people, too, and not only those seen in the image.
    #[arg(long)]
    include_predicted: bool,
    /// Write everything here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a page to look at here: figures, plots, the worst moments.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Compare with the JSON of another run; exit code 1 where a figure is worse beyond the tolerance.
    #[arg(long)]
    against: Option<PathBuf>,
    /// How much worse: `1mm` of figures in mm, `2%` of any.
    #[arg(long, default_value = "1%")]
    tolerance: Tolerance,
    /// How many sequences at a time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// The node for bags of keypoints.
    #[command(flatten)]
    node: NodeArgs,
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1e-6..=1e3).contains(number));
    number.ok_or_else(|| "expected a number from 0.000001 to 1000".to_owned())
}

/// Compares, prints a table on standard output, and says how it went.
pub fn run(args: &EvaluateArgs, ros: &RosArgs) -> ExitCode {
    let report = match evaluated(args, ros) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("posemoe evaluate: {error}");
            return ExitCode::from(EXIT_UNUSABLE);
        }
    };
    print!("{}", table::table(&report));
    if let Some(against) = &report.against {
        print!("\n{}", table::differences(against));
    }
    for one in &report.sequences {
        one.damage
            .iter()
            .for_each(|damage| eprintln!("damage: {}: {damage}", one.name));
    }
    if report
        .against
        .as_ref()
        .is_some_and(|against| against.is_regression)
    {
        ExitCode::from(EXIT_REGRESSION)
    } else if report.sequences.iter().any(Compared::is_data_loss) {
        ExitCode::from(EXIT_DATA_LOSS)
    } else {
        ExitCode::SUCCESS
    }
}

fn evaluated(args: &EvaluateArgs, ros: &RosArgs) -> Result<Report, Failure> {
    let sequences = sequences(args, ros)?;
    let settings = report::Settings {
        max_gap_s: args.max_gap_s,
        gate_m: args.gate_m,
        align: if args.align == Align::Rigid {
            "rigid"
        } else {
            "none"
        },
        calibration: args
            .calibration
            .as_ref()
            .map(|path| path.display().to_string()),
        prediction_frame: args.prediction_frame.clone(),
        truth_frame: args.truth_frame.clone(),
        truth_offset_s: args.truth_offset_s,
        include_predicted: args.include_predicted,
    };
    let mut report = Report::of(settings, sequences);
    if let Some(other) = &args.against {
        report.against = Some(against::compare(&report.sequences, other, args.tolerance)?);
    }
    if let Some(path) = &args.json {
        write(path, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    if let Some(path) = &args.html {
        write(path, html::page(&report)?)?;
    }
    Ok(report)
}

fn write(path: &Path, text: String) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Each prediction with its truth, some at a time; in the order of the predictions.
fn sequences(args: &EvaluateArgs, ros: &RosArgs) -> Result<Vec<Compared>, Failure> {
    let (predictions, truths) = (&args.predictions, &args.truth);
    if truths.len() != 1 && truths.len() != predictions.len() {
        let (found, expected) = (truths.len(), predictions.len());
        return Err(format!(
            "found {found} x --truth, expected one, or {expected} as of predictions"
        )
        .into());
    }
    let names = names(predictions);
    let done = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(path), Some(name)) = (predictions.get(index), names.get(index)) else {
                return;
            };
            let truth = truths.get(index).unwrap_or(&truths[0]);
            let compared = compare(name, path, truth, args, ros);
            if let Ok(mut done) = done.lock() {
                done.push((index, compared));
            }
        }
    };
    std::thread::scope(|scope| {
        (0..args.jobs.min(256)).for_each(|_| {
            scope.spawn(work);
        });
    });
    let mut done = done.into_inner().map_err(|_| "a comparison ended early")?;
    done.sort_by_key(|(index, _)| *index);
    if done.len() != predictions.len() {
        return Err("a comparison ended early".into());
    }
    done.into_iter().map(|(_, compared)| compared).collect()
}

/// What sequences are called: as their files, with folders where names would be the same.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let short = |path: &PathBuf| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let distinct: BTreeSet<String> = paths.iter().map(short).collect();
    if distinct.len() == paths.len() {
        paths.iter().map(short).collect()
    } else {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }
}

fn compare(
    name: &str,
    path: &Path,
    truth: &Path,
    args: &EvaluateArgs,
    ros: &RosArgs,
) -> Result<Compared, Failure> {
    let mut frames = Frames::default();
    let of_truth = How {
        topic: args.truth_topic.as_deref(),
        topic_flag: "--truth-topic",
        frame_id: args.truth_frame.as_deref(),
        offset_s: args.truth_offset_s,
        ..How::default()
    };
    let of_prediction = How {
        topic: args.prediction_topic.as_deref(),
        topic_flag: "--prediction-topic",
        frame_id: args.prediction_frame.as_deref(),
        offset_s: 0.0,
        includes_predicted: args.include_predicted,
        node: Some((&args.node, ros)),
    };
    let truth = source::read(truth, &of_truth, &mut frames)?;
    let prediction = source::read(path, &of_prediction, &mut frames)?;
    if let Some(path) = &args.calibration {
        calibration::read(path, &mut frames)?;
    }
    let (predicted, true_people) = (&prediction.sequence, &truth.sequence);
    let placed = match args.align {
        Align::None => Places::known(predicted, true_people, &frames),
        Align::Rigid => Places::aligned(predicted, true_people, args.max_gap_s),
    };
    let settings = Settings {
        max_gap_s: args.max_gap_s,
        gate_m: args.gate_m,
    };
    let places = placed.map_err(|error| format!("{}: {error}", path.display()))?;
    let outcome = evaluate::compare(predicted, true_people, &places, &settings);
    if outcome.detection.frames == 0 {
        return Err(nothing_compared(&prediction, &truth).into());
    }
    Ok(Compared::of(name.to_owned(), prediction, &truth, outcome))
}

fn nothing_compared(prediction: &Source, truth: &Source) -> String {
    let (found, truly) = (span(&prediction.sequence), span(&truth.sequence));
    let (found_in, truly_in) = (&prediction.origin.file, &truth.origin.file);
    format!(
        "no moment has both a prediction and a truth: {found_in} has {found}, {truly_in} has {truly} \
         (--truth-offset-s shifts the truth, --max-gap-s bridges its gaps)"
    )
}

/// How many frames there are, from when to when.
fn span(sequence: &Sequence) -> String {
    let stamps = || sequence.frames().iter().map(|frame| frame.stamp);
    match (stamps().min(), stamps().max()) {
        (Some(first), Some(last)) => {
            format!("{} frames from {first} to {last} s", stamps().count())
        }
        _ => "no frames".to_owned(),
    }
}
