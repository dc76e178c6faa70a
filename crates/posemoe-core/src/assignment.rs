//! Who is who: the assignment problem, by the Hungarian method (Kuhn 1955, Munkres 1957).

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// The pairs of (row, column) with the greatest sum of worths, without those that are worth
/// nothing.
pub fn best(
    rows: usize,
    columns: usize,
    worth: impl Fn(usize, usize) -> i64,
) -> Vec<(usize, usize)> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    // The method wants no more rows than columns.
    let is_turned = rows > columns;
    let (short, long) = if is_turned {
        (columns, rows)
    } else {
        (rows, columns)
    };
    let turn = |(a, b): (usize, usize)| if is_turned { (b, a) } else { (a, b) };
    let worths = Matrix::from_fn(short, long, |place| {
        let (row, column) = turn(place);
        worth(row, column)
    });
    let (_, columns_of) = kuhn_munkres(&worths);
    let mut pairs: Vec<(usize, usize)> = columns_of
        .into_iter()
        .enumerate()
        .map(turn)
        .filter(|(row, column)| worth(*row, *column) > 0)
        .collect();
    pairs.sort_unstable();
    pairs
}
