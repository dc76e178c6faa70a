"""A model of 2D detectors: what each means by a joint, noise, outliers, gaps and scores.

Noise is given in metres at the person, since detectors err in proportion to apparent size.
"""

from typing import NamedTuple, Tuple

import torch

from .cameras import Scene, in_image
from .skeleton import MIRRORED

NOISE_M = 0.014          # median over detectors, for an easy joint
# Hips, knees, ankles, ... of 17: how much harder a joint is than an easy one.
DIFFICULTY = torch.tensor([1.2, 1.5, 1.0, 1.1, 1.5, 1.0, 1.1, 1.3, 1.0, 0.8, 0.9,
                           1.0, 1.1, 1.3, 1.0, 1.1, 1.3])
COCO_CHANCE = 0.65       # share of detectors that mark COCO's surface points
NO_SPINE_CHANCE = 0.15   # of the others: detectors that lack pelvis, spine and thorax
OUTLIER_CHANCE, SWAP_CHANCE, MISSING_CHANCE, BURST_CHANCE = 0.006, 0.004, 0.02, 0.03


def _unit(v: torch.Tensor) -> torch.Tensor:
    return v / v.norm(dim=-1, keepdim=True).clamp(min=1e-6)


# joint: those that it is the mean of, as src/person/skeleton.rs derives it for COCO detectors.
DERIVED = {0: (1, 4), 8: (11, 14), 7: (1, 4, 11, 14)}


class Marks(NamedTuple):
    points_m: torch.Tensor  # (B, T, 17, 3)
    has: torch.Tensor       # (B, 17) classes that this detector has
    coco: torch.Tensor      # (B,) whether it is one of COCO's


def as_detectors_mark(joints_m: torch.Tensor, rng: torch.Generator) -> Marks:
    """Moves joints (B, T, 17, 3) to the points a detector would mark.

    A COCO detector marks the nose for joint 9, and joint 10 becomes the mean of its ears.
    """
    batch = joints_m.shape[0]

    def random(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, generator=rng)

    x = joints_m.clone()
    hips, shoulders = x[:, :, 4] - x[:, :, 1], x[:, :, 11] - x[:, :, 14]
    right_to_left = _unit(shoulders)
    up = _unit(x[:, :, 8] - x[:, :, 0])
    forward = _unit(torch.cross(right_to_left, up, dim=-1))
    forward = _unit(forward + right_to_left * random(-0.6, 0.6))  # the head turns on the body
    neck, crown = x[:, :, 9], x[:, :, 10]
    between = crown - neck
    nose = neck + between * random(0.2, 1.1) + forward * random(0.04, 0.14)
    ears = neck + between * random(0.3, 1.0) + forward * random(-0.03, 0.05)
    x[:, :, 9], x[:, :, 10] = nose, ears
    widen = random(-0.1, 0.35)
    x[:, :, 4], x[:, :, 1] = x[:, :, 4] + hips * widen / 2, x[:, :, 1] - hips * widen / 2
    lower = up * random(-0.03, 0.03)
    x[:, :, [1, 4]] += lower[:, :, None]
    narrow = random(-0.15, 0.15)
    x[:, :, 11], x[:, :, 14] = x[:, :, 11] + shoulders * narrow / 2, x[:, :, 14] - shoulders * narrow / 2

    coco = torch.rand(batch, generator=rng) < COCO_CHANCE
    marked = torch.where(coco[:, None, None, None], x, joints_m)
    marked = marked + 0.01 * torch.randn(batch, 1, 17, 3, generator=rng)
    has = torch.ones(batch, 17, dtype=torch.bool)
    bare = ~coco & (torch.rand(batch, generator=rng) < NO_SPINE_CHANCE)
    has[:, [0, 7, 8]] &= ~bare[:, None]
    has[:, 10] &= torch.rand(batch, generator=rng) > 0.15
    return Marks(marked, has, coco)


def _correlated(age_s: torch.Tensor, batch: int, rng: torch.Generator) -> torch.Tensor:
    """Unit noise (B, T, 17, 2), half of its variance slow (0.3 s), half new in each frame."""
    frames = age_s.shape[1]
    slow = torch.randn(batch, 1, 17, 2, generator=rng)
    slows = [slow]
    for t in range(1, frames):
        keep = torch.exp(-(age_s[:, t - 1] - age_s[:, t]).clamp(min=0) / 0.3)[:, None, None, None]
        slow = keep * slow + (1 - keep.square()).sqrt() * torch.randn(batch, 1, 17, 2, generator=rng)
        slows.append(slow)
    fresh = torch.randn(batch, frames, 17, 2, generator=rng)
    return 0.7071 * (torch.cat(slows, 1) + fresh)


def detect(scene: Scene, age_s: torch.Tensor, rng: torch.Generator,
           noise: float = 1.0) -> Tuple[torch.Tensor, torch.Tensor]:
    """What a detector reports: rays (B, T, 17, 2) and scores (B, T, 17), 0 where missing."""
    batch, frames = scene.camera_m.shape[:2]
    shape = (batch, frames, 17)

    def chance(p: float, *size: int) -> torch.Tensor:
        return torch.rand(*size, generator=rng) < p

    points, has, coco = as_detectors_mark(scene.camera_m, rng)
    # Left and right of a limb are taken for each other.
    swap = chance(SWAP_CHANCE * noise, *shape)
    swap = swap & swap[:, :, list(MIRRORED)] | chance(SWAP_CHANCE * noise / 4, batch, frames, 1)
    points = torch.where(swap[..., None], points[:, :, list(MIRRORED)], points)

    depth = points[..., 2:].clamp(min=0.1)
    level = NOISE_M * noise * torch.exp(0.5 * torch.randn(batch, 1, 1, 1, generator=rng))
    error_m = _correlated(age_s, batch, rng) * level * DIFFICULTY[:, None]
    wild = chance(OUTLIER_CHANCE * noise, *shape)[..., None]
    error_m = error_m + wild * 0.2 * torch.randn(*shape, 2, generator=rng)
    xy = points[..., :2] / depth + error_m / depth

    miss = chance(MISSING_CHANCE * noise, *shape)
    burst_from = torch.rand(batch, 1, 17, generator=rng) * 1.0
    burst = chance(BURST_CHANCE * noise, batch, 1, 17) & (age_s[:, :, None] < burst_from)
    seen = in_image(points, scene.half_x, scene.half_y) & has[:, None] & ~miss & ~burst

    taste = 0.8 * torch.randn(batch, 1, 1, generator=rng)  # some detectors score all low
    size = error_m.norm(dim=-1)
    logit = 1.6 + taste - 22 * size + 0.5 * torch.randn(*shape, generator=rng)
    score = torch.where(seen, torch.sigmoid(logit).clamp(0.02, 1.0), torch.zeros(()))
    for joint, sources in DERIVED.items():
        of = list(sources)
        xy[:, :, joint] = torch.where(coco[:, None, None], xy[:, :, of].mean(2), xy[:, :, joint])
        score[:, :, joint] = torch.where(coco[:, None], score[:, :, of].amin(2), score[:, :, joint])
    return xy, score
