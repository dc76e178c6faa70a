//! `diagnostic_msgs/DiagnosticArray` once a second: is the node fed, is it in time, what was lost.

use super::header;
use crate::bus::Loss;
use crate::msg::diagnostic_msgs::{DiagnosticArray, DiagnosticStatus, KeyValue};
use posemoe_core::health::{Drops, Reading};
use posemoe_stamp::Stamp;

/// Keypoints older than this (s) are worth a warning.
pub const WARN_AGE_S: f64 = 1.0;
/// Keypoints older than this (s) are an error.
pub const ERROR_AGE_S: f64 = 5.0;
/// Stamp-to-publish times (s), beyond what is waited on purpose, above which the node is late.
pub const LATE_S: f64 = 0.2;
/// And those above which its output is of little use.
pub const VERY_LATE_S: f64 = 1.0;

/// Stamps ahead of the node's clock by more than this (s) are worth a warning.
pub const AHEAD_S: f64 = 0.2;
/// And those by more than this are an error.
pub const FAR_AHEAD_S: f64 = 1.0;

/// Mean and largest of a second's durations.
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

/// A level, and why.
type Complaint = (u8, String);

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
    pub activity: Option<Activity<'a>>,
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
    pub arrivals: u32,
    /// How far its frames came while the node was active.
    pub frames: Reading,
    /// When the last keypoint message arrived.
    pub last_frame: Option<Stamp>,
    /// What is wrong with the calibration, if anything.
    pub problem: Option<&'a str>,
    /// From one keypoint message to the next.
    pub cycle: Spread,
    /// By how much stamps were ahead of the node's clock at most (s), where they can be compared.
    pub ahead_s: f64,
}

/// What the node knows of its work since the tick before.
#[derive(Clone, Debug)]
pub struct Activity<'a> {
    /// What comes in, camera by camera.
    pub feeds: Vec<Feed<'a>>,
    /// People in the last frame.
    pub people: usize,
    /// Why people could not be given in the target frame, the last time, if there was one.
    pub unplaced: Option<String>,
    /// Which cameras have one person in two places, if any do.
    pub disagreement: Option<String>,
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
    if let Some(activity) = &report.activity {
        for feed in &activity.feeds {
            let frames = feed.frames.all;
            let rate_hz = f64::from(feed.arrivals) / report.period_s.max(1e-3);
            values.extend([
                value(&feed.says("input rate (Hz)"), format!("{rate_hz:.1}")),
                value(&feed.says("cycle time (ms)"), feed.cycle.text_ms()),
                value(&feed.says("received"), frames.received.to_string()),
                value(&feed.says("accepted"), frames.accepted.to_string()),
                value(&feed.says("answered"), frames.answered.to_string()),
                value(&feed.says("published"), frames.published.to_string()),
            ]);
        }
        values.extend([
            value("people", activity.people.to_string()),
            value("provider", activity.provider.to_owned()),
            value("model", activity.model.to_owned()),
        ]);
        if report.is_live {
            values.push(value("processing time (ms)", activity.processing.text_ms()));
        }
        if report.latency_known {
            values.push(value(
                "stamp to publish (ms)",
                activity.stamp_to_publish.text_ms(),
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
    let Some(activity) = report.activity.as_ref().filter(|_| report.is_active) else {
        return (WARN, format!("the node is {}", report.phase));
    };
    let is_unplaced = activity.unplaced.is_some();
    let of_feeds = activity.feeds.iter().flat_map(|feed| {
        let complaints = feed.complaints(report.now, is_unplaced).into_iter();
        complaints.map(|(level, text)| (level, feed.says(&text)))
    });
    let unplaced = activity.unplaced.as_ref().map(|reason| {
        let level = match activity.stamp_to_publish.max_s() {
            Some(_) => WARN,
            None => ERROR,
        };
        (
            level,
            format!("no transform into the target frame: {reason}"),
        )
    });
    let disagreement = activity.disagreement.as_ref();
    let disagreement =
        disagreement.map(|reason| (WARN, format!("cameras disagree about a person: {reason}")));
    let late = activity.lateness().filter(|_| report.latency_known);
    let complaints = of_feeds.chain(unplaced).chain(disagreement).chain(late);
    let complaints: Vec<_> = complaints.collect();
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

    /// What is wrong with it; `is_unplaced` when people were dropped for want of a transform, which
    /// is said elsewhere.
    fn complaints(&self, now: Stamp, is_unplaced: bool) -> Vec<Complaint> {
        if let Some(problem) = self.problem {
            return vec![(DiagnosticStatus::ERROR, problem.to_owned())];
        }
        let Some(last) = self.last_frame else {
            return vec![(DiagnosticStatus::WARN, "no keypoints yet".to_owned())];
        };
        let age_s = now.seconds_since(last);
        let silence = ladder(age_s, WARN_AGE_S, ERROR_AGE_S)
            .map(|level| (level, format!("no keypoints for {age_s:.1} s")));
        let ahead = ladder(self.ahead_s, AHEAD_S, FAR_AHEAD_S).map(|level| {
            let ahead_s = self.ahead_s;
            let text = format!(
                "stamps are up to {ahead_s:.1} s ahead of the node's clock: are the machines' \
                 clocks in step, and is use_sim_time right?"
            );
            (level, text)
        });
        let failure = self.failure(is_unplaced);
        [silence, ahead, failure].into_iter().flatten().collect()
    }

    /// Frames that came and to which nothing came out.
    fn failure(&self, is_unplaced: bool) -> Option<Complaint> {
        let lately = self.frames.lately;
        let (failed, answered) = (lately.failed, lately.answered);
        let why = self.frames.drops.summary();
        if failed > 0 && answered == 0 {
            let level = match self.frames.drops.are_mild() {
                true => DiagnosticStatus::WARN,
                false => DiagnosticStatus::ERROR,
            };
            return Some((level, format!("none of {failed} frames answered: {why}")));
        }
        if failed > answered {
            let all = failed + answered;
            let text = format!("{failed} of {all} frames not answered: {why}");
            return Some((DiagnosticStatus::WARN, text));
        }
        let is_silent = lately.received > 0 && lately.published == 0 && !is_unplaced;
        is_silent.then(|| {
            let text = "nothing published yet: frames wait for later ones or for transforms";
            (DiagnosticStatus::WARN, text.to_owned())
        })
    }
}

/// The level of a time that is worth a warning beyond `warn_s`, and an error beyond `error_s`.
fn ladder(seconds: f64, warn_s: f64, error_s: f64) -> Option<u8> {
    match seconds {
        _ if seconds > error_s => Some(DiagnosticStatus::ERROR),
        _ if seconds > warn_s => Some(DiagnosticStatus::WARN),
        _ => None,
    }
}

impl Activity<'_> {
    fn lateness(&self) -> Option<Complaint> {
        let late_s = self.stamp_to_publish.max_s()?;
        let level = ladder(late_s - self.lookahead_s, LATE_S, VERY_LATE_S)?;
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
