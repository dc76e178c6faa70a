//! Where a frame was in its parent, lately.

use std::collections::VecDeque;

use nalgebra::{Isometry3, UnitQuaternion, Vector3};

use super::keep::Keep;
use super::motion::Motion;
use posemoe_stamp::Stamp;

/// Poses of a frame in its parent, in the order of their stamps, of which none is there twice.
/// There is always one.
#[derive(Clone, Debug)]
pub struct History(VecDeque<(Stamp, Isometry3<f64>)>);

/// Why there is no answer for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It is after the newest pose.
    After(Stamp),
    /// It is before the oldest pose.
    Before(Stamp),
    /// There is a pose, but no second one to tell a velocity.
    Alone,
    /// It is between two poses too far apart.
    Between(Stamp, Stamp),
}

impl History {
    /// A history of one pose.
    pub fn starting(stamp: Stamp, parent_from_child: Isometry3<f64>) -> Self {
        Self(VecDeque::from([(stamp, parent_from_child)]))
    }

    /// The newest stamp.
    pub fn newest(&self) -> Stamp {
        self.0.back().map_or(Stamp::default(), |(stamp, _)| *stamp)
    }

    /// The oldest stamp.
    pub fn oldest(&self) -> Stamp {
        self.0.front().map_or(Stamp::default(), |(stamp, _)| *stamp)
    }

    /// The same poses so many seconds later.
    pub fn shift_by(&mut self, seconds: f64) {
        for (stamp, _) in &mut self.0 {
            *stamp = stamp.plus_seconds(seconds);
        }
    }

    /// Adds a pose, or replaces the one with its stamp; forgets those that are not to be kept.
    pub fn insert(&mut self, stamp: Stamp, parent_from_child: Isometry3<f64>, keep: &Keep) {
        if keep.joins_rests && self.lengthen_rest(stamp, &parent_from_child) {
            return;
        }
        match self.0.binary_search_by_key(&stamp, |(stamp, _)| *stamp) {
            Ok(same) => self.0[same].1 = parent_from_child,
            Err(place) => self.0.insert(place, (stamp, parent_from_child)),
        }
        let since = self.newest().plus_seconds(-keep.history_s);
        let stale = self.0.partition_point(|(stamp, _)| *stamp < since);
        let surplus = self.0.len().saturating_sub(keep.poses);
        self.0.drain(..stale.max(surplus));
    }

    /// Whether the frame has been at rest here until now: then its first and last stamp say all.
    fn lengthen_rest(&mut self, stamp: Stamp, parent_from_child: &Isometry3<f64>) -> bool {
        let mut newest_first = self.0.iter_mut().rev();
        let (Some(last), Some(before)) = (newest_first.next(), newest_first.next()) else {
            return false;
        };
        let is_rest = last.1 == *parent_from_child && before.1 == *parent_from_child;
        if is_rest && stamp > last.0 {
            last.0 = stamp;
        }
        is_rest && stamp == last.0
    }

    /// The pose at a moment: between two stamps, straight on and at an even turn from one to the
    /// other. A frame that moved between stamps more than `longest_gap_s` apart is nowhere in
    /// between.
    pub fn pose_at(&self, stamp: Stamp, longest_gap_s: f64) -> Result<Isometry3<f64>, Miss> {
        let (before, after) = self.around(stamp)?;
        let ((from, start), (to, end)) = (self.0[before], self.0[after]);
        if from == to || start == end {
            return Ok(start);
        }
        let gap_s = to.seconds_since(from);
        if gap_s > longest_gap_s {
            return Err(Miss::Between(from, to));
        }
        let share = stamp.seconds_since(from) / gap_s;
        let turn = UnitQuaternion::from_scaled_axis(turn_rad(&start, &end) * share);
        let place = start
            .translation
            .vector
            .lerp(&end.translation.vector, share);
        Ok(Isometry3::from_parts(place.into(), turn * start.rotation))
    }

