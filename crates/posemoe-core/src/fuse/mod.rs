//! Several cameras, one person: people of all cameras in one frame, each once, with one id, and
//! with joints from all rays together.
//!
//! Each camera's people come as its own pipeline has them ([`View`]). Who is who is an assignment
//! over the last moments, a person's joints are one least-squares problem over all cameras that
//! show them, steadied by the filters that one camera's people have.

mod body;
mod likeness;
mod moments;
mod one;
mod people;
mod sizes;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::collections::BTreeMap;

use crate::health::{Cause, Drops};
use crate::person::extrapolate::Validity;
use crate::person::memory::MotionModel;
use crate::person::pose::{PersonPose, Poses, State};
use crate::person::statures::Statures;
pub use body::Extrinsics;
use moments::Moments;
use one::{Around, Known, Whose};
use people::Everyone;
use posemoe_stamp::Stamp;
use sizes::Sizes;
pub use view::View;
use view::Witness;

/// Before the numbers of fused people. Ids of single cameras have their camera's name and an
/// underscore before them, so none can be like these.
const PREFIX: &str = "f";
/// Two who look alike but are so far apart (m), each seen by one camera only, are likely one.
const LIKELY_ONE_M: f64 = 1.5;
/// And look so much alike (costs of their poses alone).
const LIKELY_ONE: f64 = 1.0;

/// How people are gone on with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How long an image stands for what is there.
    pub validity: Validity,
    /// Somebody unseen by all for up to this long (s) comes back under the id that they had.
    pub reidentify_s: f64,
    /// How motion is modelled.
    pub motion: MotionModel,
    /// How far off cameras are.
    pub extrinsics: Extrinsics,
}

/// Everyone by all cameras; owns what is remembered of them.
#[derive(Clone, Debug)]
pub struct Fusion {
    settings: Settings,
    /// In which all views are.
    frame_id: String,
    moments: Moments,
    views: BTreeMap<usize, View>,
    everyone: Everyone,
    sizes: Sizes,
    statures: Statures,
    known: BTreeMap<u64, Known>,
    /// Whom the last poses told of.
    told: BTreeMap<u64, PersonPose>,
}

impl Fusion {
    /// Nobody yet, in the frame that all views are to be in.
    pub fn new(frame_id: &str, settings: Settings) -> Self {
        Self {
            settings,
            frame_id: frame_id.to_owned(),
            moments: Moments::default(),
            views: BTreeMap::new(),
            everyone: Everyone::default(),
            sizes: Sizes::default(),
            statures: Statures::default(),
            known: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// Takes note of whose stature is known, in place of what was said before.
    pub fn know_statures(&mut self, statures: Statures) {
        self.statures = statures;
    }

    /// Goes on with other settings.
    pub fn adjust(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Takes in what a camera shows, which came at `now`; everyone at each moment that is over with
    /// it, in their order. Cameras whose images are due at the same moment are waited for. What
    /// does not go together is counted in `drops`.
    pub fn take_in(&mut self, view: View, now: Stamp, drops: &mut Drops) -> Vec<Poses> {
        let came = self.moments.come(view.source, view.stamp, now);
        if came.is_jump {
            let moments = std::mem::take(&mut self.moments);
            self.forget();
            self.moments = moments;
        }
        let before = came.before.map(|moment| self.at(moment, drops));
        self.views.insert(view.source, view);
        let with_it = came.with_it.map(|moment| self.at(moment, drops));
        before.into_iter().chain(with_it).collect()
    }

    /// Everyone at the moment that has waited for long enough for cameras that did not come; with
    /// `all`, however long.
    pub fn overdue(&mut self, now: Stamp, all: bool, drops: &mut Drops) -> Option<Poses> {
        let moment = self.moments.overdue(now, all)?;
        Some(self.at(moment, drops))
    }

    /// The stamp of the camera that is furthest behind, of those that have shown anything.
    pub fn furthest_behind(&self) -> Option<Stamp> {
        self.views.values().map(|view| view.stamp).min()
    }

    /// How many cameras have shown anything.
    pub fn cameras(&self) -> usize {
        self.views.len()
    }

    /// Forgets everyone; ids already given are not given again.
    pub fn forget(&mut self) {
        self.moments = Moments::default();
        self.views.clear();
        self.everyone.clear();
        self.sizes = Sizes::default();
        self.known.clear();
        self.told.clear();
    }

    /// Everyone at a moment.
    fn at(&mut self, moment: Stamp, drops: &mut Drops) -> Poses {
        let validity = self.settings.validity;
        let views = self.views.values();
        let witnesses: Vec<Witness> = views.flat_map(|view| view.at(moment, &validity)).collect();
        let forget_s = self.settings.reidentify_s.max(validity.predict_s);
        let sorted = self.everyone.sort(moment, &witnesses, forget_s);
        self.note_apart(&sorted, &witnesses, drops);
        let around = Around {
            moment,
            model: &self.settings.motion,
            validity: &validity,
            extrinsics: &self.settings.extrinsics,
        };
        self.sizes.forget_old(moment);
        let mut told = BTreeMap::new();
        for (number, members) in sorted {
            let members: Vec<&Witness> = members.into_iter().map(|n| &witnesses[n]).collect();
            let known = self.known.entry(number).or_default();
            let id = format!("{PREFIX}{number}");
            let stature_m = self.statures.of(&id).filter(|stature_m| *stature_m > 0.0);
            let whose = Whose { id: &id, stature_m };
            let pose = known.tell(&whose, &members, &mut self.sizes, &around, drops);
            told.extend(pose.map(|pose| (number, pose)));
        }
        for (number, was) in std::mem::take(&mut self.told) {
            if was.state != State::Lost {
                told.entry(number).or_insert_with(|| lost(was));
            }
        }
        let is_there = |number: &u64| told.get(number).is_some_and(|p| p.state != State::Lost);
        self.known.retain(|number, _| is_there(number));
        self.told.clone_from(&told);
        let fresh = self.views.values();
        let fresh = fresh.filter(|view| validity.is_fresh(moment.seconds_since(view.stamp)));
        Poses {
            stamp: moment,
            frame_id: self.frame_id.clone(),
            people: told.into_values().collect(),
            unplaced: fresh.map(|view| view.unplaced).max().unwrap_or(0),
        }
    }

    /// Takes note of two who are likely one: alike, near, both in the image of both cameras, and
    /// each shown by one of these.
    fn note_apart(&self, sorted: &[(u64, Vec<usize>)], witnesses: &[Witness], drops: &mut Drops) {
        let alone: Vec<&Witness> = sorted
            .iter()
            .filter_map(|(_, members)| match members.as_slice() {
                [only] => witnesses.get(*only).filter(|witness| witness.is_seen()),
                _ => None,
            })
            .collect();
        for (n, a) in alone.iter().enumerate() {
            for b in alone[n + 1..].iter().filter(|b| b.source != a.source) {
                let apart_m = (a.pose.root_m - b.pose.root_m).norm();
                let in_images = [a, b].iter().all(|witness| {
                    let view = self.views.get(&witness.source);
                    view.is_some_and(|view| {
                        view.shows(&a.pose.root_m) && view.shows(&b.pose.root_m)
                    })
                });
                if in_images && apart_m < LIKELY_ONE_M && likeness::unlike(a, b) < LIKELY_ONE {
                    let detail = format!(
                        "{} and {} are alike, {apart_m:.2} m apart; is a camera where TF has it?",
                        a.pose.id, b.pose.id
                    );
                    drops.note(Cause::CamerasDisagree, detail);
                }
            }
        }
    }
}

fn lost(was: PersonPose) -> PersonPose {
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
