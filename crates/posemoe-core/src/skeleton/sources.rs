//! What each detector's keypoints make of the network's joints.

use super::JOINT_COUNT;

/// Where a joint of the network comes from: the mean of the detector's keypoints named here, all of
/// which must have been seen; an empty list when the detector has nothing like it.
pub type Sources = [&'static [usize]; JOINT_COUNT];

pub const COCO17: Sources = [
    &[11, 12],
    &[12],
    &[14],
    &[16],
    &[11],
    &[13],
    &[15],
    &[5, 6, 11, 12],
    &[5, 6],
    &[0],
    &[3, 4],
    &[5],
    &[7],
    &[9],
    &[6],
    &[8],
    &[10],
];
pub const H36M17: Sources = [
    &[0],
    &[1],
    &[2],
    &[3],
    &[4],
    &[5],
    &[6],
    &[7],
    &[8],
    &[9],
    &[10],
    &[11],
    &[12],
    &[13],
    &[14],
    &[15],
    &[16],
];
// 0-2 right ankle, knee, hip; 3-5 left hip, knee, ankle; 6 pelvis, 7 thorax, 8 upper neck,
// 9 head top; 10-12 right wrist, elbow, shoulder; 13-15 left shoulder, elbow, wrist.
pub const MPII16: Sources = [
    &[6],
    &[2],
    &[1],
    &[0],
    &[3],
    &[4],
    &[5],
    &[6, 7],
    &[7],
    &[8],
    &[9],
    &[13],
    &[14],
    &[15],
    &[12],
    &[11],
    &[10],
];
// 0 nose, 1 neck, 2-4 right and 5-7 left arm, 8-10 right and 11-13 left leg, 14/15 right/left
// eye, 16/17 right/left ear.
pub const OPENPOSE18: Sources = [
    &[8, 11],
    &[8],
    &[9],
    &[10],
    &[11],
    &[12],
    &[13],
    &[2, 5, 8, 11],
    &[2, 5],
    &[0],
    &[16, 17],
    &[5],
    &[6],
    &[7],
    &[2],
    &[3],
    &[4],
];
// 0 nose, 1 neck, 2-4 right and 5-7 left arm, 8 mid-hip, 9-11 right and 12-14 left leg, 15/16
// right/left eye, 17/18 right/left ear, 19-24 feet.
pub const BODY25: Sources = [
    &[8],
    &[9],
    &[10],
    &[11],
    &[12],
    &[13],
    &[14],
    &[2, 5, 8],
    &[2, 5],
    &[0],
    &[17, 18],
    &[5],
    &[6],
    &[7],
    &[2],
    &[3],
    &[4],
];
// Of the spine and head, the same as from COCO: where the ZED's own points of the trunk lie is not
// documented. 5-7 left and 12-14 right arm, 18-20 left and 22-24 right leg, 27 nose, 29/31
// left/right ear.
pub const ZED34: Sources = [
    &[18, 22],
    &[22],
    &[23],
    &[24],
    &[18],
    &[19],
    &[20],
    &[5, 12, 18, 22],
    &[5, 12],
    &[27],
    &[29, 31],
    &[5],
    &[6],
    &[7],
    &[12],
    &[13],
    &[14],
];
// From 6 on in pairs, left before right: 5 nose, 6/7 eyes, 8/9 ears, 12/13 shoulders, 14/15 elbows,
// 16/17 wrists, 18/19 hips, 20/21 knees, 22/23 ankles.
pub const ZED38: Sources = [
    &[18, 19],
    &[19],
    &[21],
    &[23],
    &[18],
    &[20],
    &[22],
    &[12, 13, 18, 19],
    &[12, 13],
    &[5],
    &[8, 9],
    &[12],
    &[14],
    &[16],
    &[13],
    &[15],
    &[17],
];
