"""A model of 2D detectors: what each means by a joint, noise, occlusion, gross errors, gaps and scores.

Noise is given in metres at the person, since detectors err in proportion to apparent size.
"""

from dataclasses import dataclass
from typing import Dict, NamedTuple, Optional, Tuple

import torch

from .bodies import in_world, trunk_frame, unit
from .cameras import Scene
from .draw import Draw
from .occlusion import hidden
from .skeleton import HIPS, MIRRORED, SHOULDERS

FAR_M = 6.0              # where noise has grown by sqrt(2): few pixels are left on the person
SLOW_S = (0.15, 2.0)     # most of the noise lasts between so long and so long: detectors differ;
FRESH_SHARE = (0.05, 0.35)  # such a share of its variance is new in each frame
BIAS_M = 0.012           # what stays wrong with one joint of one person
# Hips, knees, ankles, ... of 17: how much harder a joint is than an easy one.
DIFFICULTY = torch.tensor([1.2, 1.5, 1.0, 1.1, 1.5, 1.0, 1.1, 1.3, 1.0, 0.8, 0.9,
                           1.0, 1.1, 1.3, 1.0, 1.1, 1.3])
HIDDEN_NOISE, HIDDEN_BIAS_M, HIDDEN_MISSING_CHANCE, HIDDEN_LOGIT = 1.5, 0.03, 0.12, -0.7
FACE_FROM_BEHIND_NOISE = 2.0
# Whose marks: COCO's surface points; MPII's, with upper neck and top of the head; the centres of joints.
FAMILIES = ("coco", "mpii", "centres")
NO_SPINE_CHANCE = 0.15   # of those that mark centres: detectors that lack pelvis, spine and thorax
NO_HEAD_TOP_CHANCE = 0.15
SWAP_CHANCE, MISSING_CHANCE, BURST_CHANCE = 0.004, 0.02, 0.03
BODY_SWAP_CHANCE = 0.002
LONGEST_BURST_S = 1.0
GROSS_M, GROSS_HIDDEN, GROSS_TO_OTHER_SIDE, GROSS_UNNOTICED = 0.16, 4.0, 0.3, 0.5
LIMBS = torch.tensor([0.3, 0.5, 1, 1, 0.5, 1, 1, 0.2, 0.3, 0.6, 0.6, 0.6, 1, 1, 0.6, 1, 1])

# joint: those that it is the mean of, as crates/posemoe-core/src/skeleton.rs derives it for such detectors.
DERIVED: Dict[str, Dict[int, Tuple[int, ...]]] = {
    "coco": {0: (1, 4), 8: (11, 14), 7: (1, 4, 11, 14)}, "mpii": {7: (0, 8)}, "centres": {},
}
FACE = (9, 10)


@dataclass(frozen=True)
class Detectors:
    """How good detectors are, and how much they differ."""

    noise_m: float = 0.010        # median over detectors, for an easy joint seen well
    spread: float = 0.6           # of its logarithm
    gross: float = 0.015          # chance that an elbow or knee in sight is taken for something else for a while
    constant_scores: float = 0.25  # share of detectors that give all keypoints the same score
    coco: float = 0.6             # share of detectors that mark as COCO says,
    mpii: float = 0.2             # and MPII; the rest mark centres of joints
    marks: float = 1.0            # how much they differ in where they put hips, shoulders and the head

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ValueError(f"detectors: {name} is {value}, expected 0 to 1")
        if self.coco + self.mpii > 1:
            raise ValueError(f"detectors: coco and mpii are {self.coco + self.mpii} together, expected 1 at most")

    def shares(self) -> torch.Tensor:
        """Of FAMILIES."""
        return torch.tensor([self.coco, self.mpii, max(0.0, 1 - self.coco - self.mpii)])


class Marks(NamedTuple):
    points_m: torch.Tensor     # (B, T, 17, 3)
    has: torch.Tensor          # (B, 17) classes that this detector has
    family: torch.Tensor       # (B,) row of FAMILIES
    from_behind: torch.Tensor  # (B, T) 0 where the face is seen, up to 1 where it looks away


def _apart(x: torch.Tensor, pair: Tuple[int, int], times: torch.Tensor) -> torch.Tensor:
    """Joints with those of a pair further apart."""
    a, b = pair
    half = (x[:, :, a] - x[:, :, b]) * (times - 1) / 2
    x[:, :, a], x[:, :, b] = x[:, :, a] + half, x[:, :, b] - half
    return x


