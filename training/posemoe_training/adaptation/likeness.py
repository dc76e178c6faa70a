"""What a user's keypoints look like: where people stand in the image and how large, how the camera is held, and how the
detector errs. Simulated people are then drawn to look the same.
"""

from dataclasses import dataclass, field, replace
from typing import Dict, Optional, Sequence

import torch

from ..anthropometry import Body
from ..bodies import mirror_half, resize, unit
from ..cameras import Scene
from ..data import Motion
from ..detector import DERIVED, Detectors, detect
from ..draw import Draw
from ..memory import Memory
from ..streams import PLAYED_AT, AS_RECORDED, Batch, World, seen_in, stream_times
from .tracks import Track, sight, streams

MOST_PLACES = 4096
UP_SPREAD_RAD = 0.06
SIZE_SPREAD = 0.05      # of apparent size, between those that were seen
CONSTANT = 1e-3         # scores that differ by less are one score
NO_OWN_MARK = 0.01      # keypoints nearer to the mean of others than this, in units of apparent size, are made of them
KNOWN_MARKS = 0.4       # of how much detectors differ in their marks, what is left once many people have been looked at
UPRIGHT = 0.9           # cosine of legs and trunk of those who say which way is up


@dataclass(frozen=True)
class Likeness:
    view: torch.Tensor       # (N, 3) of frames: ray x, y, log of apparent size
    up: torch.Tensor         # (N, 3) unit, camera optical frame, of the camera that each frame is of
    missing: torch.Tensor    # (17,) how often each joint is not seen
    detectors: Detectors
    # (17, 3) how its marks lie against the usual ones, forward, left and up of the trunk
    moved_m: torch.Tensor = field(default_factory=lambda: torch.zeros(17, 3))


def upwards(joints_m: torch.Tensor, score: torch.Tensor) -> Optional[torch.Tensor]:
    """Which way is up (3,), from poses (N, 17, 3) in the camera frame: people stand upright more often than not."""
    trunk = unit(joints_m[:, 8] - joints_m[:, 0])
    legs = unit(joints_m[:, 0] - joints_m[:, [3, 6]].mean(1))
    good = ((trunk * legs).sum(-1) > UPRIGHT) & (score[:, [3, 6, 11, 14]] > 0).all(-1)
    if good.sum() < 8:
        return None
    lines = unit(joints_m[:, 8] - joints_m[:, [3, 6]].mean(1))[good]
    return unit(lines.median(0).values)


def families(keypoints: torch.Tensor) -> Dict[str, float]:
    """Shares of detectors that mark as COCO and MPII say, from keypoints (N, 17, 3): COCO's have no pelvis and no thorax of
    their own."""
    def is_derived(joint: int) -> bool:
        of = list(DERIVED["coco"][joint])
        seen = (keypoints[:, [joint, *of], 2] > 0).all(-1)
        off = (keypoints[seen, joint, :2] - keypoints[seen][:, of, :2].mean(1)).norm(dim=-1)
        return bool(seen.any()) and off.median().item() < NO_OWN_MARK

    usual = Detectors()
    if is_derived(0) and is_derived(8):
        return {"coco": 1.0, "mpii": 0.0}
    return {"coco": 0.0, "mpii": usual.mpii / (1 - usual.coco)}


def of_tracks(tracks: Sequence[Track], up: torch.Tensor, noise_times: float, rng: torch.Generator) -> Likeness:
    """From tracks, which way is up (tracks, 3) in each, and how many times the usual noise their detector has."""
    view, keypoints = (torch.cat([getattr(t, name) for t in tracks]) for name in ("view", "keypoints"))
    score = keypoints[..., 2]
    some = torch.randperm(len(view), generator=rng)[:MOST_PLACES]
    spread = torch.stack([s[s > 0].std() for s in score[some][:256] if (s > 0).sum() > 2])
    constant = float((spread < CONSTANT).float().mean()) if len(spread) else 0.0
    usual = Detectors()
    up = up.repeat_interleave(torch.tensor([len(t.view) for t in tracks]), 0)
    return Likeness(view[some], up[some], (score == 0).float().mean(0), replace(
        usual, noise_m=min(0.05, usual.noise_m * noise_times), spread=0.3, constant_scores=round(constant),
        marks=KNOWN_MARKS + (1 - KNOWN_MARKS) / max(1, len(tracks)) ** 0.5, **families(keypoints)))


