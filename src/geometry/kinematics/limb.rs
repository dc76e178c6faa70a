//! The four angles of one arm or leg from the directions of its two parts.
//!
//! All follow one after the other in closed form where the limits let the limb be shown exactly. Where they
//! do not, yaw and pitch are searched for and the other two follow.

use nalgebra::{Rotation3, Vector3};

/// Below this sine of the angle between its parts a limb is straight, and its plane unknown.
const STRAIGHT: f64 = 1e-3;
/// Squared error below which a limb is shown exactly.
const EXACT: f64 = 1e-9;
/// Steps over the whole ranges of yaw and pitch at first, and how often the search goes on with half of them.
const COARSE_STEPS: u32 = 8;
const HALVINGS: u32 = 12;
/// Weight of yaw² and pitch² against the squared error: of angles that look the same the least are taken.
const CALM: f64 = 1e-6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Arm,
    Leg,
}

pub struct Limb {
    pub kind: Kind,
    /// +1 left, -1 right.
    pub side: f64,
    /// Smallest and largest yaw, pitch, roll and bend (rad).
    pub limits_rad: [[f64; 2]; 4],
}

/// Unit directions of the upper and the lower part in the frame that carries the limb; of the lower one only
/// if it is known.
pub struct Directions {
    pub upper: Vector3<f64>,
    pub lower: Option<Vector3<f64>>,
}

impl Limb {
    /// Yaw, pitch, roll and bend (rad), within the limits, that show the directions best.
    pub fn angles(&self, shown: &Directions) -> [f64; 4] {
        let start = self.exact_yaw(shown);
        let exact = [start, start + std::f64::consts::PI]
            .map(|yaw| self.at_yaw(within(yaw, self.limits_rad[0]), shown));
        let found = exact
            .into_iter()
            .find(|angles| self.error(angles, shown) < EXACT);
        found.unwrap_or_else(|| self.search(shown))
    }

    /// The yaw that shows both parts exactly, were there no limits; so does the opposite one.
    fn exact_yaw(&self, shown: &Directions) -> f64 {
        let s = self.side;
        match self.kind {
            // Pitch swings the arm in the plane across the axis that yaw turns: it must hold the upper arm.
            Kind::Arm if shown.upper.xy().norm() < STRAIGHT * STRAIGHT => 0.0,
            Kind::Arm => s * (s * shown.upper.x).atan2(s * shown.upper.y),
            // Yaw turns the axis of the knee, which is across both parts.
            Kind::Leg => match shown.lower.map(|lower| shown.upper.cross(&lower)) {
                Some(across) if across.norm() > STRAIGHT => across.x.atan2(across.y),
                _ => 0.0,
            },
        }
    }

    /// All angles for a given yaw, each the best after those before it.
    fn at_yaw(&self, yaw: f64, shown: &Directions) -> [f64; 4] {
        let upper = self.yaw(yaw).inverse() * shown.upper;
        let pitch = (self.side * upper.y).atan2(-upper.z);
        self.at_pitch(yaw, within(pitch, self.limits_rad[1]), shown)
    }

    /// All angles for a given yaw and pitch, each the best after those before it.
    fn at_pitch(&self, yaw: f64, pitch: f64, shown: &Directions) -> [f64; 4] {
        let s = self.side;
        let [_, _, rolls, bends] = self.limits_rad;
        let undone = (self.yaw(yaw) * self.pitch(pitch)).inverse();
        let lower = shown.lower.map(|lower| undone * lower);
        let roll = match self.kind {
            Kind::Arm => match lower {
                Some(lower) if lower.xy().norm() > STRAIGHT => s * lower.y.atan2(lower.x),
                // A straight arm has any roll: this one takes back the turn about its length.
                _ => yaw,
            },
            Kind::Leg => {
                let upper = undone * shown.upper;
                upper.x.atan2(-upper.z)
            }
        };
        let roll = within(roll, rolls);
        let bend = lower.map_or(0.0, |lower| {
            let lower = self.roll(roll).inverse() * lower;
            lower.x.atan2(-lower.z)
        });
        [yaw, pitch, roll, within(bend, bends)]
    }

    /// The best angles that the limits allow: yaw and pitch in steps over their ranges, then in ever smaller
    /// ones about the best.
    fn search(&self, shown: &Directions) -> [f64; 4] {
        let [yaws, pitches, ..] = self.limits_rad;
        let try_at = |yaw: f64, pitch: f64| {
            let (yaw, pitch) = (
                yaw.clamp(yaws[0], yaws[1]),
                pitch.clamp(pitches[0], pitches[1]),
            );
            let angles = self.at_pitch(yaw, pitch, shown);
            let calm = CALM * (yaw * yaw + pitch * pitch);
            (self.error(&angles, shown) + calm, angles)
        };
        let mut best = try_at(0.0, 0.0);
        let consider = |(yaw, pitch): (f64, f64), best: &mut (f64, [f64; 4])| {
            let tried = try_at(yaw, pitch);
            if tried.0 < best.0 {
                *best = tried;
            }
        };
        let [mut yaw_step, mut pitch_step] =
            [yaws, pitches].map(|[from, to]| (to - from) / f64::from(COARSE_STEPS));
        for i in 0..=COARSE_STEPS {
            let yaw = yaws[0] + f64::from(i) * yaw_step;
            consider((yaw, self.at_yaw(yaw, shown)[1]), &mut best);
            for k in 0..=COARSE_STEPS {
                consider((yaw, pitches[0] + f64::from(k) * pitch_step), &mut best);
            }
        }
        for _ in 0..HALVINGS {
            for (yaw, pitch) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                let [at_yaw, at_pitch, ..] = best.1;
                consider(
                    (at_yaw + yaw * yaw_step, at_pitch + pitch * pitch_step),
                    &mut best,
                );
            }
            (yaw_step, pitch_step) = (yaw_step / 2.0, pitch_step / 2.0);
        }
        best.1
    }

    /// Squared distance of the unit directions from those that these angles give.
    fn error(&self, angles: &[f64; 4], shown: &Directions) -> f64 {
        let [yaw, pitch, roll, bend] = *angles;
        let upper = self.yaw(yaw) * self.pitch(pitch) * self.roll(roll);
        let error = |turn: Rotation3<f64>, shown: &Vector3<f64>| {
            (turn * -Vector3::z() - shown).norm_squared()
        };
        let lower = shown.lower.as_ref();
        error(upper, &shown.upper) + lower.map_or(0.0, |lower| error(upper * about_y(-bend), lower))
    }

    fn yaw(&self, angle: f64) -> Rotation3<f64> {
        about_z(match self.kind {
            Kind::Arm => -self.side * angle,
            Kind::Leg => -angle,
        })
    }

    fn pitch(&self, angle: f64) -> Rotation3<f64> {
        Rotation3::from_axis_angle(&Vector3::x_axis(), self.side * angle)
    }

    fn roll(&self, angle: f64) -> Rotation3<f64> {
        match self.kind {
            Kind::Arm => about_z(self.side * angle),
            Kind::Leg => about_y(-angle),
        }
    }
}

fn about_y(angle: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::y_axis(), angle)
}

fn about_z(angle: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::z_axis(), angle)
}

/// The angle within the limits that is nearest on the circle.
pub fn within(angle: f64, [lower, upper]: [f64; 2]) -> f64 {
    let middle = (lower + upper) / 2.0;
    let turns = ((angle - middle) / std::f64::consts::TAU).round();
    (angle - turns * std::f64::consts::TAU).clamp(lower, upper)
}
