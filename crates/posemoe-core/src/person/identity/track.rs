//! One person who is followed in the image.

use super::glide::Glide;
use super::likeness::{Fit, Joints, Remembered, about, fit, middle_px};
use crate::person::observation::Sighting;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// How much less likely it is beforehand that a person is new than that somebody known is seen
/// again (difference of negative logarithms).
pub const NEW: f64 = 4.6;
/// What is known of someone new: deviations of place (sizes) and speed (sizes/s), of the size's
/// logarithm and its speed (1/s).
const AT_FIRST: [[f64; 2]; 2] = [[0.1, 3.0], [0.1, 0.5]];
/// How people speed up (sizes, or of the size's logarithm, for each s^1.5): half a size is a
/// quarter of a metre.
const NOISE: [f64; 2] = [2.0, 0.4];
/// How many sizes the image is wide and high, and the range of the logarithm of sizes: where
/// someone new can be.
const IMAGE: f64 = 100.0;
const SIZES: f64 = 2.0;
/// Degrees of freedom of Student's distribution: errors have longer tails than normal ones.
const FREEDOM: f64 = 8.0;
/// Squared deviations of place beyond which nobody is the same, whatever else is alike: ten
/// standard deviations, which from frame to frame are several metres a second.
const INCREDIBLE: f64 = 100.0;
/// Who was unseen for longer than this (s) and is found again so far (sizes) from where they are
/// expected is believed to be there once they have been seen for so long (s).
const AWAY_S: f64 = 1.0;
const FAR: f64 = 3.0;
const CONFIRMED_S: f64 = 0.3;
/// A pose is remembered for so long (s).
const POSE_S: f64 = 0.1;

/// Who was last seen where, and how they moved.
#[derive(Clone, Debug)]
pub struct Track {
    /// The detector's own id, as it was last.
    pub detector_id: Option<String>,
    /// When.
    pub seen: Stamp,
    place_px: [Glide; 2],
    /// Its logarithm.
    size_px: Glide,
    /// Beside the place, in units of size, and when each was seen.
    pose: [Option<([f64; 2], Stamp)>; JOINT_COUNT],
    /// When they were found again, and what was known before: until they have been seen for a
    /// while it may have been somebody else.
    found_again: Option<(Stamp, Box<Self>)>,
}

impl Track {
    /// Somebody who was not followed so far.
    pub fn new(stamp: Stamp, person: &Sighting) -> Self {
        let of = |axis: usize| {
            let along = move |k: &crate::keypoint::Keypoint| [k.x_px, k.y_px][axis];
            person.joints.iter().flatten().map(along)
        };
        let middle = middle_px(&person.joints);
        let count = person.joints.iter().flatten().count().max(1) as f64;
        let squares = |axis: usize| of(axis).map(move |v| (v - middle[axis]).powi(2));
        let size_px = ((squares(0).chain(squares(1)).sum::<f64>()) / count)
            .sqrt()
            .max(1.0);
        let [place, size] = AT_FIRST;
        let mut track = Self {
            detector_id: person.track_id.clone(),
            seen: stamp,
            place_px: middle.map(|at| Glide::new(at, place[0] * size_px, place[1] * size_px)),
            size_px: Glide::new(size_px.ln(), size[0], size[1]),
            pose: [None; JOINT_COUNT],
            found_again: None,
        };
        track.remember_pose(stamp, &person.joints);
        track
    }

    /// How much less likely these joints are this person's, who is expected [`at`](Self::at) their
    /// moment, than somebody's whom nobody knows (difference of negative logarithms); `None` where
    /// too few joints are common, or they are too far off.
    pub fn cost(&self, stamp: Stamp, joints: &Joints) -> Option<f64> {
        if !self.is_near(joints) {
            return None;
        }
        let fit = self.fit(stamp, joints);
        let fit = fit.or_else(|| about(joints, self.size_px.at.exp()))?;
        let [place, size] = self.surprise(&fit);
        if place.square > INCREDIBLE {
            return None;
        }
        let place = (std::f64::consts::TAU * place.variance / IMAGE).ln()
            + (FREEDOM + 2.0) / 2.0 * (place.square / FREEDOM).ln_1p();
        let size = (std::f64::consts::TAU * size.variance).ln() / 2.0 - SIZES.ln()
            + (FREEDOM + 1.0) / 2.0 * (size.square / FREEDOM).ln_1p();
        Some(place + size + fit.pose)
    }

    /// This is them again.
    pub fn update(&mut self, stamp: Stamp, person: &Sighting) {
        let mut then = self.at(stamp);
        let fit = then.fit(stamp, &person.joints);
        let is_far = fit.is_some_and(|fit| then.sizes_off(&fit) > FAR);
        if let Some(fit) = fit {
            then.correct(&fit);
        } else {
            // Other joints are seen than ever before: nothing is known but where they are.
            then = Self::new(stamp, person);
        }
        // A detector that gives ids says itself who goes on.
        then.found_again = match person.track_id {
            Some(_) => None,
            None => self.before_found_again(stamp, is_far),
        };
        then.detector_id.clone_from(&person.track_id);
        then.seen = stamp;
        if !fit.is_some_and(|fit| fit.is_mirrored) {
            then.remember_pose(stamp, &person.joints);
        }
        *self = then;
    }

