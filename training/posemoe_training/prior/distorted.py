"""Poses that nobody has: a knee or an elbow bent backwards. What tells plausible poses from others is tried on them."""

from typing import Tuple

import torch

from ..bodies import turned, unit
from ..data import Motion
from ..draw import Draw
from ..poses import bones_of, chest_frame, joined, pelvis_frame

# Upper and lower bone, and the side of the hinge: a knee bends about the pelvis' left, an elbow about its right.
HINGES = ((2, 3, 1.0), (5, 6, 1.0), (12, 13, -1.0), (15, 16, -1.0))
BACKWARDS_RAD = (0.4, 1.2)


def bent_backwards(x: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Poses (N, 17, 3) with one knee or elbow of each bent the wrong way."""
    bones = bones_of(x[:, None])
    which = (draw.unit(len(x)) * len(HINGES)).long()
    for n, (upper, lower, side) in enumerate(HINGES):
        a, b = bones[:, 0, upper], bones[:, 0, lower]
        left = side * (pelvis_frame if upper < 7 else chest_frame)(bones)[:, 0, :, 1]
        axis = torch.cross(a, b, dim=-1)
        usual = unit(torch.where((axis.norm(dim=-1) > 0.15 * a.norm(dim=-1) * b.norm(dim=-1))[:, None], axis, left))
        angle = -draw.uniform(*BACKWARDS_RAD, len(x))[:, None]
        wrong = turned(unit(a) * b.norm(dim=-1, keepdim=True), usual, angle)
        bones[:, 0, lower] = torch.where((which == n)[:, None], wrong, b)
    return joined(x[:, None, :1], bones)[:, 0]


def real_and_wrong(motion: Motion, count: int, draw: Draw) -> Tuple[torch.Tensor, torch.Tensor]:
    """Recorded poses (count, 17, 3) relative to the pelvis, and the same with a knee or elbow bent backwards."""
    real = motion.sample(motion.draw_rows(count, draw), torch.zeros(count, 1), draw)[:, 0]
    real = real - real[:, :1]
    return real, bent_backwards(real, draw)


def auc(worse: torch.Tensor, better: torch.Tensor) -> float:
    """The chance that one of `worse` is larger than one of `better`; both (N,)."""
    both = torch.cat([worse, better])
    rank = both.argsort().argsort().double() + 1
    return float((rank[:len(worse)].sum() - len(worse) * (len(worse) + 1) / 2) / (len(worse) * len(better)))
