//! Where people walked, from above.

use std::collections::BTreeMap;

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Axes, Chart, dot, line, stroke, style_at, svg};
use super::extent::Extent;
use super::{figure, ink};
use crate::cli::evaluate::Failure;
use crate::cli::evaluate::html::view::View;
use crate::cli::evaluate::html::{bins, words};
use crate::evaluate::PoseErrors;

/// Width and height (CSS pixels): people walk away from the camera rather than along it.
const SIZE: (i32, i32) = (480, 440);
/// The same of a map of the whole with one below it that is closer.
const WHOLE_SIZE: (i32, i32) = (480, 270);
const CLOSE_SIZE: (i32, i32) = (480, 320);
/// What is shown so many times larger is worth a map of its own.
const CLOSER: f64 = 2.0;
/// A path has a break where somebody was not compared for so long (s), or for three times as long
/// as usual.
const BREAK_S: f64 = 0.5;
/// From prediction to truth, a line so often (s).
const TIE_S: f64 = 1.0;
/// Points of all paths and lines to the truth of a map at most, but for a few of each person.
const MOST_POINTS: usize = 12_000;
const MOST_TIES: usize = 240;

/// The keys of all maps.
const KEYS: [super::Key; 2] = [("predicted", "predicted root"), ("text", "true root")];
/// Colour, opacity and width (CSS pixels) of paths: the truth is seen through all that trembles.
const PREDICTED: Ink = (ink::PREDICTED, 0.75, 2.2);
const TRUE: Ink = (ink::TEXT, 1.0, 1.4);
type Ink = (RGBColor, f64, f64);

/// Everyone's poses, by true id, each in the order of time.
type People<'a> = BTreeMap<&'a str, Vec<&'a PoseErrors>>;

/// The map of one frame of one sequence, `poses` in the order of time. Where people are small in
/// the whole with the camera, they are shown closer, too.
pub fn draw(
    name: &str,
    frame_id: &str,
    poses: &[&PoseErrors],
    view: View,
) -> Result<Markup, Failure> {
    let mut people = People::new();
    for pose in poses {
        people.entry(&pose.truth_id).or_default().push(pose);
    }
    let roots = poses.iter().map(|pose| roots(pose, view));
    let all: Vec<(f64, f64)> = roots.flat_map(|(a, b)| [a, b]).collect();
    let whole = Extent::with_origin(&all, view, SIZE);
    let close = Extent::around(&all, CLOSE_SIZE);
    let is_small = whole.m_per_px > CLOSER * close.m_per_px;
    let plots = if is_small {
        let whole = Extent::with_origin(&all, view, WHOLE_SIZE);
        let plots = [
            map(name, &people, view, &whole, WHOLE_SIZE)?,
            map(name, &people, view, &close, CLOSE_SIZE)?,
        ];
        html! { @for plot in plots { (plot) } }
    } else {
        map(name, &people, view, &whole, SIZE)?
    };
    let closer = if is_small { " Below, closer." } else { "" };
    let note = match frame_id {
        "" => format!(
            "The frame has no name; which way is up is taken from the people in it.{closer}"
        ),
        frame_id => format!("Frame: {frame_id}.{closer}"),
    };
    Ok(figure(name, &KEYS, &note, &plots))
}

/// Where the predicted and the true root are: to the right and forward (m).
fn roots(pose: &PoseErrors, view: View) -> ((f64, f64), (f64, f64)) {
    let above = |at: [f32; 3]| {
        let [right, _, forward] = view.right_up_forward(at);
        (right, forward)
    };
    (above(pose.predicted_root_m), above(pose.true_root_m))
}

/// This part of the world, of this size (CSS pixels).
fn map(
    name: &str,
    people: &People<'_>,
    view: View,
    extent: &Extent,
    size: (i32, i32),
) -> Result<Markup, Failure> {
    let (x_name, y_name) = match view {
        View::Optical => ("x, to the right (m)", "z, forward (m)"),
        View::Ground => ("y, to the left (m)", "x, forward (m)"),
    };
    let axes = Axes {
        x: extent.right.0..extent.right.1,
        y: extent.forward.0..extent.forward.1,
        x_name,
        y_name,
        is_mirrored: view == View::Ground,
    };
    let count = words::counted(people.len(), "person", "people");
    let description = format!("{name} from above: predicted and true paths of {count}");
    svg(size, &description, |area| {
        let mut chart = axes.draw(area)?;
        if extent.has_origin() {
            origin(&mut chart, view, extent)?;
        }
        let most_points = (MOST_POINTS / 2 / people.len().max(1)).max(50);
        let most_ties = (MOST_TIES / people.len().max(1)).max(4);
        for poses in people.values() {
            for pose in ties(poses, most_ties) {
                let (predicted, truth) = roots(pose, view);
                line(&mut chart, vec![predicted, truth], stroke(ink::AXIS, 1.0))?;
            }
            let (predicted, truth) = poses.iter().map(|pose| roots(pose, view)).unzip();
            for (points, ink) in [(predicted, PREDICTED), (truth, TRUE)] {
                let points = thinned(poses, points, extent.m_per_px, most_points);
                path(&mut chart, &points, ink)?;
            }
        }
        Ok(())
    })
}

