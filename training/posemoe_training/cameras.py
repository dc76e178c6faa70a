"""Virtual robot cameras around a person, and what they see: exact perspective, image borders."""

from dataclasses import dataclass
from typing import Optional

import torch

from .draw import Draw
from .skeleton import LIMB_JOINTS

NEAREST_M, FARTHEST_M = 1.0, 12.0
HALF_VIEW_DEG = (14, 55)
MEASURED_BORDERS = ("full", "legs")
TRAINING_BORDER = "some legs"
SOME = 0.4
LEVEL_DEG, ROLLED_DEG, ROLLED_CHANCE = 3.0, 15.0, 0.3
MOVING_CHANCE = 0.4
WALL_CHANCE, WALL_M, WALL_NEAREST_M = 0.25, (2.0, 3.2), 2.0  # cameras on walls and ceilings look down
SWAY_M, SWAY_RAD, SWAY_S = 0.5, 0.15, (2.0, 10.0)


@dataclass
class Scene:
    camera_m: torch.Tensor  # (B, T, 17, 3) joints in the camera optical frame
    right: torch.Tensor     # (B,) borders of the image as tangents: |x/z| < right
    bottom: torch.Tensor    # (B,) -top < y/z < bottom
    top: torch.Tensor       # (B,)

    def in_image(self, points_m: torch.Tensor) -> torch.Tensor:
        """Which points (B, T, 17, 3) project inside the image, (B, T, 17)."""
        z = points_m[..., 2]
        x, y = points_m[..., 0] / z.clamp(min=0.1), points_m[..., 1] / z.clamp(min=0.1)
        right, bottom, top = (t[:, None, None] for t in (self.right, self.bottom, self.top))
        return (z > 0.1) & (x.abs() < right) & (y < bottom) & (y > -top)


def _optical_axes(pan: torch.Tensor, tilt: torch.Tensor, roll: torch.Tensor) -> torch.Tensor:
    """camera_from_world rotation (..., 3, 3); tilt is positive when looking down."""
    zero = torch.zeros_like(pan)
    forward = torch.stack([pan.cos() * tilt.cos(), pan.sin() * tilt.cos(), -tilt.sin()], -1)
    right = torch.stack([pan.sin(), -pan.cos(), zero], -1)
    down = torch.cross(forward, right, dim=-1)
    c, s = roll.cos()[..., None], roll.sin()[..., None]
    return torch.stack([c * right + s * down, c * down - s * right, forward], -2)


def _sway(age_s: torch.Tensor, size: float, draw: Draw) -> torch.Tensor:
    """How far off its newest value something is that swings to and fro, (B, T); 0 where it is at rest."""
    batch = len(age_s)
    period_s = SWAY_S[0] * (SWAY_S[1] / SWAY_S[0]) ** draw.unit(batch, 1)
    phase = draw.uniform(-torch.pi, torch.pi, batch, 1)
    return size * draw.normal(batch, 1) * (torch.sin(phase - 2 * torch.pi * age_s / period_s) - torch.sin(phase))


