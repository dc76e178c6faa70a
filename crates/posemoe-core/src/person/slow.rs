//! What becomes of an error that lasts when placements become much better.
//!
//! Whoever comes into sight by a foot is placed to half a metre, and by a depth camera to
//! centimetres in the next frame: the large error does not last then. While placements are about as
//! good as before, it does, whatever a keypoint more or less does to their covariance.

use nalgebra::{Matrix3, SymmetricEigen};

/// An error that can only be less than this share of what it was (in squares) is not as it was.
/// From 0.03 to 0.3 it makes little difference (measured on scenes with and without depth).
const MUCH_LESS: f64 = 0.1;
/// Added to what is inverted (m²): a tenth of a millimetre.
const LEAST_M2: f64 = 1e-8;

/// What is left of an error of covariance `before_m2` in placements whose errors that last have
/// `after_m2`: along axes in which they are much less, as much as there can be; all of it along
/// others. `None` where covariances are none.
pub(super) fn left(before_m2: &Matrix3<f64>, after_m2: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    let root = (before_m2 + Matrix3::from_diagonal_element(LEAST_M2)).cholesky()?;
    let root = root.l();
    let inverse = root.try_inverse()?;
    let ratio = inverse * after_m2 * inverse.transpose();
    let ratio = SymmetricEigen::new((ratio + ratio.transpose()) / 2.0);
    let share = |squared: f64| match squared < MUCH_LESS {
        true => squared.max(0.0).sqrt(),
        false => 1.0,
    };
    let shares = Matrix3::from_diagonal(&ratio.eigenvalues.map(share));
    let left = root * ratio.eigenvectors * shares * ratio.eigenvectors.transpose() * inverse;
    left.iter().all(|v| v.is_finite()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Rotation3, Vector3};
    use proptest::prelude::*;

    fn covariance(sigmas_m: [f64; 3], turn: [f64; 3]) -> Matrix3<f64> {
        let turn = Rotation3::new(Vector3::from(turn));
        let squares = Vector3::from(sigmas_m).map(|sigma_m| sigma_m.powi(2));
        turn * Matrix3::from_diagonal(&squares) * turn.transpose()
    }

    #[test]
    fn a_much_better_placement_leaves_of_an_error_what_it_may_have() {
        let foot = covariance([0.03, 0.03, 0.5], [0.0; 3]);
        let depth = covariance([0.02, 0.04, 0.05], [0.0; 3]);
        let left = left(&foot, &depth).unwrap();
        let expected = Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, 0.1));
        assert!((left - expected).norm() < 1e-4, "{left}");
    }

    proptest! {
        #[test]
        fn no_error_becomes_larger_and_those_that_last_stay(
            sigmas_m in prop::array::uniform6(0.01..1.0_f64),
            turns in prop::array::uniform6(-3.0..3.0_f64),
        ) {
            let half = |values: [f64; 6], at: usize| [values[at], values[at + 1], values[at + 2]];
            let before_m2 = covariance(half(sigmas_m, 0), half(turns, 0));
            let after_m2 = covariance(half(sigmas_m, 3), half(turns, 3));
            let shares = left(&before_m2, &after_m2).unwrap();
            let left_m2 = shares * before_m2 * shares.transpose();
            let less = SymmetricEigen::new(before_m2 - left_m2).eigenvalues.min();
            prop_assert!(less > -1e-6, "{less}");
            let alike = left(&before_m2, &(before_m2 * 0.2)).unwrap();
            prop_assert!((alike - Matrix3::identity()).norm() < 1e-6);
        }
    }
}
