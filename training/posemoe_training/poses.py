"""Poses that recordings lack: people who sit, kneel and lie, limbs turned, limbs of one movement with those of another.

Made from recorded movement of the mean body, (B, T, 17, 3) in metres, world z up. Poses are changed as bones, each the
vector from a joint's parent to it, so that none changes its length.
"""

from dataclasses import dataclass
from typing import Tuple

import torch

from .bodies import frame_of, in_frame, in_world, lean, turned, unit
from .draw import Draw
from .skeleton import HIPS, PARENTS, SHOULDERS

# Bones of a limb from the trunk outwards: right and left leg, left and right arm; and the side that it is on.
LEGS = (((2, 3), -1.0), ((5, 6), 1.0))
ARMS = (((12, 13), 1.0), ((15, 16), -1.0))
HEAD, UPPER_BODY = (9, 10), tuple(range(7, 17))
STILLNESS = 0.15       # what is left of the paths of those who sit or kneel
LYING_RAD = (1.0, 2.0)
TILT_SPREAD_RAD = 0.5  # of those whose whole body is tilted: bending down, climbing, falling
BUSY_HANDS = 0.6       # of those who sit: hands on lap, table or wheel

Range = Tuple[float, float]


@dataclass(frozen=True)
class Fold:
    """How legs are folded; radians, level ground under them."""

    thigh: Range  # forward of straight down
    knee: Range   # bent
    apart: Range  # each thigh outwards
    lean: Range   # of the trunk, forward


SITTING = Fold(thigh=(0.9, 1.9), knee=(0.4, 2.2), apart=(-0.15, 0.6), lean=(-0.35, 0.5))
KNEELING = Fold(thigh=(-0.1, 0.9), knee=(1.4, 2.6), apart=(-0.1, 0.4), lean=(-0.2, 0.6))
UNLIKE = 0.15          # one leg against the other, one sigma; of a quarter, three times that


@dataclass(frozen=True)
class Poses:
    """How often each is made, as a share of streams; of limbs for `turned` and `limbs`."""

    turned: float = 0.0        # by `turn_rad` (one sigma) in hip or shoulder, and in knee or elbow
    turn_rad: float = 0.3
    sitting: float = 0.0
    kneeling: float = 0.0
    lying: float = 0.0
    tilted: float = 0.0
    upper_body: float = 0.15   # the whole upper body of another movement
    limbs: float = 0.0         # each limb, and the head, of another movement

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ValueError(f"poses: {name} is {value}, expected 0 to 1")


def _ancestors() -> torch.Tensor:
    chain = torch.zeros(17, 17)
    for joint in range(17):
        bone = joint
        while bone > 0:
            chain[joint, bone] = 1
            bone = PARENTS[bone]
    return chain


CHAIN = _ancestors()  # joint = pelvis + CHAIN @ bones


def bones_of(x: torch.Tensor) -> torch.Tensor:
    return x - x[:, :, [max(p, 0) for p in PARENTS]]


def joined(root: torch.Tensor, bones: torch.Tensor) -> torch.Tensor:
    """Joints from the pelvis' path (B, T, 1, 3) and bones."""
    return root + torch.einsum("jk,btkc->btjc", CHAIN.to(bones), bones)


def _line(bones: torch.Tensor, left: int, right: int) -> torch.Tensor:
    return bones[:, :, left] - bones[:, :, right]


def pelvis_frame(bones: torch.Tensor) -> torch.Tensor:
    """World_from_pelvis (B, T, 3, 3), up along the trunk, left along the hips."""
    return frame_of(bones[:, :, 7] + bones[:, :, 8], _line(bones, HIPS[1], HIPS[0]))


def chest_frame(bones: torch.Tensor) -> torch.Tensor:
    """World_from_chest (B, T, 3, 3), up along the trunk, left along the shoulders."""
    return frame_of(bones[:, :, 7] + bones[:, :, 8], _line(bones, *SHOULDERS))


def level_frame(bones: torch.Tensor) -> torch.Tensor:
    """World_from_level (B, T, 3, 3): up is up, left along the hips as far as that is level."""
    left = _line(bones, HIPS[1], HIPS[0])
    return frame_of(torch.tensor([0.0, 0.0, 1.0], device=left.device).expand_as(left), left)


def _swapped(bones: torch.Tensor, limb: Tuple[int, ...], new: torch.Tensor, who: torch.Tensor) -> torch.Tensor:
    """Bones with those of a limb replaced by `new` (B, T, bones of the limb, 3) for people `who` (B,)."""
    bones = bones.clone()
    bones[:, :, list(limb)] = torch.where(who[:, None, None, None], new, bones[:, :, list(limb)])
    return bones


def recombined(bones: torch.Tensor, other: torch.Tensor, can: torch.Tensor, poses: Poses, draw: Draw) -> torch.Tensor:
    """Upper bodies, limbs and heads of `other`, put on pelvis and chest of those (B,) who `can` have them."""
    def taken(limb: Tuple[int, ...], to: torch.Tensor, of: torch.Tensor, share: float) -> torch.Tensor:
        new = in_world(to[:, :, None], in_frame(of[:, :, None], other[:, :, list(limb)]))
        return _swapped(bones, limb, new, can & draw.chance(share, len(bones)))

    level, theirs = level_frame(bones), level_frame(other)
    bones = taken(UPPER_BODY, level, theirs, poses.upper_body)
    if poses.limbs == 0:
        return bones
    for part, limbs in ((pelvis_frame, LEGS), (chest_frame, (*ARMS, (HEAD, 0.0)))):
        to, of = part(bones), part(other)
        for limb, _ in limbs:
            bones = taken(limb, to, of, poses.limbs)
    return bones


