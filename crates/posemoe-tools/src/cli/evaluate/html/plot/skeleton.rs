//! A predicted and a true skeleton: in the image, from the front, and from the side.

use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Area, FINE, stroke, style_at, svg};
use super::ink;
use crate::cli::evaluate::Failure;
use crate::cli::evaluate::html::view::View;
use crate::evaluate::errors::JointErrors;
use crate::evaluate::{PoseErrors, WorstPose};
use posemoe_core::skeleton::{BONES, JOINTS};

/// Width and height of a panel (CSS pixels).
const PANEL: (i32, i32) = (160, 232);
/// Room for its title, and around the people.
const TITLE: i32 = 22;
const MARGIN: i32 = 12;
/// Length of the bar that shows the scale (m).
const BAR_M: f64 = 0.5;

/// A trunk for those whose spine is not compared.
const TRUNK: [(&str, &str); 4] = [
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
];

/// One way to look: joints to the right and up, in any unit.
struct Panel {
    title: &'static str,
    predicted: Vec<(f64, f64)>,
    truth: Vec<(f64, f64)>,
    /// Whether the unit is the metre.
    is_metric: bool,
}

/// The pictures of one pose; a line leads from each of the worst joints to where it should be.
pub fn draw(
    pose: &PoseErrors,
    worst: &WorstPose,
    view: View,
    name: &str,
) -> Result<Markup, Failure> {
    let panels = panels(pose, worst, view);
    let far = worst_joints(pose);
    let joints: Vec<&str> = far.iter().map(|joint| &*joint.name).collect();
    let description = format!(
        "Predicted and true skeleton of {name}; farthest off: {}",
        joints.join(", ").replace('_', " ")
    );
    let names: Vec<&str> = pose.joints.iter().map(|joint| &*joint.name).collect();
    let links = links(&names);
    // The same scale wherever the unit is the metre.
    let metric = panels.iter().filter(|panel| panel.is_metric);
    let metric_scale = metric.map(Panel::fit).fold(f64::MAX, f64::min);
    let width = PANEL.0 * i32::try_from(panels.len()).unwrap_or(1);
    svg((width, PANEL.1), &description, |area| {
        for (place, panel) in (0..).zip(&panels) {
            let scale = if panel.is_metric {
                metric_scale
            } else {
                panel.fit()
            };
            let at = panel.placed(place * PANEL.0, scale);
            let title = style_at(14, HPos::Center, VPos::Center);
            let middle = (place * PANEL.0 + PANEL.0 / 2, TITLE / 2);
            area.draw(&Text::new(panel.title, fine(middle), title))?;
            people(area, panel, &at, &links)?;
            for (place, name) in names.iter().enumerate() {
                if let (true, Some(a), Some(b)) = (
                    joints.contains(name),
                    panel.predicted.get(place),
                    panel.truth.get(place),
                ) {
                    let ends = vec![at(*a), at(*b)];
                    area.draw(&PathElement::new(ends, stroke(ink::FAR, 1.6)))?;
                }
            }
        }
        bar(area, metric_scale)
    })
}

fn panels(pose: &PoseErrors, worst: &WorstPose, view: View) -> Vec<Panel> {
    let in_image = |joints: &[[f32; 3]]| -> Option<Vec<(f64, f64)>> {
        let seen = joints.iter().map(|joint| view.image(*joint));
        seen.map(|at| at.map(|(right, down)| (right, -down)))
            .collect()
    };
    let image = in_image(&worst.predicted_m)
        .zip(in_image(&worst.truth_m))
        .map(|(predicted, truth)| Panel {
            title: "in the image",
            predicted,
            truth,
            is_metric: false,
        });
    let from_root = |joints: &[[f32; 3]], root: [f32; 3]| -> Vec<[f64; 3]> {
        let root = view.right_up_forward(root);
        let joints = joints.iter().map(|joint| view.right_up_forward(*joint));
        joints
            .map(|joint| std::array::from_fn(|axis| joint[axis] - root[axis]))
            .collect()
    };
    let predicted = from_root(&worst.predicted_m, pose.predicted_root_m);
    let truth = from_root(&worst.truth_m, pose.true_root_m);
    let seen = |title, across: usize| {
        let flat = |joints: &[[f64; 3]]| joints.iter().map(|at| (at[across], at[1])).collect();
        Panel {
            title,
            predicted: flat(&predicted),
            truth: flat(&truth),
            is_metric: true,
        }
    };
    image
        .into_iter()
        .chain([seen("from the front", 0), seen("from the right", 2)])
        .collect()
}

