"""One anatomy for all recordings: they give the directions of bones, a body gives their lengths.

Rigs put hips, shoulders, thorax and head where they like, and a network that knows the rig by its proportions learns
which recording it sees. Here `on_mean_body` takes each person's recordings to one body when they are read, and `resize`
gives each stream a body of its own.

Positions are (..., T, 17, 3) in metres, world z up; rotations in space turn streams as a whole.
"""

from typing import Tuple

import torch

from .anthropometry import TRUNK, Body
from .draw import Draw
from .skeleton import HIPS, MIRRORED, SHOULDERS

LEAN_CHANCE, LEAN_SPREAD_RAD = 0.25, 0.12
# Mean direction of neck (thorax to nose) and head (nose to crown) against the trunk: forward, up.
NECK_TILT_RAD, HEAD_TILT_RAD = 0.35, -0.10
LEAST_BONE_M = 0.01
JOINTS = len(MIRRORED)
RIGHT_HIP, LEFT_HIP = HIPS
LEFT_SHOULDER, RIGHT_SHOULDER = SHOULDERS
LIMB_BONES = ((1, 2), (2, 3), (4, 5), (5, 6), (11, 12), (12, 13), (14, 15), (15, 16))  # from, to


def unit(v: torch.Tensor) -> torch.Tensor:
    return v / v.norm(dim=-1, keepdim=True).clamp(min=1e-6)