def make_batch(motion: Motion, like: Likeness, size: int, frames: int, rng: torch.Generator,
               memory: Memory = Memory(), world: World = AS_RECORDED) -> Batch:
    """Simulated people who look like the user's: `streams.make_batch` with another camera and detector."""
    draw = Draw(rng)
    age_s, present = stream_times(size, frames, draw, thinned=True, memory=memory)
    row = motion.draw_rows(size, draw)
    played_s = age_s * draw.uniform(*PLAYED_AT, size, 1)
    present = present * (age_s <= memory.span_s) * (played_s <= motion.seconds[row, None])
    age_s, played_s = age_s * (present > 0), played_s * (present > 0)
    world_m = resize(motion.sample(row, played_s, draw), Body.draw(size, draw))
    return _seen(world_m, age_s, present, motion.action[row], like, draw)


def from_other_sides(tracks: Sequence[Track], up: torch.Tensor, like: Likeness, size: int, frames: int,
                     rng: torch.Generator, memory: Memory = Memory()) -> Batch:
    """What several cameras know of the user's people, seen from any side, by detectors like the user's. All frames of
    these tracks are taught; `up` (tracks, 3) says which way is up in each."""
    draw = Draw(rng)
    of = streams(tracks, size, frames, rng, memory)
    camera_m = torch.einsum("btij,btki->btkj", of.batch.view_from_camera, of.batch.joints_m)
    world_m = mirror_half(torch.einsum("bij,btkj->btki", world_from_camera(up[of.row]), camera_m), draw)
    return _seen(world_m, of.batch.age_s, of.batch.present, of.batch.action, like, draw)


def world_from_camera(up: torch.Tensor) -> torch.Tensor:
    """Rotations (B, 3, 3) to a frame whose z is up, from which way that is (B, 3) in the camera's."""
    side = unit(torch.cross(up, torch.tensor([0.0, 0.0, 1.0]).expand_as(up) + 1e-3, dim=-1))
    return torch.stack([side, torch.cross(up, side, dim=-1), up], -2)


def _seen(world_m: torch.Tensor, age_s: torch.Tensor, present: torch.Tensor, action: torch.Tensor, like: Likeness,
          draw: Draw) -> Batch:
    """People (B, T, 17, 3), world z up, where the user's stand, through detectors like the user's."""
    size = len(world_m)
    scene = placed(world_m, like, draw)
    xy, score, _ = detect(scene, age_s, draw, 1.0, like.detectors, like.moved_m)
    score = score * ~draw.chance(like.missing.clamp(max=0.9) * 0.7, size, 1, 17)
    return seen_in(scene, xy, score, age_s, present, action)


def placed(world_m: torch.Tensor, like: Likeness, draw: Draw) -> Scene:
    """People (B, T, 17, 3), world z up, with any heading, where the user's people stand and as large as they are."""
    batch = len(world_m)
    row = (draw.unit(batch) * len(like.view)).long()
    up = unit(like.up[row] + UP_SPREAD_RAD * draw.normal(batch, 3))
    heading = draw.uniform(-torch.pi, torch.pi, batch)
    any_way, other, _ = world_from_camera(up).unbind(-2)
    first = heading.cos()[:, None] * any_way + heading.sin()[:, None] * other
    camera_from_world = torch.stack([first, torch.cross(up, first, dim=-1), up], -1)
    turned = torch.einsum("bij,btkj->btki", camera_from_world, world_m)
    view = like.view[row]
    ray = sight(view)
    newest = turned[:, -1]
    size_m = (newest - newest.mean(1, keepdim=True)).square().sum(-1).mean(-1).mul(2 / 3).sqrt()
    apparent = (view[:, 2] + SIZE_SPREAD * draw.normal(batch)).exp()
    distance_m = (size_m / apparent).clamp(0.5, 20)
    root_m = ray * distance_m[:, None]
    scene_m = turned - newest[:, None, :1] + root_m[:, None, None]
    wide = torch.full((batch,), 1e3)
    return Scene(scene_m, wide, wide, wide)
