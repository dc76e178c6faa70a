//! The result on one screen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::against::Against;
use super::compared::{Compared, Section};
use super::report::Report;
use crate::evaluate::Skips;
use crate::evaluate::catalogue::METRICS;
use crate::evaluate::figures::Figures;

/// Rows of sequences at most.
const MOST_ROWS: usize = 12;

/// Heading, unit, key and digits of the columns.
const COLUMNS: [(&str, &str, &str, usize); 9] = [
    ("MPJPE", "mm", "mpjpe_mm", 1),
    ("P-MPJPE", "mm", "p_mpjpe_mm", 1),
    ("PCK150", "%", "pck150_pct", 1),
    ("root", "mm", "root_error_mm", 0),
    ("99.9 %", "mm", "p99_9_error_mm", 0),
    ("velocity", "mm/s", "mpjve_mm_s", 0),
    ("<1 sigma", "%", "within_1_sigma_pct", 0),
    ("recall", "%", "recall_pct", 1),
    ("IDF1", "%", "idf1_pct", 1),
];

/// The whole report.
pub fn table(report: &Report) -> String {
    let longest = report
        .sequences
        .iter()
        .map(|one| one.name.len())
        .max()
        .unwrap_or(0);
    let width = longest.clamp(10, 28);
    let mut text = line(
        "",
        width,
        "poses",
        COLUMNS.map(|(head, ..)| head.to_owned()),
    );
    text += &line("", width, "", COLUMNS.map(|(_, unit, ..)| unit.to_owned()));
    for one in report.sequences.iter().take(MOST_ROWS) {
        text += &row(&one.name, width, &one.section.figures);
    }
    if let Some(more @ 1..) = report.sequences.len().checked_sub(MOST_ROWS) {
        text += &format!("{more} more sequences are in the JSON (--json FILE)\n");
    }
    if report.sequences.len() > 1 {
        text += &row("all", width, &report.overall.figures);
    }
    let failed = report.failed.len();
    if failed > 0 {
        let all = failed + report.sequences.len();
        text += &format!("{failed} of {all} predictions are unusable (named below)\n");
    }
    for (band, figures) in &report.overall.per_distance {
        text += &row(&band.replace('_', " "), width, figures);
    }
    let left_out = left_out(&report.sequences);
    let left_out: String = left_out.iter().map(|line| line.clone() + "\n").collect();
    text += "\n";
    text + &rest(&report.overall) + &times(report) + &left_out
}

fn line(name: &str, width: usize, poses: &str, cells: [String; COLUMNS.len()]) -> String {
    let short: String = name.chars().take(width).collect();
    let cells: String = cells.iter().map(|cell| format!("{cell:>9}")).collect();
    format!("{short:<width$}{poses:>7}{cells}\n")
}

fn row(name: &str, width: usize, figures: &Figures) -> String {
    let cells = COLUMNS.map(|(_, _, key, digits)| number(figures.get(key), digits));
    line(name, width, &figures.poses.to_string(), cells)
}

/// A dash where there is none: 0 would be read as perfect.
fn number(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}

/// The other metrics, three in a line, and the worst joints.
fn rest(overall: &Section) -> String {
    let is_shown = |key: &str| COLUMNS.iter().any(|(_, _, shown, _)| *shown == key);
    let others = METRICS.iter().filter(|metric| !is_shown(metric.key));
    let cells: Vec<String> = others
        .map(|metric| {
            let digits = if metric.key == "sigma_factor" { 2 } else { 1 };
            format!(
                "{:<26}{:>8}",
                metric.key,
                number(overall.figures.get(metric.key), digits)
            )
        })
        .collect();
    let mut text: String = cells
        .chunks(3)
        .map(|cells| cells.join("   ") + "\n")
        .collect();
    let mut joints: Vec<(&str, f64)> = Vec::new();
    for (name, figures) in &overall.per_joint {
        joints.extend(figures.get("mpjpe_mm").map(|error| (&**name, error)));
    }
    joints.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let joints: Vec<String> = joints
        .iter()
        .take(4)
        .map(|(name, error)| format!("{name} {error:.0} mm"))
        .collect();
    if !joints.is_empty() {
        text += &format!("worst joints: {}\n", joints.join(", "));
    }
    text
}

