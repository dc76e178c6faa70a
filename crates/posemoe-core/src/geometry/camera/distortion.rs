//! How a lens bends rays, and back.

#[cfg(test)]
mod tests;

use nalgebra::{Matrix2, Vector2};

use super::CameraError;

/// Steps of the search for a ray; the search for a radius halves its bracket where Newton leaves
/// it.
const STEPS: usize = 64;
/// A radius this close to the one that is looked for is found (tangent units).
const RADIUS_TOLERANCE: f64 = 1e-12;
/// Residual below which a ray counts as found: about 1e-3 px at any usual focal length.
const RAY_TOLERANCE: f64 = 1e-6;
/// Rays closer than this to the image plane's edge (in tangent units) are no use to anyone.
const WIDEST_TANGENT: f64 = 20.0;
/// Angles at which a model is looked at to find its first fold.
const LOOKS: usize = 4096;

/// The models of `sensor_msgs/CameraInfo`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    /// A rectified image, or a lens that does not bend.
    Straight,
    /// OpenCV's pinhole models: k1 k2 p1 p2 k3 k4 k5 k6, missing ones zero.
    Pinhole([f64; 8]),
    /// OpenCV's fisheye (Kannala-Brandt): k1 k2 k3 k4.
    Equidistant([f64; 4]),
}

/// A model, and how far from the middle it can be undone.
///
/// From the middle outwards a model bends rays ever farther, until it folds: beyond, its
/// polynomials come back and show far rays where near ones are. What lies there was never
/// calibrated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distortion {
    model: Model,
    /// The ray of the first fold, or the widest that is of use (tangent).
    widest: f64,
    /// Where the image shows that ray, but for tangential terms (bent tangent).
    widest_bent: f64,
}

impl Distortion {
    /// No distortion.
    pub fn none() -> Self {
        Self::of(Model::Straight)
    }

    /// The distortion that `distortion_model` and `d` of a camera_info describe.
    pub fn new(model: &str, d: &[f64]) -> Result<Self, CameraError> {
        let coefficients = |model, counts: &[usize], expected| {
            let usable = d.iter().all(|v| v.is_finite()) && counts.contains(&d.len());
            usable
                .then_some(())
                .ok_or_else(|| CameraError::Coefficients {
                    model,
                    found: d.iter().copied().take(16).collect(),
                    expected,
                })
        };
        let mut padded = [0.0; 8];
        for (to, from) in padded.iter_mut().zip(d) {
            *to = *from;
        }
        let is_zero = d.iter().all(|v| *v == 0.0);
        let model = match model {
            // Drivers of rectified cameras leave the name and D empty.
            "" if is_zero => Model::Straight,
            "plumb_bob" => {
                coefficients("plumb_bob", &[0, 4, 5], "0, 4 or 5")?;
                Model::Pinhole(padded)
            }
            "rational_polynomial" => {
                // OpenCV also writes 12 or 14; its thin prism and tilt terms must then be zero.
                coefficients("rational_polynomial", &[8, 12, 14], "8 (or 12 or 14)")?;
                if d.iter().skip(8).any(|v| *v != 0.0) {
                    return Err(CameraError::Coefficients {
                        model: "rational_polynomial",
                        found: d.to_vec(),
                        expected: "8 (thin prism and tilt terms zero)",
                    });
                }
                Model::Pinhole(padded)
            }
            "equidistant" => {
                coefficients("equidistant", &[4], "4")?;
                let [k1, k2, k3, k4, ..] = padded;
                Model::Equidistant([k1, k2, k3, k4])
            }
            other => return Err(CameraError::UnknownModel(other.chars().take(64).collect())),
        };
        Ok(Self::of(match model {
            Model::Pinhole(_) if is_zero => Model::Straight,
            model => model,
        }))
    }

    fn of(model: Model) -> Self {
        let widest = model.first_fold().unwrap_or(WIDEST_TANGENT);
        Self {
            model,
            widest,
            widest_bent: model.bend(widest),
        }
    }

    /// Where the image shows a ray; `None` beyond the model's first fold.
    pub fn apply(&self, ray: Vector2<f64>) -> Option<Vector2<f64>> {
        // Not so for NaN either.
        (ray.norm() <= self.widest).then(|| self.model.apply(ray))
    }

    /// The ray that is shown there, the inverse of [`Self::apply`]; `None` where there is none
    /// before the first fold.
    pub fn undo(&self, bent: Vector2<f64>) -> Option<Vector2<f64>> {
        let radius = bent.norm();
        if !radius.is_finite() {
            return None;
        }
        let straight = match self.unbend(radius.min(self.widest_bent)) {
            tangent if radius > 0.0 => bent * (tangent / radius),
            _ => bent,
        };
        if !self.model.is_tangential() {
            return (radius <= self.widest_bent).then_some(straight);
        }
        self.model
            .search(bent, straight)
            .filter(|ray| ray.norm() <= self.widest)
    }

    /// How the model bends at the middle, had it no coefficients: what is undone is compared with
    /// it.
    pub fn undo_ideally(&self, bent: Vector2<f64>) -> Vector2<f64> {
        match self.model {
            Model::Straight | Model::Pinhole(_) => bent,
            Model::Equidistant(_) => {
                let angle = bent.norm();
                let widest = WIDEST_TANGENT.atan();
                let tangent = angle.min(widest).tan();
                bent * if angle > 0.0 { tangent / angle } else { 1.0 }
            }
        }
    }

