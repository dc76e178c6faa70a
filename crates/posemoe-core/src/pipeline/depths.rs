//! Which of the depths that were measured at people's keypoints are lifted and placed with.
//!
//! A depth image of another time, or one that is not registered to the keypoints' camera, shows
//! what is behind people where their keypoints are. One person's depths may look right in it by
//! chance; everybody's over some time do not.

use crate::depth::body;
use crate::geometry::canonical::Rays;
use crate::health::{Cause, Drops};
use posemoe_stamp::Stamp;

/// What was seen so long ago counts for a third (s).
const REMEMBERED_S: f64 = 2.0;
/// Of images that fit, 1 to 2 % of joints are measured behind the person; of one that is shifted by
/// the width of a trunk, or a second old, 17 %.
const MOST_BEHIND: f64 = 0.1;
/// Fewer joints say nothing yet.
const FEWEST_JOINTS: f64 = 40.0;

/// How well depths fit people, over the last seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Depths {
    seen: Option<Stamp>,
    /// Joints that were measured, and of these what is behind the person.
    measured: f64,
    behind: f64,
}

impl Depths {
    /// Leaves everybody in a frame the depths that are their own; none, while those of this camera
    /// fit nobody. What is dropped for good reason is noted.
    pub fn keep_own<'a>(
        &mut self,
        stamp: Stamp,
        people: impl Iterator<Item = (&'a str, &'a mut Rays)>,
        drops: &mut Drops,
    ) {
        self.fade(stamp);
        let mut all: Vec<&mut Rays> = Vec::new();
        for (id, rays) in people {
            let found = body::keep_own(rays);
            self.measured += found.measured as f64;
            self.behind += found.behind as f64;
            if let Some(complaint) = complaint(id, &found) {
                drops.note(Cause::DepthDisagrees, complaint);
            }
            all.push(rays);
        }
        let share = self.behind / self.measured.max(FEWEST_JOINTS);
        let depths = || all.iter().flat_map(|rays| rays.iter().flatten());
        if share > MOST_BEHIND && depths().any(|ray| ray.depth_m.is_some()) {
            let found = format!(
                "{:.0} % of depths at people's joints are behind them, expected {:.0} % at most; \
                 is the depth image of the same time, and registered to the keypoints' camera?",
                100.0 * share,
                100.0 * MOST_BEHIND
            );
            drops.note(Cause::DepthDisagrees, found);
            let rays = all.into_iter().flat_map(|rays| rays.iter_mut().flatten());
            rays.for_each(|ray| ray.depth_m = None);
        }
    }

    fn fade(&mut self, stamp: Stamp) {
        let passed_s = self.seen.map_or(0.0, |seen| stamp.seconds_since(seen));
        let share = (-passed_s.max(0.0) / REMEMBERED_S).exp();
        self.measured *= share;
        self.behind *= share;
        self.seen = Some(stamp);
    }
}

fn complaint(id: &str, found: &body::Found) -> Option<String> {
    if found.is_somebody() || found.measured == 0 {
        return None;
    }
    let [least, most] = body::SIZE;
    let rest = match found.size {
        Some(size) => format!(
            "the others make bones {size:.2} times as long as most people's, expected {least} to \
             {most} times"
        ),
        None => "the others are too few, or make bones that nobody has".to_owned(),
    };
    Some(format!(
        "person {id:?}: {} of {} depths are behind, {rest}; does something hide the person from \
         the depth camera?",
        found.behind, found.measured
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::canonical::Ray;
    use crate::skeleton::JOINT_COUNT;

    const STANDING: [[f64; 2]; JOINT_COUNT] = [
        [0.0, 0.0],
        [-0.12, 0.0],
        [-0.12, 0.43],
        [-0.12, 0.85],
        [0.12, 0.0],
        [0.12, 0.43],
        [0.12, 0.85],
        [0.0, -0.24],
        [0.0, -0.48],
        [0.0, -0.58],
        [0.0, -0.69],
        [0.18, -0.48],
        [0.2, -0.2],
        [0.2, 0.0],
        [-0.18, -0.48],
        [-0.2, -0.2],
        [-0.2, 0.0],
    ];

    /// Somebody 3 m away, of whom some joints are measured on a wall behind.
    fn person(behind: &[usize]) -> Rays {
        let mut joint = 0;
        STANDING.map(|[x, y]| {
            let depth_m = if behind.contains(&joint) { 4.5 } else { 2.95 };
            joint += 1;
            Some(Ray {
                xy: nalgebra::Point2::new(x / 3.0, y / 3.0),
                score: 0.9,
                depth_m: Some(depth_m),
            })
        })
    }

    /// How many depths are left of each of so many frames, and how often something was noted.
    fn left(frames: i64, of: impl Fn(i64) -> Rays) -> (Vec<usize>, u64) {
        let (mut depths, mut drops) = (Depths::default(), Drops::default());
        let left = (0..frames).map(|frame| {
            let mut rays = of(frame);
            let stamp = Stamp::from_nanos(frame * 66_000_000);
            depths.keep_own(stamp, std::iter::once(("a", &mut rays)), &mut drops);
            rays.iter()
                .flatten()
                .filter(|r| r.depth_m.is_some())
                .count()
        });
        (left.collect(), drops.count(Cause::DepthDisagrees))
    }

    #[test]
    fn a_wrist_beside_the_person_now_and_then_costs_nothing_but_itself() {
        let of = |frame| person(if frame % 4 == 0 { &[13] } else { &[] });
        let (left, noted) = left(60, of);
        let expected: Vec<_> = (0..60).map(|f| if f % 4 == 0 { 16 } else { 17 }).collect();
        assert_eq!((left, noted), (expected, 0));
    }

    #[test]
    fn an_image_that_shows_what_is_behind_people_is_left_out_until_it_fits_again() {
        // Three joints of 17: of one person alone that may be.
        let of = |frame| person(if frame < 30 { &[3, 6, 13] } else { &[] });
        let (left, noted) = left(120, of);
        assert_eq!(left[0], 14);
        assert!(left[5..30].iter().all(|left| *left == 0), "{left:?}");
        assert!(left[90..].iter().all(|left| *left == 17), "{left:?}");
        assert!(noted > 25);
    }

    #[test]
    fn a_wall_before_everybody_is_noted() {
        let wall = |_| {
            person(&[]).map(|ray| {
                ray.map(|ray| Ray {
                    depth_m: Some(1.2),
                    ..ray
                })
            })
        };
        assert_eq!(left(3, wall), (vec![0; 3], 3));
    }
}
