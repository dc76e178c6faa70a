//! What `posemoe evaluate` is told.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::against::Tolerance;
use super::tf_pattern::TfArgs;
use super::{gather, report};
use crate::cli::offline::NodeArgs;
use crate::evaluate::Settings;

/// How the truth comes into the frame of the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Align {
    /// By what --calibration, /tf_static or /tf say.
    #[default]
    None,
    /// By the rigid transform that fits best, one for each sequence.
    Rigid,
}

/// What to compare.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluateArgs {
    /// Bags with people (posemoe/msg/People3D, or --prediction-topic, --prediction-tf) or with
    /// keypoints, through which the node is run; or .csv or .trc files. Of other folders all bags
    /// in them and below; patterns, where the shell leaves them: 'runs/**/*.mcap'.
    #[arg(required = true)]
    pub predictions: Vec<PathBuf>,
    /// Where people truly were: a bag with posemoe/msg/People3D, zed_msgs/msg/ObjectsStamped or
    /// --truth-tf, a .csv or a .trc. One for all, or one for each prediction in their order. {bag}
    /// stands for the prediction, {name} for its name without ending, {folder} for the folder that
    /// it is in: '{folder}/truth.csv'. Default: what each bag has itself on /truth/people3d, as
    /// `posemoe import` writes it.
    #[arg(long)]
    pub truth: Vec<PathBuf>,
    /// Leave out predictions of this name or pattern.
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// The predictions' topic, where a bag has several of people.
    #[arg(long)]
    pub prediction_topic: Option<String>,
    /// The truth's topic, where a bag has several of people.
    #[arg(long)]
    pub truth_topic: Option<String>,
    /// Frames that are people.
    #[command(flatten)]
    pub tf: TfArgs,
    /// The frame of predictions in a file that does not say (.csv, .trc); that to look up
    /// --prediction-tf in.
    #[arg(long)]
    pub prediction_frame: Option<String>,
    /// The frame of a truth in a file that does not say (.csv, .trc); that to look up --truth-tf
    /// in.
    #[arg(long)]
    pub truth_frame: Option<String>,
    /// Added to the truth's stamps (s).
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub truth_offset_s: f64,
    /// Where frames are: JSON with frame_id, child_frame_id, rotation_xyzw and translation_m, or a
    /// list.
    #[arg(long)]
    pub calibration: Option<PathBuf>,
    /// How the truth comes into the frame of the predictions.
    #[arg(long, value_enum, default_value_t)]
    pub align: Align,
    /// Truth is interpolated between moments at most so far apart (s).
    #[arg(long, default_value_t = Settings::default().max_gap_s, value_parser = positive)]
    pub max_gap_s: f64,
    /// Nobody is the same person at a greater distance (m).
    #[arg(long, default_value_t = Settings::default().gate_m, value_parser = positive)]
    pub gate_m: f64,
    /// Compare predicted people, too, and not only those seen in the image.
    #[arg(long)]
    pub include_predicted: bool,
    /// Write everything here.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Write a page to look at here: figures, plots, the worst moments.
    #[arg(long)]
    pub html: Option<PathBuf>,
    /// Compare with the JSON of another run; exit code 1 where a figure is worse beyond the
    /// tolerance.
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// How much worse: `1mm` of figures in mm, `2%` of any.
    #[arg(long, default_value = "1%")]
    pub tolerance: Tolerance,
    /// How many sequences at a time; of several each has as many threads as the parameter threads
    /// says, or 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Keep here what came of each sequence, and take from here what is there already.
    #[arg(long, value_name = "FOLDER")]
    pub work: Option<PathBuf>,
    /// Compare nothing: print what would be, a line of JSON for each prediction.
    #[arg(long)]
    pub list: bool,
    /// The node for bags of keypoints.
    #[command(flatten)]
    pub node: NodeArgs,
}

impl EvaluateArgs {
    /// Where the truth of predictions is: in each itself, where nothing is said.
    pub fn truths(&self) -> &[PathBuf] {
        static ITS_OWN: LazyLock<[PathBuf; 1]> = LazyLock::new(|| [PathBuf::from(gather::BAG)]);
        match self.truth.as_slice() {
            [] => &*ITS_OWN,
            given => given,
        }
    }

    /// How predictions and truth are compared.
    pub fn settings(&self) -> report::Settings {
        report::Settings {
            max_gap_s: self.max_gap_s,
            gate_m: self.gate_m,
            align: match self.align {
                Align::Rigid => "rigid",
                Align::None => "none",
            },
            calibration: self
                .calibration
                .as_ref()
                .map(|path| path.display().to_string()),
            prediction_frame: self.prediction_frame.clone(),
            truth_frame: self.truth_frame.clone(),
            truth_offset_s: self.truth_offset_s,
            include_predicted: self.include_predicted,
            prediction_tf: self.tf.prediction_tf.as_ref().map(ToString::to_string),
            truth_tf: self.tf.truth_tf.as_ref().map(ToString::to_string),
        }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1e-6..=1e3).contains(number));
    number.ok_or_else(|| "expected a number from 0.000001 to 1000".to_owned())
}
