//! From windows of keypoints to root-relative 3D joints, all people of a frame in one run.

pub mod manifest;
pub mod onnx;
pub mod provider;

use nalgebra::Vector3;

use crate::person::skeleton::JOINT_COUNT;
use crate::person::window::{Window, WindowLayout};

/// Numbers of one keypoint: x, y (units of apparent size), score.
pub const KEYPOINT_WIDTH: usize = 3;
/// Numbers of one view: viewing direction x, y, log apparent size.
pub const VIEW_WIDTH: usize = 3;

/// Windows of several people as the network's inputs; row-major, newest frame last, absent slots 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowBatch {
    /// P.
    pub people: usize,
    /// T.
    pub frames: usize,
    /// (P, T, 17, 3).
    pub keypoints: Vec<f32>,
    /// (P, T, 3).
    pub view: Vec<f32>,
    /// (P, T): seconds before the newest frame.
    pub age_s: Vec<f32>,
    /// (P, T): 1 where the slot is filled.
    pub present: Vec<f32>,
}

impl WindowBatch {
    /// Lays out the windows of several people, in their order.
    pub fn new<'a>(
        windows: impl ExactSizeIterator<Item = &'a Window>,
        layout: &WindowLayout,
    ) -> Self {
        let (people, frames) = (windows.len(), layout.frames);
        let slots = people * frames;
        let mut batch = Self {
            people,
            frames,
            keypoints: vec![0.0; slots * JOINT_COUNT * KEYPOINT_WIDTH],
            view: vec![0.0; slots * VIEW_WIDTH],
            age_s: vec![0.0; slots],
            present: vec![0.0; slots],
        };
        for (person, window) in windows.enumerate() {
            for (back, (age_s, view)) in window.slots(layout).into_iter().enumerate() {
                let slot = (person + 1) * frames - 1 - back;
                let width = JOINT_COUNT * KEYPOINT_WIDTH;
                batch.keypoints[slot * width..][..width]
                    .copy_from_slice(view.keypoints.as_flattened());
                batch.view[slot * VIEW_WIDTH..][..VIEW_WIDTH].copy_from_slice(&view.view);
                batch.age_s[slot] = age_s as f32;
                batch.present[slot] = 1.0;
            }
        }
        batch
    }
}

/// What the network says of one person's newest frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifted {
    /// Root-relative joints (m) in the virtual camera of the newest frame.
    pub joints_m: [Vector3<f64>; JOINT_COUNT],
    /// Distance from the truth within which 68 % of joints lie, for each joint (m).
    pub sigma_m: [f64; JOINT_COUNT],
}

/// Why a batch could not be lifted.
#[derive(Debug, thiserror::Error)]
pub enum LiftError {
    /// The runtime refused.
    #[error("ONNX Runtime: {0}")]
    Runtime(String),
    /// An output has another shape than the manifest promises.
    #[error("output {name} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The output.
        name: &'static str,
        /// Its shape.
        found: Vec<i64>,
        /// The shape that was promised.
        expected: Vec<i64>,
    },
}

/// A lifting network.
pub trait Lifter {
    /// How its windows are to be filled.
    fn layout(&self) -> WindowLayout;

    /// Lifts everyone in `batch`; `None` for a person whose result is not finite.
    ///
    /// # Errors
    /// When nobody could be lifted.
    fn lift(&mut self, batch: &WindowBatch) -> Result<Vec<Option<Lifted>>, LiftError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::canonical::PersonView;
    use crate::stamp::Stamp;
    use nalgebra::Rotation3;

    #[test]
    fn slots_are_filled_from_the_newest_backwards() {
        let layout = WindowLayout {
            frames: 4,
            spacing_s: 0.05,
            span_s: 1.0,
        };
        let mut window = Window::default();
        for i in 1..=3i64 {
            let view = PersonView {
                keypoints: [[i as f32; 3]; JOINT_COUNT],
                view: [i as f32; 3],
                view_from_camera: Rotation3::identity(),
            };
            window.push(Stamp::from_nanos(i * 100_000_000), view, &layout);
        }
        let empty = Window::default();
        let batch = WindowBatch::new([&empty, &window].into_iter(), &layout);
        assert_eq!(batch.present, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(batch.age_s[4..], [0.0, 0.2, 0.1, 0.0]);
        assert_eq!(
            batch.view[12..],
            [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0]
        );
        assert_eq!(batch.keypoints.len(), 2 * 4 * 17 * 3);
        assert_eq!(batch.keypoints.last(), Some(&3.0));
    }
}
