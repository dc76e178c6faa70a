//! `diagnostic_msgs/DiagnosticArray` once a second: is the node fed, is it in time, what was lost.

use super::header;
use crate::bus::Loss;
use crate::health::Drops;
use crate::msg::diagnostic_msgs::{DiagnosticArray, DiagnosticStatus, KeyValue};
use crate::stamp::Stamp;

/// Keypoints older than this (s) are worth a warning.
pub const WARN_AGE_S: f64 = 1.0;
/// Keypoints older than this (s) are an error.
pub const ERROR_AGE_S: f64 = 5.0;
/// Stamp-to-publish times (s), beyond what is waited on purpose, above which the node is late.
pub const LATE_S: f64 = 0.2;

/// Smallest, mean and largest of a second's durations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    count: u32,
    sum_s: f64,
    max_s: f64,
}

impl Spread {
    /// Takes in one duration (s).
    pub fn add(&mut self, seconds: f64) {
        self.count += 1;
        self.sum_s += seconds;
        self.max_s = self.max_s.max(seconds);
    }

    /// The largest (s), `None` when there was none.
    pub fn max_s(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max_s)
    }

    fn text_ms(&self) -> String {
        if self.count == 0 {
            return "none".to_owned();
        }
        let mean_ms = 1e3 * self.sum_s / f64::from(self.count);
        format!("mean {mean_ms:.2}, max {:.2}", 1e3 * self.max_s)
    }
}

/// What the node knows of itself at a tick.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The bus's clock.
    pub now: Stamp,
    /// Fully qualified name of the node.
    pub node: &'a str,
    /// Seconds since the tick before.
    pub period_s: f64,
    /// Keypoint messages since then.
    pub frames: u32,
    /// When the last keypoint message arrived.
    pub last_frame: Option<Stamp>,
    /// People in the last frame.
    pub people: usize,
    /// What is wrong with the camera, if anything.
    pub camera_problem: Option<&'a str>,
    /// Time spent on each frame; `None` where it is not measured (replay of a bag).
    pub processing: Option<Spread>,
    /// From the image's stamp to its publication; `None` where it cannot be known.
    pub stamp_to_publish: Option<Spread>,
    /// How long an answer waits for later frames, on purpose (s).
    pub lookahead_s: f64,
    /// What was not used since the start.
    pub drops: &'a Drops,
    /// What the bus lost since the start.
    pub losses: &'a [Loss],
    /// Execution provider of the network.
    pub provider: &'a str,
    /// Name and version of the model.
    pub model: &'a str,
}

/// The message of one tick.
pub fn message(report: &Report<'_>) -> DiagnosticArray {
    let (level, text) = verdict(report);
    let mut values = vec![
        value(
            "input rate (Hz)",
            format!(
                "{:.1}",
                f64::from(report.frames) / report.period_s.max(1e-3)
            ),
        ),
        value("people", report.people.to_string()),
        value("provider", report.provider.to_owned()),
        value("model", report.model.to_owned()),
    ];
    if let Some(processing) = &report.processing {
        values.push(value("processing time (ms)", processing.text_ms()));
    }
    if let Some(late) = &report.stamp_to_publish {
        values.push(value("stamp to publish (ms)", late.text_ms()));
    }
    for (cause, tally) in report.drops.iter() {
        values.push(value(
            &format!("dropped: {}", cause.text()),
            format!("{} (last: {})", tally.count, tally.last),
        ));
    }
    for loss in report.losses {
        let key = format!("lost: {}: {}", loss.topic, loss.cause);
        values.push(value(&key, loss.count.to_string()));
    }
    DiagnosticArray {
        header: header(report.now, ""),
        status: vec![DiagnosticStatus {
            level,
            name: format!("{}: people", report.node.trim_start_matches('/')),
            message: text,
            hardware_id: "none".to_owned(),
            values,
        }],
    }
}

fn verdict(report: &Report<'_>) -> (u8, String) {
    let age_s = report.last_frame.map(|last| report.now.seconds_since(last));
    if let Some(problem) = report.camera_problem {
        return (DiagnosticStatus::ERROR, problem.to_owned());
    }
    match age_s {
        None => return (DiagnosticStatus::WARN, "no keypoints yet".to_owned()),
        Some(age_s) if age_s > ERROR_AGE_S => {
            return (
                DiagnosticStatus::ERROR,
                format!("no keypoints for {age_s:.1} s"),
            );
        }
        Some(age_s) if age_s > WARN_AGE_S => {
            return (
                DiagnosticStatus::WARN,
                format!("no keypoints for {age_s:.1} s"),
            );
        }
        Some(_) => {}
    }
    let late_s = report.stamp_to_publish.and_then(|late| late.max_s());
    match late_s.filter(|late_s| *late_s > LATE_S + report.lookahead_s) {
        Some(late_s) => (
            DiagnosticStatus::WARN,
            format!("late: up to {:.0} ms from stamp to publish", 1e3 * late_s),
        ),
        None => (DiagnosticStatus::OK, "publishing".to_owned()),
    }
}

fn value(key: &str, value: String) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value,
    }
}
