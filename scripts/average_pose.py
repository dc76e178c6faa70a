"""The constant average pose: what a lifter that ignores its input could at best answer.

It is the yardstick of the walk report. A network that is not clearly better has learnt nothing
about the person in front of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import numpy as np

from walk_data import LIMBS

# Order of the joints in training/data/*.npz (Human3.6M 17).
MOCAP_JOINTS = (
    "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax nose head "
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist"
).split()
# Frames are 1/60 s apart and nearly the same: every sixth changes the mean by less than 1 mm.
FRAME_STEP = 6


def mocap_sequences_m(path: Path) -> Iterator[np.ndarray]:
    """Every sequence (F, 17, 3) of a mocap file, metres, z up.

    The file holds second differences in time, in half millimetres: joint 0 absolute, the others
    relative to it. Summing twice undoes it exactly, as all of it is whole numbers.
    """
    with np.load(str(path)) as data:
        differences = data["d2_half_mm"]
        for start, length in zip(data["start"], data["length"]):
            x = differences[:, :, start : start + length].astype(np.int64)
            x[:, :, 1:] = np.cumsum(x[:, :, 1:], -1)
            x = np.cumsum(x, -1).transpose(2, 0, 1) * 5e-4
            x[:, 1:] += x[:, :1]
            yield x


def facing_yaw_rad(limbs_m: np.ndarray) -> np.ndarray:
    """Which way each person (F, 12, 3) faces about z, by hips and shoulders, from the x axis."""
    i = LIMBS.index
    left = limbs_m[:, i("left_hip")] - limbs_m[:, i("right_hip")]
    left = left + limbs_m[:, i("left_shoulder")] - limbs_m[:, i("right_shoulder")]
    # forward = left x up, with up = z
    return np.arctan2(-left[:, 0], left[:, 1])


def about_z(yaw_rad: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) by an angle about z."""
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    zero, one = np.zeros_like(cos), np.ones_like(cos)
    rows = [np.stack(row, -1) for row in ((cos, -sin, zero), (sin, cos, zero), (zero, zero, one))]
    return np.stack(rows, -2)


def mid_hip_m(limbs_m: np.ndarray) -> np.ndarray:
    """The root (F, 3): the middle between the hips of (F, 12, 3)."""
    return (limbs_m[:, LIMBS.index("left_hip")] + limbs_m[:, LIMBS.index("right_hip")]) / 2


def average_pose_m(path: Path) -> np.ndarray:
    """Mean pose (12, 3) relative to the mid-hip: x forward, y left, z up."""
    columns = [MOCAP_JOINTS.index(name) for name in LIMBS]
    total, count = np.zeros((len(LIMBS), 3)), 0
    for sequence in mocap_sequences_m(path):
        limbs = sequence[::FRAME_STEP, columns]
        limbs = limbs - mid_hip_m(limbs)[:, None]
        total += np.einsum("fab,fjb->ja", about_z(-facing_yaw_rad(limbs)), limbs)
        count += len(limbs)
    return total / count


def helped_pose_m(pose_m: np.ndarray, reference_world_m: np.ndarray, world_to_camera: np.ndarray) -> np.ndarray:
    """The average pose (12, 3) in the camera frame, given the best help that a constant can have.

    A constant cannot know where the person faces or how the camera is tilted, so both are taken
    from the answer: the mean facing of the reference (F, 12, 3) in the world, and the camera's true
    rotation. A lifter gets neither; its error is compared with an error that cheats.
    """
    yaw = facing_yaw_rad(reference_world_m)
    mean_yaw = np.arctan2(np.sin(yaw).mean(), np.cos(yaw).mean())
    return pose_m @ (world_to_camera @ about_z(mean_yaw)).T

