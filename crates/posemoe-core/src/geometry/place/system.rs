//! Normal equations of where a person is and how large, and what errors do to the solution.
//!
//! Unknown are q, the root of the person at the size of the lifted pose (m), and κ, by how much
//! that pose is larger than the person. The person's root is q / κ. Rays look at q alone, for a
//! person of another size fits the same rays nearer or farther; whatever has metres of its own ties
//! q to κ. All of it is linear.

use nalgebra::{Matrix3, Matrix4, Vector3, Vector4};

/// What has metres of its own: `root · q + inverse_size κ = value`, within `sigma`, and within
/// `shared` together with all others of its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub root: Vector3<f64>,
    pub inverse_size: f64,
    pub value: f64,
    pub sigma: f64,
    pub shared: f64,
    /// A residual above 0, as of a depth that is nearer than expected, is likelier something in
    /// front than an error, and doubted sooner by this factor.
    pub doubt_of_nearer: f64,
}

impl Line {
    /// By how much a solution misses it.
    pub fn residual(&self, at: &Solution) -> f64 {
        self.root.dot(&at.root_m) + self.inverse_size * at.inverse_size - self.value
    }
}

/// Sums over all that is known; symmetric.
#[derive(Clone, Copy, Debug)]
pub struct System {
    root: Matrix3<f64>,
    mixed: Vector3<f64>,
    inverse_size: f64,
    root_right: Vector3<f64>,
    inverse_size_right: f64,
}

/// Where the sums are least.
#[derive(Clone, Copy, Debug)]
pub struct Solution {
    /// q (m).
    pub root_m: Vector3<f64>,
    /// κ.
    pub inverse_size: f64,
    /// How q moves with κ where rays and all else have their say: -dq/dκ.
    pub coupled_m: Vector3<f64>,
    /// What is known of κ, q being free: the inverse of its variance.
    pub inverse_size_information: f64,
    inverse: Matrix4<f64>,
}

impl System {
    /// Nothing is known.
    pub fn new() -> Self {
        Self {
            root: Matrix3::zeros(),
            mixed: Vector3::zeros(),
            inverse_size: 0.0,
            root_right: Vector3::zeros(),
            inverse_size_right: 0.0,
        }
    }

    /// `across` (q + joint) = 0: a joint lies on its ray.
    pub fn add_ray(&mut self, across: &Matrix3<f64>, joint_m: &Vector3<f64>, weight: f64) {
        let weighted = across * weight;
        self.root += weighted;
        self.root_right -= weighted * joint_m;
    }

    /// What has metres of its own.
    pub fn add_line(&mut self, line: &Line, weight: f64) {
        let (root, size) = (line.root * weight, line.inverse_size * weight);
        self.root += root * line.root.transpose();
        self.mixed += root * line.inverse_size;
        self.inverse_size += size * line.inverse_size;
        self.root_right += root * line.value;
        self.inverse_size_right += size * line.value;
    }

    /// The square of an error (of q and κ) that several equations share.
    pub fn add_square(&mut self, error: &Vector4<f64>) {
        let of_root = error.fixed_rows::<3>(0).into_owned();
        self.root += of_root * of_root.transpose();
        self.mixed += of_root * error[3];
        self.inverse_size += error[3].powi(2);
    }

    /// `None` where what is known does not fix a place and a size.
    pub fn solve(&self) -> Option<Solution> {
        let of_root = self.root.try_inverse()?;
        let coupled_m = of_root * self.mixed;
        let information = self.inverse_size - self.mixed.dot(&coupled_m);
        if information.is_nan() || information <= 0.0 {
            return None;
        }
        let inverse_size =
            (self.inverse_size_right - coupled_m.dot(&self.root_right)) / information;
        let root_m = of_root * (self.root_right - self.mixed * inverse_size);
        let mut inverse = Matrix4::zeros();
        let with_size = of_root + coupled_m * coupled_m.transpose() / information;
        inverse.fixed_view_mut::<3, 3>(0, 0).copy_from(&with_size);
        let across = -coupled_m / information;
        inverse.fixed_view_mut::<3, 1>(0, 3).copy_from(&across);
        inverse
            .fixed_view_mut::<1, 3>(3, 0)
            .copy_from(&across.transpose());
        inverse[(3, 3)] = 1.0 / information;
        Some(Solution {
            root_m,
            inverse_size,
            coupled_m,
            inverse_size_information: information,
            inverse,
        })
    }

    fn matrix(&self) -> Matrix4<f64> {
        let mut matrix = Matrix4::zeros();
        matrix.fixed_view_mut::<3, 3>(0, 0).copy_from(&self.root);
        matrix.fixed_view_mut::<3, 1>(0, 3).copy_from(&self.mixed);
        matrix
            .fixed_view_mut::<1, 3>(3, 0)
            .copy_from(&self.mixed.transpose());
        matrix[(3, 3)] = self.inverse_size;
        matrix
    }
}

impl Solution {
    /// Where the person's root is (m).
    pub fn place_m(&self) -> Vector3<f64> {
        self.root_m / self.inverse_size
    }

    /// The covariance of that (m²) when `spread` has the sum of all squared errors, each times its
    /// squared weight.
    pub fn covariance_m2(&self, spread: &System) -> Matrix3<f64> {
        let all = self.inverse * spread.matrix() * self.inverse;
        let of_root = all.fixed_view::<3, 3>(0, 0).into_owned();
        let mixed = all.fixed_view::<3, 1>(0, 3) * self.place_m().transpose();
        let along = self.place_m() * self.place_m().transpose() * all[(3, 3)];
        (of_root - mixed - mixed.transpose() + along) / self.inverse_size.powi(2)
    }
}
