"""Where the user's detector puts hips, shoulders and the head, against the usual detectors: by how people look once they
are lifted, beside simulated people lifted by the same network.

A mark that lies elsewhere moves the lifted joint with it in part; the rest shows as a keypoint beside the lifted joint.
Both together are compared with those of simulated people, whose detector's marks are moved until they agree.
"""

from typing import Callable

import torch

from ..bodies import trunk_frame
from ..memory import Memory
from ..network import PoseMoE
from ..skeleton import HIPS, SHOULDERS
from ..streams import Batch
from .objectives import placed_on_rays

# Joints and the directions (forward, left, up of the trunk) in which their marks may be moved; the right one's left is
# turned round. The nose and the ears are one thing's marks: the head's.
MOVED = ((HIPS, (0, 1, 2)), (SHOULDERS, (0, 1, 2)), ((9,), (0, 2)), ((10,), (0, 2)))
COUNT = sum(len(axes) for _, axes in MOVED)
STEADY = (2, 3, 5, 6, 12, 13, 15, 16)  # limbs' joints, which all detectors mark alike
TRIED_M = 0.03                         # how far marks are moved to see what it does
PRIOR_M = (0.02, 0.04, 0.04)           # how far detectors' marks are from the usual ones, forward, left and up
PERSON_M = 0.012                       # how far those of one person are, by build
ROUNDS = 3


def moves(theta_m: torch.Tensor) -> torch.Tensor:
    """Offsets (17, 3) of marks in the trunk's frame (m), from what is unknown of them, (COUNT,)."""
    offset = torch.zeros(17, 3)
    at = 0
    for joints, axes in MOVED:
        for axis in axes:
            for joint in joints:
                offset[joint, axis] = theta_m[at] * _side(joint, axis)
            at += 1
    return offset


def _side(joint: int, axis: int) -> float:
    return -1.0 if axis == 1 and joint in (HIPS[0], SHOULDERS[1]) else 1.0


@torch.no_grad()
def looks(network: PoseMoE, batch: Batch, memory: Memory) -> torch.Tensor:
    """Where marks are in the trunk's frame (m), (COUNT,), in the mean over people: where their joints are lifted to, and
    how far beside them the keypoints are."""
    joints_m = network.eval().lift(*batch.inputs, memory).joints_m
    size = batch.view[..., 2].exp()[..., None]
    uv, score = batch.keypoints[..., :2] * size[..., None], batch.keypoints[..., 2]
    steady = torch.zeros(17)
    steady[list(STEADY)] = 1.0
    placed_m = placed_on_rays(joints_m, uv, score * steady)
    beside_m = uv * placed_m[..., 2:] - placed_m[..., :2]
    frame = trunk_frame(joints_m)
    inside_m = torch.einsum("btji,btkj->btki", frame, joints_m - joints_m[..., [0], :])
    seen = (score > 0) * batch.used[..., None]
    found = []
    for joints, axes in MOVED:
        normal, right, lifted, count = torch.zeros(3, 3), torch.zeros(3), torch.zeros(3), torch.zeros(())
        for joint in joints:
            sides = torch.tensor([_side(joint, axis) for axis in range(3)])
            across = frame[..., :2, :] * sides  # what each direction is in the image
            weight = seen[..., joint]
            normal += torch.einsum("bt,btij,btik->jk", weight, across, across)
            right += torch.einsum("bt,btij,bti->j", weight, across, beside_m[..., joint, :].clamp(-0.3, 0.3))
            lifted += torch.einsum("bt,bti->i", weight, inside_m[..., joint, :] * sides)
            count += weight.sum()
        kept = torch.tensor(axes)
        normal = normal[kept][:, kept] + 0.02 * count * torch.eye(len(axes))
        found.append(torch.linalg.solve(normal, right[kept]) + lifted[kept] / count.clamp(min=1))
    return torch.cat(found)


def found_marks(network: PoseMoE, users: Batch, people: int, memory: Memory,
                simulated: Callable[[torch.Tensor], Batch]) -> torch.Tensor:
    """Offsets (17, 3) of the user's marks (m), from streams of `people` people, and simulated ones whose marks are moved
    by given offsets; shrunk towards none by how much people's build differs."""
    theirs = looks(network, users, memory)
    theta = torch.zeros(COUNT)
    usual = looks(network, simulated(moves(theta)), memory)
    response = torch.stack([(looks(network, simulated(moves(TRIED_M * one)), memory) - usual) / TRIED_M
                            for one in torch.eye(COUNT)], 1)
    weight = max(1, people) / PERSON_M ** 2
    prior = torch.tensor([PRIOR_M[axis] for _, axes in MOVED for axis in axes]).pow(-2)
    for _ in range(ROUNDS):
        ours = looks(network, simulated(moves(theta)), memory)
        normal = response.T @ response * weight + prior.diag()
        right = response.T @ (theirs - ours) * weight - prior * theta
        theta = theta + torch.linalg.solve(normal, right)
    return moves(theta)
