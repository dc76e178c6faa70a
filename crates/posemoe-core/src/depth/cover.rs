//! People who stand before others: what was measured there may be of either.

use nalgebra::{Point2, Vector2};

use super::body::Depths;
use crate::person::observation::Sighting;
use crate::skeleton::{BONES, JOINT_COUNT};

/// Whoever's bone passes a keypoint so near (m, at that person's distance) may hide it.
const REACH_M: f64 = 0.12;
/// Depths in sight of which a person's distance is known.
const FEWEST: usize = 3;
/// A depth among those that may be another's is the person's own, when it is so near (m) to those
/// that are.
const NEAR_M: f64 = 0.4;

/// For each of a person's joints, whether somebody else may hide it.
pub(crate) type Covered = [bool; JOINT_COUNT];

/// Whose joints may be hidden by whom, in the image; of two who cover each other all over, the
/// larger is in front.
pub(crate) fn covered(people: &[Sighting], depths_m: &[Depths], focal_px: f64) -> Vec<Covered> {
    let sizes_px: Vec<f64> = people.iter().map(size_px).collect();
    let reaches_px: Vec<f64> = depths_m
        .iter()
        .map(|depths_m| middle(depths_m).map_or(0.0, |m| REACH_M * focal_px / m))
        .collect();
    let is_covered = |person: usize, at: Point2<f64>| {
        (0..people.len()).any(|other| {
            other != person
                && sizes_px[other] > sizes_px[person]
                && passes(&people[other], at, reaches_px[other])
        })
    };
    let of_person = |person: usize| {
        people[person].joints.map(|keypoint| {
            keypoint.is_some_and(|k| is_covered(person, Point2::new(k.x_px, k.y_px)))
        })
    };
    (0..people.len()).map(of_person).collect()
}

/// The depths that are a person's own: those of joints in sight, and others as far away.
pub(crate) fn own(depths_m: Depths, covered: &Covered) -> Depths {
    let in_sight: Depths = std::array::from_fn(|j| depths_m[j].filter(|_| !covered[j]));
    let count = in_sight.iter().flatten().count();
    let Some(middle_m) = middle(&in_sight).filter(|_| count >= FEWEST) else {
        return [None; JOINT_COUNT];
    };
    std::array::from_fn(|j| {
        depths_m[j].filter(|depth_m| !covered[j] || (depth_m - middle_m).abs() <= NEAR_M)
    })
}

/// The lower median.
fn middle(depths_m: &Depths) -> Option<f64> {
    let mut sorted = depths_m.map(|depth_m| depth_m.unwrap_or(f64::INFINITY));
    sorted.sort_unstable_by(f64::total_cmp);
    let count = depths_m.iter().flatten().count();
    sorted.get(count.checked_sub(1)? / 2).copied()
}

/// How large a person is in the image: how far keypoints are from their middle, in the mean of
/// squares (px).
fn size_px(person: &Sighting) -> f64 {
    let places = || {
        person
            .joints
            .iter()
            .flatten()
            .map(|k| Vector2::new(k.x_px, k.y_px))
    };
    let count = places().count().max(1) as f64;
    let middle = places().sum::<Vector2<f64>>() / count;
    (places()
        .map(|place| (place - middle).norm_squared())
        .sum::<f64>()
        / count)
        .sqrt()
}

/// Whether a bone of a person is nearer to a place in the image than this (px).
fn passes(person: &Sighting, at: Point2<f64>, reach_px: f64) -> bool {
    BONES.iter().any(|(parent, child)| {
        let (Some(a), Some(b)) = (person.joints[*parent], person.joints[*child]) else {
            return false;
        };
        let a = Point2::new(a.x_px, a.y_px);
        let bone = Point2::new(b.x_px, b.y_px) - a;
        let along = (at - a).dot(&bone) / bone.norm_squared().max(f64::EPSILON);
        (at - (a + bone * along.clamp(0.0, 1.0))).norm() < reach_px
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keypoint::Keypoint;

    /// Someone whose joints stand above one another, each so many pixels from the next.
    fn column(x_px: f64, step_px: f64) -> Sighting {
        let joint = |j: usize| {
            Some(Keypoint {
                x_px,
                y_px: 240.0 + step_px * (j as f64 - 8.0),
                score: 0.9,
                depth_m: None,
            })
        };
        Sighting::of_joints(std::array::from_fn(joint))
    }

    const FRONT_M: Depths = [Some(2.0); JOINT_COUNT];

    #[test]
    fn who_is_hidden_altogether_has_no_depth_and_who_hides_has_all() {
        let people = [column(310.0, 10.0), column(300.0, 20.0)];
        let found = covered(&people, &[FRONT_M; 2], 400.0);
        assert_eq!(found, [[true; JOINT_COUNT], [false; JOINT_COUNT]]);
        assert_eq!(own(FRONT_M, &found[0]), [None; JOINT_COUNT]);
        assert_eq!(own(FRONT_M, &found[1]), FRONT_M);
    }

    #[test]
    fn who_is_hidden_in_part_keeps_what_is_as_far_away_as_the_rest() {
        let mut hidden = [false; JOINT_COUNT];
        hidden[10..].fill(true);
        let mut depths_m = [Some(4.0); JOINT_COUNT];
        depths_m[12..].fill(Some(2.0));
        let found = own(depths_m, &hidden);
        assert_eq!(found[..12], [Some(4.0); 12]);
        assert_eq!(found[12..], [None; 5]);
    }

    #[test]
    fn people_apart_do_not_cover_each_other() {
        let people = [column(100.0, 10.0), column(300.0, 20.0)];
        let found = covered(&people, &[FRONT_M; 2], 400.0);
        assert_eq!(found, [[false; JOINT_COUNT]; 2]);
    }
}
