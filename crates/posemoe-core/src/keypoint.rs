//! One joint in an image.

/// One 2D detection of a joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keypoint {
    /// Pixels from the image's left edge.
    pub x_px: f64,
    /// Pixels from the image's top edge.
    pub y_px: f64,
    /// The detector's score, above 0 and at most 1.
    pub score: f64,
    /// What a depth camera measured there, metres along the camera's optical axis; `None` where
    /// nothing did.
    pub depth_m: Option<f64>,
}

/// Farther than depth cameras measure: a number that stands for something else.
pub(crate) const FARTHEST_DEPTH_M: f64 = 40.0;

impl Keypoint {
    /// The depth, where it is one that can have been measured.
    pub(crate) fn measured_m(&self) -> Option<f64> {
        self.depth_m
            .filter(|depth_m| *depth_m > 0.0 && *depth_m <= FARTHEST_DEPTH_M)
    }

    /// What keypoints may be in place of pixels, for who has to mend it, if all of these may.
    pub(crate) fn likely_unit<'a>(mut keypoints: impl Iterator<Item = &'a Self>) -> &'static str {
        let is_share = |v: f64| (-1.0..=1.5).contains(&v);
        match keypoints.all(|k| is_share(k.x_px) && is_share(k.y_px)) {
            true => ": shares of the image (0 to 1) in place of pixels?",
            false => "",
        }
    }
}
