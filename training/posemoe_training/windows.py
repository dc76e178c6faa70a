"""Training examples: windows of keypoints at irregular times, with each frame's 3D pose."""

from dataclasses import dataclass
from typing import NamedTuple, Optional, Tuple

import torch

from .bodies import lean, mirror_half, resize, with_upper_body
from .cameras import TRAINING_BORDER, place_cameras
from .data import Motion
from .detector import detect
from .draw import Draw
from .view import person_view

SLOWEST_HZ, FASTEST_HZ = 5.0, 60.0
RECOMBINED_CHANCE = 0.15
LEAST_KEYPOINTS = 4  # `min_keypoints` of the node
YOUNG_CHANCE = 0.12  # windows of a person who has just appeared


@dataclass(frozen=True)
class WindowLayout:
    """How the node fills a window: at most `frames` slots, the newest last, older ones at least
    `spacing_s` apart and no older than `span_s`."""

    frames: int = 9
    spacing_s: float = 0.055
    span_s: float = 0.8


class Batch(NamedTuple):
    keypoints: torch.Tensor         # (B, T, 17, 3)
    view: torch.Tensor              # (B, T, 3)
    age_s: torch.Tensor             # (B, T), 0 for the newest
    present: torch.Tensor           # (B, T), 1 where the slot is filled
    joints_m: torch.Tensor          # (B, T, 17, 3) root-relative, each in its own frame's virtual camera
    view_from_camera: torch.Tensor  # (B, T, 3, 3)
    action: torch.Tensor            # (B,) row of `Motion.actions`

    @property
    def inputs(self) -> Tuple[torch.Tensor, ...]:
        """What the network is given."""
        return self.keypoints, self.view, self.age_s, self.present


def enough_seen(score: torch.Tensor) -> torch.Tensor:
    """Which frames (B, T) show enough to be used, as in the node; the newest, which is asked about, always is."""
    enough = (score > 0).sum(-1) >= LEAST_KEYPOINTS
    enough[:, -1] = True
    return enough


def slot_ages(batch: int, layout: WindowLayout, draw: Draw, rate_hz: Optional[float] = None) -> torch.Tensor:
    """Ages (B, T) of slots, oldest first, for detectors of 5-60 Hz with jitter and drops."""
    if layout.frames == 1:
        return torch.zeros(batch, 1, device=draw.device)
    octaves = torch.log(torch.tensor(FASTEST_HZ / SLOWEST_HZ))
    rate = SLOWEST_HZ * torch.exp(draw.unit(batch, 1) * octaves) if rate_hz is None else \
        torch.full((batch, 1), rate_hz, device=draw.device)
    steps = torch.ceil(layout.spacing_s * rate - 1e-6).clamp(min=1)
    dropped = draw.chance(0.06, batch, layout.frames - 1).float()
    jitter = (1 + 0.08 * draw.normal(batch, layout.frames - 1)).clamp(0.8, 1.3)
    gap = ((steps + dropped) / rate * jitter).clamp(min=layout.spacing_s)
    return torch.cat([torch.zeros(batch, 1, device=draw.device), gap.cumsum(1)], 1).flip(1)


def _varied(motion: Motion, row: torch.Tensor, age_s: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Motion of those sequences at another speed, by another body, some of it recombined."""
    batch = len(row)
    age_s = age_s * draw.uniform(0.75, 1.25, batch, 1)
    world_m = motion.sample(row, age_s, draw)
    other_m = motion.sample(motion.draw_rows(batch, draw), age_s, draw)
    recombined = draw.chance(RECOMBINED_CHANCE, batch, 1, 1, 1)
    world_m = torch.where(recombined, with_upper_body(world_m, other_m), world_m)
    return mirror_half(lean(resize(world_m, draw), draw), draw)


def make_batch(motion: Motion, size: int, layout: WindowLayout, rng: torch.Generator, noise: float = 1.0,
               vary: bool = True, rate_hz: Optional[float] = None, border: Optional[str] = None) -> Batch:
    """Draws `size` windows from `motion` through random bodies, cameras and detectors.

    For measurements: `vary=False` leaves the bodies as recorded, `rate_hz` fixes the detector's rate,
    and `border` ("full", "legs") the image's border.
    """
    draw = Draw(rng)
    age_s = slot_ages(size, layout, draw, rate_hz)
    present = (age_s <= layout.span_s).float()
    young = draw.chance(YOUNG_CHANCE, size, 1)
    present = torch.where(young, (age_s <= draw.unit(size, 1) * 0.6).float(), present)
    age_s = age_s * present
    row = motion.draw_rows(size, draw)
    world_m = _varied(motion, row, age_s, draw) if vary else motion.sample(row, age_s, draw)
    scene = place_cameras(world_m, draw, border or (TRAINING_BORDER if vary else None))
    xy, score = detect(scene, age_s, draw, noise)
    present = present * enough_seen(score)
    seen = person_view(xy, score)
    relative = scene.camera_m - scene.camera_m[:, :, :1]
    joints_m = torch.einsum("btij,btkj->btki", seen.view_from_camera, relative)
    keep = present[..., None]
    return Batch(seen.keypoints * keep[..., None], seen.view * keep, age_s * present, present, joints_m,
                 seen.view_from_camera, motion.action[row])
