//! Figures in tables: by sequence, joint, person and distance.

use maud::{Markup, html};

use super::super::report::Report;
use super::words::{self, Label};
use crate::evaluate::catalogue::METRICS;
use crate::evaluate::figures::Figures;

/// Columns of sequences, people and distances.
const COLUMNS: [&str; 9] = [
    "mpjpe_mm",
    "p_mpjpe_mm",
    "pck150_pct",
    "root_error_mm",
    "p99_9_error_mm",
    "mpjve_mm_s",
    "within_1_sigma_pct",
    "within_2_sigma_pct",
    "sigma_factor",
];
/// Columns that sequences have besides.
const OF_SEQUENCES: [&str; 3] = ["recall_pct", "idf1_pct", "id_switches"];
/// Columns of joints.
const OF_JOINTS: [&str; 8] = [
    "mpjpe_mm",
    "pck150_pct",
    "abs_mpjpe_mm",
    "abs_pck150_pct",
    "p99_9_error_mm",
    "within_1_sigma_pct",
    "within_2_sigma_pct",
    "sigma_factor",
];

/// Rows of people at most.
const MOST_PEOPLE: usize = 300;

/// A row: its name, its figures.
type Row<'a> = (String, &'a Figures);

/// A table that scrolls by itself where it is too wide or too long.
pub fn scrolling(name: &str, table: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// The names of columns.
pub fn head(names: &[&str]) -> Markup {
    html! { thead { tr { @for name in names { th scope="col" { (name) } } } } }
}

fn table(
    name: &str,
    first: &str,
    keys: &[&str],
    rows: &[Row<'_>],
    last: Option<Row<'_>>,
) -> Markup {
    let mpjpe = |row: &Row<'_>| row.1.get("mpjpe_mm").unwrap_or(0.0);
    let most = rows.iter().map(mpjpe).fold(0.0, f64::max);
    let table = html! {
        table {
            caption { (name) }
            thead { tr {
                th scope="col" { (first) }
                th scope="col" { "poses" }
                @for key in keys { (heading(words::label(key))) }
            } }
            tbody { @for row in rows { (line(row, keys, most)) } }
            @if let Some(row) = &last { tfoot { (line(row, keys, 0.0)) } }
        }
    };
    scrolling(name, &table)
}

fn heading(label: Label<'_>) -> Markup {
    html! {
        th scope="col" {
            (label.name())
            @if !label.unit.is_empty() { " " small { (label.unit) } }
        }
    }
}

/// A row; behind its MPJPE a bar that is full at `most`.
fn line((name, figures): &Row<'_>, keys: &[&str], most: f64) -> Markup {
    let share = |key: &str| {
        let figure = figures
            .get(key)
            .filter(|_| key == "mpjpe_mm" && most > 0.0)?;
        Some(format!("--share:{:.0}%", 100.0 * figure / most))
    };
    html! {
        tr {
            th scope="row" title=(name) { (name) }
            td { (figures.poses) }
            @for key in keys {
                td style=[share(key)] { (words::label(key).figure(figures.get(key))) }
            }
        }
    }
}

/// Of each sequence, and of all; every other metric below.
pub fn sequences(report: &Report) -> Markup {
    let keys = [&COLUMNS[..], &OF_SEQUENCES].concat();
    let rows: Vec<Row<'_>> = report
        .sequences
        .iter()
        .map(|one| (one.name.clone(), &one.section.figures))
        .collect();
    let all = (rows.len() > 1).then(|| ("all".to_owned(), &report.overall.figures));
    let others = METRICS.iter().filter(|metric| !keys.contains(&metric.key));
    html! {
        (table("By sequence", "sequence", &keys, &rows, all))
        details {
            summary { "All other metrics" }
            dl.facts.short {
                @for metric in others {
                    @let label = words::label(metric.key);
                    @let figure = report.overall.figures.get(metric.key);
                    div {
                        dt { (label.name()) }
                        dd { (label.figure(figure)) " " (label.unit_of(figure)) }
                    }
                }
            }
            p.note { "Each metric is defined in docs/evaluation.md." }
        }
    }
}

/// Of each joint, each band of distance, and each person of each sequence.
pub fn parts(report: &Report) -> Markup {
    let joints = report.overall.per_joint.iter();
    let mut joints: Vec<Row<'_>> = joints.map(|(name, f)| (words::spaced(name), f)).collect();
    let mpjpe = |row: &Row<'_>| row.1.get("mpjpe_mm").unwrap_or(0.0);
    joints.sort_by(|a, b| mpjpe(b).total_cmp(&mpjpe(a)));
    let distances = report.overall.per_distance.iter();
    let distances: Vec<Row<'_>> = distances
        .map(|(band, f)| (words::spaced(band), f))
        .collect();
    let people = report.sequences.iter().flat_map(|one| {
        // The id first: long names are cut.
        let name = |id: &str| match report.sequences.len() {
            1 => id.to_owned(),
            _ => format!("{id} · {}", one.name),
        };
        one.per_person
            .iter()
            .map(move |(id, figures)| (name(id), figures))
    });
    let mut people: Vec<Row<'_>> = people.collect();
    let left_out = people.len().saturating_sub(MOST_PEOPLE);
    if left_out > 0 {
        people.sort_by(|a, b| mpjpe(b).total_cmp(&mpjpe(a)));
        people.truncate(MOST_PEOPLE);
    }
    html! {
        section aria-labelledby="parts" {
            h2 id="parts" { "By joint, distance and person" }
            (table("By joint", "joint", &OF_JOINTS, &joints, None))
            (table("By distance of the true root", "distance", &COLUMNS, &distances, None))
            (table("By true person", "person", &COLUMNS, &people, None))
            @if left_out > 0 {
                p.note {
                    "The " (MOST_PEOPLE) " with the greatest MPJPE; the JSON has " (left_out)
                    " more."
                }
            }
        }
    }
}
