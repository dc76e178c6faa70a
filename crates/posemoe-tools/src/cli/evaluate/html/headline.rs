//! What was compared, and the figures to look at first.

use std::collections::BTreeSet;
use std::path::Path;

use maud::{Markup, html};

use super::super::compared::Compared;
use super::super::report::Report;
use super::{tables, when, words};

/// Metrics of the first look: key, and how to read it.
const TILES: [(&str, &str); 14] = [
    ("mpjpe_mm", "a joint is so far off, roots together"),
    ("p_mpjpe_mm", "after the best turn, size and shift"),
    ("pck150_pct", "of joints are within 150 mm, roots together"),
    ("root_error_mm", "a person is so far off"),
    ("p99_9_error_mm", "1 joint in 1000 is farther off in place"),
    ("within_1_sigma_pct", "of joints; 68 % if sigma is right"),
    ("within_2_sigma_pct", "of joints; 95 % if sigma is right"),
    (
        "root_within_1_sigma_x_pct",
        "of roots; 68 % if sigma is right",
    ),
    (
        "root_within_1_sigma_y_pct",
        "of roots; 68 % if sigma is right",
    ),
    (
        "root_within_1_sigma_z_pct",
        "of roots; 68 % if sigma is right",
    ),
    (
        "root_nees",
        "of roots; 3 if sigma is right, more if it is too small",
    ),
    ("recall_pct", "of true people were found"),
    ("idf1_pct", "of people, with the id that is theirs"),
    ("id_switches", "times that a person's id changed"),
];
/// Names in a list; the others are counted.
const MOST_NAMES: usize = 4;

/// The title of the page.
pub fn title(report: &Report) -> String {
    match report.sequences.as_slice() {
        [one] => format!("{}: 3D people against the truth", one.name),
        all => format!("{} sequences: 3D people against the truth", all.len()),
    }
}

/// What was compared with what, when, by which version.
pub fn heading(report: &Report) -> Markup {
    let all = &report.sequences;
    let models = distinct(all, |one| {
        let replayed = one.prediction.replayed.as_ref()?;
        Some(format!("{} ({})", replayed.model, replayed.provider))
    });
    let recorded = distinct(all, |one| one.prediction.topic.clone());
    let predictions = distinct(all, |one| Some(file_name(&one.prediction.file)));
    let truths = distinct(all, |one| Some(file_name(&one.truth.file)));
    let span = when::span(all.iter().filter_map(|one| one.outcome.span));
    html! {
        header {
            p.eyebrow { "posemoe evaluate" }
            h1 { (title(report)) }
            dl.facts {
                div { dt { "Predictions" } dd { (listed(&predictions)) } }
                div { dt { "Truth" } dd { (listed(&truths)) } }
                @if !models.is_empty() { div { dt { "Model" } dd { (listed(&models)) } } }
                @if !recorded.is_empty() {
                    div { dt { "As recorded on" } dd { (listed(&recorded)) } }
                }
                @if let Some((first, last)) = span {
                    div { dt { "Recorded" } dd { (when::from_to(first, last)) } }
                }
                div { dt { "Version" } dd { "posemoe " (report.posemoe_version) } }
            }
        }
    }
}

/// What the sequences have, each once, in their order.
fn distinct(all: &[Compared], of: impl Fn(&Compared) -> Option<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let found = all.iter().filter_map(of);
    found.filter(|one| seen.insert(one.clone())).collect()
}

/// A file without its folder; the table of files has both.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn listed(names: &[String]) -> String {
    let (shown, more) = names.split_at(names.len().min(MOST_NAMES));
    let shown = shown.join(", ");
    match more.len() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The first figures: of all, then of each sequence.
pub fn figures(report: &Report) -> Markup {
    let (overall, counts) = (&report.overall.figures, report.overall.counts);
    html! {
        section aria-labelledby="figures" {
            h2 id="figures" { "Figures" }
            p {
                (words::counted(overall.poses, "pose", "poses"))
                " compared: of " (counts.true_people) " true people, with "
                (counts.predicted_people) " predicted; frames with a truth: "
                (counts.frames_compared) "."
            }
            dl.tiles {
                @for (key, note) in TILES {
                    @let (label, figure) = (words::label(key), overall.get(key));
                    div {
                        dt { (label.name()) }
                        dd {
                            b { (label.figure(figure)) } " " (label.unit_of(figure))
                            span.note { (note) }
                        }
                    }
                }
                @if let Some(latency) = &report.overall.latency.stamp_to_publish_ms {
                    div {
                        dt { "latency" }
                        dd {
                            b { (words::number(latency.median, 1)) } " ms"
                            span.note {
                                "from stamp to publication; 99.9 % within "
                                (words::number(latency.p99_9, 1)) " ms"
                            }
                        }
                    }
                }
            }
            (tables::sequences(report))
        }
    }
}
