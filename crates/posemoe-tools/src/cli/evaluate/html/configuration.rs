//! How it came about: settings, files, the node and its parameters.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::super::compared::Compared;
use super::super::report::{Report, Settings};
use super::super::source::{Origin, Replayed};
use super::{tables, when, words};

/// Everything that is needed to do it again.
pub fn section(report: &Report) -> Markup {
    html! {
        section aria-labelledby="configuration" {
            h2 id="configuration" { "Configuration" }
            (settings(&report.settings))
            (files(&report.sequences))
            @for (parameters, names) in nodes(&report.sequences) { (node(&parameters, &names)) }
            p.note { "Made by posemoe " (report.posemoe_version) ", format " (report.format) "." }
        }
    }
}

fn settings(settings: &Settings) -> Markup {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let rows = [
        ("max gap", format!("{} s", settings.max_gap_s)),
        ("gate", format!("{} m", settings.gate_m)),
        ("align", settings.align.to_owned()),
        ("calibration", text(&settings.calibration)),
        ("prediction frame", text(&settings.prediction_frame)),
        ("truth frame", text(&settings.truth_frame)),
        ("truth offset", format!("{} s", settings.truth_offset_s)),
        ("include predicted", settings.include_predicted.to_string()),
        ("predictions on TF", text(&settings.prediction_tf)),
        ("truth on TF", text(&settings.truth_tf)),
    ];
    html! { dl.facts.short { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } }
}

fn files(sequences: &[Compared]) -> Markup {
    let table = html! {
        table.words {
            caption { "Files" }
            (tables::head(&["sequence", "prediction", "truth", "first frame", "length"]))
            tbody { @for one in sequences { tr {
                th scope="row" { (one.name) }
                td { (origin(&one.prediction)) }
                td { (origin(&one.truth)) }
                @if let Some((first, last)) = one.outcome.span {
                    td { (when::moment(first)) }
                    td { (format!("{:.1} s", last.seconds_since(first))) }
                } @else { td { "–" } td { "–" } }
            } } }
        }
    };
    tables::scrolling("Files", &table)
}

fn origin(origin: &Origin) -> Markup {
    html! {
        (origin.file)
        @if let Some(topic) = &origin.topic { ", " code { (topic) } }
        @if let Some(Replayed { model, provider, frames_in, frames_out, .. }) = &origin.replayed {
            ", through the node: " (model) " on " (provider) ", " (frames_in) " frames in, "
            (frames_out) " with people out"
        }
    }
}

/// Parameters of the node, with the sequences that it ran on with these.
fn nodes(sequences: &[Compared]) -> Vec<(BTreeMap<String, Value>, Vec<String>)> {
    let mut nodes = Vec::<(BTreeMap<String, Value>, Vec<String>)>::new();
    for one in sequences {
        let Some(Replayed { parameters, .. }) = &one.prediction.replayed else {
            continue;
        };
        match nodes.iter_mut().find(|(known, _)| known == parameters) {
            Some((_, names)) => names.push(one.name.clone()),
            None => nodes.push((parameters.clone(), vec![one.name.clone()])),
        }
    }
    nodes
}

fn node(parameters: &BTreeMap<String, Value>, names: &[String]) -> Markup {
    let of = words::counted(names.len(), "sequence", "sequences");
    html! {
        details {
            summary { "Parameters of the node (" (of) ")" }
            p.note { (names.join(", ")) }
            dl.facts {
                @for (name, value) in parameters {
                    div { dt { code { (name) } } dd { code { (value) } } }
                }
            }
        }
    }
}