def place_cameras(world_m: torch.Tensor, draw: Draw, border: Optional[str] = None,
                  age_s: Optional[torch.Tensor] = None, roll_deg: float = 0.0,
                  distance_m: Optional[float] = None) -> Scene:
    """Puts one camera 1-12 m from each person (B, T, 17, 3, newest frame last), 0.2-2.5 m high.

    Half of the cameras are level within 10 degrees (one sigma) and see the person anywhere in the image, cut
    off by its border; the others are tilted towards the person, and so are those that would see almost nothing.

    `border` moves the image's border. For measurements: "full" sees all of everybody, "legs" cuts off the same
    people between hip and knee. For training: "some legs" cuts off two fifths of the people, anywhere from hip
    to ankle.

    They are level within 3 degrees (one sigma) about their axis. For measurements `roll_deg` turns every other one
    further to the right, the rest to the left, and `distance_m` is where all of them stand.

    With ages (B, T), for training, two fifths of the cameras move, as a robot's do: they sway, in place and
    direction; three tenths are level within 15 degrees only, as on legs, in the air and on rubble; and a quarter
    hang on a wall, 2.0-3.2 m high.
    """
    batch = world_m.shape[0]
    root = world_m[:, -1, 0]
    floor_z = world_m[..., 2].amin((1, 2))
    distance = torch.exp(draw.uniform(0, 1, batch) * torch.log(torch.tensor(FARTHEST_M / NEAREST_M))) * NEAREST_M
    distance = distance if distance_m is None else torch.full_like(distance, distance_m)
    azimuth = draw.uniform(-torch.pi, torch.pi, batch)
    height = draw.uniform(0.2, 2.5, batch)
    if age_s is not None:
        on_wall = draw.chance(WALL_CHANCE, batch)
        height = torch.where(on_wall, draw.uniform(*WALL_M, batch), height)
        distance = torch.where(on_wall, distance.clamp(min=WALL_NEAREST_M), distance)
    centre = root + torch.stack([distance * azimuth.cos(), distance * azimuth.sin(), 0 * azimuth], -1)
    centre[:, 2] = floor_z + height

    half_x = torch.tan(torch.deg2rad(draw.uniform(*HALF_VIEW_DEG, batch)))
    aspects = torch.tensor([4 / 3, 16 / 9, 9 / 16, 1.0], device=draw.device)
    half_y = half_x / aspects[draw.pick(torch.tensor([4.0, 4.0, 2.0, 1.0]), batch)]

    to_person = azimuth + torch.pi
    elevation = torch.atan2(centre[:, 2] - root[:, 2], distance)
    pan_off = torch.atan(half_x) * draw.uniform(-0.85, 0.85, batch)
    level = torch.deg2rad(10 * draw.normal(batch))
    aimed = elevation + torch.atan(half_y) * draw.uniform(-0.5, 0.5, batch)
    level_deg = torch.full_like(distance, LEVEL_DEG)
    if age_s is not None:
        level_deg = torch.where(draw.chance(ROLLED_CHANCE, batch), ROLLED_DEG, level_deg)
    either_side = 1 - 2 * (torch.arange(batch, device=draw.device) % 2)
    roll = torch.deg2rad(level_deg * draw.normal(batch) + roll_deg * either_side)

    turn, shift_m = torch.zeros_like(world_m[..., 0, 0]), torch.zeros_like(world_m[..., 0, :])
    if age_s is not None:
        moving = draw.chance(MOVING_CHANCE, batch, 1)
        turn = _sway(age_s, SWAY_RAD, draw) * moving
        shift_m = torch.stack([_sway(age_s, SWAY_M, draw) * moving for _ in "xy"] + [turn * 0], -1)

    def seen_by(tilt: torch.Tensor) -> torch.Tensor:
        pan = (to_person + pan_off)[:, None] + turn
        rotation = _optical_axes(pan, tilt[:, None].expand_as(pan), roll[:, None].expand_as(pan))
        return torch.einsum("btij,btkj->btki", rotation, world_m - (centre[:, None] + shift_m)[:, :, None])

    use_level = draw.chance(0.5, batch)
    scene = Scene(torch.where(use_level[:, None, None, None], seen_by(level), seen_by(aimed)), half_x, half_y, half_y)
    few = scene.in_image(scene.camera_m)[:, -1, list(LIMB_JOINTS)].sum(-1) < 6
    scene.camera_m = torch.where(few[:, None, None, None], seen_by(elevation), scene.camera_m)
    return scene if border is None else _with_border(scene, border, draw)


def _with_border(scene: Scene, border: str, draw: Draw) -> Scene:
    known = (*MEASURED_BORDERS, TRAINING_BORDER)
    if border not in known:
        raise ValueError(f"border {border!r} is none of {', '.join(known)}")
    newest = scene.camera_m[:, -1]
    y = newest[..., 1] / newest[..., 2].clamp(min=0.1)
    hip, knee, ankle = (y[:, list(pair)].mean(1) for pair in ((1, 4), (2, 5), (3, 6)))
    count = len(hip)
    if border == TRAINING_BORDER:
        # From hip (0) over knee (1) to ankle (2); near the hip, where most is missing, more often.
        along = 0.1 + 1.8 * draw.unit(count) ** 1.5
        cut = hip + along.clamp(max=1) * (knee - hip) + (along - 1).clamp(min=0) * (ankle - knee)
        chosen = draw.chance(SOME, count)
        return Scene(scene.camera_m, scene.right, torch.where(chosen, cut, scene.bottom), scene.top)
    far = torch.full_like(scene.right, 1e3)
    cut = hip + draw.uniform(0.2, 0.8, count) * (knee - hip)  # drawn in either case: the same random numbers
    return Scene(scene.camera_m, far, cut if border == "legs" else far, far)
