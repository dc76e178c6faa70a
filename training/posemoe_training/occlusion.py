"""Which joints a body hides from its camera: limbs and trunk as capsules."""

from typing import Tuple

import torch

# (joint, joint, radius in metres)
CAPSULES = (
    (1, 14, 0.09), (4, 11, 0.09), (0, 8, 0.11),                  # trunk
    (1, 2, 0.075), (2, 3, 0.05), (4, 5, 0.075), (5, 6, 0.05),    # legs
    (11, 12, 0.05), (12, 13, 0.04), (14, 15, 0.05), (15, 16, 0.04), (8, 10, 0.09),
)
_A, _B, _RADIUS_M = ([c[i] for c in CAPSULES] for i in range(3))
_FOREIGN = torch.tensor([[float(j not in (a, b)) for a, b, _ in CAPSULES] for j in range(17)])
BEHIND_M = 0.03


def covering(camera_m: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Whether each joint (B, T, 17, 3, camera optical frame) lies behind a capsule, (B, T, 17), 0 or 1; and the depth
    (B, T, 17) of the nearest capsule's surface there, infinite where it lies behind none."""
    z = camera_m[..., 2].clamp(min=0.1)
    xy = camera_m[..., :2] / z[..., None]
    a, along = xy[:, :, _A], xy[:, :, _B] - xy[:, :, _A]                    # (B, T, S, 2)
    to_joint = xy[:, :, :, None] - a[:, :, None]                            # (B, T, 17, S, 2)
    at = (to_joint * along[:, :, None]).sum(-1) / along.square().sum(-1).clamp(min=1e-9)[:, :, None]
    at = at.clamp(0, 1)
    depth = z[:, :, _A][:, :, None] * (1 - at) + z[:, :, _B][:, :, None] * at
    aside_m = (to_joint - at[..., None] * along[:, :, None]).norm(dim=-1) * depth
    radius = torch.tensor(_RADIUS_M, device=z.device)
    covered = (aside_m < radius) & (z[..., None] - depth > radius + BEHIND_M) & (_FOREIGN.to(z.device) > 0)
    surface_m = (depth - radius).masked_fill(~covered, torch.inf).amin(-1)
    return covered.any(-1).to(z.dtype), surface_m


def hidden(camera_m: torch.Tensor) -> torch.Tensor:
    """Whether each joint (B, T, 17, 3, camera optical frame) lies behind a capsule: (B, T, 17), 0 or 1."""
    return covering(camera_m)[0]
