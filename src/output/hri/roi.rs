//! `hri_msgs/NormalizedRegionOfInterest2D`: the box around the keypoints that were seen.

use super::Body;
use crate::msg::hri_msgs::NormalizedRegionOfInterest2D;

/// The box of a body, cut at the image's edges; `None` where no keypoint is known.
pub fn message(body: &Body<'_>) -> Option<NormalizedRegionOfInterest2D> {
    let marks = body.person.marks?;
    let mut seen = marks.joints.iter().chain(&marks.face).flatten();
    let first = seen.next()?;
    let start = [first.x, first.y, first.x, first.y];
    let corners = seen.fold(start, |[x_min, y_min, x_max, y_max], mark| {
        [
            x_min.min(mark.x),
            y_min.min(mark.y),
            x_max.max(mark.x),
            y_max.max(mark.y),
        ]
    });
    let [xmin, ymin, xmax, ymax] = corners.map(|share| share.clamp(0.0, 1.0) as f32);
    Some(NormalizedRegionOfInterest2D {
        header: body.header(),
        xmin,
        ymin,
        xmax,
        ymax,
        c: body.person.confidence as f32,
    })
}
