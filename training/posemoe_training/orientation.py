"""Orientations of segments, guided by the lifted positions (the idea of arXiv 2011.11534).

Learnt last, upon a network that stays as it is: neither positions nor features get a gradient, so positions are the
same with and without it. Of each segment it says two axes, y and z (6D, arXiv 1812.07035), and a sigma. Where a limb's
bone lies the joints decide; what is learnt is the turn about it, of which the features know more than a skeleton does.

An axis is a sum of directions that the joints show, or the camera has: bones, the lines of hips and shoulders, and what
is at right angles to two of them, such as a hinge to both parts of a bent limb. How much of each goes into it is what
the head says, from the decoder's features and the angles between bones. So what turns with the body turns by itself.
"""

from typing import List, NamedTuple, Tuple

import torch
from torch import nn
from .segments import CHEST, HEAD, LIMBS, PELVIS, SEGMENTS, aligned, orthonormal
from .skeleton import HIPS, JOINTS, SHOULDERS

OF_EACH_JOINT, HIDDEN = 16, 96
UNIT_M = 0.4
START_DEG = 20.0
# Straight ones, from joint to joint: bones of limbs from the lower to the upper end, in the order of the segments; hips
# and shoulders from right to left; trunk, neck, head.
STRAIGHT = (*(SEGMENTS[limb].bone for limb in LIMBS), HIPS, SHOULDERS[::-1], (0, 7), (7, 8), (8, 9), (9, 10))
ARMS, THIGHS, HIP_LINE, SHOULDER_LINE, LOWER_TRUNK, UPPER_TRUNK = (0, 2), (4, 6), 8, 9, 10, 11
# At right angles to two of those: to both parts of a limb, to hips or shoulders and trunk, to them and a limb.
ACROSS = (*((upper, upper + 1) for upper in (*ARMS, *THIGHS)), (HIP_LINE, LOWER_TRUNK), (SHOULDER_LINE, UPPER_TRUNK),
          *((SHOULDER_LINE, arm) for arm in ARMS), *((HIP_LINE, thigh) for thigh in THIGHS))
OF_CAMERA = 3
DIRECTIONS = len(STRAIGHT) + len(ACROSS) + OF_CAMERA
TRUNK = (PELVIS, CHEST, HEAD)  # of these z is learnt too
AXES = len(SEGMENTS) + len(TRUNK)


class Turned(NamedTuple):
    axes: torch.Tensor       # (..., S, 6) y and z of each segment, neither of length 1 nor at right angles
    sigma_deg: torch.Tensor  # (..., S) angle from the truth within which 68 % lie (after `calibrate`)

    def orientations(self, joints_m: torch.Tensor) -> torch.Tensor:
        """frame_from_segment (..., S, 3, 3), with bones where the joints (..., 17, 3) are."""
        return aligned(orthonormal(self.axes[..., :3], self.axes[..., 3:]), joints_m)


def as_said(axes: torch.Tensor, sigma_deg: torch.Tensor) -> torch.Tensor:
    """As model files give it, (..., S, 7)."""
    return torch.cat([axes, sigma_deg[..., None]], -1)


def _between(pairs: Tuple[Tuple[int, int], ...]) -> torch.Tensor:
    """(pairs, 17), which gives the vectors from the first joint of each pair to the second."""
    out = torch.zeros(len(pairs), len(JOINTS))
    for row, (start, end) in enumerate(pairs):
        out[row, start], out[row, end] = -1, 1
    return out / UNIT_M


def _rolled(pairs: Tuple[Tuple[int, int], ...]) -> List[torch.Tensor]:
    """Of what cross products are made, each (pairs * 3, 17 * 3): y z x of one, z x y of the other, and once more the
    other way round."""
    straight = _between(STRAIGHT)
    out = []
    for which, ahead in ((0, 1), (1, 2), (0, 2), (1, 1)):
        rows = straight[[pair[which] for pair in pairs]]
        roll = torch.eye(3).roll(ahead, 1)
        out.append(torch.einsum("pj,ab->pajb", rows, roll).reshape(len(pairs) * 3, len(JOINTS) * 3))
    return out


