//! Many values in few columns, without hiding the worst; and paths as fine as can be seen.

use crate::evaluate::metrics;

/// What became of the values in one column of a plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Mean place of its values.
    pub at: f64,
    /// Its low end.
    pub low: f64,
    /// Its median.
    pub middle: f64,
    /// Its high end.
    pub high: f64,
}

/// Points (place, value) in columns of equal width, in order; empty ones are left out. `ends` are
/// the shares of a column's values below its low and its high end: 0 and 1 for all that there is.
pub fn columns(points: &[(f64, f64)], width: f64, ends: (f64, f64)) -> Vec<Column> {
    let mut points = points.to_vec();
    points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let number = |place: f64| (place / width).floor();
    points
        .chunk_by(|(a, _), (b, _)| number(*a) == number(*b))
        .filter_map(|column| {
            let values = column.iter().map(|(_, value)| *value).collect();
            let [low, middle, high] = metrics::quantiles(values, [ends.0, 0.5, ends.1])?;
            Some(Column {
                at: metrics::mean(column.iter().map(|(place, _)| *place))?,
                low,
                middle,
                high,
            })
        })
        .collect()
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `least`.
pub fn round_up(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
    // Not to miss a step by a rounding error.
    let fits = |step: &f64| *step >= least * (1.0 - 1e-9);
    steps.into_iter().find(fits).unwrap_or(least)
}

/// A path without the points that are nearer than `step` to the one kept before; its end stays. The
/// step doubles until no more than `most` points are left.
pub fn thinned(path: &[(f64, f64)], step: f64, most: usize) -> Vec<(f64, f64)> {
    let mut kept = Vec::<(f64, f64)>::new();
    for (place, point) in path.iter().enumerate() {
        let is_far = |last: &(f64, f64)| (point.0 - last.0).hypot(point.1 - last.1) >= step;
        if place + 1 == path.len() || kept.last().is_none_or(is_far) {
            kept.push(*point);
        }
    }
    if kept.len() > most.max(2) {
        thinned(path, step * 2.0, most)
    } else {
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_its_median_and_its_ends() {
        let points = [(0.9, 3.0), (0.1, 1.0), (0.2, 2.0), (3.5, 7.0)];
        let found = columns(&points, 1.0, (0.0, 1.0));
        let first = Column {
            at: 0.4,
            low: 1.0,
            middle: 2.0,
            high: 3.0,
        };
        assert!((found[0].at - first.at).abs() < 1e-12);
        assert_eq!(
            Column {
                at: 0.4,
                ..found[0]
            },
            first
        );
        let alone = Column {
            at: 3.5,
            low: 7.0,
            middle: 7.0,
            high: 7.0,
        };
        assert_eq!(found[1..], [alone]); // nothing is made up for what is empty
    }

    #[test]
    fn the_worst_of_many_stays() {
        let mut points: Vec<(f64, f64)> = (0..36_000).map(|n| (f64::from(n), 50.0)).collect();
        points[20_001].1 = 900.0;
        let found = columns(&points, 150.0, (0.0, 1.0));
        assert_eq!(found.len(), 240);
        let highest = found.iter().map(|column| column.high).fold(0.0, f64::max);
        assert_eq!(highest, 900.0);
        assert!(found.iter().all(|column| column.middle == 50.0));
    }

    #[test]
    fn steps_are_round() {
        let found = [0.011, 0.2, 0.21, 0.3, 7.0, 100.0, 101.0].map(round_up);
        let expected = [0.02, 0.2, 0.25, 0.5, 10.0, 100.0, 200.0];
        let is_near = |(found, expected): (f64, f64)| (found - expected).abs() < 1e-9;
        assert!(found.into_iter().zip(expected).all(is_near), "{found:?}");
    }

    #[test]
    fn a_path_keeps_its_ends_and_its_bound() {
        let path: Vec<(f64, f64)> = (0..=10).map(|n| (f64::from(n) * 0.1, 0.0)).collect();
        let found = thinned(&path, 0.29, 100);
        let x: Vec<f64> = found.iter().map(|(x, _)| (x * 10.0).round()).collect();
        assert_eq!(x, [0.0, 3.0, 6.0, 9.0, 10.0]);
        assert!(thinned(&path, 0.01, 4).len() <= 4);
        assert_eq!(thinned(&path[..1], 0.1, 4), path[..1]);
        assert_eq!(thinned(&[], 0.1, 4), []);
    }
}
