"""Virtual robot cameras around a person, and what they see: exact perspective, image borders."""

from typing import NamedTuple

import torch

from .skeleton import LIMB_JOINTS


class Scene(NamedTuple):
    camera_m: torch.Tensor  # (B, T, 17, 3) joints in the camera optical frame
    half_x: torch.Tensor    # (B,) tangent of half the horizontal field of view
    half_y: torch.Tensor    # (B,) the same, vertical


def _uniform(low: float, high: float, n: int, rng: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=rng)


def _optical_axes(pan: torch.Tensor, tilt: torch.Tensor, roll: torch.Tensor) -> torch.Tensor:
    """camera_from_world rotation (B, 3, 3); tilt is positive when looking down."""
    zero = torch.zeros_like(pan)
    forward = torch.stack([pan.cos() * tilt.cos(), pan.sin() * tilt.cos(), -tilt.sin()], -1)
    right = torch.stack([pan.sin(), -pan.cos(), zero], -1)
    down = torch.cross(forward, right, dim=-1)
    c, s = roll.cos()[:, None], roll.sin()[:, None]
    return torch.stack([c * right + s * down, c * down - s * right, forward], -2)


def place_cameras(world_m: torch.Tensor, rng: torch.Generator) -> Scene:
    """Puts one camera 1.2-12 m from each person (B, T, 17, 3, newest frame last), 0.2-2.5 m high.

    Most cameras are level within 25 degrees and see the person anywhere in the image, cut off by
    its border; those that would see almost nothing are aimed at the person instead.
    """
    batch = world_m.shape[0]
    root = world_m[:, -1, 0]
    floor_z = world_m[..., 2].amin((1, 2))
    distance = torch.exp(_uniform(0.18, 2.48, batch, rng))
    azimuth = _uniform(-torch.pi, torch.pi, batch, rng)
    height = _uniform(0.2, 2.5, batch, rng)
    centre = root + torch.stack([distance * azimuth.cos(), distance * azimuth.sin(), 0 * azimuth], -1)
    centre[:, 2] = floor_z + height

    half_x = torch.tan(torch.deg2rad(_uniform(16, 52, batch, rng)))
    aspects = torch.tensor([4 / 3, 16 / 9, 9 / 16, 1.0])
    half_y = half_x / aspects[torch.multinomial(torch.tensor([4.0, 4.0, 2.0, 1.0]), batch, True, generator=rng)]

    to_person = azimuth + torch.pi
    elevation = torch.atan2(centre[:, 2] - root[:, 2], distance)
    pan_off = torch.atan(half_x) * _uniform(-0.85, 0.85, batch, rng)
    level = torch.deg2rad(10 * torch.randn(batch, generator=rng))
    aimed = elevation + torch.atan(half_y) * _uniform(-0.5, 0.5, batch, rng)
    roll = torch.deg2rad(3 * torch.randn(batch, generator=rng))

    def seen_by(tilt: torch.Tensor) -> torch.Tensor:
        rotation = _optical_axes(to_person + pan_off, tilt, roll)
        return torch.einsum("bij,btkj->btki", rotation, world_m - centre[:, None, None])

    use_level = torch.rand(batch, generator=rng) < 0.5
    camera = torch.where(use_level[:, None, None, None], seen_by(level), seen_by(aimed))
    few = in_image(camera, half_x, half_y)[:, -1, list(LIMB_JOINTS)].sum(-1) < 6
    camera = torch.where(few[:, None, None, None], seen_by(elevation), camera)
    return Scene(camera, half_x, half_y)


def in_image(camera_m: torch.Tensor, half_x: torch.Tensor, half_y: torch.Tensor) -> torch.Tensor:
    """Which joints (B, T, 17) project inside the image."""
    z = camera_m[..., 2]
    ok = z > 0.1
    z = z.clamp(min=0.1)
    ok &= (camera_m[..., 0] / z).abs() < half_x[:, None, None]
    return ok & ((camera_m[..., 1] / z).abs() < half_y[:, None, None])
