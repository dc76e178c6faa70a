"""Training examples: what a detector saw of one person in frames at irregular times, with each frame's 3D pose."""

import math
from dataclasses import dataclass
from typing import NamedTuple, Optional, Tuple

import torch

from .anthropometry import Body
from .bodies import lean_some, mirror_half, resize
from .cameras import TRAINING_BORDER, Scene, place_cameras
from .data import AXIS_M, Motion
from .depth import DepthCameras, measured
from .detector import Detectors, detect
from .draw import Draw
from .memory import Memory
from .poses import Poses, pose
from .skeleton import JOINTS
from .view import DEPTH_FEATURES, depth_view, person_view

SLOWEST_HZ, FASTEST_HZ = 5.0, 60.0
PLAYED_AT = (0.75, 1.25)  # times the recorded speed
LEAST_KEYPOINTS = 4  # `min_keypoints` of the node
DROP_CHANCE, GAP_CHANCE, LONGEST_GAP_S = 0.05, 0.01, 0.5
DENSE_SHARE = 0.5    # of a thinned stream's frames


@dataclass(frozen=True)
class World:
    """What is drawn besides bodies and cameras."""

    poses: Poses = Poses()
    detectors: Detectors = Detectors()
    depth: DepthCameras = DepthCameras()


# For measurements: poses as recorded, no depth camera.
AS_RECORDED = World(poses=Poses(upper_body=0.0), depth=DepthCameras(share=0.0))


class Batch(NamedTuple):
    keypoints: torch.Tensor         # (B, T, 17, 3)
    view: torch.Tensor              # (B, T, 3)
    depth: torch.Tensor             # (B, T, 17, 3), 0 where none is measured
    age_s: torch.Tensor             # (B, T), 0 for the newest, which is the last
    present: torch.Tensor           # (B, T), how many frames this one stands for; 0 where there is none
    joints_m: torch.Tensor          # (B, T, 17, 3) root-relative, each in its own frame's virtual camera
    view_from_camera: torch.Tensor  # (B, T, 3, 3)
    action: torch.Tensor            # (B,) row of `Motion.actions`
    axes: Optional[torch.Tensor] = None  # (B, T, A, 3) directions of `Motion.axes`, each in its frame's virtual camera

    @property
    def inputs(self) -> Tuple[torch.Tensor, ...]:
        """What the network is given."""
        return self.keypoints, self.view, self.depth, self.age_s, self.present

    @property
    def used(self) -> torch.Tensor:
        """1 where there is a frame, else 0."""
        return (self.present > 0).to(self.age_s.dtype)


def enough_seen(score: torch.Tensor) -> torch.Tensor:
    """Which frames (B, T) show enough to be used, as in the node; the newest, which is asked about, always is."""
    enough = (score > 0).sum(-1) >= LEAST_KEYPOINTS
    enough[:, -1] = True
    return enough


def _rates(batch: int, draw: Draw) -> torch.Tensor:
    octaves = math.log(FASTEST_HZ / SLOWEST_HZ)
    return SLOWEST_HZ * torch.exp(draw.unit(batch, 1) * octaves)


