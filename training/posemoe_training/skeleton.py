"""The joint set of the network: Human3.6M's 17 joints, as in crates/posemoe-core/src/skeleton.rs."""

JOINTS = (
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "spine", "thorax", "nose", "head",
    "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)
PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
MIRRORED = (0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13)
HIPS = (1, 4)
SHOULDERS = (11, 14)
TORSO = (0, 1, 4, 7, 8, 11, 14)
UPPER_BODY = slice(7, 17)  # spine to wrists
LIMB_JOINTS = (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16)
