//! Where a head points, from nose, eyes and ears: which of them are seen, and where.
//!
//! A head of usual size is turned until it fits, from several sides, since few points fit more than
//! one. What is seen has to face the camera, and what is not seen should not.

use nalgebra::{
    Matrix3, Matrix6, Point2, Rotation2, Rotation3, UnitQuaternion, Vector2, Vector3, Vector6,
};

use super::face::FACE_COUNT;
use crate::geometry::canonical::look_at;

/// Points of a face (m) and which way they face: x forward, y left, z up, from the middle between
/// the ears; nose, left and right eye, left and right ear. After the means of women and men in
/// ANSUR II (tragion to pronasale and ectocanthus, bitragion and biocular breadth).
const FACE: [([f64; 3], [f64; 3]); FACE_COUNT] = [
    ([0.12, 0.0, -0.015], [1.0, 0.0, 0.0]),
    ([0.085, 0.033, 0.025], [0.87, 0.5, 0.0]),
    ([0.085, -0.033, 0.025], [0.87, -0.5, 0.0]),
    ([0.0, 0.073, 0.0], [0.0, 1.0, 0.0]),
    ([0.0, -0.073, 0.0], [0.0, -1.0, 0.0]),
];
/// Nose and eyes: who shows none of them looks away, and where cannot be known.
const FRONT: [usize; 3] = [0, 1, 2];
const FEWEST: usize = 2;
/// How far keypoints are off (m), and how heads differ in size (log).
const NOISE_M: f64 = 0.012;
const SIZE_SIGMA: f64 = 0.10;
/// How far the head's up is off the direction that it is taken to have (rad).
const TILT_SIGMA: f64 = 0.3;
/// A point is seen in half of all cases where its surface is turned from the camera by so much
/// (cosine), and how soon that changes.
const EDGE: f64 = -0.15;
const STEEPNESS: f64 = 9.0;
/// Detectors miss points in sight, and mark others that are not.
const MOST_SEEN: f64 = 0.95;
const LEAST_SEEN: f64 = 0.03;
/// Sides that are tried, and Newton steps from each.
const SIDES: usize = 8;
const STEPS: usize = 5;
/// Another side that is as likely, but for this (in squares of sigma), leaves it unknown.
const CERTAIN: f64 = 2.0;
const ANOTHER_SIDE_RAD: f64 = 0.6;
/// A head that is turned farther from the camera shows its back (rad).
const FARTHEST_RAD: f64 = 1.75;
/// Nobody's nose is exactly before the middle between the ears (rad).
const LEAST_SIGMA_RAD: f64 = 0.06;

/// Where the points of a face are seen, as (x/z, y/z) in the camera's optical frame.
pub type FaceRays = [Option<Point2<f64>>; FACE_COUNT];

/// The same across the view, at the head's distance (m).
type SeenM = [Option<Vector2<f64>>; FACE_COUNT];

/// The direction of a head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaze {
    /// Takes directions of the head (x forward, y left, z up) to the camera's optical frame.
    pub camera_from_head: UnitQuaternion<f64>,
    /// One standard deviation of the turn about the head's up axis (rad).
    pub sigma_rad: f64,
}

/// The direction of a head of which such points are seen, at a distance along its ray (m). `up` is
/// about where its crown is, in the camera's optical frame. `None` where fewer than two points are
/// seen, none of them nose or eye, two sides are alike, or the head is turned away.
pub fn gaze(face: &FaceRays, distance_m: f64, up: &Vector3<f64>) -> Option<Gaze> {
    let count = face.iter().flatten().count();
    if count < FEWEST || FRONT.iter().all(|part| face[*part].is_none()) || distance_m <= 0.0 {
        return None;
    }
    let sum = (face.iter().flatten()).fold(Vector2::zeros(), |sum, ray| sum + ray.coords);
    let middle = (sum / count as f64).push(1.0).normalize();
    let view_from_camera = look_at(&middle);
    let seen_m: SeenM = face.map(|ray| {
        let turned = view_from_camera * ray?.to_homogeneous();
        (turned.z > 0.0).then(|| turned.xy() / turned.z * distance_m)
    });
    let facing = facing_camera(&(view_from_camera * up))?;
    let tried = (0..SIDES).filter_map(|side| {
        let turn_rad = side as f64 / SIDES as f64 * std::f64::consts::TAU;
        let fit = Fit::from(turn_rad, &facing, &seen_m)?;
        Some((fit.turned_rad(&facing), fit))
    });
    let fits: Vec<(f64, Fit)> = tried.collect();
    let (turned_rad, best) = fits.iter().min_by(|a, b| a.1.cost.total_cmp(&b.1.cost))?;
    let is_certain = fits.iter().all(|(other_rad, fit)| {
        let apart_rad = Rotation2::new(other_rad - turned_rad).angle().abs();
        apart_rad <= ANOTHER_SIDE_RAD || fit.cost >= best.cost + CERTAIN
    });
    let turn = view_from_camera.matrix().transpose() * best.view_from_head;
    (is_certain && turned_rad.abs() <= FARTHEST_RAD).then(|| Gaze {
        camera_from_head: Rotation3::from_matrix_unchecked(turn).into(),
        sigma_rad: best.turn_sigma_rad.hypot(LEAST_SIGMA_RAD),
    })
}

