//! Joint sets: the network's 17 joints, and what each detector's keypoints make of them.

mod sources;

use nalgebra::Vector3;

use crate::keypoint::Keypoint;
use sources::{BODY25, COCO17, H36M17, MPII16, OPENPOSE18, Sources, ZED34, ZED38};

/// Joints of the network and of every output, in order (Human3.6M's 17).
pub const JOINTS: [&str; JOINT_COUNT] = [
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "thorax",
    "nose",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
];
/// Number of joints.
pub const JOINT_COUNT: usize = 17;
/// Root-relative joints (m) in the camera optical frame.
pub type Pose = [Vector3<f64>; JOINT_COUNT];

/// Index of the root, mid-hip.
pub const PELVIS: usize = 0;
/// Index of the right hip.
pub(crate) const RIGHT_HIP: usize = 1;
/// Index of the left hip.
pub(crate) const LEFT_HIP: usize = 4;
/// Index of the spine, half way from the pelvis to the thorax.
pub(crate) const SPINE: usize = 7;
/// Index of the thorax (between the shoulders).
pub(crate) const THORAX: usize = 8;
/// The head: inside the skull, below the crown.
pub const HEAD: usize = 10;
/// Both hips.
pub(crate) const HIPS: [usize; 2] = [RIGHT_HIP, LEFT_HIP];
/// Both shoulders.
pub const SHOULDERS: [usize; 2] = [11, 14];
/// Both ankles, the right one first.
pub(crate) const ANKLES: [usize; 2] = [3, 6];
/// Each joint's counterpart on the other side; those in the middle are their own.
pub(crate) const MIRRORED: [usize; JOINT_COUNT] =
    [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13];
/// Joints that lie in the torso: pelvis and hips, spine, thorax and shoulders.
pub(crate) const TORSO: [usize; 7] = [0, 1, 4, 7, 8, 11, 14];

/// Bones as (parent, child) joints.
pub const BONES: [(usize, usize); JOINT_COUNT - 1] = [
    (0, 1),
    (1, 2),
    (2, 3),
    (0, 4),
    (4, 5),
    (5, 6),
    (0, 7),
    (7, 8),
    (8, 9),
    (9, 10),
    (8, 11),
    (11, 12),
    (12, 13),
    (8, 14),
    (14, 15),
    (15, 16),
];

/// How long each bone is (m) of someone of 1.70 m, by anthropometry.
pub(crate) const BONES_M: [f64; JOINT_COUNT - 1] = [
    0.12, 0.43, 0.42, 0.12, 0.43, 0.42, 0.24, 0.24, 0.11, 0.11, 0.18, 0.28, 0.25, 0.18, 0.28, 0.25,
];

/// The order and meaning of a detector's keypoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JointSet {
    /// COCO's 17 (YOLO, ViTPose, RTMPose, MoveNet).
    Coco17,
    /// Human3.6M's 17, the network's own.
    H36m17,
    /// MPII's 16.
    Mpii16,
    /// OpenPose's COCO output: neck added, right before left.
    Openpose18,
    /// OpenPose's BODY_25.
    Body25,
    /// `hri_msgs/Skeleton2D`'s 18: as OpenPose's, but left before right for eyes and ears.
    Hri18,
    /// The ZED SDK's BODY_34. (Its BODY_18 is [`JointSet::Openpose18`].)
    Zed34,
    /// The ZED SDK's BODY_38.
    Zed38,
}

impl JointSet {
    /// Every joint set that can be read.
    pub const ALL: [Self; 8] = [
        Self::Coco17,
        Self::H36m17,
        Self::Mpii16,
        Self::Openpose18,
        Self::Body25,
        Self::Hri18,
        Self::Zed34,
        Self::Zed38,
    ];

