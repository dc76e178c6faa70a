//! Several cameras, one person: people of all cameras in one frame, each once, with one id, and
//! with joints from all rays together.

mod body;
mod likeness;
mod moments;
mod people;
mod view;

use std::collections::BTreeMap;

use nalgebra::Vector3;

use crate::health::{Cause, Drops};
use crate::person::extrapolate::Validity;
use crate::person::forecast::{Forecast, JointForecast, RootForecast};
use crate::person::pose::{AXIS_SHARE, Joint, PersonPose, Poses, State};
use crate::skeleton::{JOINT_COUNT, PELVIS};
use body::{Body, Prior};
use moments::Moments;
use people::Everyone;
use posemoe_stamp::Stamp;
pub use view::View;
use view::Witness;

/// Before the numbers of fused people. Ids of single cameras have their camera's name and an
/// underscore before them, so none can be like these.
const PREFIX: &str = "f";

/// How long people are gone on with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How long an image stands for what is there.
    pub validity: Validity,
    /// Somebody unseen by all for up to this long (s) comes back under the id that they had.
    pub reidentify_s: f64,
}

/// Everyone by all cameras; owns what is remembered of them.
#[derive(Clone, Debug)]
pub struct Fusion {
    settings: Settings,
    moments: Moments,
    views: BTreeMap<usize, View>,
    everyone: Everyone,
    /// Whom the last poses told of.
    told: BTreeMap<u64, PersonPose>,
}

impl Fusion {
    /// Nobody yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            moments: Moments::default(),
            views: BTreeMap::new(),
            everyone: Everyone::default(),
            told: BTreeMap::new(),
        }
    }

    /// Goes on with other settings.
    pub fn adjust(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Takes in what a camera shows, which came at `now`; everyone at each moment that is over with
    /// it, in their order.
    pub fn take_in(&mut self, view: View, frame_id: &str, now: Stamp, drops: &mut Drops) -> Vec<Poses> {
        let came = self.moments.come(view.source, view.stamp, now);
        if came.is_jump {
            self.forget();
            self.moments.come(view.source, view.stamp, now);
        }
        let before = came.before.map(|moment| self.at(moment, frame_id, drops));
        self.views.insert(view.source, view);
        let with_it = came.with_it.map(|moment| self.at(moment, frame_id, drops));
        before.into_iter().chain(with_it).collect()
    }

    /// Everyone at the moment that has waited for long enough for cameras that did not come; with
    /// `all`, however long.
    pub fn overdue(&mut self, frame_id: &str, now: Stamp, all: bool, drops: &mut Drops) -> Option<Poses> {
        let moment = self.moments.overdue(now, all)?;
        Some(self.at(moment, frame_id, drops))
    }

    /// Forgets everyone.
    pub fn forget(&mut self) {
        self.moments = Moments::default();
        self.views.clear();
        self.everyone.clear();
        self.told.clear();
    }

    /// Everyone at a moment.
    fn at(&mut self, moment: Stamp, frame_id: &str, drops: &mut Drops) -> Poses {
        let validity = self.settings.validity;
        let witnesses: Vec<Witness> = self
            .views
            .values()
            .flat_map(|view| view.at(moment, &validity))
            .collect();
        let forget_s = self.settings.reidentify_s.max(validity.predict_s);
        let sorted = self.everyone.sort(moment, &witnesses, forget_s);
        let mut told = BTreeMap::new();
        for (number, members) in sorted {
            let members: Vec<&Witness> = members.into_iter().map(|n| &witnesses[n]).collect();
            told.insert(number, one(number, &members, drops));
        }
        let gone = std::mem::take(&mut self.told).into_iter();
        let lost = gone.filter(|(number, was)| {
            was.state != State::Lost && !told.contains_key(number)
        });
        let lost: Vec<(u64, PersonPose)> = lost
            .map(|(number, was)| (number, lost_pose(was)))
            .collect();
        told.extend(lost);
        let fresh = self.views.values().filter(|view| {
            validity.is_fresh(moment.seconds_since(view.stamp))
        });
        let unplaced = fresh.map(|view| view.unplaced).max().unwrap_or(0);
        let people = told.values().cloned().collect();
        self.told = told;
        Poses {
            stamp: moment,
            frame_id: frame_id.to_owned(),
            people,
            unplaced,
        }
    }
}

