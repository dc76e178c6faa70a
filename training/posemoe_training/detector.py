"""A model of 2D detectors: what each means by a joint, noise, occlusion, outliers, gaps and scores.

Noise is given in metres at the person, since detectors err in proportion to apparent size.
"""

from typing import NamedTuple, Tuple

import torch

from .cameras import Scene
from .draw import Draw
from .occlusion import hidden
from .skeleton import MIRRORED

NOISE_M = 0.009          # median over detectors, for an easy joint seen well
FAR_M = 6.0              # where noise has grown by sqrt(2): few pixels are left on the person
SLOW_S = (0.15, 2.0)     # most of the noise lasts between so long and so long: detectors differ;
FRESH_SHARE = (0.05, 0.35)  # such a share of its variance is new in each frame
BIAS_M = 0.01            # what stays wrong with one joint of one person
# Hips, knees, ankles, ... of 17: how much harder a joint is than an easy one.
DIFFICULTY = torch.tensor([1.2, 1.5, 1.0, 1.1, 1.5, 1.0, 1.1, 1.3, 1.0, 0.8, 0.9,
                           1.0, 1.1, 1.3, 1.0, 1.1, 1.3])
HIDDEN_NOISE, HIDDEN_BIAS_M, HIDDEN_MISSING_CHANCE, HIDDEN_LOGIT = 1.5, 0.03, 0.12, -0.7
FACE_FROM_BEHIND_NOISE = 2.0
COCO_CHANCE = 0.65       # share of detectors that mark COCO's surface points
NO_SPINE_CHANCE = 0.15   # of the others: detectors that lack pelvis, spine and thorax
NO_HEAD_TOP_CHANCE = 0.15
OUTLIER_CHANCE, SWAP_CHANCE, MISSING_CHANCE, BURST_CHANCE = 0.006, 0.004, 0.02, 0.03

LONGEST_BURST_S = 1.0

# joint: those that it is the mean of, as src/person/skeleton.rs derives it for COCO detectors.
DERIVED = {0: (1, 4), 8: (11, 14), 7: (1, 4, 11, 14)}
FACE = (9, 10)


def _unit(v: torch.Tensor) -> torch.Tensor:
    return v / v.norm(dim=-1, keepdim=True).clamp(min=1e-6)


class Marks(NamedTuple):
    points_m: torch.Tensor     # (B, T, 17, 3)
    has: torch.Tensor          # (B, 17) classes that this detector has
    coco: torch.Tensor         # (B,) whether it is one of COCO's
    from_behind: torch.Tensor  # (B, T) 0 where the face is seen, up to 1 where it looks away


def as_detectors_mark(joints_m: torch.Tensor, draw: Draw) -> Marks:
    """Moves joints (B, T, 17, 3) to the points a detector would mark.

    A COCO detector marks the nose for joint 9, and joint 10 becomes the mean of its ears.
    """
    batch = joints_m.shape[0]

    def random(low: float, high: float) -> torch.Tensor:
        return draw.uniform(low, high, batch, 1, 1)

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

    coco = draw.chance(COCO_CHANCE, batch)
    marked = torch.where(coco[:, None, None, None], x, joints_m) + BIAS_M * draw.normal(batch, 1, 17, 3)
    has = torch.ones(batch, 17, dtype=torch.bool, device=draw.device)
    bare = ~coco & draw.chance(NO_SPINE_CHANCE, batch)
    has[:, [0, 7, 8]] &= ~bare[:, None]
    has[:, 10] &= ~draw.chance(NO_HEAD_TOP_CHANCE, batch)
    away = (forward * _unit(x[:, :, 9])).sum(-1).clamp(min=0)
    return Marks(marked, has, coco, away)