def as_detectors_mark(joints_m: torch.Tensor, detectors: Detectors, draw: Draw) -> Marks:
    """Moves joints (B, T, 17, 3) to the points a detector would mark.

    A COCO detector marks the nose for joint 9, and joint 10 becomes the mean of its ears; MPII's marks the base of the
    skull and the top of the head. How hips and shoulders are marked differs between data sets and networks.
    """
    batch = joints_m.shape[0]

    def random(low: float, high: float) -> torch.Tensor:
        middle, half = (low + high) / 2, (high - low) / 2 * detectors.marks
        return draw.uniform(middle - half, middle + half, batch, 1, 1)

    frame = trunk_frame(joints_m)
    forward, left, up = frame.unbind(-1)
    facing = unit(forward - left * random(-0.6, 0.6))  # the head turns on the body
    thorax, neck, crown = joints_m[:, :, 8], joints_m[:, :, 9], joints_m[:, :, 10]
    between = crown - neck

    coco = joints_m.clone()
    coco[:, :, 9] = neck + between * random(-0.15, 0.6) + facing * random(0.03, 0.16)
    coco[:, :, 10] = neck + between * random(0.15, 0.8) + facing * random(-0.05, 0.07)
    coco = _apart(_apart(coco, HIPS, random(0.65, 1.15)), SHOULDERS, random(0.85, 1.15))
    coco[:, :, list(HIPS)] += (up * random(-0.03, 0.04))[:, :, None]
    mpii = joints_m.clone()
    mpii[:, :, 9] = thorax + (neck - thorax) * random(0.3, 0.9) - facing * random(0.0, 0.05)
    mpii[:, :, 10] = crown + between * random(0.1, 0.9)
    mpii = _apart(_apart(mpii, HIPS, random(0.75, 1.15)), SHOULDERS, random(0.85, 1.15))
    mpii[:, :, list(HIPS)] += (up * random(-0.03, 0.03))[:, :, None]
    mpii[:, :, 0] += up * random(-0.04, 0.04)
    mpii[:, :, 8] += up * random(-0.04, 0.03)

    family = draw.pick(detectors.shares(), batch)
    marks = torch.stack([coco, mpii, joints_m])[family, torch.arange(batch, device=draw.device)]
    marks = marks + BIAS_M * draw.normal(batch, 1, 17, 3)
    has = torch.ones(batch, 17, dtype=torch.bool, device=draw.device)
    bare = (family == 2) & draw.chance(NO_SPINE_CHANCE, batch)
    has[:, [0, 7, 8]] &= ~bare[:, None]
    has[:, 10] &= ~draw.chance(NO_HEAD_TOP_CHANCE, batch)
    away = (facing * unit(neck)).sum(-1).clamp(min=0)
    return Marks(marks, has, family, away)


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


def _noise_m(marks: Marks, covered: torch.Tensor, age_s: torch.Tensor, level_m: torch.Tensor, noise: float,
             draw: Draw) -> torch.Tensor:
    """How far off each mark lies (B, T, 17, 2), across the line of sight, while it is taken for what it is."""
    batch = len(age_s)
    depth = marks.points_m[..., 2:].clamp(min=0.1)
    harder = DIFFICULTY.to(draw.device)[:, None] * (1 + HIDDEN_NOISE * covered[..., None])
    harder = harder * (1 + (depth / FAR_M).square()).sqrt()
    face = torch.ones_like(harder)
    face[:, :, list(FACE)] += FACE_FROM_BEHIND_NOISE * (marks.from_behind * (marks.family == 0)[:, None])[..., None, None]
    error_m = _correlated(age_s, draw) * level_m * harder * face
    # A hidden joint is guessed, and the guess stays wrong for as long as it is hidden.
    return error_m + HIDDEN_BIAS_M * noise * covered[..., None] * draw.normal(batch, 1, 17, 2)


def _gross_m(points_m: torch.Tensor, covered: torch.Tensor, age_s: torch.Tensor, chance: torch.Tensor,
             draw: Draw) -> torch.Tensor:
    """Errors (B, T, 17, 2) of joints that are taken for something else, for up to a second: for background or another
    part of the body, the other side's joint often among them; 0 elsewhere. More of those that are hidden."""
    batch = len(age_s)
    chance = chance * LIMBS.to(draw.device) * (1 + (GROSS_HIDDEN - 1) * covered.amax(1, keepdim=True))
    when = draw.chance(chance, batch, 1, 17) & _burst(age_s, draw)
    when = when | draw.chance(chance / 6, batch, len(age_s[0]), 17)  # and single frames
    elsewhere = GROSS_M * (draw.normal(batch, 1, 17, 2) + 0.3 * draw.normal(batch, len(age_s[0]), 17, 2))
    other_side = (points_m[:, :, list(MIRRORED)] - points_m)[..., :2]
    error_m = torch.where(draw.chance(GROSS_TO_OTHER_SIDE, batch, 1, 17)[..., None], other_side, elsewhere)
    return error_m * when[..., None]