def turn_limbs(bones: torch.Tensor, poses: Poses, draw: Draw) -> torch.Tensor:
    """Turns limbs in hip or shoulder about any axis, and bends or stretches knee or elbow; the same throughout a stream.

    Neither knee nor elbow bends backwards: where one is straight, it bends as knees and elbows do.
    """
    batch = len(bones)
    for part, limbs, hinge_side in ((pelvis_frame, LEGS, 1.0), (chest_frame, ARMS, -1.0)):
        frame = part(bones)
        left = frame[..., 1]
        for limb, _ in limbs:
            axis = in_world(frame, unit(draw.normal(batch, 1, 3)).expand(-1, bones.shape[1], -1))
            angle = poses.turn_rad * draw.normal(batch, 1, 1)
            upper, lower = (turned(bones[:, :, b], axis, angle) for b in limb)
            bend = torch.atan2(torch.cross(upper, lower, dim=-1).norm(dim=-1), (upper * lower).sum(-1))[..., None]
            hinge = unit(unit(torch.cross(upper, lower, dim=-1)) * bend.clamp(max=1) + 0.05 * hinge_side * left)
            more = (bend + 1.5 * poses.turn_rad * draw.normal(batch, 1, 1)).abs().clamp(max=2.6) - bend
            new = torch.stack([upper, turned(lower, hinge, more)], 2)
            bones = _swapped(bones, limb, new, draw.chance(poses.turned, batch))
    return bones


def _limb(frame: torch.Tensor, length_m: torch.Tensor, angles: Tuple[torch.Tensor, ...], side: float) -> torch.Tensor:
    """A limb's two bones (B, T, 2, 3): each forward of straight down and outwards, angles (B,)."""
    directions = [torch.stack([forward.sin() * out.cos(), side * out.sin(), -forward.cos() * out.cos()], -1)
                  for forward, out in zip(angles[::2], angles[1::2])]
    return in_world(frame[:, :, None], torch.stack(directions, 1)[:, None]) * length_m[..., None]


def fold(bones: torch.Tensor, root: torch.Tensor, how: Fold, who: torch.Tensor,
         draw: Draw) -> Tuple[torch.Tensor, torch.Tensor]:
    """Bones and paths of the same people, those of `who` (B,) on a seat or on their knees, where they stay."""
    batch = len(bones)
    bones_there, frame = bones.clone(), level_frame(bones)[:, -1:].expand(-1, bones.shape[1], -1, -1)
    bones_there[:, :, [1, 4]] = bones[:, -1:, [1, 4]]
    thigh, knee = draw.uniform(*how.thigh, batch), draw.uniform(*how.knee, batch)
    unlike = UNLIKE * torch.where(draw.chance(0.25, batch), 3.0, 1.0)
    for limb, side in LEGS:
        forward = thigh + unlike * draw.normal(batch)
        bent = (knee + unlike * draw.normal(batch)).clamp(0.02, 2.7)
        out = draw.uniform(*how.apart, batch)
        angles = (forward, out, forward - bent, out * draw.uniform(-0.3, 0.5, batch))
        bones_there[:, :, list(limb)] = _limb(frame, bones[:, :, list(limb)].norm(dim=-1), angles, side)
    leaning = draw.uniform(*how.lean, batch)[:, None, None, None]
    upper = list(UPPER_BODY)
    axis = frame[:, :, None, :, 1].expand(-1, -1, len(upper), -1)
    bones_there[:, :, upper] = turned(bones[:, :, upper], axis, leaning)
    busy = draw.chance(BUSY_HANDS, batch)
    chest = chest_frame(bones_there)
    for limb, side in ARMS:
        forward, bent = draw.uniform(-0.3, 1.2, batch), draw.uniform(0.4, 2.2, batch)
        angles = (forward, draw.uniform(-0.1, 0.6, batch), forward + bent, draw.uniform(-0.9, 0.2, batch))
        new = _limb(chest, bones[:, :, list(limb)].norm(dim=-1), angles, side)
        bones_there = _swapped(bones_there, limb, new, busy)
    here = who[:, None, None, None]
    root_there = root[:, -1:] + STILLNESS * (root - root[:, -1:])
    return torch.where(here, bones_there, bones), torch.where(here, root_there, root)


def pose(x: torch.Tensor, other: torch.Tensor, can: torch.Tensor, poses: Poses, draw: Draw) -> torch.Tensor:
    """Streams in other poses; `other` (B, T, 17, 3) lends its limbs to those (B,) who `can` have them."""
    batch, root = len(x), x[:, :, :1]
    bones = recombined(bones_of(x), bones_of(other), can, poses, draw)
    if poses.turned:
        bones = turn_limbs(bones, poses, draw)
    kind = draw.unit(batch)
    for how, share in ((SITTING, poses.sitting), (KNEELING, poses.kneeling)):
        if share:
            bones, root = fold(bones, root, how, (kind >= 0) & (kind < share), draw)
        kind = kind - share
    x = joined(root, bones)
    if poses.lying or poses.tilted:
        lying, tilted = draw.chance(poses.lying, batch), draw.chance(poses.tilted, batch)
        angle = torch.where(lying, draw.uniform(*LYING_RAD, batch), TILT_SPREAD_RAD * draw.normal(batch) * tilted)
        x = lean(x, angle, draw)
    return x