def _correlated(age_s: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Unit noise (B, T, 17, 2), one share of its variance slow, the other new in each frame."""
    batch, frames = age_s.shape
    slow_s = SLOW_S[0] * (SLOW_S[1] / SLOW_S[0]) ** draw.unit(batch)
    fresh = draw.uniform(*FRESH_SHARE, batch)[:, None, None, None]
    slow = draw.normal(batch, 1, 17, 2)
    slows = [slow]
    for t in range(1, frames):
        keep = torch.exp(-(age_s[:, t - 1] - age_s[:, t]).clamp(min=0) / slow_s)[:, None, None, None]
        slow = keep * slow + (1 - keep.square()).sqrt() * draw.normal(batch, 1, 17, 2)
        slows.append(slow)
    return (1 - fresh).sqrt() * torch.cat(slows, 1) + fresh.sqrt() * draw.normal(batch, frames, 17, 2)


def _errors_m(marks: Marks, covered: torch.Tensor, age_s: torch.Tensor, noise: float, draw: Draw) -> torch.Tensor:
    """How far off each mark lies (B, T, 17, 2), across the line of sight."""
    batch, frames = age_s.shape
    depth = marks.points_m[..., 2:].clamp(min=0.1)
    harder = DIFFICULTY.to(draw.device)[:, None] * (1 + HIDDEN_NOISE * covered[..., None])
    harder = harder * (1 + (depth / FAR_M).square()).sqrt()
    face = torch.ones_like(harder)
    face[:, :, list(FACE)] += FACE_FROM_BEHIND_NOISE * (marks.from_behind * marks.coco[:, None])[..., None, None]
    level = NOISE_M * noise * torch.exp(0.5 * draw.normal(batch, 1, 1, 1))
    error_m = _correlated(age_s, draw) * level * harder * face
    # A hidden joint is guessed, and the guess stays wrong for as long as it is hidden.
    error_m = error_m + HIDDEN_BIAS_M * noise * covered[..., None] * draw.normal(batch, 1, 17, 2)
    wild = draw.chance(OUTLIER_CHANCE * noise, batch, frames, 17)[..., None]
    return error_m + wild * 0.2 * draw.normal(batch, frames, 17, 2)


def _swapped(points_m: torch.Tensor, noise: float, draw: Draw) -> torch.Tensor:
    """Left and right of a limb, or of the whole person, taken for each other."""
    batch, frames = points_m.shape[:2]
    swap = draw.chance(SWAP_CHANCE * noise, batch, frames, 17)
    swap = swap & swap[:, :, list(MIRRORED)] | draw.chance(SWAP_CHANCE * noise / 4, batch, frames, 1)
    return torch.where(swap[..., None], points_m[:, :, list(MIRRORED)], points_m)


def _burst(age_s: torch.Tensor, draw: Draw) -> torch.Tensor:
    """For each joint (B, T, 17) a time of up to LONGEST_BURST_S, half of them lasting to the newest frame."""
    batch = len(age_s)
    over = draw.chance(0.5, batch, 1, 17)
    end_s = draw.unit(batch, 1, 17) * age_s.amax(1)[:, None, None] * over
    since_end_s = age_s[:, :, None] - end_s
    return (since_end_s >= 0) & (since_end_s < LONGEST_BURST_S * draw.unit(batch, 1, 17))


def detect(scene: Scene, age_s: torch.Tensor, draw: Draw, noise: float = 1.0) -> Tuple[torch.Tensor, torch.Tensor]:
    """What a detector reports: rays (B, T, 17, 2) and scores (B, T, 17), 0 where missing."""
    batch, frames = age_s.shape
    covered = hidden(scene.camera_m)
    marks = as_detectors_mark(scene.camera_m, draw)
    marks = marks._replace(points_m=_swapped(marks.points_m, noise, draw))
    error_m = _errors_m(marks, covered, age_s, noise, draw)
    depth = marks.points_m[..., 2:].clamp(min=0.1)
    xy = (marks.points_m[..., :2] + error_m) / depth

    miss = draw.chance(noise * (MISSING_CHANCE + HIDDEN_MISSING_CHANCE * covered), batch, frames, 17)
    burst = draw.chance(BURST_CHANCE * noise, batch, 1, 17) & _burst(age_s, draw)
    seen = scene.in_image(marks.points_m) & marks.has[:, None] & ~miss & ~burst

    taste = 0.8 * draw.normal(batch, 1, 1)  # some detectors score all low
    logit = 1.6 + taste - 22 * error_m.norm(dim=-1) + HIDDEN_LOGIT * covered + 0.5 * draw.normal(batch, frames, 17)
    score = torch.where(seen, torch.sigmoid(logit).clamp(0.02, 1.0), torch.zeros_like(logit))
    for joint, sources in DERIVED.items():
        of = list(sources)
        xy[:, :, joint] = torch.where(marks.coco[:, None, None], xy[:, :, of].mean(2), xy[:, :, joint])
        score[:, :, joint] = torch.where(marks.coco[:, None], score[:, :, of].amin(2), score[:, :, joint])
    return xy, score
