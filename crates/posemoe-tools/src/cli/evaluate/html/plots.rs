//! Which plots the page has, and of what.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::Failure;
use super::super::compared::Compared;
use super::super::report::Report;
use super::drawable;
use super::moments::view;
use super::plot::{distance, distribution, joints, map, reliability, time};
use crate::evaluate::PoseErrors;

/// Sequences with plots of their own.
const MOST: usize = 12;

/// Of all poses together.
pub fn overall(report: &Report) -> Result<Markup, Failure> {
    let poses: Vec<&PoseErrors> = report.sequences.iter().flat_map(drawable::poses).collect();
    let too_far = drawable::left_out(&report.sequences);
    let drawn = [
        distribution::draw(&poses)?,
        joints::draw(&poses)?,
        distance::draw(&poses)?,
        reliability::draw_shares(&poses)?,
        reliability::draw_by_sigma(&poses)?,
    ];
    let has_sigma = poses
        .iter()
        .flat_map(|pose| &pose.joints)
        .any(|joint| joint.sigma_m.is_some());
    if drawn.iter().all(Option::is_none) && too_far == 0 {
        return Ok(html! {});
    }
    Ok(html! {
        section aria-labelledby="errors" {
            h2 id="errors" { "Errors" }
            div.plots { @for plot in drawn.iter().flatten() { (plot) } }
            @if too_far > 0 {
                p.note {
                    "Not drawn, here and below: " (too_far)
                    " poses that are, or are off by, more than 100 km."
                }
            }
            @if !has_sigma && !poses.is_empty() {
                p.note { "The predictions say no sigma: its reliability cannot be shown." }
            }
        }
    })
}

/// Of each sequence: over time, and from above. Of many those with the greatest MPJPE.
pub fn by_sequence(sequences: &[Compared]) -> Result<Markup, Failure> {
    let mut shown: Vec<&Compared> = sequences.iter().collect();
    if shown.len() > MOST {
        let mpjpe = |one: &Compared| one.section.figures.get("mpjpe_mm").unwrap_or(0.0);
        shown.sort_by(|a, b| mpjpe(b).total_cmp(&mpjpe(a)));
        shown.truncate(MOST);
    }
    let curves = time::all(&shown)?;
    let mut maps = Vec::new();
    for one in &shown {
        maps.extend(maps_of(one)?);
    }
    if curves.is_empty() && maps.is_empty() {
        return Ok(html! {});
    }
    let left_out = sequences.len() - shown.len();
    Ok(html! {
        section aria-labelledby="time" {
            h2 id="time" { "Over time" }
            p {
                "Each point is the mean over the joints of a pose. Where there are more poses than \
                 can be drawn, or several people, the line is their median and the band reaches \
                 from the least to the greatest. "
                @if curves.len() > 1 { "All have the same scale. " }
                (left_out_note(left_out))
            }
            div.plots { @for plot in &curves { (plot) } }
        }
        section aria-labelledby="maps" {
            h2 id="maps" { "From above" }
            p {
                "Paths begin at their dots and have a point wherever it can be seen. Thin lines \
                 lead from prediction to truth once a second, or less often on long paths. "
                (left_out_note(left_out))
            }
            div.plots { @for plot in &maps { (plot) } }
        }
    })
}

fn left_out_note(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(
            "These are the {MOST} sequences with the greatest MPJPE; {count} others are in the \
             table only."
        ),
    }
}

/// One for each frame that predictions are in.
fn maps_of(one: &Compared) -> Result<Vec<Markup>, Failure> {
    let mut frames = BTreeMap::<&str, Vec<&PoseErrors>>::new();
    for pose in drawable::poses(one) {
        frames.entry(&pose.frame_id).or_default().push(pose);
    }
    let map = |(frame_id, poses): (&&str, &Vec<&PoseErrors>)| {
        map::draw(&one.name, frame_id, poses, view(&one.outcome, frame_id))
    };
    frames.iter().map(map).collect()
}
