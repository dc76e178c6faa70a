//! One person, as all who see them say.

use nalgebra::{Matrix3, Vector3};

use super::body::{self, Body, Extrinsics, Prior};
use super::likeness::{cost, squares};
use super::people::key;
use super::sizes::Sizes;
use super::view::Witness;
use crate::geometry::place::size::log_bones_m;
use crate::geometry::place::{Disbelieved, Placement};
use crate::geometry::segments::surest;
use crate::health::{Cause, Drops};
use crate::person::extrapolate::{Validity, extrapolated};
use crate::person::marks::Marks;
use crate::person::memory::{Estimate, MotionModel, Person, ROOT_DEFINITION_M};
use crate::person::pose::{AXIS_SHARE, PersonPose, Poses, State};
use crate::person::size::{Size, log_bones_of};
use crate::skeleton::{JOINT_COUNT, PELVIS};
use posemoe_stamp::Stamp;

/// Whom a camera has missed for no longer than this (s) it still has a say in.
const LINGERS_S: f64 = 0.15;
/// What one camera says of a person whom others have elsewhere, at so much cost, is left out.
const OUTVOTED: f64 = 18.0;
/// And which of two that is, the place a moment ago says (m, along each axis).
const MOVED_M: f64 = 0.1;
/// Of rays, more is new in each frame than of what the network says, against their whole error.
const FRESH_BY_NETWORK: f64 = 4.0;

/// What is remembered of one person over all cameras.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// While several see them.
    motion: Person,
    /// How they were last told of as seen.
    last: Option<(Stamp, PersonPose)>,
}

/// Who it is.
pub(super) struct Whose<'a> {
    pub id: &'a str,
    /// Where it is known (m).
    pub stature_m: Option<f64>,
}

/// What goes for everyone.
pub(super) struct Around<'a> {
    pub moment: Stamp,
    pub model: &'a MotionModel,
    pub validity: &'a Validity,
    pub extrinsics: &'a Extrinsics,
}

impl Known {
    /// The person at this moment; `members`: each camera that shows or lately showed them, at least
    /// one.
    pub fn tell(
        &mut self,
        whose: &Whose<'_>,
        members: &[&Witness],
        sizes: &mut Sizes,
        around: &Around<'_>,
        drops: &mut Drops,
    ) -> Option<PersonPose> {
        let id = whose.id;
        let newest = members
            .iter()
            .max_by_key(|witness| (witness.is_seen(), witness.pose.forecast.seen))?;
        if !newest.is_seen() {
            return Some(self.predicted(id, newest, around));
        }
        let has_say = |witness: &Witness| {
            let unseen_s = around.moment.seconds_since(witness.pose.forecast.seen);
            witness.is_seen() || unseen_s <= LINGERS_S
        };
        let seeing = members.iter().copied().filter(|witness| has_say(witness));
        let seeing = self.fitting(id, seeing.collect(), drops);
        let pose = self
            .together(id, &seeing, sizes, around)
            .unwrap_or_else(|| {
                self.motion = Person::default();
                let seen = seeing.iter().find(|witness| witness.is_seen());
                alone(whose, seen.unwrap_or(newest), sizes)
            });
        self.last = Some((around.moment, pose.clone()));
        Some(pose)
    }

    /// Whom nobody sees goes on as they were.
    fn predicted(&self, id: &str, newest: &Witness, around: &Around<'_>) -> PersonPose {
        let as_newest = || PersonPose {
            id: id.to_owned(),
            marks: None,
            ..newest.pose.clone()
        };
        let Some((stamp, last)) = &self.last else {
            return as_newest();
        };
        let unseen = PersonPose {
            id: id.to_owned(),
            state: State::Predicted,
            ..last.clone()
        };
        let then = Poses {
            stamp: *stamp,
            frame_id: String::new(),
            people: vec![unseen],
            unplaced: 0,
        };
        let now = extrapolated(&then, around.moment, around.moment, around.validity);
        now.people.into_iter().next().unwrap_or_else(as_newest)
    }

