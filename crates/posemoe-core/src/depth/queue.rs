//! The depth images of late, and which of them belongs to a frame of keypoints. Bounded.

use std::collections::VecDeque;

use super::image::DepthImage;
use posemoe_stamp::{Stamp, TIME_JUMP_S};

/// Images that are kept at most, and bytes of all; the newest is kept whatever its size.
const MOST_IMAGES: usize = 8;
const MOST_BYTES: usize = 64 << 20;

/// Depth images with stamp and frame, oldest first.
#[derive(Debug, Default)]
pub struct DepthQueue {
    images: VecDeque<Stamped>,
}

/// A depth image and when it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamped {
    /// When.
    pub stamp: Stamp,
    /// The optical frame of its camera, or of that to which it is registered.
    pub frame_id: String,
    /// The image.
    pub image: DepthImage,
}

impl DepthQueue {
    /// Takes in an image. One that is far older than the last means that time began anew.
    pub fn push(&mut self, image: Stamped) {
        let newest = self.newest();
        if newest.is_some_and(|newest| image.stamp.seconds_since(newest) < -TIME_JUMP_S) {
            self.images.clear();
        }
        let place = self
            .images
            .partition_point(|known| known.stamp <= image.stamp);
        self.images.insert(place, image);
        let bytes = |images: &VecDeque<Stamped>| -> usize {
            images.iter().map(|known| known.image.bytes()).sum()
        };
        while self.images.len() > MOST_IMAGES
            || (self.images.len() > 1 && bytes(&self.images) > MOST_BYTES)
        {
            self.images.pop_front();
        }
    }

    /// The image nearest in time to `stamp`, at most `tolerance_s` away.
    pub fn nearest(&self, stamp: Stamp, tolerance_s: f64) -> Option<&Stamped> {
        let away_s = |image: &Stamped| image.stamp.seconds_since(stamp).abs();
        let near = self
            .images
            .iter()
            .filter(|image| away_s(image) <= tolerance_s);
        near.min_by(|a, b| away_s(a).total_cmp(&away_s(b)))
    }

    /// Stamp of the newest image.
    pub fn newest(&self) -> Option<Stamp> {
        self.images.back().map(|image| image.stamp)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.images.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Stamp {
        Stamp::from_nanos(ms * 1_000_000)
    }

    fn image(ms: i64, rows: u32) -> Stamped {
        let data = vec![0; 2000 * rows as usize];
        Stamped {
            stamp: at(ms),
            frame_id: "depth".into(),
            image: DepthImage::new([1000, rows], "16UC1", false, 2000, data).unwrap(),
        }
    }

    #[test]
    fn the_nearest_in_time_belongs_to_a_frame() {
        let mut queue = DepthQueue::default();
        for ms in [1066, 1000, 1133] {
            queue.push(image(ms, 1));
        }
        let found = |ms| queue.nearest(at(ms), 0.05).map(|found| found.stamp);
        assert_eq!(found(1000), Some(at(1000)));
        assert_eq!(found(1040), Some(at(1066)));
        assert_eq!(found(1183), Some(at(1133)));
        assert_eq!((found(1184), found(900)), (None, None));
        assert_eq!(queue.newest(), Some(at(1133)));
    }

    #[test]
    fn few_are_kept_and_of_large_ones_fewer() {
        let mut queue = DepthQueue::default();
        for ms in 0..100 {
            queue.push(image(ms, 1));
        }
        assert_eq!(
            (queue.images.len(), queue.newest()),
            (MOST_IMAGES, Some(at(99)))
        );
        for ms in 100..104 {
            queue.push(image(ms, 20_000));
        }
        assert_eq!(queue.images.len(), 1, "40 MB each");
    }

    #[test]
    fn a_looped_bag_begins_anew() {
        let mut queue = DepthQueue::default();
        queue.push(image(60_000, 1));
        queue.push(image(1_000, 1));
        assert_eq!(queue.newest(), Some(at(1_000)));
    }
}