    /// Who is not seen for long is found again where they may be; and was not found, where nobody
    /// is seen there soon after: then what was known before holds.
    pub fn take_back_unless_confirmed(&mut self) {
        if let Some((_, before)) = self.found_again.take() {
            *self = *before;
        }
    }

    fn before_found_again(&self, stamp: Stamp, is_far: bool) -> Option<(Stamp, Box<Self>)> {
        if stamp.seconds_since(self.seen) > AWAY_S && is_far {
            return Some((stamp, Box::new(self.clone())));
        }
        let again = self.found_again.clone();
        again.filter(|(found, _)| stamp.seconds_since(*found) < CONFIRMED_S)
    }

    /// Where they are expected at `stamp`.
    pub fn at(&self, stamp: Stamp) -> Self {
        let passed_s = stamp.seconds_since(self.seen);
        let noise_px = NOISE[0] * self.size_px.at.exp();
        Self {
            place_px: self.place_px.map(|glide| glide.after(passed_s, noise_px)),
            size_px: self.size_px.after(passed_s, NOISE[1]),
            ..self.clone()
        }
    }

    /// Whether joints are not much farther off in the mean than anybody can be: a look that costs
    /// little, since most people are far from most others.
    fn is_near(&self, joints: &Joints) -> bool {
        let size_px = self.size_px.at.exp();
        let (mut count, mut off_px) = (0.0, [0.0; 2]);
        for (known, seen) in self.pose.iter().zip(joints) {
            let (Some((offset, _)), Some(seen)) = (known, seen) else {
                continue;
            };
            count += 1.0;
            off_px[0] += seen.x_px - self.place_px[0].at - size_px * offset[0];
            off_px[1] += seen.y_px - self.place_px[1].at - size_px * offset[1];
        }
        let doubt_px = (INCREDIBLE * self.place_px[0].variance).sqrt();
        off_px[0].hypot(off_px[1]) <= count * (size_px + 1.2 * doubt_px)
    }

    fn fit(&self, stamp: Stamp, joints: &Joints) -> Option<Fit> {
        let remembered = self.pose.map(|joint| {
            let (offset, seen) = joint?;
            let age_s = stamp.seconds_since(seen);
            Some(Remembered { offset, age_s })
        });
        fit(&remembered, joints, self.size_px.at.exp())
    }

    /// How far a place is from what is expected, in sizes.
    fn sizes_off(&self, fit: &Fit) -> f64 {
        let off_px = |axis: usize| fit.place_px[axis] - self.place_px[axis].at;
        off_px(0).hypot(off_px(1)) / self.size_px.at.exp()
    }

    /// How far off place and size are.
    fn surprise(&self, fit: &Fit) -> [Surprise; 2] {
        let size_px = self.size_px.at.exp();
        let place = self.place_px[0].variance / size_px.powi(2) + fit.variance[0];
        let size = self.size_px.variance + fit.variance[1];
        let off = |axis: usize| (fit.place_px[axis] - self.place_px[axis].at) / size_px;
        [
            Surprise {
                variance: place,
                square: (off(0).powi(2) + off(1).powi(2)) / place,
            },
            Surprise {
                variance: size,
                square: (fit.size_px.ln() - self.size_px.at).powi(2) / size,
            },
        ]
    }

    /// What is far off is believed less.
    fn correct(&mut self, fit: &Fit) {
        let [place, size] = self.surprise(fit);
        let doubt = |surprise: Surprise, axes: f64| (FREEDOM + surprise.square) / (FREEDOM + axes);
        let place_px = fit.variance[0] * self.size_px.at.exp().powi(2) * doubt(place, 2.0).max(1.0);
        for (glide, at) in self.place_px.iter_mut().zip(fit.place_px) {
            *glide = glide.seen(at, place_px);
        }
        let size_variance = fit.variance[1] * doubt(size, 1.0).max(1.0);
        self.size_px = self.size_px.seen(fit.size_px.ln(), size_variance);
    }

    fn remember_pose(&mut self, stamp: Stamp, joints: &Joints) {
        let size_px = self.size_px.at.exp();
        let place_px = self.place_px.map(|glide| glide.at);
        for (known, seen) in self.pose.iter_mut().zip(joints) {
            let Some(seen) = seen else { continue };
            let now = [0, 1].map(|i| ([seen.x_px, seen.y_px][i] - place_px[i]) / size_px);
            let offset = known.map_or(now, |(before, when)| {
                let share = 1.0 - (-stamp.seconds_since(when) / POSE_S).exp();
                [0, 1].map(|i| before[i] + share * (now[i] - before[i]))
            });
            *known = Some((offset, stamp));
        }
    }
}

/// How far off something is: its squared distance over its variance.
#[derive(Clone, Copy, Debug)]
struct Surprise {
    variance: f64,
    square: f64,
}
