//! What of the depths at a person's keypoints can be the person: what is joined by bones to the
//! rest.

use crate::skeleton::{BONES, JOINT_COUNT};

/// Depths (m) of a person's joints, where something was measured.
pub(crate) type Depths = [Option<f64>; JOINT_COUNT];

/// No bone, with what of the body's thickness is between both surfaces, reaches farther along the
/// ray (m).
const LONGEST_STEP_M: f64 = 0.6;
/// And no joint is farther than this from the middle of the person (m).
const FARTHEST_M: f64 = 1.1;
/// Of fewer depths nobody can say which are the person's.
const FEWEST: usize = 2;

/// Depths (m) of a person's joints, less those that are of a wall behind or of a thing or a person
/// in front.
pub(crate) fn consistent(mut depths_m: Depths) -> Depths {
    let mut sorted: Vec<f64> = depths_m.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.len() < FEWEST {
        return [None; JOINT_COUNT];
    }
    let middle_m = sorted[(sorted.len() - 1) / 2];
    let off_m = |depth_m: f64| (depth_m - middle_m).abs();
    for depth_m in &mut depths_m {
        *depth_m = depth_m.filter(|depth_m| off_m(*depth_m) <= FARTHEST_M);
    }
    for (parent, child) in BONES {
        let (Some(a), Some(b)) = (depths_m[parent], depths_m[child]) else {
            continue;
        };
        if (a - b).abs() > LONGEST_STEP_M {
            let odd = if off_m(a) > off_m(b) { parent } else { child };
            depths_m[odd] = None;
        }
    }
    depths_m
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(changes: &[(usize, f64)]) -> Vec<usize> {
        let mut depths_m = [Some(3.0); JOINT_COUNT];
        for (joint, depth_m) in changes {
            depths_m[*joint] = Some(*depth_m);
        }
        let found = consistent(depths_m);
        (0..JOINT_COUNT).filter(|j| found[*j].is_none()).collect()
    }

    #[test]
    fn a_stretched_arm_is_kept_and_what_is_beyond_any_bone_is_not() {
        assert_eq!(left(&[(12, 2.7), (13, 2.45)]), [0; 0]);
        assert_eq!(left(&[(13, 5.0)]), [13], "the wall behind a wrist");
        assert_eq!(
            left(&[(3, 1.2), (6, 1.2)]),
            [3, 6],
            "a table before the feet"
        );
        assert_eq!(left(&[(13, 2.2)]), [13], "somebody's arm before a wrist");
    }

    #[test]
    fn one_depth_alone_is_none() {
        let mut depths_m = [None; JOINT_COUNT];
        depths_m[8] = Some(3.0);
        assert_eq!(consistent(depths_m), [None; JOINT_COUNT]);
    }
}
