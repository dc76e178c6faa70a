//! One sequence: read, brought into one frame, compared.

use super::arguments::{Align, EvaluateArgs};
use super::found::{Answer, Found};
use super::gather::Task;
use super::source::{How, Source};
use super::{Failure, calibration, read};
use crate::evaluate::TRUTH_TOPIC;
use crate::evaluate::{self, Places, Sequence, Settings, Skip, Skips};
use posemoe::config::ros_args::RosArgs;
use posemoe_core::frames::Frames;

/// Compares a prediction with its truth. An answer, even that nothing can be compared, is always
/// the same for the same files and settings.
///
/// # Errors
/// When either cannot be read: it may be the file's, or the moment's.
pub fn compare(task: &Task, args: &EvaluateArgs, ros: &RosArgs) -> Result<Answer, Failure> {
    let mut frames = Frames::recorded();
    let its_own = args.truth.is_empty().then_some(TRUTH_TOPIC);
    let of_truth = How {
        topic: args.truth_topic.as_deref().or(its_own),
        tf: args.tf.truth_tf.as_ref(),
        side: "truth",
        frame_id: args.truth_frame.as_deref(),
        max_gap_s: args.max_gap_s,
        offset_s: args.truth_offset_s,
        ..How::default()
    };
    let truth = read::read_truth(&task.truth, &of_truth, its_own.is_some(), &mut frames)?;
    let of_prediction = How {
        not_topic: truth.origin.topic.as_deref().filter(|_| task.is_one_file()),
        topic: args.prediction_topic.as_deref(),
        tf: args.tf.prediction_tf.as_ref(),
        side: "prediction",
        frame_id: args.prediction_frame.as_deref(),
        max_gap_s: args.max_gap_s,
        offset_s: 0.0,
        includes_predicted: args.include_predicted,
        jobs: args.jobs,
        node: Some((&args.node, ros)),
    };
    let prediction = read::read(&task.prediction, &of_prediction, &mut frames)?;
    if let Some(path) = &args.calibration {
        calibration::read(path, &mut frames)?;
    }
    let (predicted, true_people) = (&prediction.sequence, &truth.sequence);
    if predicted.frames().is_empty() || true_people.frames().is_empty() {
        // What is not there is in no frame either: say why it is not there.
        return Ok(Err(nothing_compared(
            &prediction,
            &truth,
            &Skips::default(),
        )));
    }
    let placed = match args.align {
        Align::None => Places::known(predicted, true_people, &frames),
        Align::Rigid => Places::aligned(predicted, true_people, args.max_gap_s),
    };
    let settings = Settings {
        max_gap_s: args.max_gap_s,
        gate_m: args.gate_m,
    };
    let places = match placed {
        Ok(places) => places,
        Err(error) => return Ok(Err(format!("{}: {error}", task.prediction.display()))),
    };
    let outcome = evaluate::compare(predicted, true_people, &places, &settings);
    Ok(if outcome.detection.frames == 0 {
        Err(nothing_compared(&prediction, &truth, &outcome.skips))
    } else {
        Ok(Found::of(prediction, truth, outcome))
    })
}

fn nothing_compared(prediction: &Source, truth: &Source, skips: &Skips) -> String {
    let unplaced = skips.count(Skip::FrameWithoutTransform);
    if unplaced > 0 {
        let (found_in, what) = (&prediction.origin.file, Skip::FrameWithoutTransform.text());
        return format!("{found_in}: nothing can be compared: {unplaced} {what}");
    }
    let (found, truly) = (span(&prediction.sequence), span(&truth.sequence));
    let (found_in, truly_in) = (&prediction.origin.file, &truth.origin.file);
    let lost: String = [prediction, truth].into_iter().flat_map(lost).collect();
    format!(
        "no moment has both a prediction and a truth: {found_in} has {found}, {truly_in} has \
         {truly} (--truth-offset-s shifts the truth, --max-gap-s bridges its gaps){lost}"
    )
}

/// What is wrong with a file, and what the node did not use of it.
fn lost(source: &Source) -> Vec<String> {
    let damage = source.damage.iter().map(|damage| format!("; {damage}"));
    let dropped = source.dropped.iter();
    let dropped = dropped.map(|(cause, count)| format!("; dropped {count} x {cause}"));
    damage.chain(dropped).collect()
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
