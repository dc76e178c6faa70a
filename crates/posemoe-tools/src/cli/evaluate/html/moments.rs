//! The worst moments of all sequences, as pictures and with what is needed to find them in the bag.

use maud::{Markup, html};

use super::super::Failure;
use super::super::compared::Compared;
use super::drawable;
use super::plot::skeleton;
use super::view::View;
use super::words;
use crate::evaluate::worst::{APART_S, KEPT};
use crate::evaluate::{Outcome, PoseErrors, WorstPose};

/// A pose of a sequence.
struct Moment<'a> {
    of: &'a Compared,
    pose: &'a PoseErrors,
    worst: &'a WorstPose,
}

/// Which way is up in a frame, by its name and by those who stand in it.
pub fn view(outcome: &Outcome, frame_id: &str) -> View {
    let poses = outcome
        .worst
        .iter()
        .filter_map(|worst| Some((outcome.poses.get(worst.pose)?, worst)));
    let in_frame = poses.filter(|(pose, _)| &*pose.frame_id == frame_id);
    let people = in_frame.map(|(pose, worst)| {
        let joints = pose.joints.iter().zip(&worst.truth_m);
        joints.map(|(joint, at)| (&*joint.name, *at)).collect()
    });
    View::of(frame_id, people)
}

/// The worst of all sequences: each sequence has kept its worst, so these are among them.
fn worst(sequences: &[Compared]) -> Vec<Moment<'_>> {
    let kept = sequences.iter().flat_map(|of| {
        let worst = of.outcome.worst.iter();
        worst.filter_map(move |worst| {
            let pose = of.outcome.poses.get(worst.pose)?;
            Some(Moment { of, pose, worst })
        })
    });
    let mut moments: Vec<Moment<'_>> = kept.collect();
    let mpjpe_m = |moment: &Moment<'_>| moment.pose.mpjpe_m.unwrap_or(0.0);
    moments.sort_by(|a, b| mpjpe_m(b).total_cmp(&mpjpe_m(a)));
    moments.truncate(KEPT);
    moments
}

/// The section; empty where no pose was compared.
pub fn section(sequences: &[Compared]) -> Result<Markup, Failure> {
    let moments = worst(sequences);
    if moments.is_empty() {
        return Ok(html! {});
    }
    let cards: Vec<Markup> = (1..)
        .zip(&moments)
        .map(|(rank, moment)| card(rank, moment))
        .collect::<Result<_, _>>()?;
    Ok(html! {
        section aria-labelledby="moments" {
            h2 id="moments" { "Worst moments" }
            p {
                "The poses with the greatest MPJPE, those of one person at least " (APART_S)
                " s apart. Pictures from the front and from the right have both roots together, in \
                 the directions of the frame; the picture in the image has both as a camera at the \
                 frame's origin sees them."
            }
            p.keys {
                span.key { span.swatch style="background:var(--predicted)" {} "predicted" }
                span.key { span.swatch style="background:var(--true)" {} "true" }
                span.key {
                    span.swatch style="background:var(--far)" {}
                    "from the worst joints to the truth"
                }
            }
            div.moments { @for card in &cards { (card) } }
        }
    })
}

fn card(rank: usize, Moment { of, pose, worst }: &Moment<'_>) -> Result<Markup, Failure> {
    let name = &of.name;
    let view = view(&of.outcome, &pose.frame_id);
    let picture = match drawable::has_picture(worst) {
        true => skeleton::draw(pose, worst, view, name)?,
        false => html! { p.note { "Too far away to be drawn." } },
    };
    let first = of.outcome.span.map_or(pose.stamp, |(first, _)| first);
    let mm = |error_m: Option<f64>| words::label("error_mm").figure(error_m.map(|m| m * 1e3));
    let joints: Vec<String> = skeleton::worst_joints(pose)
        .into_iter()
        .map(|joint| {
            format!(
                "{} {} mm",
                words::spaced(&joint.name),
                mm(Some(joint.relative_m))
            )
        })
        .collect();
    Ok(html! {
        figure.card.moment {
            figcaption {
                strong { (rank) ". " (name) }
                span.figure { "MPJPE " (mm(pose.mpjpe_m)) " mm" }
            }
            (picture)
            dl.facts {
                div {
                    dt { "Since the first frame" }
                    dd { (format!("{:.3} s", pose.stamp.seconds_since(first))) }
                }
                div { dt { "Stamp" } dd { code { (pose.stamp) } } }
                div { dt { "Person" } dd { (pose.truth_id) ", predicted as " (pose.predicted_id) } }
                div { dt { "Off by" } dd {
                    "root " (mm(Some(pose.root_m))) " mm, P-MPJPE " (mm(pose.p_mpjpe_m)) " mm, at "
                    (words::number(pose.distance_m, 1)) " m"
                } }
                div { dt { "Worst joints" } dd { (joints.join(", ")) } }
            }
        }
    })
}
