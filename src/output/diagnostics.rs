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
/// And those above which its output is of little use.
pub const VERY_LATE_S: f64 = 1.0;

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
    /// The node's clock.
    pub now: Stamp,
    /// Fully qualified name of the node.
    pub node: &'a str,
    /// Its phase, such as `active`.
    pub phase: &'static str,
    /// Whether that is the one in which people go in and out.
    pub is_active: bool,
    /// What keeps it from listening for a while, if anything.
    pub busy: Option<&'a str>,
    /// Seconds since the tick before.
    pub period_s: f64,
    /// How people go in and out; `None` while the node is not configured.
    pub trade: Option<Trade<'a>>,
    /// Whether processing times can be measured: not in a replay.
    pub is_live: bool,
    /// Whether the node's clock and the stamps of messages compare.
    pub latency_known: bool,
    /// What was not used since the start.
    pub drops: &'a Drops,
    /// What the bus lost since the start.
    pub losses: &'a [Loss],
}

/// What the node knows of one camera since the tick before.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    /// The camera's name; empty when there is no other.
    pub name: &'a str,
    /// Keypoint messages since then.
    pub frames: u32,
    /// When the last keypoint message arrived.
    pub last_frame: Option<Stamp>,
    /// What is wrong with the calibration, if anything.
    pub problem: Option<&'a str>,
    /// From one keypoint message to the next.
    pub cycle: Spread,
}

/// What the node knows of its work since the tick before.
#[derive(Clone, Debug)]
pub struct Trade<'a> {
    /// What comes in, camera by camera.
    pub feeds: Vec<Feed<'a>>,
    /// People in the last frame.
    pub people: usize,
    /// Why people could not be given in the target frame, the last time, if there was one.
    pub unplaced: Option<String>,
    /// Time spent on each frame.
    pub processing: Spread,
    /// From the image's stamp to its publication.
    pub stamp_to_publish: Spread,
    /// How long an answer waits for later frames, on purpose (s).
    pub lookahead_s: f64,
    /// Execution provider of the network.
    pub provider: &'a str,
    /// Name and version of the model.
    pub model: &'a str,
}

/// The message of one tick.
pub fn message(report: &Report<'_>) -> DiagnosticArray {
    let (level, text) = verdict(report);
    let mut values = vec![value("state", report.phase.to_owned())];
    if let Some(trade) = &report.trade {
        for feed in &trade.feeds {
            let rate_hz = f64::from(feed.frames) / report.period_s.max(1e-3);
            values.extend([
                value(&feed.says("input rate (Hz)"), format!("{rate_hz:.1}")),
                value(&feed.says("cycle time (ms)"), feed.cycle.text_ms()),
            ]);
        }
        values.extend([
            value("people", trade.people.to_string()),
            value("provider", trade.provider.to_owned()),
            value("model", trade.model.to_owned()),
        ]);
        if report.is_live {
            values.push(value("processing time (ms)", trade.processing.text_ms()));
        }
        if report.latency_known {
            values.push(value(
                "stamp to publish (ms)",
                trade.stamp_to_publish.text_ms(),
            ));
        }
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
    const WARN: u8 = DiagnosticStatus::WARN;
    const ERROR: u8 = DiagnosticStatus::ERROR;
    if let Some(busy) = report.busy {
        return (WARN, busy.to_owned());
    }
    let Some(trade) = report.trade.as_ref().filter(|_| report.is_active) else {
        return (WARN, format!("the node is {}", report.phase));
    };
    let silences = trade.feeds.iter().filter_map(|feed| {
        let (level, text) = feed.complaint(report.now)?;
        Some((level, feed.says(&text)))
    });
    let unplaced = trade.unplaced.as_ref().map(|reason| {
        let level = match trade.stamp_to_publish.max_s() {
            Some(_) => WARN,
            None => ERROR,
        };
        (
            level,
            format!("no transform into the target frame: {reason}"),
        )
    });
    let late = trade.lateness().filter(|_| report.latency_known);
    let complaints: Vec<_> = silences.chain(unplaced).chain(late).collect();
    let Some(worst) = complaints.iter().map(|(level, _)| *level).max() else {
        return (DiagnosticStatus::OK, "publishing".to_owned());
    };
    let worst_ones = complaints.iter().filter(|(level, _)| *level == worst);
    let texts: Vec<&str> = worst_ones.map(|(_, text)| text.as_str()).collect();
    (worst, texts.join("; "))
}

impl Feed<'_> {
    /// A text, with the camera's name before it where there are several.
    fn says(&self, text: &str) -> String {
        match self.name {
            "" => text.to_owned(),
            name => format!("{name}: {text}"),
        }
    }

    fn complaint(&self, now: Stamp) -> Option<(u8, String)> {
        if let Some(problem) = self.problem {
            return Some((DiagnosticStatus::ERROR, problem.to_owned()));
        }
        let Some(last) = self.last_frame else {
            return Some((DiagnosticStatus::WARN, "no keypoints yet".to_owned()));
        };
        let age_s = now.seconds_since(last);
        let level = match age_s {
            _ if age_s > ERROR_AGE_S => DiagnosticStatus::ERROR,
            _ if age_s > WARN_AGE_S => DiagnosticStatus::WARN,
            _ => return None,
        };
        Some((level, format!("no keypoints for {age_s:.1} s")))
    }
}

impl Trade<'_> {
    fn lateness(&self) -> Option<(u8, String)> {
        let late_s = self.stamp_to_publish.max_s()?;
        let level = match late_s - self.lookahead_s {
            unasked_s if unasked_s > VERY_LATE_S => DiagnosticStatus::ERROR,
            unasked_s if unasked_s > LATE_S => DiagnosticStatus::WARN,
            _ => return None,
        };
        let late_ms = 1e3 * late_s;
        let text = format!("late: up to {late_ms:.0} ms from stamp to publish");
        Some((level, text))
    }
}

fn value(key: &str, value: String) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value,
    }
}
