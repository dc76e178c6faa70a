"""Depths as a robot's depth camera measures them at keypoints: the surface in front of the joint, or whatever else
is there.

What crates/posemoe-core/src/lift makes of them for the network is in `view.py`.
"""

from dataclasses import dataclass

import torch

from .cameras import Scene
from .detector import DERIVED, FAMILIES
from .draw import Draw
from .occlusion import covering

# From the surface to the joint, metres.
JOINT_BELOW_M = torch.tensor([0.10, 0.09, 0.055, 0.045, 0.09, 0.055, 0.045, 0.10, 0.08, 0.05, 0.09,
                              0.06, 0.045, 0.03, 0.06, 0.045, 0.03])
BELOW_SPREAD = 0.25
NEAREST_M, FARTHEST_M = 0.3, 10.0
NOISE_M, NOISE_PER_M = 0.008, 0.0025   # noise_m = NOISE_M + NOISE_PER_M z², as stereo has it; one sigma
STEADY_SHARE = 0.5                     # of its variance
BACKGROUND_CHANCE = 0.04


@dataclass(frozen=True)
class DepthCameras:
    """How many streams have one, and what goes wrong with them; shares of those streams but for `holes`."""

    share: float = 0.4
    holes: float = 0.4    # of a stream's joints, at most
    few: float = 0.25     # only some joints are measured
    thing: float = 0.08   # something stands in front of part of the person
    late: float = 0.08    # it shows the frame before

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ValueError(f"depth: {name} is {value}, expected 0 to 1")


def measured(scene: Scene, xy: torch.Tensor, score: torch.Tensor, family: torch.Tensor, cameras: DepthCameras,
             draw: Draw) -> torch.Tensor:
    """Depths (B, T, 17) along the optical axis at keypoints, metres, 0 where there is none."""
    batch, frames = xy.shape[:2]
    none = torch.zeros(batch, frames, 17, device=draw.device)
    if cameras.share == 0:
        return none
    joints_m = scene.camera_m
    z = joints_m[..., 2]
    below_m = JOINT_BELOW_M.to(draw.device) * (1 + BELOW_SPREAD * draw.normal(batch, 1, 17))
    _, cover_m = covering(joints_m)
    depth_m = torch.minimum(z - below_m, cover_m)
    # A mark that is far off its joint lies on something else.
    off_m = (xy * z[..., None] - joints_m[..., :2]).norm(dim=-1)
    missed = (off_m > 0.12) | draw.chance(BACKGROUND_CHANCE, batch, frames, 17)
    background_m = z.amax(-1, keepdim=True) + draw.uniform(0.3, 4.0, batch, 1, 1)
    depth_m = torch.where(missed, background_m, depth_m)
    depth_m = _with_things_in_the_way(depth_m, joints_m, cameras.thing, draw)
    late = draw.chance(cameras.late, batch, 1, 1)
    depth_m = torch.where(late, torch.cat([depth_m[:, :1], depth_m[:, :-1]], 1), depth_m)
    noise_m = (NOISE_M + NOISE_PER_M * z.square()) * torch.exp(0.4 * draw.normal(batch, 1, 1))
    noise = STEADY_SHARE ** 0.5 * draw.normal(batch, 1, 17) + (1 - STEADY_SHARE) ** 0.5 * draw.normal(batch, frames, 17)
    depth_m = depth_m + noise_m * noise
    holes = cameras.holes * draw.unit(batch, 1, 1)
    few = draw.chance(cameras.few, batch, 1, 1) & ~draw.chance(draw.uniform(0.2, 0.9, batch, 1, 1), batch, 1, 17)
    there = ~draw.chance(holes, batch, frames, 17) & ~few & (depth_m > NEAREST_M) & (depth_m < FARTHEST_M)
    there = there & (score > 0) & draw.chance(cameras.share, batch, 1, 1)
    return _derived(torch.where(there, depth_m, none), family)


def _with_things_in_the_way(depth_m: torch.Tensor, joints_m: torch.Tensor, share: float, draw: Draw) -> torch.Tensor:
    """Some people stand behind a table or a post: all that lies below, or to one side, has its depth."""
    batch = len(depth_m)
    thing = draw.chance(share, batch, 1, 1)
    thing_m = joints_m[:, :, :1, 2] - draw.uniform(0.15, 1.2, batch, 1, 1)
    axis = draw.chance(0.7, batch)[:, None, None]  # a table, else a post
    along = torch.where(axis, joints_m[..., 1], joints_m[..., 0])
    root = torch.where(axis[..., 0], joints_m[:, :, 0, 1], joints_m[:, :, 0, 0])[..., None]
    behind = along - root > draw.uniform(-0.3, 0.5, batch, 1, 1)
    return torch.where(thing & behind, torch.minimum(depth_m, thing_m), depth_m)


def _derived(depth_m: torch.Tensor, family: torch.Tensor) -> torch.Tensor:
    """Joints that are means of others have the mean of their depths, where all are there."""
    depth_m = depth_m.clone()
    for row, name in enumerate(FAMILIES):
        of_family = (family == row)[:, None]
        for joint, sources in DERIVED[name].items():
            of = depth_m[:, :, list(sources)]
            mean = of.mean(-1) * (of > 0).all(-1)
            depth_m[:, :, joint] = torch.where(of_family, mean, depth_m[:, :, joint])
    return depth_m