    /// Pose and velocity at a moment. The velocity is that between the two neighbouring stamps; at
    /// a stamp itself, that from the one before to the one after, as far as there are.
    pub fn motion_at(&self, stamp: Stamp) -> Result<Motion, Miss> {
        let (before, after) = self.around(stamp)?;
        let (first, last) = if before == after {
            (before.saturating_sub(1), (after + 1).min(self.0.len() - 1))
        } else {
            (before, after)
        };
        let span_s = self.0[last].0.seconds_since(self.0[first].0);
        if span_s == 0.0 {
            return Err(Miss::Alone);
        }
        let steps = (first..last).map(|i| (&self.0[i].1, &self.0[i + 1].1));
        let turn: Vector3<f64> = steps.map(|(start, end)| turn_rad(start, end)).sum();
        let shift_m = self.0[last].1.translation.vector - self.0[first].1.translation.vector;
        Ok(Motion {
            target_from_source: self.pose_at(stamp, f64::INFINITY)?,
            linear_m_s: shift_m / span_s,
            angular_rad_s: turn / span_s,
        })
    }

    /// The poses just before and just after a moment; twice the same one where it has that very
    /// stamp.
    fn around(&self, stamp: Stamp) -> Result<(usize, usize), Miss> {
        let after = self.0.partition_point(|(known, _)| *known < stamp);
        match self.0.get(after) {
            None => Err(Miss::After(self.newest())),
            Some((known, _)) if *known == stamp => Ok((after, after)),
            Some((oldest, _)) if after == 0 => Err(Miss::Before(*oldest)),
            Some(_) => Ok((after - 1, after)),
        }
    }
}