    /// The name that `People2D.joint_set` carries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco17 => "coco17",
            Self::H36m17 => "h36m17",
            Self::Mpii16 => "mpii16",
            Self::Openpose18 => "openpose18",
            Self::Body25 => "body25",
            Self::Hri18 => "hri18",
            Self::Zed34 => "zed34",
            Self::Zed38 => "zed38",
        }
    }

    /// The joint set of a name; `None` when there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Keypoints of one person in this set.
    pub fn keypoint_count(self) -> usize {
        match self {
            Self::Coco17 | Self::H36m17 => 17,
            Self::Mpii16 => 16,
            Self::Openpose18 | Self::Hri18 => 18,
            Self::Body25 => 25,
            Self::Zed34 => 34,
            Self::Zed38 => 38,
        }
    }

    fn sources(self) -> &'static Sources {
        match self {
            Self::Coco17 => &COCO17,
            Self::H36m17 => &H36M17,
            Self::Mpii16 => &MPII16,
            // They differ in which eye and which ear comes first; the head takes both ears.
            Self::Openpose18 | Self::Hri18 => &OPENPOSE18,
            Self::Body25 => &BODY25,
            Self::Zed34 => &ZED34,
            Self::Zed38 => &ZED38,
        }
    }

    /// The joint that is just this keypoint, and no mean of several; `None` where there is none.
    pub fn joint_at(self, keypoint: usize) -> Option<&'static str> {
        let mut sources = self.sources().iter();
        let joint = sources.position(|sources| *sources == [keypoint])?;
        JOINTS.get(joint).copied()
    }

    /// Converts a detector's keypoints (px; `None` where not seen) to the network's joints. A
    /// derived joint is the mean of its sources with the lowest of their scores; so is its depth,
    /// where all of them have one.
    pub fn to_joints(self, keypoints: &[Option<Keypoint>]) -> [Option<Keypoint>; JOINT_COUNT] {
        self.sources().map(|sources| {
            let seen: Vec<&Keypoint> = sources
                .iter()
                .filter_map(|i| keypoints.get(*i)?.as_ref())
                .collect();
            if sources.is_empty() || seen.len() < sources.len() {
                return None;
            }
            let share = 1.0 / seen.len() as f64;
            Some(Keypoint {
                x_px: seen.iter().map(|k| k.x_px * share).sum(),
                y_px: seen.iter().map(|k| k.y_px * share).sum(),
                score: seen.iter().map(|k| k.score).fold(1.0, f64::min),
                depth_m: match seen[..] {
                    [keypoint] => keypoint.depth_m,
                    _ => seen.iter().map(|k| Some(k.measured_m()? * share)).sum(),
                },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(count: usize) -> Vec<Option<Keypoint>> {
        (0..count)
            .map(|i| {
                Some(Keypoint {
                    x_px: i as f64,
                    y_px: 10.0 * i as f64,
                    score: 0.9,
                    depth_m: Some(1.0 + i as f64),
                })
            })
            .collect()
    }

    #[test]
    fn every_set_has_a_name_and_sources_within_its_count() {
        for set in JointSet::ALL {
            assert_eq!(JointSet::from_name(set.name()), Some(set));
            let joints = set.to_joints(&row(set.keypoint_count()));
            assert!(
                joints.iter().all(Option::is_some),
                "{} lacks a joint",
                set.name()
            );
        }
        assert_eq!(JointSet::from_name("coco_17"), None);
    }

    #[test]
    fn left_and_right_stay_left_and_right() {
        // (set, left wrist, right wrist, left ankle, right ankle) in the detector's own order.
        for (set, lw, rw, la, ra) in [
            (JointSet::Coco17, 9.0, 10.0, 15.0, 16.0),
            (JointSet::H36m17, 13.0, 16.0, 6.0, 3.0),
            (JointSet::Mpii16, 15.0, 10.0, 5.0, 0.0),
            (JointSet::Openpose18, 7.0, 4.0, 13.0, 10.0),
            (JointSet::Body25, 7.0, 4.0, 14.0, 11.0),
            (JointSet::Hri18, 7.0, 4.0, 13.0, 10.0),
            (JointSet::Zed34, 7.0, 14.0, 20.0, 24.0),
            (JointSet::Zed38, 16.0, 17.0, 22.0, 23.0),
        ] {
            let joints = set.to_joints(&row(set.keypoint_count()));
            let x = |joint: usize| joints[joint].map(|k| k.x_px);
            let found = (x(13), x(16), x(6), x(3));
            assert_eq!(
                found,
                (Some(lw), Some(rw), Some(la), Some(ra)),
                "{}",
                set.name()
            );
        }
    }

    #[test]
    fn a_keypoint_is_a_joint_where_it_alone_is() {
        let named = [5, 27, 18, 0, 29, 99].map(|keypoint| JointSet::Zed34.joint_at(keypoint));
        let expected = [Some("left_shoulder"), Some("nose"), Some("left_hip")];
        assert_eq!(named[..3], expected);
        // Its own pelvis is somewhere else than between the hips, an ear is not the head.
        assert_eq!(named[3..], [None, None, None]);
    }

    #[test]
    fn a_joint_with_a_missing_source_is_missing_and_scores_take_the_lowest() {
        let mut keypoints = row(17);
        keypoints[11] = None;
        let joints = JointSet::Coco17.to_joints(&keypoints);
        assert_eq!((joints[PELVIS], joints[LEFT_HIP]), (None, None));
        assert!(joints[RIGHT_HIP].is_some());
        if let Some(ear) = keypoints[4].as_mut() {
            ear.score = 0.2;
        }
        assert_eq!(
            JointSet::Coco17.to_joints(&keypoints)[10].map(|k| k.score),
            Some(0.2)
        );
        assert_eq!(JointSet::Coco17.to_joints(&[])[0], None);
    }

    #[test]
    fn a_depth_is_the_mean_of_those_of_all_sources_or_none() {
        let mut keypoints = row(17);
        let depth_m = |keypoints: &[Option<Keypoint>], joint: usize| {
            JointSet::Coco17.to_joints(keypoints)[joint].and_then(|k| k.depth_m)
        };
        assert_eq!(depth_m(&keypoints, LEFT_HIP), Some(12.0));
        assert_eq!(depth_m(&keypoints, PELVIS), Some(12.5));
        for bad_m in [None, Some(f64::NAN), Some(0.0), Some(-3.0), Some(1e9)] {
            if let Some(hip) = keypoints[11].as_mut() {
                hip.depth_m = bad_m;
            }
            assert_eq!(depth_m(&keypoints, PELVIS), None, "{bad_m:?}");
            assert_eq!(depth_m(&keypoints, RIGHT_HIP), Some(13.0));
        }
    }
}