def frame_of(up: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
    """World_from_part (..., 3, 3): columns forward, left, up; `up` is kept exactly."""
    up = unit(up)
    left = unit(left - (left * up).sum(-1, keepdim=True) * up)
    return torch.stack([torch.cross(left, up, dim=-1), left, up], -1)


def trunk_frame(x: torch.Tensor) -> torch.Tensor:
    """World_from_trunk (..., 3, 3): up from pelvis to thorax, left as hips and shoulders together say."""
    return frame_of(x[..., 8, :] - x[..., 0, :], unit(x[..., LEFT_HIP, :] - x[..., RIGHT_HIP, :])
                    + unit(x[..., LEFT_SHOULDER, :] - x[..., RIGHT_SHOULDER, :]))


def in_frame(frame: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """World vectors (..., 3) in a part's frame."""
    return torch.einsum("...ji,...j->...i", frame, v)


def in_world(frame: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """A part's vectors (..., 3) in the world."""
    return torch.einsum("...ij,...j->...i", frame, v)


def _tilted(v: torch.Tensor, forward_rad: torch.Tensor) -> torch.Tensor:
    """Vectors (..., 3) of a part's frame, tilted forward about its left axis."""
    c, s = forward_rad.cos(), forward_rad.sin()
    return torch.stack([c * v[..., 0] + s * v[..., 2], v[..., 1], c * v[..., 2] - s * v[..., 0]], -1)


def _forward_tilt(v: torch.Tensor) -> torch.Tensor:
    """How far vectors (..., 3) of a part's frame lean forward of its up axis."""
    return torch.atan2(v[..., 0], v[..., 2])


def on_mean_body(x: torch.Tensor) -> torch.Tensor:
    """Recordings (F, 17, 3) of one person on one rig, as the mean body would have moved.

    Limbs, the line of the hips and that of the shoulders keep their directions. Where a rig puts thorax, spine, middle
    of the shoulders, neck and head against each other is taken out, as far as it is the same throughout; what moves stays.
    """
    body = Body.mean()
    legs_m = sum((x[:, b] - x[:, a]).norm(dim=-1).median() for a, b in LIMB_BONES[:4]) / 2
    shoulders = (x[:, LEFT_SHOULDER] + x[:, RIGHT_SHOULDER]) / 2
    # The shoulders carry arms, so they are where they should be; rigs put the thorax before or behind them.
    frame = trunk_frame(x)
    off = in_frame(frame, shoulders - x[:, 8])
    thorax = x[:, 8] + in_world(frame, (off.median(0).values * off.new_tensor([1, 0, 0])).expand_as(off))
    x = x.clone()
    x[:, 8] = thorax
    frame = trunk_frame(x)
    trunk_m = (thorax - x[:, 0]).norm(dim=-1, keepdim=True).median()
    size = TRUNK * body.stature_m / trunk_m

    def moved(v: torch.Tensor) -> torch.Tensor:
        """What of an offset changes, at the size of the mean body."""
        v = in_frame(frame, v)
        return in_world(frame, (v - v.median(0).values) * size)

    y = torch.empty_like(x)
    y[:, 0] = x[:, 0] * (body.length_m[0, [2, 3]].sum() / legs_m)
    y[:, 8] = y[:, 0] + frame[..., 2] * body.length_m[0, [7, 8]].sum()
    y[:, 7] = (y[:, 0] + y[:, 8]) / 2 + moved(x[:, 7] - (x[:, 0] + x[:, 8]) / 2)
    middle = y[:, 8] + frame[..., 2] * body.shoulders_up_m + moved(shoulders - x[:, 8])
    neck, head = (in_frame(frame, x[:, b] - x[:, a]) for a, b in ((8, 9), (9, 10)))
    head = torch.where(head.norm(dim=-1, keepdim=True) > LEAST_BONE_M, head, unit(neck))  # a rig without a crown
    for bone, at, of, usual in ((neck, 9, 8, NECK_TILT_RAD), (head, 10, 9, HEAD_TILT_RAD)):
        bone = _tilted(bone, usual - _forward_tilt(bone.median(0).values))
        y[:, at] = y[:, of] + in_world(frame, unit(bone)) * body.length_m[0, at]
    for joint, start, direction in (
            (RIGHT_HIP, y[:, 0], x[:, RIGHT_HIP] - x[:, LEFT_HIP]), (LEFT_HIP, y[:, 0], x[:, LEFT_HIP] - x[:, RIGHT_HIP]),
            (LEFT_SHOULDER, middle, x[:, LEFT_SHOULDER] - x[:, RIGHT_SHOULDER]),
            (RIGHT_SHOULDER, middle, x[:, RIGHT_SHOULDER] - x[:, LEFT_SHOULDER])):
        y[:, joint] = start + unit(direction) * body.length_m[0, joint]
    for a, b in LIMB_BONES:
        y[:, b] = y[:, a] + unit(x[:, b] - x[:, a]) * body.length_m[0, b]
    return y


def resize(x: torch.Tensor, body: Body) -> torch.Tensor:
    """Streams (B, T, 17, 3) of the mean body, by another for each; steps are as long as legs. Points after the joints
    stay where they are from the pelvis."""
    mean = Body.mean()
    length = body.length_m[:, None, :, None]
    frame = trunk_frame(x)
    up = frame[..., 2]

    def column(v: torch.Tensor) -> torch.Tensor:
        return v[:, None, None].to(x)

    trunk_m, mean_trunk_m = length[:, :, [7, 8]].sum(2), mean.length_m[0, [7, 8]].sum()
    size = column(body.stature_m) / mean.stature_m.to(x)
    y = torch.empty_like(x)
    y[:, :, 0] = x[:, :, 0] * (length[:, :, [2, 3]].sum(2) / mean.length_m[0, [2, 3]].sum())
    y[:, :, 8] = y[:, :, 0] + up * trunk_m
    spine_off = torch.stack([body.spine_off_m[:, 1], 0 * body.stature_m, body.spine_off_m[:, 0]], -1).to(x)
    y[:, :, 7] = y[:, :, 0] + (x[:, :, 7] - x[:, :, 0]) * (trunk_m / mean_trunk_m) \
        + in_world(frame, spine_off[:, None].expand_as(up))
    middle = (x[:, :, LEFT_SHOULDER] + x[:, :, RIGHT_SHOULDER]) / 2 - x[:, :, 8]
    middle = y[:, :, 8] + middle * size + up * (column(body.shoulders_up_m) - mean.shoulders_up_m.to(x) * size)
    for at, of, tilt in ((9, 8, 0), (10, 9, 1)):
        bone = _tilted(in_frame(frame, x[:, :, at] - x[:, :, of]), body.head_tilt_rad[:, tilt, None].to(x))
        y[:, :, at] = y[:, :, of] + in_world(frame, unit(bone)) * length[:, :, at]
    hips = unit(x[:, :, LEFT_HIP] - x[:, :, RIGHT_HIP])
    line = unit(x[:, :, LEFT_SHOULDER] - x[:, :, RIGHT_SHOULDER])
    for joint, start, direction in ((RIGHT_HIP, y[:, :, 0], -hips), (LEFT_HIP, y[:, :, 0], hips),
                                    (LEFT_SHOULDER, middle, line), (RIGHT_SHOULDER, middle, -line)):
        y[:, :, joint] = start + direction * length[:, :, joint]
    for a, b in LIMB_BONES:
        y[:, :, b] = y[:, :, a] + unit(x[:, :, b] - x[:, :, a]) * length[:, :, b]
    y[:, :, JOINTS:] = x[:, :, JOINTS:] - x[:, :, :1] + y[:, :, :1]
    return y


def mirror_half(x: torch.Tensor, draw: Draw, others: Tuple[int, ...] = ()) -> torch.Tensor:
    """`others` says which of the points after the joints changes places with which."""
    mirrored = x[:, :, [*MIRRORED, *(JOINTS + other for other in others)]] * torch.tensor([-1.0, 1.0, 1.0], device=x.device)
    return torch.where(draw.chance(0.5, x.shape[0], 1, 1, 1), mirrored, x)


def turned(v: torch.Tensor, axis: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """Rodrigues' rotation of (..., 3) about unit axes (..., 3) by angles (..., 1)."""
    c, s = angle.cos(), angle.sin()
    return c * v + s * torch.cross(axis, v, dim=-1) + (1 - c) * axis * (axis * v).sum(-1, keepdim=True)


def lean(x: torch.Tensor, angle: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Tilts streams as a whole by angles (B,) about a level axis through the newest pelvis."""
    heading = draw.uniform(-torch.pi, torch.pi, len(x))
    axis = torch.stack([heading.cos(), heading.sin(), torch.zeros_like(heading)], -1)[:, None, None].expand_as(x)
    pivot = x[:, -1:, :1]
    return pivot + turned(x - pivot, axis, angle[:, None, None, None].expand_as(x[..., :1]))


def lean_some(x: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Tilts a quarter of the streams a little."""
    return lean(x, LEAN_SPREAD_RAD * draw.normal(len(x)) * draw.chance(LEAN_CHANCE, len(x)), draw)