fn lost_pose(was: PersonPose) -> PersonPose {
    let mut lost = PersonPose {
        state: State::Lost,
        confidence: 0.0,
        marks: None,
        gaze: None,
        ..was
    };
    lost.joints.iter_mut().for_each(|joint| joint.score = 0.0);
    lost
}

/// One person, as those who see them say; as the last who saw them, where nobody does.
fn one(number: u64, members: &[&Witness], drops: &mut Drops) -> PersonPose {
    let id = format!("{PREFIX}{number}");
    let seeing: Vec<Witness> = members
        .iter()
        .filter(|witness| witness.is_seen())
        .map(|witness| (*witness).clone())
        .collect();
    let best = members
        .iter()
        .max_by_key(|witness| (witness.is_seen(), witness.pose.forecast.seen));
    let alone = |witness: &Witness| PersonPose {
        id: id.clone(),
        marks: None,
        ..witness.pose.clone()
    };
    let Some(best) = best else {
        unreachable!("people have at least one member")
    };
    if seeing.len() < 2 {
        return alone(best);
    }
    let priors: Vec<Prior> = seeing.iter().map(Prior::of).collect();
    match body::fuse(&seeing, &priors) {
        Some(body) => joined(&id, &seeing, &body),
        None => {
            drops.note(Cause::NotPlaceable, format!("{id}: cameras do not go together"));
            alone(best)
        }
    }
}

fn joined(id: &str, seeing: &[Witness], body: &Body) -> PersonPose {
    let poses = || seeing.iter().map(|witness| &witness.pose);
    let shares_of = |joint: usize| body.shares.iter().map(move |of| of[joint]);
    let root_velocity_m_s = poses()
        .zip(shares_of(PELVIS))
        .fold(Vector3::zeros(), |sum, (pose, share)| sum + share * pose.root_velocity_m_s);
    let joint = |j: usize| Joint {
        position_m: body.joints_m[j],
        velocity_m_s: poses()
            .zip(shares_of(j))
            .fold(Vector3::zeros(), |sum, (pose, share)| {
                sum + share * pose.joints[j].velocity_m_s
            }),
        sigma_m: match j {
            PELVIS => poses().map(|pose| pose.joints[j].sigma_m).fold(f64::MAX, f64::min),
            _ => body.beside_root_m[j] / AXIS_SHARE,
        },
        score: poses().map(|pose| pose.joints[j].score).fold(0.0, f64::max),
    };
    let joints: [Joint; JOINT_COUNT] = std::array::from_fn(joint);
    let gaze = poses().filter_map(|pose| pose.gaze);
    PersonPose {
        id: id.to_owned(),
        state: State::Tracked,
        confidence: poses().map(|pose| pose.confidence).fold(0.0, f64::max),
        root_m: body.joints_m[PELVIS],
        root_covariance_m2: body.root_m2,
        root_velocity_m_s,
        joints,
        marks: None,
        gaze: gaze.min_by(|a, b| a.sigma_rad.total_cmp(&b.sigma_rad)),
        forecast: forecast(seeing, body),
    }
}

/// How the person moves on: errors of cameras add as their shares have it.
fn forecast(seeing: &[Witness], body: &Body) -> Forecast {
    let mut root = RootForecast::default();
    let mut joints = [JointForecast::default(); JOINT_COUNT];
    let count = seeing.len() as f64;
    for (witness, shares) in seeing.iter().zip(&body.shares) {
        let of = &witness.pose.forecast;
        let share = shares[PELVIS];
        root.shared_m2_s += share * of.root.shared_m2_s * share.transpose();
        root.velocity_m2_s2 += share * of.root.velocity_m2_s2 * share.transpose();
        root.push_m2_s3 += of.root.push_m2_s3 / count;
        for ((joint, of), share) in joints.iter_mut().zip(&of.joints).zip(shares) {
            let share2 = (share.trace() / 3.0).powi(2);
            joint.shared_m2_s += share2 * of.shared_m2_s;
            joint.velocity_m2_s2 += share2 * of.velocity_m2_s2;
            joint.push_m2_s3 += of.push_m2_s3 / count;
        }
    }
    let seen = seeing.iter().map(|witness| witness.pose.forecast.seen);
    Forecast {
        seen: seen.max().unwrap_or_default(),
        root,
        joints,
    }
}
