//! One person of a frame on the way through the stages.

use super::plausible;
use crate::geometry::canonical::{PersonView, Rays};
use crate::geometry::place::{place, to_camera};
use crate::health::Cause;
use crate::lift::PersonKey;
use crate::lift::{Lifted, Seen};
use crate::person::marks::Marks;
use crate::person::memory::Estimate;

/// Someone who can be lifted.
pub struct Candidate {
    pub id: String,
    pub key: PersonKey,
    /// The detector's score of the person, 0 to 1.
    pub score: f64,
    pub rays: Rays,
    pub view: PersonView,
    pub marks: Marks,
    /// How far away the detector measured the person to be (m).
    pub distance_m: Option<f64>,
}

impl Candidate {
    /// For the lifter.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            person: self.key,
            view: &self.view,
        }
    }

    /// From what the lifter answered, with sigmas that are true when multiplied by `sigma_scale`.
    ///
    /// # Errors
    /// When the pose fits nowhere in front of the camera, or nobody can be there.
    pub fn estimate(&self, lifted: &Lifted, sigma_scale: f64) -> Result<Estimate, (Cause, String)> {
        let pose = to_camera(&self.view.view_from_camera, &lifted.joints_m);
        let true_sigma_m = lifted.sigma_m.map(|sigma_m| sigma_m * sigma_scale);
        let nowhere = || {
            let found = "it fits nowhere in front of the camera".to_owned();
            (Cause::NotPlaceable, found)
        };
        let placement = place(&self.rays, &pose, &true_sigma_m).ok_or_else(nowhere)?;
        plausible::in_space(&pose, &placement.root_m, &self.rays, self.distance_m)?;
        Ok(Estimate {
            placement,
            pose,
            sigma_m: lifted.sigma_m,
            sigma_scale,
            score: self.rays.map(|ray| ray.map_or(0.0, |ray| ray.score)),
            person_score: self.score,
            marks: self.marks,
        })
    }
}
