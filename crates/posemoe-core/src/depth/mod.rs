//! Depth images: how far away the surface at each keypoint is.
//!
//! Only the pixels around keypoints are looked at. [`image`] reads a pixel, `patch` the surface
//! around one, [`view`] finds where another camera's keypoint is in the image, `body` and `cover`
//! leave out what is no part of the person, and [`queue`] finds the image that belongs to a frame
//! of keypoints.

pub(crate) mod body;
mod cover;
pub mod image;
mod patch;
pub mod queue;
pub mod view;
