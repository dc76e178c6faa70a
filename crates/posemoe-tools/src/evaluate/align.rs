//! The rotation, shift and scale that bring points closest to others.

use nalgebra::{Isometry3, Matrix3, Rotation3, Similarity3, Translation3, UnitQuaternion, Vector3};

/// Rotation R and shift t that minimise Σ |R from + t - to|²; `None` without points.
pub fn rigid(from: &[Vector3<f64>], to: &[Vector3<f64>]) -> Option<Isometry3<f64>> {
    let fit = Fit::of(from, to)?;
    Some(fit.with_scale(1.0).isometry)
}

/// Scale s, rotation R and shift t that minimise Σ |s R from + t - to|²; `None` without points, and
/// where no positive scale does, as where all points of one side coincide.
pub fn similarity(from: &[Vector3<f64>], to: &[Vector3<f64>]) -> Option<Similarity3<f64>> {
    let fit = Fit::of(from, to)?;
    let scale = fit.scale();
    (scale > 0.0 && scale.is_finite()).then(|| fit.with_scale(scale))
}

/// With both sets centred and U S Vᵀ the decomposition of Σ to fromᵀ, the rotation is U D Vᵀ with
/// D = diag(1, 1, ±1) so that it is no reflection: a mirrored person is a wrong person.
struct Fit {
    rotation: Rotation3<f64>,
    /// trace(S D)
    agreement: f64,
    /// Σ |from|², centred
    size: f64,
    from_mean: Vector3<f64>,
    to_mean: Vector3<f64>,
}

impl Fit {
    fn of(from: &[Vector3<f64>], to: &[Vector3<f64>]) -> Option<Self> {
        let from_mean = mean(from)?;
        let to_mean = mean(to)?;
        let products = from.iter().zip(to);
        let covariance: Matrix3<f64> = products
            .map(|(from, to)| (to - to_mean) * (from - from_mean).transpose())
            .sum();
        let svd = covariance.svd(true, true); // singular values in descending order
        let (u, v_t) = (svd.u?, svd.v_t?);
        let last = if (u * v_t).determinant() < 0.0 {
            -1.0
        } else {
            1.0
        };
        let signs = Vector3::new(1.0, 1.0, last);
        Some(Self {
            rotation: Rotation3::from_matrix_unchecked(u * Matrix3::from_diagonal(&signs) * v_t),
            agreement: svd.singular_values.dot(&signs),
            size: from
                .iter()
                .map(|from| (from - from_mean).norm_squared())
                .sum(),
            from_mean,
            to_mean,
        })
    }

    fn scale(&self) -> f64 {
        self.agreement / self.size
    }

    fn with_scale(&self, scale: f64) -> Similarity3<f64> {
        let shift = self.to_mean - scale * (self.rotation * self.from_mean);
        let turn = UnitQuaternion::from_rotation_matrix(&self.rotation);
        Similarity3::from_isometry(
            Isometry3::from_parts(Translation3::from(shift), turn),
            scale,
        )
    }
}

fn mean(points: &[Vector3<f64>]) -> Option<Vector3<f64>> {
    (!points.is_empty()).then(|| points.iter().sum::<Vector3<f64>>() / points.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Point3;

    const POINTS: [[f64; 3]; 4] = [
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 2.0, 0.0],
        [0.0, 0.0, 3.0],
    ];

    fn points() -> Vec<Vector3<f64>> {
        POINTS.map(Vector3::from).to_vec()
    }

    #[test]
    fn what_was_turned_moved_and_scaled_is_undone() {
        let quarter =
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), std::f64::consts::FRAC_PI_2);
        let known = Similarity3::from_parts(Translation3::new(1.0, -2.0, 0.5), quarter, 2.0);
        let to: Vec<Vector3<f64>> = points()
            .iter()
            .map(|p| (known * Point3::from(*p)).coords)
            .collect();
        let found = similarity(&points(), &to).unwrap();
        assert!((found.scaling() - 2.0).abs() < 1e-12);
        for (from, to) in points().iter().zip(&to) {
            assert!(((found * Point3::from(*from)).coords - to).norm() < 1e-12);
        }
    }

    #[test]
    fn a_mirror_image_is_not_mirrored_back() {
        let mirrored: Vec<Vector3<f64>> = points()
            .iter()
            .map(|p| Vector3::new(-p.x, p.y, p.z))
            .collect();
        let found = rigid(&points(), &mirrored).unwrap();
        assert!((found.rotation.to_rotation_matrix().matrix().determinant() - 1.0).abs() < 1e-12);
        let rest: f64 = points()
            .iter()
            .zip(&mirrored)
            .map(|(from, to)| ((found * Point3::from(*from)).coords - to).norm())
            .sum();
        assert!(rest > 0.5, "{rest}");
    }

    #[test]
    fn points_that_coincide_have_no_scale() {
        assert_eq!(similarity(&[Vector3::x(); 3], &points()[..3]), None);
        assert_eq!(rigid(&[], &[]), None);
    }
}
