//! Better or worse than another result.

use maud::{Markup, html};

use super::super::against::{Against, Difference};
use super::{tables, words};

/// The differences of all metrics that both results have.
pub fn section(against: &Against) -> Markup {
    let verdict = if against.is_regression {
        "A figure is worse than the tolerance allows."
    } else {
        "No figure is worse than the tolerance allows."
    };
    let table = html! {
        table {
            caption { "Differences" }
            (tables::head(&["metric", "before", "difference", "95 % of means", "verdict"]))
            tbody { @for one in &against.differences { (row(one)) } }
        }
    };
    html! {
        section aria-labelledby="change" {
            h2 id="change" { "Difference from " (against.file) }
            p.regression[against.is_regression] {
                (verdict) " Tolerance " (against.tolerance) ", "
                (words::counted(against.sequences, "sequence", "sequences"))
                " in both; new minus old."
            }
            (tables::scrolling("Differences", &table))
            @if !against.not_in_both.is_empty() {
                p { "Not compared, in one of both results only: " (against.not_in_both.join(", ")) }
            }
        }
    }
}

fn row(one: &Difference) -> Markup {
    let label = words::label(one.metric);
    let mean = one
        .difference
        .map(|difference| format!("{:+.2}", difference.mean));
    let interval = one.difference.and_then(|difference| difference.interval);
    let interval = interval.map(|(low, high)| format!("{low:+.2} to {high:+.2}"));
    let dash = || "–".to_owned();
    html! {
        tr {
            th scope="row" { (label.name()) " " small { (label.unit) } }
            td { (format!("{:.2}", one.before)) }
            td { (mean.unwrap_or_else(dash)) }
            td { (interval.unwrap_or_else(dash)) }
            td class=(one.verdict) {
                (one.verdict)
                @if one.gone > 0 {
                    ", gone in " (words::counted(one.gone, "sequence", "sequences"))
                }
                @if one.is_regression { strong { " regression" } }
            }
        }
    }
}