/// View_from_head of a head that faces the camera as far as its up axis lets it.
fn facing_camera(up: &Vector3<f64>) -> Option<Matrix3<f64>> {
    let up = up.try_normalize(f64::EPSILON)?;
    let to_camera = -Vector3::z();
    let forward = (to_camera - up * up.dot(&to_camera)).try_normalize(1e-3)?;
    Some(Matrix3::from_columns(&[forward, up.cross(&forward), up]))
}

/// A head that was turned until it fits.
struct Fit {
    view_from_head: Matrix3<f64>,
    log_size: f64,
    /// The middle between the ears, across the view (m).
    middle_m: Vector2<f64>,
    /// Minus twice the log likelihood.
    cost: f64,
    /// Of the turn about up (rad).
    turn_sigma_rad: f64,
}

impl Fit {
    /// Begins with a head that is turned so far from the camera.
    fn from(turn_rad: f64, facing: &Matrix3<f64>, seen_m: &SeenM) -> Option<Self> {
        let turn = Rotation3::from_axis_angle(&Vector3::z_axis(), turn_rad);
        let mut fit = Self {
            view_from_head: facing * turn.matrix(),
            log_size: 0.0,
            middle_m: Vector2::zeros(),
            cost: 0.0,
            turn_sigma_rad: 0.0,
        };
        let up = facing.column(2).into_owned();
        for _ in 0..STEPS {
            let (normal, gradient) = fit.equations(&up, seen_m);
            let inverse = normal.try_inverse()?;
            let step = inverse * gradient;
            let turn = Rotation3::new(-step.fixed_rows::<3>(0));
            fit.view_from_head *= turn.matrix();
            fit.log_size -= step[3];
            fit.middle_m -= step.fixed_rows::<2>(4);
            fit.turn_sigma_rad = inverse[(2, 2)].sqrt();
        }
        fit.cost = fit.cost(&up, seen_m);
        (fit.cost.is_finite() && fit.turn_sigma_rad.is_finite()).then_some(fit)
    }

    /// How far the head is turned from facing the camera (rad), to its left.
    fn turned_rad(&self, facing: &Matrix3<f64>) -> f64 {
        let forward = facing.transpose() * self.view_from_head.column(0);
        forward.y.atan2(forward.x)
    }

    /// Where a point of the face comes to lie (m, across the view).
    fn across_m(&self, at: &Vector3<f64>) -> Vector2<f64> {
        (self.view_from_head * at).xy() * self.log_size.exp() + self.middle_m
    }

    /// How far the head's up is off what it is taken to be, across it.
    fn tilt(&self, up: &Vector3<f64>) -> Vector3<f64> {
        self.view_from_head.transpose() * up - Vector3::z()
    }

    /// Normal equations of one Newton step: a turn about the head's own axes, log size, middle.
    fn equations(&self, up: &Vector3<f64>, seen_m: &SeenM) -> (Matrix6<f64>, Vector6<f64>) {
        let mut normal = Matrix6::zeros();
        let mut gradient = Vector6::zeros();
        let mut tell = |slope: Vector6<f64>, off: f64, sigma: f64| {
            normal += slope * slope.transpose() / sigma.powi(2);
            gradient += slope * (off / sigma.powi(2));
        };
        let tilt = self.tilt(up);
        let tilts = (tilt + Vector3::z()).cross_matrix();
        for axis in 0..2 {
            let mut slope = Vector6::zeros();
            slope
                .fixed_rows_mut::<3>(0)
                .copy_from(&tilts.row(axis).transpose());
            tell(slope, tilt[axis], TILT_SIGMA);
        }
        tell(Vector6::ith(3, 1.0), self.log_size, SIZE_SIGMA);
        // Two points leave much open; a little stiffness keeps steps small.
        tell(Vector6::ith(2, 1.0), 0.0, 3.0);
        let size = self.log_size.exp();
        for ((at, _), seen_m) in FACE.iter().zip(seen_m) {
            let Some(seen_m) = seen_m else { continue };
            let at = Vector3::from(*at);
            let found_m = self.across_m(&at);
            let turns = -self.view_from_head * at.cross_matrix() * size;
            for axis in 0..2 {
                let mut slope = Vector6::zeros();
                slope
                    .fixed_rows_mut::<3>(0)
                    .copy_from(&turns.row(axis).transpose());
                slope[3] = found_m[axis] - self.middle_m[axis];
                slope[4 + axis] = 1.0;
                tell(slope, found_m[axis] - seen_m[axis], NOISE_M);
            }
        }
        (normal, gradient)
    }

    /// What misses it costs, and that some points are seen and others are not.
    fn cost(&self, up: &Vector3<f64>, seen_m: &SeenM) -> f64 {
        let tilt = self.tilt(up).xy() / TILT_SIGMA;
        let parts = FACE.iter().zip(seen_m).map(|((at, faces), seen_m)| {
            let to_camera = -(self.view_from_head * Vector3::from(*faces)).z;
            let in_sight = 1.0 / (1.0 + (-STEEPNESS * (to_camera - EDGE)).exp());
            let likely = LEAST_SEEN + (MOST_SEEN - LEAST_SEEN) * in_sight;
            match seen_m {
                Some(seen_m) => {
                    let off = (self.across_m(&Vector3::from(*at)) - seen_m) / NOISE_M;
                    off.norm_squared() - 2.0 * likely.ln()
                }
                None => -2.0 * (1.0 - likely).ln(),
            }
        });
        parts.sum::<f64>() + tilt.norm_squared() + (self.log_size / SIZE_SIGMA).powi(2)
    }
}

#[cfg(test)]
mod tests;
