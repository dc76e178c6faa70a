"""The body's segments and the frame of each: x forward, y left, z up when a person stands with hanging arms.

    segment           its bone, along z           y is
    pelvis            (hips)                      from the right hip to the left one
    chest, head                                   left of chest and head
    upper arms        elbow to shoulder           the axis of the elbow, which bends about -y
    forearms          wrist to elbow              the axis of the elbow, however the hand is turned
    thighs            knee to hip                 the axis of the knee, which bends about +y
    shanks            ankle to knee               the axis of the knee

An orientation is the rotation that carries axes of that stance to where they are: columns x, y, z of
frame_from_segment. The identity stands upright and faces +x (REP-103). Feet and hands are left out: 17 joints do not
show them. crates/posemoe-core/src/geometry/segments.rs does the same.

What joints show is theirs: a limb's z lies along its bone, the pelvis' y along the hips. `aligned` turns what a
network says as little as that takes; `least_turn` is what can be said without one.
"""

from typing import NamedTuple, Optional, Tuple

import torch

from .bodies import frame_of, unit
from .skeleton import HIPS, SHOULDERS


class Segment(NamedTuple):
    name: str
    parent: int                       # row of SEGMENTS
    bone: Optional[Tuple[int, int]]   # joints from its lower to its upper end; of the pelvis from right to left


SEGMENTS = (
    Segment("pelvis", -1, HIPS), Segment("chest", 0, None), Segment("head", 1, None),
    Segment("left_upper_arm", 1, (12, 11)), Segment("left_forearm", 3, (13, 12)),
    Segment("right_upper_arm", 1, (15, 14)), Segment("right_forearm", 5, (16, 15)),
    Segment("left_thigh", 0, (5, 4)), Segment("left_shank", 7, (6, 5)),
    Segment("right_thigh", 0, (2, 1)), Segment("right_shank", 9, (3, 2)),
)
NAMES = tuple(segment.name for segment in SEGMENTS)
PELVIS, CHEST, HEAD = range(3)
LIMBS = range(3, len(SEGMENTS))
SHORTEST_M = 1e-4


def orthonormal(y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """frame_from_segment (..., 3, 3) of y along `y` (..., 3) and z as far as possible along `z`. (`frame_of` keeps z.)"""
    y = unit(y)
    z = unit(z - (z * y).sum(-1, keepdim=True) * y)
    return torch.stack([torch.cross(y, z, dim=-1), y, z], -1)


def least_rotation(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The least rotation (..., 3, 3) that carries unit vectors a to b (..., 3); half a turn about any axis where they
    are opposite."""
    cross, cosine = torch.cross(a, b, dim=-1), (a * b).sum(-1)[..., None, None]
    x, y, z = cross.unbind(-1)
    o = torch.zeros_like(x)
    skew = torch.stack([torch.stack([o, -z, y], -1), torch.stack([z, o, -x], -1), torch.stack([-y, x, o], -1)], -2)
    return torch.eye(3, dtype=a.dtype, device=a.device) + skew + skew @ skew / (1 + cosine).clamp(min=1e-6)


def bones(joints: torch.Tensor) -> torch.Tensor:
    """Unit vectors (..., S, 3) along each segment's bone, of chest and head 0."""
    ends = [segment.bone or (0, 0) for segment in SEGMENTS]
    return unit(joints[..., [upper for _, upper in ends], :] - joints[..., [lower for lower, _ in ends], :])


def aligned(orientation: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
    """Orientations (..., S, 3, 3) turned as little as it takes for bones to lie where the joints (..., 17, 3) are."""
    along = bones(joints)
    axis = torch.cat([orientation[..., :1, :, 1], orientation[..., 1:, :, 2]], -2)
    turn = least_rotation(axis, along)
    free = along.norm(dim=-1)[..., None, None] < 0.5
    return torch.where(free, orientation, turn @ orientation)


def least_turn(joints: torch.Tensor) -> torch.Tensor:
    """What joints (..., 17, 3) alone show, (..., S, 3, 3): pelvis and chest from hips, shoulders and spine, and of
    each other segment the least turn from its parent that lays its bone where it is."""
    hips, shoulders = (joints[..., left, :] - joints[..., right, :] for right, left in (HIPS, SHOULDERS[::-1]))
    out = [orthonormal(hips, joints[..., 8, :] - joints[..., 0, :]),
           frame_of(joints[..., 8, :] - joints[..., 7, :], shoulders)]
    along = bones(joints)
    for row, segment in enumerate(SEGMENTS[2:], 2):
        parent = out[segment.parent]
        to = unit(joints[..., 10, :] - joints[..., 9, :]) if row == HEAD else along[..., row, :]
        out.append(least_rotation(parent[..., 2], to) @ parent)
    return torch.stack(out, -3)


def angle_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Least angle (...) in radians from rotations a to b (..., 3, 3); exact for small ones too."""
    chord = (a - b).flatten(-2).norm(dim=-1) / (2 * 2 ** 0.5)
    return 2 * torch.asin(chord.clamp(max=1))


def twist_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Of the rotation from a to b (..., 3, 3) the part about z, in radians, -pi to pi."""
    turn = a.transpose(-1, -2) @ b
    return torch.atan2(turn[..., 1, 0] - turn[..., 0, 1], turn[..., 0, 0] + turn[..., 1, 1])
