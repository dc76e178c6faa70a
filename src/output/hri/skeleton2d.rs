//! `hri_msgs/Skeleton2D`: the detector's keypoints, handed on.

use super::Body;
use crate::msg::hri_msgs::{NormalizedPointOfInterest2D, Skeleton2D};
use posemoe_core::person::face::Face;
use posemoe_core::person::marks::{Mark, Marks};
use posemoe_core::skeleton::SHOULDERS;

/// Where each point of the message comes from.
enum Source {
    Face(Face),
    Neck,
    Joint(usize),
}

use Source::{Face as Part, Joint, Neck};

/// In the message's order: nose, neck, right arm, left arm, right leg, left leg, eyes, ears.
const SOURCES: [Source; 18] = [
    Part(Face::Nose),
    Neck,
    Joint(14),
    Joint(15),
    Joint(16),
    Joint(11),
    Joint(12),
    Joint(13),
    Joint(1),
    Joint(2),
    Joint(3),
    Joint(4),
    Joint(5),
    Joint(6),
    Part(Face::LeftEye),
    Part(Face::RightEye),
    Part(Face::LeftEar),
    Part(Face::RightEar),
];

/// The keypoints of a body; those not seen, or guessed beyond the image, are all zero. `None` where
/// no keypoint is known.
pub fn message(body: &Body<'_>) -> Option<Skeleton2D> {
    let marks = body.person.marks?;
    Some(Skeleton2D {
        header: body.header(),
        skeleton: SOURCES.map(|source| point(source.mark(&marks))),
    })
}

impl Source {
    fn mark(&self, marks: &Marks) -> Option<Mark> {
        match *self {
            Part(part) => marks.face(part),
            Neck => neck(marks),
            Joint(joint) => marks.joints[joint],
        }
    }
}

/// Half-way between the shoulders, both of which must have been seen, with the lower of their
/// scores.
fn neck(marks: &Marks) -> Option<Mark> {
    let [left, right] = SHOULDERS.map(|shoulder| marks.joints[shoulder]);
    let (left, right) = (left?, right?);
    Some(Mark {
        x: (left.x + right.x) / 2.0,
        y: (left.y + right.y) / 2.0,
        score: left.score.min(right.score),
    })
}

fn point(mark: Option<Mark>) -> NormalizedPointOfInterest2D {
    match mark.filter(Mark::is_inside) {
        Some(mark) => NormalizedPointOfInterest2D {
            x: mark.x as f32,
            y: mark.y as f32,
            c: mark.score as f32,
        },
        None => NormalizedPointOfInterest2D::default(),
    }
}
