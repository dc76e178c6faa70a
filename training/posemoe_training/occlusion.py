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
    """Whether each joint (B, T, 17, 3, camera optical frame) lies behind a capsule of its own body, (B, T, 17), 0 or 1;
    and the depth (B, T, 17) of the nearest capsule's surface there, infinite where it lies behind none."""
    return _behind(camera_m, camera_m, _FOREIGN.to(camera_m.device) > 0)


def covering_by(camera_m: torch.Tensor, others_m: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """The same for capsules of another body, each of `others_m` (B, T, 17, 3)."""
    return _behind(camera_m, others_m, torch.ones(17, len(CAPSULES), dtype=torch.bool, device=camera_m.device))


def _behind(joints_m: torch.Tensor, body_m: torch.Tensor, counts: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """`counts` (17, capsules) says which capsules may hide which joints."""
    joint_z, z = (m[..., 2].clamp(min=0.1) for m in (joints_m, body_m))
    joint_xy, xy = joints_m[..., :2] / joint_z[..., None], body_m[..., :2] / z[..., None]
    a, along = xy[:, :, _A], xy[:, :, _B] - xy[:, :, _A]                    # (B, T, S, 2)
    to_joint = joint_xy[:, :, :, None] - a[:, :, None]                      # (B, T, 17, S, 2)
    at = (to_joint * along[:, :, None]).sum(-1) / along.square().sum(-1).clamp(min=1e-9)[:, :, None]
    at = at.clamp(0, 1)
    depth = z[:, :, _A][:, :, None] * (1 - at) + z[:, :, _B][:, :, None] * at
    aside_m = (to_joint - at[..., None] * along[:, :, None]).norm(dim=-1) * depth
    radius = torch.tensor(_RADIUS_M, device=z.device)
    covered = (aside_m < radius) & (joint_z[..., None] - depth > radius + BEHIND_M) & counts
    surface_m = (depth - radius).masked_fill(~covered, torch.inf).amin(-1)
    return covered.any(-1).to(z.dtype), surface_m


def hidden(camera_m: torch.Tensor) -> torch.Tensor:
    """Whether each joint (B, T, 17, 3, camera optical frame) lies behind a capsule: (B, T, 17), 0 or 1."""
    return covering(camera_m)[0]
