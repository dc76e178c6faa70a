"""Training examples: windows of keypoints at irregular times, with the newest frame's 3D pose."""

from dataclasses import dataclass
from typing import NamedTuple

import torch

from .cameras import place_cameras
from .data import Motion, vary_bodies
from .detector import detect
from .view import person_view


@dataclass(frozen=True)
class WindowLayout:
    """How the node fills a window: at most `frames` slots, the newest last, older ones at least
    `spacing_s` apart and no older than `span_s`."""

    frames: int = 9
    spacing_s: float = 0.055
    span_s: float = 0.8


class Batch(NamedTuple):
    keypoints: torch.Tensor  # (B, T, 17, 3)
    view: torch.Tensor       # (B, T, 3)
    age_s: torch.Tensor      # (B, T), 0 for the newest
    present: torch.Tensor    # (B, T), 1 where the slot is filled
    joints_m: torch.Tensor   # (B, T, 17, 3) root-relative, each in its own frame's virtual camera


def slot_ages(batch: int, layout: WindowLayout, rng: torch.Generator) -> torch.Tensor:
    """Ages (B, T) of slots, oldest first, for detectors of 5-60 Hz with jitter and drops."""
    frames = layout.frames
    if frames == 1:
        return torch.zeros(batch, 1)
    period = 1 / torch.exp(torch.log(torch.tensor(5.0)) + torch.rand(batch, 1, generator=rng) * 2.4849)
    period = period.clamp(1 / 60, 1 / 5)
    steps = torch.ceil(layout.spacing_s / period - 1e-6)
    dropped = (torch.rand(batch, frames - 1, generator=rng) < 0.06).float()
    gap = period * (steps + dropped) * (1 + 0.08 * torch.randn(batch, frames - 1, generator=rng)).clamp(0.8, 1.3)
    gap = gap.clamp(min=layout.spacing_s)
    ages = torch.cat([torch.zeros(batch, 1), gap.cumsum(1)], 1)
    return ages.flip(1)


def make_batch(motion: Motion, size: int, layout: WindowLayout, rng: torch.Generator,
               noise: float = 1.0, vary: bool = True) -> Batch:
    """Draws `size` windows from `motion` through random bodies, cameras and detectors."""
    age_s = slot_ages(size, layout, rng)
    present = (age_s <= layout.span_s).float()
    # A person who has just appeared has a short history.
    young = torch.rand(size, 1, generator=rng) < 0.12
    present = torch.where(young, (age_s <= torch.rand(size, 1, generator=rng) * 0.6).float(), present)
    age_s = age_s * present
    speed = 0.75 + 0.5 * torch.rand(size, 1, generator=rng) if vary else 1.0
    world_m = motion.sample(age_s * speed, rng)
    if vary:
        world_m = vary_bodies(world_m, rng)
    scene = place_cameras(world_m, rng)
    xy, score = detect(scene, age_s, rng, noise)
    # Frames that show almost nothing are not used, here as in the node; the newest always is.
    enough = (score > 0).sum(-1) >= 4
    enough[:, -1] = True
    present = present * enough
    seen = person_view(xy, score)
    relative = scene.camera_m - scene.camera_m[:, :, :1]
    joints_m = torch.einsum("btij,btkj->btki", seen.view_from_camera, relative)
    keep = present[..., None]
    return Batch(seen.keypoints * keep[..., None], seen.view * keep, age_s * present, present, joints_m)