/// The shorter turn from one orientation to another, along the parent's axes (rad).
fn turn_rad(start: &Isometry3<f64>, end: &Isometry3<f64>) -> Vector3<f64> {
    (end.rotation * start.rotation.inverse()).scaled_axis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Stamp {
        Stamp::from_nanos(0).plus_seconds(seconds)
    }

    fn keep() -> Keep {
        Keep::lately(10.0)
    }

    fn place(x_m: f64, yaw_rad: f64) -> Isometry3<f64> {
        Isometry3::new(Vector3::x() * x_m, Vector3::z() * yaw_rad)
    }

    #[test]
    fn between_two_stamps_it_is_the_share_of_the_way_and_never_beyond() {
        let mut history = History::starting(at(2.0), place(4.0, 1.0));
        history.insert(at(1.0), place(0.0, 0.0), &keep());
        let pose = history.pose_at(at(1.25), f64::INFINITY).unwrap();
        assert!((pose.translation.x - 1.0).abs() < 1e-12);
        assert!((pose.rotation.angle() - 0.25).abs() < 1e-12);
        assert_eq!(
            history.pose_at(at(2.001), f64::INFINITY),
            Err(Miss::After(at(2.0)))
        );
        assert_eq!(
            history.pose_at(at(0.999), f64::INFINITY),
            Err(Miss::Before(at(1.0)))
        );
        assert_eq!(history.pose_at(at(2.0), f64::INFINITY), Ok(place(4.0, 1.0)));
    }

    #[test]
    fn the_turn_is_the_short_one_also_for_a_quaternion_of_the_other_sign() {
        let mut history = History::starting(at(0.0), place(0.0, 0.1));
        let mut end = place(0.0, 0.3);
        end.rotation = UnitQuaternion::new_unchecked(-end.rotation.into_inner());
        history.insert(at(1.0), end, &keep());
        let pose = history.pose_at(at(0.5), f64::INFINITY).unwrap();
        assert!((pose.rotation.scaled_axis().z - 0.2).abs() < 1e-12);
        let motion = history.motion_at(at(0.5)).unwrap();
        assert!((motion.angular_rad_s.z - 0.2).abs() < 1e-12);
    }

    #[test]
    fn half_a_turn_between_two_stamps_is_still_a_rotation() {
        let mut history = History::starting(at(0.0), place(0.0, 0.0));
        history.insert(at(1.0), place(0.0, std::f64::consts::PI), &keep());
        let pose = history.pose_at(at(0.5), f64::INFINITY).unwrap();
        assert!((pose.rotation.angle() - std::f64::consts::FRAC_PI_2).abs() < 1e-9);
    }

    #[test]
    fn velocity_at_a_stamp_looks_both_ways_as_far_as_it_can() {
        let mut history = History::starting(at(0.0), place(0.0, 0.0));
        assert_eq!(history.motion_at(at(0.0)), Err(Miss::Alone));
        history.insert(at(1.0), place(1.0, 0.2), &keep());
        history.insert(at(2.0), place(4.0, 0.8), &keep());
        let speeds = |s| {
            let motion = history.motion_at(at(s)).unwrap();
            (motion.linear_m_s.x, motion.angular_rad_s.z)
        };
        for (s, linear, angular) in [
            (0.0, 1.0, 0.2),
            (1.0, 2.0, 0.4),
            (1.5, 3.0, 0.6),
            (2.0, 3.0, 0.6),
        ] {
            let found = speeds(s);
            assert!(
                (found.0 - linear).abs() < 1e-12 && (found.1 - angular).abs() < 1e-12,
                "{s}: {found:?}"
            );
        }
    }

    #[test]
    fn the_old_and_the_surplus_are_forgotten() {
        let mut history = History::starting(at(0.0), place(0.0, 0.0));
        history.insert(at(10.0), place(1.0, 0.0), &keep());
        assert!(
            history.pose_at(at(0.0), f64::INFINITY).is_ok(),
            "exactly 10 s old"
        );
        history.insert(at(10.5), place(2.0, 0.0), &keep());
        assert_eq!(
            history.pose_at(at(5.0), f64::INFINITY),
            Err(Miss::Before(at(10.0)))
        );
        for i in 0..3 * keep().poses {
            history.insert(at(10.5 + i as f64 * 1e-4), place(2.0, 0.0), &keep());
        }
        assert_eq!(history.0.len(), keep().poses);
        assert_eq!(
            history.newest(),
            at(10.5 + (3 * keep().poses - 1) as f64 * 1e-4)
        );
    }

    #[test]
    fn an_equal_stamp_replaces() {
        let mut history = History::starting(at(1.0), place(1.0, 0.0));
        history.insert(at(1.0), place(7.0, 0.0), &keep());
        assert_eq!(history.pose_at(at(1.0), f64::INFINITY), Ok(place(7.0, 0.0)));
        assert_eq!(history.0.len(), 1);
    }

    #[test]
    fn a_recording_is_kept_whole_and_its_gaps_are_gaps() {
        let all = Keep::everything();
        let mut history = History::starting(at(1e4), place(5.0, 0.0));
        for (seconds, x_m) in [(0.0, 0.0), (1.0, 1.0), (3.0, 2.0), (9e3, 2.0)] {
            history.insert(at(seconds), place(x_m, 0.0), &all);
        }
        let x_m = |seconds| {
            let pose = history.pose_at(at(seconds), all.longest_gap_s);
            pose.map(|pose| pose.translation.x)
        };
        assert_eq!((x_m(0.5), x_m(3.0)), (Ok(0.5), Ok(2.0)));
        assert_eq!(x_m(2.0), Err(Miss::Between(at(1.0), at(3.0))));
        assert_eq!(x_m(100.0), Ok(2.0), "at rest from 3 to 9000 s");
        let mut resting = History::starting(at(0.0), place(1.0, 0.0));
        for i in 1..100 {
            resting.insert(at(f64::from(i)), place(1.0, 0.0), &all);
        }
        resting.insert(at(99.5), place(2.0, 0.0), &all);
        assert_eq!(resting.0.len(), 3);
        let pose = |seconds| resting.pose_at(at(seconds), all.longest_gap_s);
        assert_eq!(
            (pose(42.5), pose(99.0)),
            (Ok(place(1.0, 0.0)), Ok(place(1.0, 0.0)))
        );
        assert_eq!(pose(99.25), Ok(place(1.5, 0.0)));
        history.shift_by(0.25);
        assert_eq!(history.newest(), at(10_000.25));
    }
}
