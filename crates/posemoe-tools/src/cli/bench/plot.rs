//! The figures as a picture: time for each frame against memory, one line for each form and crowd.

use std::path::Path;

use plotters::prelude::*;

use super::Failure;
use super::cell::{Mode, Row};

// Okabe and Ito's colours, which people with any colour vision can tell apart.
fn colour(mode: Mode) -> RGBColor {
    match mode {
        Mode::Streaming => RGBColor(0, 114, 178),
        Mode::StreamingXs => RGBColor(86, 180, 233),
        Mode::Window => RGBColor(213, 94, 0),
        Mode::WindowEntangled => RGBColor(0, 158, 115),
    }
}

/// Writes an SVG with a panel for the smallest and for the largest crowd.
pub fn draw(rows: &[Row], path: &Path) -> Result<(), Failure> {
    let crowds = rows.iter().map(|row| row.cell.people);
    let (Some(least), Some(most)) = (crowds.clone().min(), crowds.max()) else {
        return Err("nothing was measured".into());
    };
    let area = SVGBackend::new(path, (900, 380)).into_drawing_area();
    area.fill(&WHITE)?;
    for (panel, people) in area.split_evenly((1, 2)).iter().zip([least, most]) {
        let of_crowd: Vec<&Row> = rows
            .iter()
            .filter(|row| row.cell.people == people)
            .collect();
        panel_of(panel, &of_crowd, people)?;
    }
    area.present()?;
    Ok(())
}

fn panel_of<B: DrawingBackend>(
    panel: &DrawingArea<B, plotters::coord::Shift>,
    rows: &[&Row],
    people: usize,
) -> Result<(), Failure>
where
    B::ErrorType: 'static,
{
    let ms = |row: &Row| row.us_per_frame_median / 1e3;
    let times = rows.iter().map(|row| ms(row));
    let (low, high) = times.fold((f64::MAX, 0.0_f64), |(a, b), t| (a.min(t), b.max(t)));
    let frames = rows.iter().map(|row| row.cell.memory_frames as f64);
    let (first, last) = frames.fold((f64::MAX, 0.0_f64), |(a, b), f| (a.min(f), b.max(f)));
    let caption = if people == 1 {
        "1 person".to_owned()
    } else {
        format!("{people} people")
    };
    let mut chart = ChartBuilder::on(panel)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (first * 0.8..last * 1.2).log_scale(),
            (low * 0.5..high * 4.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("frames remembered")
        .y_desc("ms for each frame, one core")
        .disable_x_mesh()
        .light_line_style(WHITE)
        .draw()?;
    for mode in Mode::ALL {
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter(|row| row.cell.mode == mode)
            .map(|row| (row.cell.memory_frames as f64, ms(row)))
            .collect();
        if points.is_empty() {
            continue;
        }
        let style = colour(mode).stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.clone(), style))?
            .label(mode.to_string())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        chart.draw_series(
            points
                .iter()
                .map(|at| Circle::new(*at, 3, colour(mode).filled())),
        )?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .draw()?;
    Ok(())
}
