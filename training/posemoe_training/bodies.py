"""Other bodies for recorded motion: mirrored, of other size and proportions, leaning, recombined.

Positions are (B, T, 17, 3) in metres, world z up.
"""

import torch

from .draw import Draw
from .skeleton import HIPS, MIRRORED, PARENTS, UPPER_BODY

STATURE_SPREAD, PROPORTION_SPREAD = 0.045, 0.035
LEAN_CHANCE, LEAN_SPREAD_RAD = 0.25, 0.12


def _ancestors() -> torch.Tensor:
    chain = torch.zeros(17, 17)
    for joint in range(17):
        bone = joint
        while bone > 0:
            chain[joint, bone] = 1
            bone = PARENTS[bone]
    return chain


CHAIN = _ancestors()  # joint = pelvis + CHAIN @ bones


def resize(x: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Gives each window another stature and other limb proportions, left and right alike."""
    batch = x.shape[0]
    root = x[:, :, :1]
    bones = x - x[:, :, [max(p, 0) for p in PARENTS]]
    limb = 1 + PROPORTION_SPREAD * draw.normal(batch, 1, 17, 1)
    limb = (limb + limb[:, :, list(MIRRORED)]) / 2
    stature = 1 + STATURE_SPREAD * draw.normal(batch, 1, 1, 1)
    scale = (limb * stature).clamp(0.75, 1.25)
    return torch.einsum("jk,btkc->btjc", CHAIN.to(x), bones * scale) + root * stature


def mirror_half(x: torch.Tensor, draw: Draw) -> torch.Tensor:
    mirrored = x[:, :, list(MIRRORED)] * torch.tensor([-1.0, 1.0, 1.0], device=x.device)
    return torch.where(draw.chance(0.5, x.shape[0], 1, 1, 1), mirrored, x)


def lean(x: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Tilts some streams as a whole about a level axis through the newest pelvis."""
    batch = x.shape[0]
    heading = draw.uniform(-torch.pi, torch.pi, batch)
    angle = LEAN_SPREAD_RAD * draw.normal(batch) * draw.chance(LEAN_CHANCE, batch)
    axis = torch.stack([heading.cos(), heading.sin(), torch.zeros_like(heading)], -1)[:, None, None].expand_as(x)
    pivot = x[:, -1:, :1]
    p = x - pivot
    c, s = angle.cos()[:, None, None, None], angle.sin()[:, None, None, None]
    # Rodrigues' rotation formula
    return pivot + c * p + s * torch.cross(axis, p, dim=-1) + (1 - c) * axis * (axis * p).sum(-1, keepdim=True)


def _hip_yaw(x: torch.Tensor) -> torch.Tensor:
    """Heading (B,) of the right-to-left hip line in the newest frame."""
    line = x[:, -1, HIPS[1]] - x[:, -1, HIPS[0]]
    return torch.atan2(line[:, 1], line[:, 0])


def with_upper_body(legs: torch.Tensor, arms: torch.Tensor) -> torch.Tensor:
    """The legs and root of one motion with the spine, head and arms of another, turned to face alike."""
    turn = _hip_yaw(legs) - _hip_yaw(arms)
    c, s, zero = turn.cos(), turn.sin(), torch.zeros_like(turn)
    rotation = torch.stack([torch.stack([c, -s, zero], -1), torch.stack([s, c, zero], -1),
                            torch.stack([zero, zero, zero + 1], -1)], -2)
    upper = torch.einsum("bij,btkj->btki", rotation, arms[:, :, UPPER_BODY] - arms[:, :, :1])
    return torch.cat([legs[:, :, :7], legs[:, :, :1] + upper], 2)
