//! What detectors see of faces.

use crate::keypoint::Keypoint;
use crate::skeleton::JointSet;

/// A point of the face; the network lifts no eyes, and takes both ears as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The nose.
    Nose,
    /// The person's left eye.
    LeftEye,
    /// The person's right eye.
    RightEye,
    /// The person's left ear.
    LeftEar,
    /// The person's right ear.
    RightEar,
}

/// Number of points of the face.
pub(crate) const FACE_COUNT: usize = 5;

impl JointSet {
    /// The detector's keypoint of each part of the face, in the order of [`Face`].
    fn face_sources(self) -> [Option<usize>; FACE_COUNT] {
        match self {
            Self::Coco17 => [0, 1, 2, 3, 4].map(Some),
            Self::Openpose18 => [0, 15, 14, 17, 16].map(Some),
            Self::Body25 => [0, 16, 15, 18, 17].map(Some),
            Self::H36m17 => [Some(9), None, None, None, None],
            Self::Mpii16 => [None; FACE_COUNT],
            Self::Hri18 => [0, 14, 15, 16, 17].map(Some),
            Self::Zed34 => [27, 28, 30, 29, 31].map(Some),
            Self::Zed38 => [5, 6, 7, 8, 9].map(Some),
        }
    }

    /// The face among a detector's keypoints, in the order of [`Face`].
    pub fn to_face(self, keypoints: &[Option<Keypoint>]) -> [Option<Keypoint>; FACE_COUNT] {
        self.face_sources()
            .map(|source| source.and_then(|i| *keypoints.get(i)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keypoint(i: usize) -> Option<Keypoint> {
        Some(Keypoint {
            x_px: i as f64,
            y_px: 0.0,
            score: 0.9,
            depth_m: None,
        })
    }

    #[test]
    fn faces_have_left_and_right_and_no_parts_that_the_detector_lacks() {
        // Nose, left and right eye, left and right ear in the detector's own order.
        for (set, face) in [
            (JointSet::Coco17, [0.0, 1.0, 2.0, 3.0, 4.0].map(Some)),
            (JointSet::H36m17, [Some(9.0), None, None, None, None]),
            (JointSet::Mpii16, [None; 5]),
            (
                JointSet::Openpose18,
                [0.0, 15.0, 14.0, 17.0, 16.0].map(Some),
            ),
            (JointSet::Body25, [0.0, 16.0, 15.0, 18.0, 17.0].map(Some)),
            (JointSet::Hri18, [0.0, 14.0, 15.0, 16.0, 17.0].map(Some)),
            (JointSet::Zed34, [27.0, 28.0, 30.0, 29.0, 31.0].map(Some)),
            (JointSet::Zed38, [5.0, 6.0, 7.0, 8.0, 9.0].map(Some)),
        ] {
            let row: Vec<_> = (0..set.keypoint_count()).map(keypoint).collect();
            let found = set.to_face(&row);
            assert_eq!(found.map(|k| k.map(|k| k.x_px)), face, "{}", set.name());
        }
        assert_eq!(JointSet::Coco17.to_face(&[]), [None; 5]);
    }
}
