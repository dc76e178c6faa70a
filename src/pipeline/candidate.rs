//! One person of a frame on the way through the stages.

use crate::geometry::canonical::{PersonView, Rays};
use crate::geometry::place::{place, to_camera};
use crate::lift::{Lifted, Seen};
use crate::person::crowd::PersonKey;
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
}

impl Candidate {
    /// For the lifter.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            person: self.key,
            view: &self.view,
        }
    }

    /// From what the lifter answered, with sigmas that are true when multiplied by `sigma_scale`; `None` when the pose
    /// fits nowhere in front of the camera.
    pub fn estimate(&self, lifted: &Lifted, sigma_scale: f64) -> Option<Estimate> {
        let pose = to_camera(&self.view.view_from_camera, &lifted.joints_m);
        let true_sigma_m = lifted.sigma_m.map(|sigma_m| sigma_m * sigma_scale);
        let placement = place(&self.rays, &pose, &true_sigma_m)?;
        Some(Estimate {
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
