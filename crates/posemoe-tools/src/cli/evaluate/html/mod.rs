//! The result as one page for people (`--html`): to trust the node or not, and where it fails.
//!
//! ```text
//!  Report ──▶ headline, losses, change, tables, configuration ─┐
//!     └─────▶ bins ──▶ plot/ (SVG) ── moments ─────────────────┴─▶ page: no script, request, clock
//! ```

mod bins;
mod change;
mod configuration;
mod drawable;
mod headline;
mod losses;
mod moments;
mod plot;
mod plots;
mod tables;
mod view;
mod when;
mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Failure;
use super::report::Report;

/// Nothing is loaded from anywhere, and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The page. The same report gives the same bytes.
pub fn page(report: &Report) -> Result<String, Failure> {
    let sections = html! {
        (headline::heading(report))
        (losses::data_loss(report))
        (headline::figures(report))
        (losses::left_out(&report.sequences))
        @if let Some(against) = &report.against { (change::section(against)) }
        (plots::overall(report)?)
        (plots::by_sequence(&report.sequences)?)
        (tables::parts(report))
        (moments::section(&report.sequences)?)
        (configuration::section(report))
    };
    Ok(document(&headline::title(report), &sections).into_string())
}

fn document(title: &str, sections: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(plot::ink::css())) (PreEscaped(include_str!("style.css"))) }
            }
            body { main { (sections) } }
        }
    }
}
