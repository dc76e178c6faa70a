//! What all plots have in common: an SVG that scales, axes, lines, bands and words.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::bins::Column;
use super::ink;
use crate::cli::evaluate::Failure;

/// plotters draws on whole steps: so many make one CSS pixel.
pub const FINE: i32 = 4;
/// Width and height of a plot (CSS pixels at full size).
pub const SIZE: (i32, i32) = (480, 300);
const MARGIN: i32 = 8;
/// On the right, so that the last number has room.
const END: i32 = 22;
const X_LABELS: i32 = 52;
const Y_LABELS: i32 = 66;
/// plotters divides the sizes of letters by so much.
const LETTER: f64 = 1.24;

/// Where is drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Axes of numbers.
pub type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;
/// A plot with axes.
pub type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Plane>;

/// An SVG of this size (CSS pixels), with a description for those who do not see it.
pub fn svg(
    (width, height): (i32, i32),
    description: &str,
    draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>,
) -> Result<Markup, Failure> {
    let (width, height) = (width * FINE, height * FINE);
    let mut text = String::new();
    {
        let size = (width.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    // In a page it needs no name space, but a role.
    let inside = text.split_once('>').map_or("", |(_, inside)| inside);
    let inside = inside.trim_end().trim_end_matches("</svg>");
    Ok(html! {
        svg.plot viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(description) {
            (PreEscaped(inside))
        }
    })
}

/// Ranges and names of both axes.
pub struct Axes<'a> {
    /// Left to right.
    pub x: Range<f64>,
    /// Bottom to top.
    pub y: Range<f64>,
    /// What x is, with its unit.
    pub x_name: &'a str,
    /// What y is, with its unit.
    pub y_name: &'a str,
    /// Whether the numbers on x are those of -x.
    pub is_mirrored: bool,
}

impl Axes<'_> {
    /// Width and height between the axes of a plot of this size (CSS pixels).
    pub fn inside((width, height): (i32, i32)) -> (f64, f64) {
        let width = width - Y_LABELS - MARGIN - END;
        let height = height - X_LABELS - 2 * MARGIN;
        (f64::from(width), f64::from(height))
    }

    /// Draws them.
    pub fn draw<'a, 'b>(&self, area: &'a Area<'b>) -> Result<Chart<'a, 'b>, Failure> {
        let mut chart = ChartBuilder::on(area)
            .margin(MARGIN * FINE)
            .margin_right(END * FINE)
            .x_label_area_size(X_LABELS * FINE)
            .y_label_area_size(Y_LABELS * FINE)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let sign = if self.is_mirrored { -1.0 } else { 1.0 };
        chart
            .configure_mesh()
            .x_desc(self.x_name)
            .y_desc(self.y_name)
            .x_labels(6)
            .y_labels(6)
            .max_light_lines(0)
            .bold_line_style(ink::GRID.stroke_width(FINE.unsigned_abs()))
            .axis_style(ink::AXIS.stroke_width(FINE.unsigned_abs()))
            .set_all_tick_mark_size(4 * FINE)
            .label_style(style(15))
            .axis_desc_style(style(15))
            .x_label_formatter(&|x| tick(x * sign))
            .y_label_formatter(&|y| tick(*y))
            .draw()?;
        Ok(chart)
    }
}

/// A number on an axis: no more digits than it has, nor than there is room for.
fn tick(number: f64) -> String {
    let rounded = (number * 100.0).round() / 100.0;
    match rounded.abs() {
        0.0 => "0".to_owned(), // there is no -0
        size if size >= 1e5 => format!("{rounded:e}"),
        _ => rounded.to_string(),
    }
}

/// Words in letters of this size (CSS pixels).
pub fn style(size: i32) -> TextStyle<'static> {
    ("sans-serif", f64::from(size * FINE) * LETTER)
        .into_font()
        .color(&ink::TEXT)
}

/// The same, around a point in this way.
pub fn style_at(size: i32, h_pos: HPos, v_pos: VPos) -> TextStyle<'static> {
    style(size).pos(Pos::new(h_pos, v_pos))
}

/// A line of this colour and width (CSS pixels).
pub fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: colour.to_rgba(),
        filled: false,
        stroke_width: (width * f64::from(FINE)).round() as u32,
    }
}

/// A line through points.
pub fn line(
    chart: &mut Chart<'_, '_>,
    points: Vec<(f64, f64)>,
    style: ShapeStyle,
) -> Result<(), Failure> {
    chart.draw_series([PathElement::new(points, style)])?;
    Ok(())
}

/// A dot of this radius (CSS pixels).
pub fn dot(
    chart: &mut Chart<'_, '_>,
    at: (f64, f64),
    radius: i32,
    colour: RGBColor,
) -> Result<(), Failure> {
    chart.draw_series([Circle::new(at, radius * FINE, colour.filled())])?;
    Ok(())
}

/// The median of columns as a line, from end to end as a band; with a break wherever neighbours are
/// more than `most_apart` apart.
pub fn band(
    chart: &mut Chart<'_, '_>,
    columns: &[Column],
    most_apart: f64,
    colour: RGBColor,
) -> Result<(), Failure> {
    for run in columns.chunk_by(|a, b| b.at - a.at <= most_apart) {
        let high = run.iter().map(|column| (column.at, column.high));
        let low = run.iter().rev().map(|column| (column.at, column.low));
        if run.iter().any(|column| column.low < column.high) {
            let around: Vec<(f64, f64)> = high.chain(low).collect();
            chart.draw_series([Polygon::new(around, colour.mix(0.2).filled())])?;
        }
        let middle: Vec<(f64, f64)> = run.iter().map(|c| (c.at, c.middle)).collect();
        match run {
            [alone] => {
                let (low, high) = ((alone.at, alone.low), (alone.at, alone.high));
                let faint = stroke(colour, 3.0).color.mix(0.4);
                line(
                    chart,
                    vec![low, high],
                    ShapeStyle {
                        color: faint,
                        ..stroke(colour, 3.0)
                    },
                )?;
                dot(chart, (alone.at, alone.middle), 3, colour)?;
            }
            _ => line(chart, middle, stroke(colour, 1.8))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_axes_are_short() {
        let found = [-0.001, 0.5, 2.0 / 3.0, 1500.0, 2.5e7].map(tick);
        assert_eq!(found, ["0", "0.5", "0.67", "1500", "2.5e7"]);
    }

    #[test]
    fn an_svg_has_a_role_and_words_but_no_name_space() {
        let drawn = svg((10, 10), "a \"line\" <b>", |area| {
            area.draw(&PathElement::new(
                vec![(0, 0), (40, 40)],
                stroke(ink::FAR, 1.0),
            ))?;
            area.draw(&Text::new("<i>", (5, 5), style(10)))?;
            Ok(())
        });
        let drawn = drawn.unwrap().into_string();
        let start = "<svg class=\"plot\" viewBox=\"0 0 40 40\" role=\"img\" \
                     aria-label=\"a &quot;line&quot; &lt;b&gt;\">\n<polyline";
        assert!(
            drawn.starts_with(start) && drawn.ends_with("</svg>"),
            "{drawn}"
        );
        assert!(drawn.contains("&lt;i&gt;") && drawn.contains("stroke=\"#D55E00\""));
        assert!(!drawn.contains("xmlns") && drawn.matches("</svg>").count() == 1);
    }
}