/// How late people were told of, where that is known; and of how many frames, where the node ran.
fn times(report: &Report) -> String {
    let mut text = String::new();
    if let Some(latency) = &report.overall.latency.stamp_to_publish_ms {
        let (median, p99, p99_9) = (latency.median, latency.p99, latency.p99_9);
        let (max, messages) = (latency.max, latency.messages);
        text += &format!(
            "stamp to publish: median {median:.1} ms, 99 % {p99:.1}, 99.9 % {p99_9:.1}, longest \
             {max:.1} ({messages} messages)\n"
        );
        if latency.negative > 0 {
            let (negative, min) = (latency.negative, latency.min);
            text += &format!(
                "stamp to publish: {negative} messages came before their stamp, by up to {:.1} ms: \
                clocks differ\n",
                -min
            );
        }
    }
    let replayed = report.sequences.iter();
    let replayed = replayed.filter_map(|one| one.prediction.replayed.as_ref());
    let counts = replayed.map(|node| (node.frames_in, node.frames_out));
    let sum = counts.reduce(|(a, b), (c, d)| (a + c, b + d));
    if let Some((frames_in, frames_out)) = sum {
        text += &format!("frames: {frames_in} of keypoints in, {frames_out} with people out\n");
    }
    text
}

/// What was not compared, over all sequences, a line for each reason.
pub fn left_out(sequences: &[Compared]) -> Vec<String> {
    let (mut prediction, mut truth, mut comparison) =
        (Skips::default(), Skips::default(), Skips::default());
    for one in sequences {
        prediction.add(&one.skipped.prediction);
        truth.add(&one.skipped.truth);
        comparison.add(&one.skipped.comparison);
    }
    let mut lines = Vec::new();
    let joints: BTreeSet<&str> = sequences
        .iter()
        .flat_map(|one| &one.joints_not_in_both)
        .map(String::as_str)
        .collect();
    if !joints.is_empty() {
        let joints: Vec<&str> = joints.into_iter().collect();
        lines.push(format!(
            "not compared, joints of one side only: {}",
            joints.join(", ")
        ));
    }
    for (side, skips) in [
        ("", &comparison),
        ("predictions: ", &prediction),
        ("truth: ", &truth),
    ] {
        for (why, count) in skips.iter() {
            lines.push(format!("not compared: {count} {side}{}", why.text()));
        }
    }
    let mut dropped = BTreeMap::<&str, u64>::new();
    for (cause, count) in sequences.iter().flat_map(|one| &one.dropped) {
        *dropped.entry(cause).or_default() += count;
    }
    for (cause, count) in dropped {
        lines.push(format!("dropped by the node: {count} x {cause}"));
    }
    lines
}

/// The differences from another result.
pub fn differences(against: &Against) -> String {
    let (file, count, tolerance) = (&against.file, against.sequences, &against.tolerance);
    let mut text = format!(
        "against {file}, {count} sequences, tolerance {tolerance}\n{:<26}{:>10}{:>12}   {:<24}\n",
        "", "before", "difference", "95 % of means"
    );
    for one in &against.differences {
        let mean = one.difference.map(|difference| difference.mean);
        let interval = one.difference.and_then(|difference| difference.interval);
        let interval = interval.map_or_else(
            || "-".to_owned(),
            |(low, high)| format!("{low:+.2} to {high:+.2}"),
        );
        let mean = mean.map_or_else(|| "-".to_owned(), |mean| format!("{mean:+.2}"));
        let note = if one.is_regression {
            "  REGRESSION"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{:<26}{:>10.2}{mean:>12}   {interval:<24}{}{note}",
            one.metric, one.before, one.verdict
        );
    }
    for name in &against.not_in_both {
        let _ = writeln!(text, "not compared: {name} is in one of both results only");
    }
    text
}
