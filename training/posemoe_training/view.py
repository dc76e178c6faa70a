"""The person-centred view, the same as src/geometry/canonical.rs (a shared fixture checks it).

Each frame, a virtual camera without roll is turned to look at the person; keypoints become
coordinates in that view divided by the person's apparent size.
"""

from typing import NamedTuple

import torch

from .skeleton import HIPS, SHOULDERS

SMALLEST_SIZE = 1e-4  # tangent units; keeps one lone or coincident keypoint from exploding
VIEW_FEATURES = 3     # ray x, ray y, log apparent size


class PersonView(NamedTuple):
    keypoints: torch.Tensor         # (..., 17, 3): x, y in units of apparent size, score
    view: torch.Tensor              # (..., 3): viewing ray x, y (unit vector), log apparent size
    view_from_camera: torch.Tensor  # (..., 3, 3)


def _mean_seen(xy: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    weight = seen[..., None].to(xy.dtype)
    return (xy * weight).sum(-2) / weight.sum(-2).clamp(min=1)


def _centre(xy: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Where to look: the hips; where none is seen the shoulders; else all that is seen."""
    centre = _mean_seen(xy, seen)
    for pair in (SHOULDERS, HIPS):
        there = seen[..., list(pair)]
        mean = _mean_seen(xy[..., list(pair), :], there)
        centre = torch.where(there.any(-1)[..., None], mean, centre)
    return centre


def look_at(ray: torch.Tensor) -> torch.Tensor:
    """view_from_camera (..., 3, 3): z along the unit `ray`, x level with the camera's x axis."""
    z = ray
    x = torch.stack([z[..., 2], torch.zeros_like(z[..., 0]), -z[..., 0]], -1)
    x = x / x.norm(dim=-1, keepdim=True).clamp(min=1e-9)
    return torch.stack([x, torch.cross(z, x, dim=-1), z], -2)


def person_view(xy: torch.Tensor, score: torch.Tensor) -> PersonView:
    """From undistorted rays (x/z, y/z) (..., 17, 2) and scores (..., 17), 0 where missing."""
    seen = score > 0
    centre = _centre(xy, seen)
    ray = torch.cat([centre, torch.ones_like(centre[..., :1])], -1)
    ray = ray / ray.norm(dim=-1, keepdim=True)
    rotation = look_at(ray)
    points = torch.cat([xy, torch.ones_like(xy[..., :1])], -1)
    turned = torch.einsum("...ij,...kj->...ki", rotation, points)
    uv = turned[..., :2] / turned[..., 2:].clamp(min=1e-3)
    weight = seen.to(xy.dtype)
    mean_square = (uv.square().sum(-1) * weight).sum(-1) / weight.sum(-1).clamp(min=1)
    size = mean_square.sqrt().clamp(min=SMALLEST_SIZE)
    keypoints = torch.cat([uv / size[..., None, None], score[..., None]], -1)
    keypoints = torch.where(seen[..., None], keypoints, torch.zeros_like(keypoints))
    return PersonView(keypoints, torch.cat([ray[..., :2], size.log()[..., None]], -1), rotation)