def _swapped(points_m: torch.Tensor, noise: float, draw: Draw) -> torch.Tensor:
    """Left and right of a limb, or of the whole person, taken for each other."""
    batch, frames = points_m.shape[:2]
    swap = draw.chance(SWAP_CHANCE * noise, batch, frames, 17)
    swap = swap & swap[:, :, list(MIRRORED)] | draw.chance(BODY_SWAP_CHANCE * noise, batch, frames, 1)
    return torch.where(swap[..., None], points_m[:, :, list(MIRRORED)], points_m)


def _burst(age_s: torch.Tensor, draw: Draw) -> torch.Tensor:
    """For each joint (B, T, 17) a time of up to LONGEST_BURST_S, half of them lasting to the newest frame."""
    batch = len(age_s)
    over = draw.chance(0.5, batch, 1, 17)
    end_s = draw.unit(batch, 1, 17) * age_s.amax(1)[:, None, None] * over
    since_end_s = age_s[:, :, None] - end_s
    return (since_end_s >= 0) & (since_end_s < LONGEST_BURST_S * draw.unit(batch, 1, 17))


def detect(scene: Scene, age_s: torch.Tensor, draw: Draw, noise: float = 1.0,
           detectors: Detectors = Detectors(),
           moved_m: Optional[torch.Tensor] = None) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What a detector reports: rays (B, T, 17, 2) and scores (B, T, 17), 0 where missing; and its family (B,).

    `moved_m` (17, 3) moves its marks in the trunk's frame (forward, left, up).
    """
    batch, frames = age_s.shape
    covered = hidden(scene.camera_m)
    marks = as_detectors_mark(scene.camera_m, detectors, draw)
    if moved_m is not None:
        marks = marks._replace(points_m=marks.points_m + in_world(trunk_frame(scene.camera_m)[:, :, None], moved_m))
    marks = marks._replace(points_m=_swapped(marks.points_m, noise, draw))
    better = torch.exp(detectors.spread * draw.normal(batch, 1, 1, 1))
    error_m = _noise_m(marks, covered, age_s, detectors.noise_m * noise * better, noise, draw)
    gross = _gross_m(marks.points_m, covered, age_s, detectors.gross * noise * better[..., 0], draw)
    depth = marks.points_m[..., 2:].clamp(min=0.1)
    xy = (marks.points_m[..., :2] + error_m + gross) / depth

    miss = draw.chance(noise * (MISSING_CHANCE + HIDDEN_MISSING_CHANCE * covered), batch, frames, 17)
    burst = draw.chance(BURST_CHANCE * noise, batch, 1, 17) & _burst(age_s, draw)
    seen = scene.in_image(marks.points_m) & marks.has[:, None] & ~miss & ~burst

    taste = 0.8 * draw.normal(batch, 1, 1)  # some detectors score all low
    noticed = ~draw.chance(GROSS_UNNOTICED, batch, 1, 17)
    off_m = error_m.norm(dim=-1) + gross.norm(dim=-1) * noticed
    logit = 1.6 + taste - 22 * off_m + HIDDEN_LOGIT * covered + 0.5 * draw.normal(batch, frames, 17)
    score = torch.sigmoid(logit).clamp(0.02, 1.0)
    same = torch.where(draw.chance(0.7, batch), 1.0, draw.uniform(0.3, 1.0, batch))[:, None, None]
    score = torch.where(draw.chance(detectors.constant_scores, batch, 1, 1), same, score) * seen
    for row, family in enumerate(FAMILIES):
        of_family = (marks.family == row)[:, None]
        for joint, sources in DERIVED[family].items():
            of = list(sources)
            xy[:, :, joint] = torch.where(of_family[..., None], xy[:, :, of].mean(2), xy[:, :, joint])
            score[:, :, joint] = torch.where(of_family, score[:, :, of].amin(2), score[:, :, joint])
    return xy, score, marks.family
