//! What was not compared: damage where nobody can overlook it, the rest in a list.

use maud::{Markup, html};

use super::super::compared::Compared;
use super::super::report::Report;
use super::super::table;
use super::words;

/// Said first where part of the input was unreadable.
pub fn data_loss(report: &Report) -> Markup {
    let (sequences, failed) = (&report.sequences, &report.failed);
    let lossy: Vec<&Compared> = sequences.iter().filter(|one| one.is_data_loss()).collect();
    if lossy.is_empty() && failed.is_empty() {
        return html! {};
    }
    let (count, all) = (
        lossy.len(),
        words::counted(sequences.len(), "sequence", "sequences"),
    );
    html! {
        section.alert aria-labelledby="loss" {
            h2 id="loss" { "Data loss" }
            @if !failed.is_empty() {
                p {
                    (words::counted(failed.len(), "prediction", "predictions"))
                    " could not be used. All figures are of the rest."
                }
                ul { @for one in failed { li { (one.text()) } } }
            }
            @if !lossy.is_empty() {
                p {
                    "Part of the input was unreadable in " (count) " of " (all)
                    ". All figures are of the rest."
                }
            }
            ul {
                @for one in lossy {
                    li { strong { (one.name) } ul { @for what in lost(one) { li { (what) } } } }
                }
            }
        }
    }
}

/// What was lost of one sequence, in words.
fn lost(one: &Compared) -> Vec<String> {
    let sides = [
        ("predictions", &one.skipped.prediction),
        ("truth", &one.skipped.truth),
    ];
    let skipped = sides.into_iter().flat_map(|(side, skips)| {
        let lost = skips.iter().filter(|(why, _)| why.is_data_loss());
        lost.map(move |(why, count)| format!("{side}: {count} {}", why.text()))
    });
    skipped.chain(one.damage.iter().cloned()).collect()
}

/// All that was left out, over all sequences; and by sequence where they differ.
pub fn left_out(sequences: &[Compared]) -> Markup {
    let lines = table::left_out(sequences);
    let single = |one| (one, table::left_out(std::slice::from_ref(one)));
    let singles: Vec<(&Compared, Vec<String>)> = sequences.iter().map(single).collect();
    let is_same = singles.windows(2).all(|pair| pair[0].1 == pair[1].1);
    html! {
        section aria-labelledby="left-out" {
            h2 id="left-out" { "Left out" }
            @if lines.is_empty() {
                p { "Nothing: all that either side has was compared." }
            } @else {
                ul { @for line in &lines { li { (line) } } }
            }
            @if !is_same {
                details {
                    summary { "By sequence" }
                    dl.lists { @for (one, lines) in &singles {
                        dt { (one.name) }
                        @for line in lines { dd { (line) } }
                    } }
                }
            }
        }
    }
}