    /// Those who go together. Of two who do not, whoever is farther from where the person was is
    /// left out.
    fn fitting<'a>(
        &self,
        id: &str,
        mut seeing: Vec<&'a Witness>,
        drops: &mut Drops,
    ) -> Vec<&'a Witness> {
        while let Some((a, b)) = worst_pair(&seeing) {
            let far = |n: usize| {
                let last = self.last.as_ref().map(|(_, pose)| pose.root_m);
                last.map_or(0.0, |last_m| strangeness(seeing[n], &last_m))
            };
            let out = if far(a) > far(b) { a } else { b };
            let apart_m = (seeing[a].pose.root_m - seeing[b].pose.root_m).norm();
            let detail = format!(
                "{id}: {} and {} have them {apart_m:.2} m apart; is a camera where TF has it?",
                seeing[a].pose.id, seeing[b].pose.id
            );
            drops.note(Cause::CamerasDisagree, detail);
            seeing.remove(out);
        }
        seeing
    }

    /// By several cameras; `None` where there are not, or where numbers fail.
    fn together(
        &mut self,
        id: &str,
        seeing: &[&Witness],
        sizes: &mut Sizes,
        around: &Around<'_>,
    ) -> Option<PersonPose> {
        if seeing.len() < 2 {
            return None;
        }
        let priors: Vec<Prior> = seeing.iter().map(|witness| Prior::of(witness)).collect();
        let body = body::fuse(seeing, &priors, around.extrinsics)?;
        for (witness, log_size) in seeing.iter().zip(&body.log_sizes) {
            sizes.take_in(key(witness), around.moment, *log_size);
        }
        let model = MotionModel {
            smoothing: around.model.smoothing * FRESH_BY_NETWORK,
            ..*around.model
        };
        let estimate = estimate(seeing, &body);
        self.motion.update(around.moment, estimate, &model);
        let pose = self.motion.pose(id, State::Tracked, &model)?;
        let poses = seeing.iter().map(|witness| &witness.pose);
        let mut forecast = pose.forecast;
        forecast.seen = poses.clone().map(|pose| pose.forecast.seen).max()?;
        // Detectors' marks of hips, of which the cameras' doubt is, err by the definition too.
        let definition_m2 = Matrix3::from_diagonal_element(ROOT_DEFINITION_M.powi(2));
        Some(PersonPose {
            root_covariance_m2: pose.root_covariance_m2 - definition_m2,
            confidence: poses.map(|pose| pose.confidence).fold(0.0, f64::max),
            marks: None,
            forecast,
            ..pose
        })
    }
}

fn estimate(seeing: &[&Witness], body: &Body) -> Estimate {
    let poses = || seeing.iter().map(|witness| &witness.pose);
    let root_m = body.joints_m[PELVIS];
    let least = |joint: usize| {
        let sigmas_m = poses().map(|pose| pose.joints[joint].sigma_m);
        sigmas_m.fold(f64::INFINITY, f64::min)
    };
    let score = |joint: usize| {
        let scores = poses().map(|pose| pose.joints[joint].score);
        scores.fold(0.0, f64::max)
    };
    let gazes = poses().filter_map(|pose| pose.gaze);
    Estimate {
        placement: Placement {
            root_m,
            size: 1.0,
            covariance_m2: body.root_m2,
            per_log_size_m: Vector3::zeros(),
            measured_size: None,
            disbelieved: Disbelieved::default(),
        },
        size: Size::default(),
        pose: body.joints_m.map(|joint_m| joint_m - root_m),
        sigma_m: std::array::from_fn(|joint| match joint {
            PELVIS => least(joint),
            _ => body.beside_root_m[joint] / AXIS_SHARE,
        }),
        sigma_scale: 1.0,
        score: std::array::from_fn::<f64, JOINT_COUNT, _>(score),
        person_score: 1.0,
        marks: Marks::default(),
        segments: poses()
            .map(|pose| pose.segments)
            .reduce(|a, b| surest(&a, &b)),
        gaze: gazes.min_by(|a, b| a.sigma_rad.total_cmp(&b.sigma_rad)),
    }
}

/// As the only camera has them that sees them; of the size that others found before, or of the
/// stature that they are known to have.
fn alone(whose: &Whose<'_>, witness: &Witness, sizes: &Sizes) -> PersonPose {
    let known = whose.stature_m.map(|stature_m| {
        let (log_m, variance) = log_bones_of(stature_m);
        (log_m - log_bones_m(&witness.pose.joints_m()), variance)
    });
    let pose = match sizes.of(&key(witness)).or(known) {
        Some(log_size) => witness.of_size(log_size, Prior::of(witness).sigma),
        None => witness.pose.clone(),
    };
    PersonPose {
        id: whose.id.to_owned(),
        marks: None,
        ..pose
    }
}

/// The two who go together worst, where they do not.
fn worst_pair(seeing: &[&Witness]) -> Option<(usize, usize)> {
    let pairs = (0..seeing.len()).flat_map(|a| (a + 1..seeing.len()).map(move |b| (a, b)));
    let costs = pairs.map(|(a, b)| (cost(seeing[a], seeing[b]), (a, b)));
    let worst = costs.max_by(|a, b| a.0.total_cmp(&b.0));
    worst
        .filter(|(cost, _)| *cost > OUTVOTED)
        .map(|(_, pair)| pair)
}

/// How far from a place (m) a camera has somebody, in squares of sigma.
fn strangeness(witness: &Witness, place_m: &Vector3<f64>) -> f64 {
    let apart_m = witness.pose.root_m - place_m;
    let doubt_m2 =
        witness.pose.root_covariance_m2 + Matrix3::from_diagonal_element(MOVED_M.powi(2));
    squares(&apart_m, &doubt_m2).unwrap_or(f64::INFINITY)
}
