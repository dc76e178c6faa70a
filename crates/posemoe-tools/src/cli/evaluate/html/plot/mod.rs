//! Plots as SVG within the page; `canvas.rs` and `ink.rs` are their style.

mod canvas;
pub mod distance;
pub mod distribution;
mod extent;
pub mod ink;
pub mod joints;
pub mod map;
pub mod reliability;
pub mod skeleton;
pub mod time;

use maud::{Markup, html};

use crate::cli::evaluate::Failure;

/// What a colour stands for: the CSS variable, and words.
pub type Key = (&'static str, &'static str);

/// Errors as lines: the keys of most plots.
pub const BOTH_ERRORS: [Key; 2] = [("predicted", "root-relative"), ("far", "absolute")];

/// A plot with its title, keys and a note on how to read it.
pub fn figure(title: &str, keys: &[Key], note: &str, svg: &Markup) -> Markup {
    html! {
        figure.card {
            figcaption {
                strong { (title) }
                @for (colour, words) in keys {
                    span.key {
                        span.swatch style=(format!("background:var(--{colour})")) {}
                        (words)
                    }
                }
            }
            (svg)
            @if !note.is_empty() { p.note { (note) } }
        }
    }
}

/// A plot where there is one to draw.
pub type Drawn = Result<Option<Markup>, Failure>;
