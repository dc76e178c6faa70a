"""What a detector reports of everybody in each of a camera's images: people hide each other, and are missed."""

from typing import NamedTuple

import torch

from ..detector import Detectors, detect
from ..draw import Draw
from ..occlusion import covering_by
from .cameras import FOCAL_PX, HEIGHT_PX, WIDTH_PX, Camera

HIDDEN_MISSING = 0.6      # chance that a joint behind somebody else is left out; else it is guessed
GUESS_M = 0.08
LEAST_JOINTS, MISSED_PERSON, DROPPED_FRAME = 5, 0.01, 0.01
BREAK_S = 5.0             # how long an id lasts where ids break
# One detector for a whole scene, as robots have them: COCO's marks.
DETECTOR = Detectors(coco=1.0, mpii=0.0, spread=0.2, gross=0.01, constant_scores=0.0)


class Seen(NamedTuple):
    pixels: torch.Tensor   # (P, T, 17, 2)
    score: torch.Tensor    # (P, T, 17), 0 where not seen
    found: torch.Tensor    # (P, T) whether the person is among those of this image
    dropped: torch.Tensor  # (T,) images of which nothing is told


def detections(camera: Camera, world_m: torch.Tensor, times_s: torch.Tensor, draw: Draw) -> Seen:
    scene = camera.see(world_m)
    people, frames = world_m.shape[:2]
    age_s = (times_s[-1] - times_s).expand(people, frames)
    xy, score, _ = detect(scene, age_s, draw, 1.0, DETECTOR)
    hidden = torch.zeros(people, frames, 17, dtype=torch.bool)
    for one in range(people):
        for other in range(people):
            if one != other:
                by = covering_by(scene.camera_m[one:one + 1], scene.camera_m[other:other + 1])[0][0] > 0
                in_front = scene.camera_m[other, :, :1, 2] > 0.3
                hidden[one] |= by & in_front
    depth = scene.camera_m[..., 2].clamp(min=0.3)
    guess = GUESS_M * draw.normal(people, 1, 17, 2) / depth[..., None]
    xy = torch.where(hidden[..., None], xy + guess, xy)
    gone = hidden & draw.chance(HIDDEN_MISSING, people, frames, 17)
    score = torch.where(gone, 0.0, torch.where(hidden, 0.4 * score, score))
    score = score * (depth > 0.35)
    # A derived joint needs all those that it is the mean of.
    for joint, of in {0: (1, 4), 8: (11, 14), 7: (1, 4, 11, 14)}.items():
        score[..., joint] = torch.where((score[..., list(of)] > 0).all(-1), score[..., joint], 0.0)
    found = ((score > 0).sum(-1) >= LEAST_JOINTS) & ~draw.chance(MISSED_PERSON, people, frames)
    pixels = xy * FOCAL_PX + torch.tensor([WIDTH_PX / 2, HEIGHT_PX / 2])
    return Seen(pixels, score, found, draw.chance(DROPPED_FRAME, frames))


def ids_of(kind: str, person: int, time_s: float) -> str:
    """A track id: `steady` for good, `breaking` another every few seconds, `none` never."""
    if kind == "none":
        return ""
    since = int((time_s + 1.7 * person) // BREAK_S) if kind == "breaking" else 0
    return str(1 + person + 100 * since)
