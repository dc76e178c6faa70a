//! Errors of one pose, and what is made of many: formulas, in metres and shares.

use nalgebra::{Point3, Vector3};

use super::align;

/// PCK and the area under its curve go up to this distance (m).
pub const PCK_M: f64 = 0.150;
/// 0, 5, ..., 150 mm, as in the protocol of MPI-INF-3DHP.
const AUC_THRESHOLDS: u32 = 31;

/// Mean distance Σ |found - truth| / n.
pub fn mean_distance_m(found: &[Vector3<f64>], truth: &[Vector3<f64>]) -> Option<f64> {
    mean(
        found
            .iter()
            .zip(truth)
            .map(|(found, truth)| (found - truth).norm()),
    )
}

/// Mean distance after the best scale about the origin, s = Σ found · truth / Σ |found|².
pub fn scaled_distance_m(found: &[Vector3<f64>], truth: &[Vector3<f64>]) -> Option<f64> {
    let size: f64 = found.iter().map(Vector3::norm_squared).sum();
    let agreement: f64 = found
        .iter()
        .zip(truth)
        .map(|(found, truth)| found.dot(truth))
        .sum();
    if size == 0.0 {
        return None;
    }
    let scaled: Vec<Vector3<f64>> = found.iter().map(|p| p * (agreement / size)).collect();
    mean_distance_m(&scaled, truth)
}

/// Mean distance after the best rotation, shift and scale (Procrustes).
pub fn aligned_distance_m(found: &[Vector3<f64>], truth: &[Vector3<f64>]) -> Option<f64> {
    let best = align::similarity(found, truth)?;
    let aligned: Vec<Vector3<f64>> = found
        .iter()
        .map(|p| (best * Point3::from(*p)).coords)
        .collect();
    mean_distance_m(&aligned, truth)
}

/// Mean of all values.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// Share of what is true, 0 to 1.
pub fn share(facts: impl IntoIterator<Item = bool>) -> Option<f64> {
    mean(facts.into_iter().map(|fact| f64::from(u8::from(fact))))
}

/// Mean share of distances (m) at most 0, 5, ..., 150 mm.
pub fn area_under_pck(distances_m: impl IntoIterator<Item = f64>) -> Option<f64> {
    let thresholds = f64::from(AUC_THRESHOLDS);
    let reached = |distance_m: f64| {
        let count = (0..AUC_THRESHOLDS)
            .filter(|step| distance_m <= 0.005 * f64::from(*step))
            .count();
        count as f64 / thresholds
    };
    mean(distances_m.into_iter().map(reached))
}

/// The value that a share of all does not exceed, on the line between neighbours (numpy's
/// `linear`): sorted, at the place share · (n - 1).
pub fn quantile(values: Vec<f64>, share: f64) -> Option<f64> {
    quantiles(values, [share]).map(|[value]| value)
}

/// The same for several shares.
pub fn quantiles<const N: usize>(mut values: Vec<f64>, shares: [f64; N]) -> Option<[f64; N]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let mut found = shares;
    for value in &mut found {
        let place = *value * last as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        let below = *values.get(low)?;
        let above = values.get(low + 1).copied().unwrap_or(below);
        *value = below + part * (above - below);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points<const N: usize>(all: [[f64; 3]; N]) -> Vec<Vector3<f64>> {
        all.map(Vector3::from).to_vec()
    }

    fn assert_near(found: Option<f64>, expected: f64) {
        assert!(
            (found.unwrap() - expected).abs() < 1e-12,
            "{found:?}, expected {expected}"
        );
    }

    #[test]
    fn mpjpe_is_the_mean_of_distances() {
        let found = points([[0.0, 3.0, 4.0], [1.0, 0.0, 0.0]]);
        let truth = points([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]);
        assert_near(mean_distance_m(&found, &truth), 3.0); // (5 + 1) / 2
        assert_eq!(mean_distance_m(&[], &[]), None);
    }

    #[test]
    fn n_mpjpe_forgives_the_size_about_the_root_only() {
        let truth = points([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]);
        let twice = points([[2.0, 0.0, 0.0], [0.0, 4.0, 0.0]]);
        assert_near(scaled_distance_m(&twice, &truth), 0.0);
        // s = (1·1 + 2·0) / (1 + 4) = 0.2: (0.2, 0) is 0.8 off (1, 0), (0, 0.4) is √(1 + 0.4²) off
        // it.
        let found = points([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]);
        let turned = points([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]);
        let expected = (0.8 + (1.0f64 + 0.16).sqrt()) / 2.0;
        assert_near(scaled_distance_m(&found, &turned), expected);
        assert_eq!(
            scaled_distance_m(&points([[0.0; 3]]), &points([[1.0; 3]])),
            None
        );
    }

    #[test]
    fn p_mpjpe_forgives_size_turn_and_place() {
        // A triangle, a quarter turned, three times as large and elsewhere.
        let truth = points([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
        let found = points([[5.0, 5.0, 5.0], [5.0, 8.0, 5.0], [2.0, 5.0, 5.0]]);
        assert_near(aligned_distance_m(&found, &truth), 0.0);
        // Three in a row, the middle one off the middle: centred found is (-1, 0, 1), truth is
        // (-4/3, 2/3, 2/3) + 1/3·..., s = (4/3 + 2/3) / 2 = 1: errors 1/3, 2/3, 1/3.
        let found = points([[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]);
        let truth = points([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]);
        assert_near(aligned_distance_m(&found, &truth), 4.0 / 9.0);
    }

    #[test]
    fn shares_count_what_lies_on_the_line() {
        assert_near(
            share([0.1499, 0.150, 0.1501].map(|d| d <= PCK_M)),
            2.0 / 3.0,
        );
        assert_eq!(share([]), None);
    }

    #[test]
    fn the_area_has_31_thresholds_and_both_ends() {
        // 0 reaches all 31, 150 mm the last, 76 mm those of 80, 85, ..., 150.
        assert_near(area_under_pck([0.0]), 1.0);
        assert_near(area_under_pck([0.150]), 1.0 / 31.0);
        assert_near(area_under_pck([0.076, 0.2]), 15.0 / 31.0 / 2.0);
    }

    #[test]
    fn quantiles_lie_on_the_line_between_neighbours() {
        let values = vec![4.0, 1.0, 3.0, 2.0];
        assert_near(quantile(values.clone(), 0.5), 2.5);
        assert_near(quantile(values.clone(), 0.9), 3.7); // 2.7th place: 3 + 0.7
        assert_near(quantile(values, 1.0), 4.0);
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }
}
