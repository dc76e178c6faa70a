"""The person-centred view, the same as crates/posemoe-core/src/geometry/canonical.rs (a shared fixture checks it).

Each frame, a virtual camera without roll is turned to look at the person; keypoints become
coordinates in that view divided by the person's apparent size.
"""

from typing import NamedTuple

import torch

from .skeleton import HIPS, SHOULDERS, TORSO

SMALLEST_SIZE = 1e-4  # tangent units; keeps one lone or coincident keypoint from exploding
VIEW_FEATURES = 3     # ray x, ray y, log apparent size
DEPTH_FEATURES = 3    # depth beyond the torso's in units of apparent size, log size in metres, 1 where measured
LEAST_TORSO = 2       # joints of the torso that must be measured, or all that is measured is left out
FARTHEST_FROM_TORSO = 3.0  # in units of apparent size; what is farther is no part of the person


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


def depth_view(xy: torch.Tensor, score: torch.Tensor, depth_m: torch.Tensor, view: PersonView) -> torch.Tensor:
    """Measured depths (..., 17) at rays (..., 17, 2), metres along the camera's axis and 0 where there is none, as
    the network takes them (..., 17, 3): how far beyond the torso in units of apparent size, the logarithm of the
    person's size in metres that goes with the torso's depth, and 1; all 0 where nothing is measured.

    The torso's depth is the lower median of its joints', in the person-centred view.
    """
    rays = torch.cat([xy, torch.ones_like(xy[..., :1])], -1)
    along_m = torch.einsum("...j,...kj->...k", view.view_from_camera[..., 2, :], rays) * depth_m
    there = (depth_m > 0) & (score > 0)
    torso = along_m[..., list(TORSO)].masked_fill(~there[..., list(TORSO)], torch.nan)
    known = (there[..., list(TORSO)].sum(-1, keepdim=True) >= LEAST_TORSO)
    torso_m = torso.nanmedian(-1, keepdim=True).values.nan_to_num(1.0)
    size_m = view.view[..., 2:].exp() * torso_m.clamp(min=1e-2)
    beyond = (along_m - torso_m) / size_m
    there = there & known & (beyond.abs() < FARTHEST_FROM_TORSO)
    features = torch.stack([beyond, size_m.log().expand_as(beyond), torch.ones_like(beyond)], -1)
    return torch.where(there[..., None], features, torch.zeros_like(features))
