//! One person of a frame on the way through the stages.

use nalgebra::UnitQuaternion;

use super::plausible;
use crate::geometry::canonical::{PersonView, Rays};
use crate::geometry::place::ground::Ground;
use crate::geometry::place::{Evidence, Placement, place, to_camera};
use crate::geometry::segments::turned;
use crate::health::{Cause, Drops};
use crate::lift::PersonKey;
use crate::lift::{Lifted, Seen};
use crate::person::gaze::{FaceRays, gaze};
use crate::person::marks::Marks;
use crate::person::memory::Estimate;
use crate::person::size::{Size, SizeModel};
use crate::skeleton::{HEAD, JOINT_COUNT, Pose, THORAX};
use posemoe_stamp::Stamp;

/// Someone who can be lifted.
pub struct Candidate {
    pub id: String,
    pub key: PersonKey,
    /// The detector's score of the person, 0 to 1.
    pub score: f64,
    pub rays: Rays,
    pub view: PersonView,
    pub marks: Marks,
    /// Where the points of the face are.
    pub face: FaceRays,
    /// How far away the detector measured the person to be (m).
    pub distance_m: Option<f64>,
}

/// What is known of someone before the frame is looked at.
pub struct Known<'a> {
    /// Of the frame.
    pub stamp: Stamp,
    /// The person's size.
    pub size: Size,
    /// And of everybody's.
    pub size_model: &'a SizeModel,
    /// How fast joints move against the root (m/s).
    pub limb_velocities_m_s: Option<Pose>,
    /// The floor, where it is known.
    pub ground: Option<&'a Ground>,
}

/// A frame that is taken in and not yet answered.
pub struct Frame {
    pub stamp: Stamp,
    pub frame_id: String,
    /// The floor, where it is known.
    pub ground: Option<Ground>,
    /// People whom the image shows.
    pub shown: usize,
    pub candidates: Vec<Candidate>,
}

impl Frame {
    /// Those who can be lifted.
    pub fn people(&self) -> Vec<Seen<'_>> {
        self.candidates.iter().map(Candidate::seen).collect()
    }
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
    pub fn estimate(
        &self,
        lifted: &Lifted,
        sigma_scale: f64,
        known: &Known<'_>,
    ) -> Result<Estimate, (Cause, String)> {
        let lifted_pose = to_camera(&self.view.view_from_camera, &lifted.joints_m);
        let true_sigma_m = lifted.sigma_m.map(|sigma_m| sigma_m * sigma_scale);
        let nowhere = || {
            let found = "it fits nowhere in front of the camera".to_owned();
            (Cause::NotPlaceable, found)
        };
        let mut size = known.size;
        let on_ground = known.ground.map_or([None; JOINT_COUNT], |ground| {
            ground.ankles(&self.rays, &lifted_pose, known.limb_velocities_m_s.as_ref())
        });
        let placement = place(&Evidence {
            rays: &self.rays,
            pose: &lifted_pose,
            sigma_m: &true_sigma_m,
            size: size.guess(known.stamp, &lifted_pose, known.size_model),
            on_ground,
        })
        .ok_or_else(nowhere)?;
        if let Some(measured) = &placement.measured_size {
            size.measure(&lifted_pose, measured, known.size_model);
        }
        let pose = lifted_pose.map(|joint_m| joint_m * placement.size);
        plausible::in_space(&pose, &placement.root_m, &self.rays, self.distance_m)?;
        let camera_from_view = UnitQuaternion::from(self.view.view_from_camera.inverse());
        let head_m = placement.root_m + pose[HEAD];
        Ok(Estimate {
            placement,
            size,
            pose,
            sigma_m: lifted.sigma_m,
            sigma_scale,
            score: self.rays.map(|ray| ray.map_or(0.0, |ray| ray.score)),
            person_score: self.score,
            marks: self.marks,
            segments: (lifted.segments.as_ref())
                .map(|segments| turned(segments, &camera_from_view)),
            gaze: gaze(&self.face, head_m.norm(), &(pose[HEAD] - pose[THORAX])),
        })
    }
}

/// Takes note of what was measured and speaks of something else than the person.
pub fn note_disbelieved(id: &str, estimate: &Estimate, drops: &mut Drops) {
    let Placement {
        root_m,
        disbelieved,
        ..
    } = &estimate.placement;
    let detail = |what: &str| {
        format!(
            "{what} of person {id:?}, who is {:.1} m away",
            root_m.norm()
        )
    };
    if disbelieved.depths {
        drops.note(Cause::DepthDisagrees, detail("depths"));
    }
    if disbelieved.ground {
        drops.note(Cause::GroundDisagrees, detail("feet"));
    }
}
