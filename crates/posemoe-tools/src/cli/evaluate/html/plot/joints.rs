//! The error of each joint as bars, worst first.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{FINE, SIZE, stroke, style_at, svg};
use super::{Drawn, figure, ink};
use crate::cli::evaluate::Failure;
use crate::cli::evaluate::html::words;
use crate::evaluate::{PoseErrors, metrics};

/// Bars at most.
const MOST: usize = 17;
/// Place of a bar's start, and of the end of the longest (CSS pixels).
const BARS: (i32, i32) = (148, 434);
const TOP: i32 = 12;
const ROW: i32 = 22;

/// One joint's errors (mm).
struct Bar {
    name: String,
    mean_mm: f64,
    tail_mm: f64,
}

/// Mean and 95th percentile of each joint's root-relative error; `None` where there is none.
pub fn draw(poses: &[&PoseErrors]) -> Drawn {
    let bars = bars(poses);
    let shown = &bars[..bars.len().min(MOST)];
    let Some(worst) = shown.first() else {
        return Ok(None);
    };
    let description = format!(
        "Root-relative error of each joint, from {} with {:.0} mm in the mean down",
        worst.name, worst.mean_mm
    );
    let longest_mm = shown.iter().map(|bar| bar.tail_mm).fold(1.0, f64::max);
    let rows = i32::try_from(shown.len()).unwrap_or(0);
    let height = (2 * TOP + ROW * rows).max(SIZE.1);
    let plot = svg((SIZE.0, height), &description, |area| {
        for (row, bar) in (0..).zip(shown) {
            one(area, TOP + row * ROW, bar, longest_mm)?;
        }
        Ok(())
    })?;
    let left_out = match bars.len() - shown.len() {
        0 => String::new(),
        more => format!(" {more} joints with smaller errors are in the table below."),
    };
    let note =
        format!("Bars and figures: mean (mm). Thin lines: up to the 95th percentile.{left_out}");
    let keys = [("predicted", "root-relative")];
    Ok(Some(figure("Error of each joint", &keys, &note, &plot)))
}

fn bars(poses: &[&PoseErrors]) -> Vec<Bar> {
    let mut errors_mm = std::collections::BTreeMap::<&str, Vec<f64>>::new();
    for joint in poses.iter().flat_map(|pose| &pose.joints) {
        let of_joint = errors_mm.entry(&joint.name).or_default();
        of_joint.push(joint.relative_m * 1e3);
    }
    let bar = |(name, errors_mm): (&str, Vec<f64>)| {
        Some(Bar {
            name: words::spaced(name),
            mean_mm: metrics::mean(errors_mm.iter().copied())?,
            tail_mm: metrics::quantile(errors_mm, 0.95)?,
        })
    };
    let mut bars: Vec<Bar> = errors_mm.into_iter().filter_map(bar).collect();
    bars.sort_by(|a, b| b.mean_mm.total_cmp(&a.mean_mm));
    bars
}

fn one(
    area: &super::canvas::Area<'_>,
    top: i32,
    bar: &Bar,
    longest_mm: f64,
) -> Result<(), Failure> {
    let (from, to) = BARS;
    let middle = (top + ROW / 2) * FINE;
    let at = |mm: f64| {
        let share = (mm / longest_mm).clamp(0.0, 1.0);
        from * FINE + (f64::from((to - from) * FINE) * share).round() as i32
    };
    let short: String = bar.name.chars().take(18).collect();
    let names = style_at(15, HPos::Right, VPos::Center);
    area.draw(&Text::new(short, ((from - 8) * FINE, middle), names))?;
    let corners = [
        (at(0.0), (top + 5) * FINE),
        (at(bar.mean_mm), (top + ROW - 5) * FINE),
    ];
    area.draw(&Rectangle::new(corners, ink::PREDICTED.mix(0.75).filled()))?;
    let tail = vec![(at(bar.mean_mm), middle), (at(bar.tail_mm), middle)];
    area.draw(&PathElement::new(tail, stroke(ink::PREDICTED, 1.2)))?;
    let figures = style_at(14, HPos::Left, VPos::Center);
    let mean = format!("{:.0}", bar.mean_mm);
    area.draw(&Text::new(
        mean,
        (at(bar.tail_mm) + 6 * FINE, middle),
        figures,
    ))?;
    Ok(())
}