impl Panel {
    /// From here to there: left, right, bottom, top.
    fn ends(&self) -> [f64; 4] {
        let all = self.predicted.iter().chain(&self.truth);
        let start = [f64::MAX, f64::MIN, f64::MAX, f64::MIN];
        all.fold(start, |[left, right, bottom, top], (x, y)| {
            [left.min(*x), right.max(*x), bottom.min(*y), top.max(*y)]
        })
    }

    /// Pixels for each unit, so that all fits in.
    fn fit(&self) -> f64 {
        let [left, right, bottom, top] = self.ends();
        let room = |px: i32, length: f64| f64::from(px - 2 * MARGIN) / length.max(1e-6);
        room(PANEL.0, right - left).min(room(PANEL.1 - TITLE - MARGIN, top - bottom))
    }

    /// Where its points are drawn, with the people in the middle.
    fn placed(&self, left_px: i32, scale: f64) -> impl Fn((f64, f64)) -> (i32, i32) + use<> {
        let [left, right, bottom, top] = self.ends();
        let middle = ((left + right) / 2.0, (bottom + top) / 2.0);
        let centre = (
            left_px + PANEL.0 / 2,
            TITLE + (PANEL.1 - TITLE - MARGIN) / 2,
        );
        move |(x, y)| {
            let px = |centre: i32, off: f64| {
                ((f64::from(centre) + off * scale) * f64::from(FINE)).round() as i32
            };
            (px(centre.0, x - middle.0), px(centre.1, middle.1 - y))
        }
    }
}

fn fine((x, y): (i32, i32)) -> (i32, i32) {
    (x * FINE, y * FINE)
}

/// The truth below, the prediction above it.
fn people(
    area: &Area<'_>,
    panel: &Panel,
    at: impl Fn((f64, f64)) -> (i32, i32),
    links: &[(usize, usize)],
) -> Result<(), Failure> {
    let sides = [
        (&panel.truth, ink::TRUE, 4.0),
        (&panel.predicted, ink::PREDICTED, 2.0),
    ];
    for (joints, colour, width) in sides {
        for (a, b) in links {
            if let (Some(a), Some(b)) = (joints.get(*a), joints.get(*b)) {
                let bone = vec![at(*a), at(*b)];
                area.draw(&PathElement::new(bone, stroke(colour, width)))?;
            }
        }
        for joint in joints {
            area.draw(&Circle::new(
                at(*joint),
                2 * FINE + FINE / 2,
                colour.filled(),
            ))?;
        }
    }
    Ok(())
}

/// How long half a metre is, where there is room for it.
fn bar(area: &Area<'_>, scale: f64) -> Result<(), Failure> {
    let (width, height) = area.dim_in_pixel();
    let right = i32::try_from(width).unwrap_or(0) - MARGIN * FINE;
    let bottom = i32::try_from(height).unwrap_or(0) - 6 * FINE;
    let length = (BAR_M * scale * f64::from(FINE)).round() as i32;
    if scale.is_finite() && (20 * FINE..PANEL.0 * FINE).contains(&length) {
        let ends = vec![(right - length, bottom), (right, bottom)];
        area.draw(&PathElement::new(ends, stroke(ink::TEXT, 1.2)))?;
        let words = style_at(13, HPos::Right, VPos::Center);
        let at = (right - length - 4 * FINE, bottom);
        area.draw(&Text::new(format!("{BAR_M} m"), at, words))?;
    }
    Ok(())
}

/// Bones as places of joints.
fn links(names: &[&str]) -> Vec<(usize, usize)> {
    let place = |wanted: &str| names.iter().position(|name| *name == wanted);
    let bones = BONES
        .iter()
        .map(|(parent, child)| (JOINTS[*parent], JOINTS[*child]));
    let trunk = TRUNK.iter().copied().filter(|_| place("thorax").is_none());
    bones
        .chain(trunk)
        .filter_map(|(a, b)| place(a).zip(place(b)))
        .collect()
}

/// Joints that are named and marked.
const WORST_JOINTS: usize = 3;

/// The joints that are farthest off, roots together; worst first.
pub fn worst_joints(pose: &PoseErrors) -> Vec<&JointErrors> {
    let mut joints: Vec<&JointErrors> = pose.joints.iter().collect();
    joints.sort_by(|a, b| b.relative_m.total_cmp(&a.relative_m));
    joints.truncate(WORST_JOINTS);
    joints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_spine_has_a_trunk() {
        let limbs = ["left_hip", "left_knee", "left_shoulder"];
        assert_eq!(links(&limbs), [(0, 1), (2, 0)]);
        let spine = ["left_hip", "left_knee", "left_shoulder", "thorax"];
        assert_eq!(links(&spine), [(0, 1), (3, 2)]);
        assert_eq!(links(&["marker"]), []);
    }
}