def _start() -> torch.Tensor:
    """How much of each direction goes into each axis before anything is learnt, (AXES, DIRECTIONS)."""
    out = torch.zeros(AXES, DIRECTIONS)
    out[[PELVIS, *(LIMBS[i] for i in (4, 5, 6, 7))], HIP_LINE] = 1
    out[[CHEST, HEAD, *(LIMBS[i] for i in (0, 1, 2, 3))], SHOULDER_LINE] = 1
    z = len(SEGMENTS)
    out[z, [LOWER_TRUNK, UPPER_TRUNK]] = 1
    out[z + 1, UPPER_TRUNK], out[z + 2, UPPER_TRUNK] = 1, 1
    return out


class OrientationHead(nn.Module):
    def __init__(self, channels: int, of_each_joint: int = OF_EACH_JOINT, hidden: int = HIDDEN):
        super().__init__()
        self.gelu = nn.GELU()
        self.norm = nn.LayerNorm(2 * channels)
        self.of_joint = nn.Linear(2 * channels, of_each_joint)
        lines = _between(STRAIGHT)
        self.register_buffer("straight", torch.einsum("sj,ab->sajb", lines, torch.eye(3)).flatten(2).flatten(0, 1),
                             persistent=False)
        self.register_buffer("across", torch.stack(_rolled(ACROSS)), persistent=False)
        self.first = nn.Linear(len(JOINTS) * (of_each_joint + 3) + len(STRAIGHT) ** 2, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, AXES * DIRECTIONS + len(SEGMENTS))
        with torch.no_grad():
            self.last.weight.mul_(0.1)
            self.last.bias[:AXES * DIRECTIONS] = _start().flatten()
            self.last.bias[AXES * DIRECTIONS:] = torch.tensor(START_DEG).log()

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, joints_m: torch.Tensor) -> Turned:
        """Streams (..., 17, C) and joints (..., 17, 3)."""
        of_joint = self.of_joint(self.norm(torch.cat([pose, depth], -1).detach()))
        axes, sigma_deg = self.from_joints(of_joint.flatten(0, -3).flatten(1),
                                           joints_m.detach().flatten(0, -3).flatten(1))
        shape = joints_m.shape[:-2]
        return Turned(axes.reshape(*shape, len(SEGMENTS), 6), sigma_deg.reshape(*shape, len(SEGMENTS)))

    def from_joints(self, of_joint: torch.Tensor, joints_m: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """From what is known of the joints (N, 17 * of_each_joint) and where they are (N, 51): axes (N, S, 6) and
        sigmas (N, S), float32 or better."""
        straight = (joints_m @ self.straight.T).reshape(-1, len(STRAIGHT), 3)
        a, b, c, d = (joints_m @ part.T for part in self.across)
        across = (a * b - c * d).reshape(-1, len(ACROSS), 3)
        angles = (straight @ straight.transpose(1, 2)).reshape(-1, len(STRAIGHT) ** 2)
        x = self.gelu(self.first(torch.cat([self.gelu(of_joint), joints_m / UNIT_M, angles], -1)))
        x = self.last(self.gelu(self.second(x)) + x)
        x, straight, across = (t.to(torch.promote_types(joints_m.dtype, torch.float32)) for t in (x, straight, across))
        shares = x[:, :AXES * DIRECTIONS].reshape(-1, AXES, DIRECTIONS)
        # The camera's own directions are x, y and z: their shares are the sum.
        axes = shares[..., :-OF_CAMERA] @ torch.cat([straight, across], 1) + shares[..., -OF_CAMERA:]
        z = torch.cat([axes[:, len(SEGMENTS):], straight[:, :len(LIMBS)]], 1)
        return torch.cat([axes[:, :len(SEGMENTS)], z], -1), x[:, AXES * DIRECTIONS:].clamp(-2.0, 5.5).exp()