def _gaps(rate_hz: torch.Tensor, steps: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Seconds between neighbouring frames (B, T - 1), `steps` periods of the detector apart, with its
    jitter, drops, and now and then a gap as long as the node remembers somebody unseen."""
    shape = steps.shape
    jitter = (1 + 0.08 * draw.normal(*shape)).clamp(0.8, 1.3)
    dropped = draw.chance(DROP_CHANCE, *shape).float()
    gap_s = draw.chance(GAP_CHANCE, *shape) * LONGEST_GAP_S * draw.unit(*shape)
    return (steps + dropped) / rate_hz * jitter + gap_s


def stream_times(batch: int, frames: int, draw: Draw, rate_hz: Optional[float] = None, thinned: bool = False,
                 memory: Memory = Memory()) -> Tuple[torch.Tensor, torch.Tensor]:
    """Ages (B, T), oldest first, and how many frames each stands for, of detectors of 5-60 Hz.

    `thinned`: the older half has only each k-th frame, each standing for k. Few frames then teach what a long
    memory is like.
    """
    rate = _rates(batch, draw) if rate_hz is None else torch.full((batch, 1), rate_hz, device=draw.device)
    stands_for = torch.ones(batch, frames, device=draw.device)
    if thinned and frames > 1:
        sparse = frames - math.ceil(DENSE_SHARE * frames)
        most = ((memory.span_s * rate - (frames - sparse)) / max(1, sparse)).clamp(min=1)
        stands_for[:, :sparse] = torch.exp(draw.unit(batch, 1) * most.log()).round()
    gap = _gaps(rate, stands_for[:, :-1], draw)
    zero = torch.zeros(batch, 1, device=draw.device)
    age_s = torch.cat([gap.flip(1).cumsum(1).flip(1), zero], 1)
    return age_s, stands_for


def _varied(motion: Motion, row: torch.Tensor, played_s: torch.Tensor, body: Body, poses: Poses,
            draw: Draw) -> torch.Tensor:
    """Motion of those sequences by another body, in other poses too, with limbs of what others did for as long."""
    world_m = motion.sample(row, played_s, draw)
    if motion.axes is None:  # which other poses would leave behind
        other = motion.draw_rows(len(row), draw)
        lends = motion.seconds[other] >= played_s.amax(1)
        world_m = pose(world_m, motion.sample(other, played_s, draw), lends, poses, draw)
    return mirror_half(lean_some(resize(world_m, body), draw), draw, motion.mirrored)


def make_batch(motion: Motion, size: int, frames: int, rng: torch.Generator, noise: float = 1.0, vary: bool = True,
               rate_hz: Optional[float] = None, border: Optional[str] = None, roll_deg: float = 0.0,
               memory: Memory = Memory(), world: Optional[World] = None, body: Optional[Body] = None,
               distance_m: Optional[float] = None) -> Batch:
    """Draws `size` streams of `frames` frames from `motion` through random bodies, cameras and detectors.

    For measurements: `vary=False` leaves movement as recorded, the camera at rest and every frame in its place,
    `rate_hz` fixes the detector's rate, `border` ("full", "legs") the image's border, `roll_deg` turns the cameras
    about their axis and `distance_m` away, and `body` is the one of each stream.
    """
    world = world or (World() if vary else AS_RECORDED)
    draw = Draw(rng)
    age_s, present = stream_times(size, frames, draw, rate_hz, thinned=vary, memory=memory)
    row = motion.draw_rows(size, draw)
    played_s = age_s * draw.uniform(*PLAYED_AT, size, 1) if vary else age_s  # ages in the recording
    present = present * (age_s <= memory.span_s) * (played_s <= motion.seconds[row, None])
    age_s, played_s = age_s * (present > 0), played_s * (present > 0)
    drawn = Body.draw(size, draw)
    body = body or drawn
    if vary:
        world_m = _varied(motion, row, played_s, body, world.poses, draw)
    else:
        world_m = resize(motion.sample(row, played_s, draw), body)
    border = border or (TRAINING_BORDER if vary else None)
    scene = place_cameras(world_m, draw, border, age_s if vary else None, roll_deg, distance_m)
    points_m, scene.camera_m = scene.camera_m, scene.camera_m[:, :, :len(JOINTS)]
    xy, score, family = detect(scene, age_s, draw, noise, world.detectors)
    depth_m = measured(scene, xy, score, family, world.depth, draw)
    batch = seen_in(scene, xy, score, age_s, present, motion.action[row], depth_m)
    if motion.axes is None:
        return batch
    axes = (points_m[:, :, len(JOINTS):] - points_m[:, :, :1]) / AXIS_M
    return batch._replace(axes=torch.einsum("btij,btkj->btki", batch.view_from_camera, axes))


def seen_in(scene: Scene, xy: torch.Tensor, score: torch.Tensor, age_s: torch.Tensor, present: torch.Tensor,
            action: torch.Tensor, depth_m: Optional[torch.Tensor] = None) -> Batch:
    """What the network is given of a scene of which a detector reports rays (B, T, 17, 2) and scores (B, T, 17), and
    what is true; with depths where a camera measures them. `present` is of frames that there are, seen or not."""
    present = present * enough_seen(score)
    seen = person_view(xy, score)
    depth = score.new_zeros(*score.shape, DEPTH_FEATURES) if depth_m is None else depth_view(xy, score, depth_m, seen)
    relative = scene.camera_m - scene.camera_m[:, :, :1]
    joints_m = torch.einsum("btij,btkj->btki", seen.view_from_camera, relative)
    keep = (present > 0).to(age_s.dtype)[..., None]
    return Batch(seen.keypoints * keep[..., None], seen.view * keep, depth * keep[..., None], age_s * keep[..., 0],
                 present, joints_m, seen.view_from_camera, action)