    /// The tangent that the model bends to `radius`, at most [`Self::widest_bent`]: below the fold
    /// it rises all the way.
    fn unbend(&self, radius: f64) -> f64 {
        if self.model == Model::Straight {
            return radius;
        }
        let (mut low, mut high) = (0.0, self.widest);
        let mut tangent = radius.min(high);
        for _ in 0..STEPS {
            let error = self.model.bend(tangent) - radius;
            if error.abs() < RADIUS_TOLERANCE {
                break;
            }
            if error > 0.0 {
                high = tangent;
            } else {
                low = tangent;
            }
            let next = tangent - error / self.model.rise(tangent);
            let is_within = low < next && next < high;
            tangent = if is_within { next } else { 0.5 * (low + high) };
        }
        tangent
    }
}

impl Model {
    /// Where a ray at `tangent` comes out, but for tangential terms.
    fn bend(&self, tangent: f64) -> f64 {
        match self {
            Self::Straight => tangent,
            Self::Pinhole(k) => {
                let (above, below) = fraction(k, tangent * tangent);
                tangent * above.value / below.value
            }
            Self::Equidistant(k) => {
                let angle = tangent.atan();
                angle * fisheye(k, angle * angle).value
            }
        }
    }

    /// How fast [`Self::bend`] rises. Where it falls, or jumps as the fraction's lower part is not
    /// above zero, the model has folded.
    fn rise(&self, tangent: f64) -> f64 {
        match self {
            Self::Straight => 1.0,
            Self::Pinhole(k) => {
                let square = tangent * tangent;
                let (above, below) = fraction(k, square);
                if below.value <= 0.0 {
                    return f64::NEG_INFINITY;
                }
                let turn = above.slope * below.value - above.value * below.slope;
                (above.value * below.value + 2.0 * square * turn) / (below.value * below.value)
            }
            Self::Equidistant(k) => {
                let square = tangent.atan().powi(2);
                let bent = fisheye(k, square);
                (bent.value + 2.0 * square * bent.slope) / (1.0 + tangent * tangent)
            }
        }
    }

    /// The tangent up to which [`Self::bend`] rises from the middle, where it does not do so all
    /// the way.
    fn first_fold(&self) -> Option<f64> {
        // Not so for NaN either.
        let rises = |tangent: f64| self.rise(tangent) > 0.0;
        let look = |i: usize| (WIDEST_TANGENT.atan() * i as f64 / LOOKS as f64).tan();
        let fallen = (0..=LOOKS).find(|i| !rises(look(*i)))?;
        let (mut before, mut beyond) = (look(fallen.saturating_sub(1)), look(fallen));
        for _ in 0..STEPS {
            let between = 0.5 * (before + beyond);
            if rises(between) {
                before = between;
            } else {
                beyond = between;
            }
        }
        Some(before)
    }

    fn is_tangential(&self) -> bool {
        matches!(self, Self::Pinhole([_, _, p1, p2, ..]) if *p1 != 0.0 || *p2 != 0.0)
    }

    fn apply(&self, ray: Vector2<f64>) -> Vector2<f64> {
        let radius = ray.norm();
        let bent = match radius > 0.0 {
            true => ray * (self.bend(radius) / radius),
            false => ray,
        };
        match self {
            Self::Pinhole([_, _, p1, p2, ..]) => {
                let (x, y, r2) = (ray.x, ray.y, radius * radius);
                bent + Vector2::new(
                    2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
                    p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
                )
            }
            Self::Straight | Self::Equidistant(_) => bent,
        }
    }

    /// The ray that comes out at `bent`, near a first guess, by Newton's method.
    fn search(&self, bent: Vector2<f64>, guess: Vector2<f64>) -> Option<Vector2<f64>> {
        let mut ray = guess;
        for _ in 0..STEPS {
            let residual = self.apply(ray) - bent;
            if residual.norm() < RAY_TOLERANCE * 1e-3 {
                break;
            }
            ray -= self.slope(ray).try_inverse()? * residual;
        }
        // Tangential terms shift the fold: beyond it a slope is negative.
        let slope = self.slope(ray);
        let found = (self.apply(ray) - bent).norm() < RAY_TOLERANCE
            && slope.determinant() > 0.0
            && slope.trace() > 0.0;
        found.then_some(ray)
    }

    /// Derivative of [`Self::apply`] by central differences.
    fn slope(&self, ray: Vector2<f64>) -> Matrix2<f64> {
        let step = 1e-6 * (1.0 + ray.norm());
        let along = |axis: Vector2<f64>| {
            (self.apply(ray + axis * step) - self.apply(ray - axis * step)) / (2.0 * step)
        };
        Matrix2::from_columns(&[along(Vector2::x()), along(Vector2::y())])
    }
}

/// A polynomial at some place.
struct Polynomial {
    value: f64,
    slope: f64,
}

impl Polynomial {
    /// 1 + c1 u + c2 u² + …
    fn at(u: f64, coefficients: &[f64]) -> Self {
        let start = Self {
            value: 0.0,
            slope: 0.0,
        };
        let all = coefficients.iter().rev().chain([&1.0]);
        all.fold(start, |sum, coefficient| Self {
            value: sum.value * u + coefficient,
            slope: sum.slope * u + sum.value,
        })
    }
}

/// Both parts of the pinhole models' radial fraction at a squared tangent.
fn fraction([k1, k2, _, _, k3, k4, k5, k6]: &[f64; 8], square: f64) -> (Polynomial, Polynomial) {
    let above = Polynomial::at(square, &[*k1, *k2, *k3]);
    (above, Polynomial::at(square, &[*k4, *k5, *k6]))
}

/// What the fisheye model multiplies an angle with, at its square.
fn fisheye(k: &[f64; 4], square: f64) -> Polynomial {
    Polynomial::at(square, k)
}