/// The poses from which a line leads to the truth.
fn ties<'a>(poses: &[&'a PoseErrors], most: usize) -> Vec<&'a PoseErrors> {
    let mut tied = Vec::<&PoseErrors>::new();
    for pose in poses {
        let is_due = |last: &&PoseErrors| pose.stamp.seconds_since(last.stamp) >= TIE_S;
        if tied.last().is_none_or(is_due) {
            tied.push(pose);
        }
    }
    // Of hours only as many as can be told apart.
    let every = tied.len().div_ceil(most).max(1);
    tied.into_iter().step_by(every).collect()
}

/// The points of one person's path, as fine as can be seen but no more than `most` in all; a run
/// for each time without a break.
fn thinned(
    poses: &[&PoseErrors],
    points: Vec<(f64, f64)>,
    m_per_px: f64,
    most: usize,
) -> Vec<Vec<(f64, f64)>> {
    let timed: Vec<_> = poses.iter().map(|pose| pose.stamp).zip(points).collect();
    let most_s = most_apart_s(poses);
    let runs = timed.chunk_by(|(a, _), (b, _)| b.seconds_since(*a) <= most_s);
    let thinned = runs.map(|run| {
        let points: Vec<(f64, f64)> = run.iter().map(|(_, point)| *point).collect();
        let share = most * run.len() / timed.len().max(1);
        bins::thinned(&points, 0.7 * m_per_px, share)
    });
    thinned.collect()
}

/// How far apart poses of a path may be (s).
fn most_apart_s(poses: &[&PoseErrors]) -> f64 {
    let (Some(first), Some(last)) = (poses.first(), poses.last()) else {
        return BREAK_S;
    };
    let usual_s = last.stamp.seconds_since(first.stamp) / (poses.len() as f64 - 1.0).max(1.0);
    BREAK_S.max(3.0 * usual_s)
}

/// One person's path, with a dot where it begins and wherever somebody was seen for one frame only.
fn path(
    chart: &mut Chart<'_, '_>,
    runs: &[Vec<(f64, f64)>],
    (colour, opacity, width): Ink,
) -> Result<(), Failure> {
    let style = stroke(colour, width);
    let color = style.color.mix(opacity);
    for (place, run) in runs.iter().enumerate() {
        match run.as_slice() {
            [alone] if place > 0 => dot(chart, *alone, 1, colour)?,
            [first, ..] if place == 0 => dot(chart, *first, 3, colour)?,
            _ => {}
        }
        line(chart, run.clone(), ShapeStyle { color, ..style })?;
    }
    Ok(())
}

/// A camera that looks forward, or a cross where the frame begins.
fn origin(chart: &mut Chart<'_, '_>, view: View, extent: &Extent) -> Result<(), Failure> {
    let px = |right: f64, forward: f64| (right * extent.m_per_px, forward * extent.m_per_px);
    let name = match view {
        View::Optical => {
            let lens = vec![px(0.0, 0.0), px(-8.0, 14.0), px(8.0, 14.0)];
            chart.draw_series([Polygon::new(lens, ink::TEXT.filled())])?;
            "camera"
        }
        View::Ground => {
            for end in [px(6.0, 0.0), px(0.0, 6.0)] {
                let ends = vec![(-end.0, -end.1), end];
                line(chart, ends, stroke(ink::TEXT, 1.5))?;
            }
            "origin"
        }
    };
    // On the side that has more room.
    let (at, side) = match extent.right.0 + extent.right.1 < 0.0 {
        true => (px(-13.0, 7.0), HPos::Right),
        false => (px(13.0, 7.0), HPos::Left),
    };
    let words = style_at(14, side, VPos::Center);
    chart.draw_series([Text::new(name, at, words)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe_stamp::Stamp;

    #[test]
    fn a_path_breaks_where_somebody_was_away_and_not_where_frames_are_rare() {
        let runs = |seconds: &[i64]| {
            let pose = |seconds: &i64| PoseErrors {
                stamp: Stamp::from_nanos(seconds * 1_000_000_000),
                ..PoseErrors::default()
            };
            let poses: Vec<PoseErrors> = seconds.iter().map(pose).collect();
            let points = seconds.iter().map(|s| (*s as f64, 0.0)).collect();
            let runs = thinned(&poses.iter().collect::<Vec<_>>(), points, 0.01, 100);
            runs.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(runs(&[0, 1, 2, 3, 4]), [5]);
        assert_eq!(runs(&[0, 1, 2, 3, 4, 5, 60, 61]), [6, 2]);
        assert_eq!(runs(&[0]), [1]);
    }

    #[test]
    fn lines_to_the_truth_are_a_second_apart() {
        let pose = |tenths: i64| PoseErrors {
            stamp: Stamp::from_nanos(tenths * 100_000_000),
            ..PoseErrors::default()
        };
        let poses: Vec<PoseErrors> = (0..25).map(pose).collect();
        let tied = ties(&poses.iter().collect::<Vec<_>>(), 3);
        let few = ties(&poses.iter().collect::<Vec<_>>(), 2);
        assert_eq!(few.len(), 2);
        let tenths: Vec<i64> = tied
            .iter()
            .map(|pose| pose.stamp.nanos() / 100_000_000)
            .collect();
        assert_eq!(tenths, [0, 10, 20]);
    }
}
