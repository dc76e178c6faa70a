"""Cameras of a scene: one on a robot that drives and turns, others on the wall."""

from typing import Dict, NamedTuple, Tuple

import torch

from ..cameras import Scene

MAP, BASE = "map", "base_link"
WIDTH_PX, HEIGHT_PX, FOCAL_PX = 848, 480, 420.0
CAMERA_HEIGHT_M, TILT_RAD = 1.2, 0.12
SWAYS = ((0.35, 17.0), (0.30, 13.0), (0.22, 11.0))  # x m, y m, yaw rad, and the period of each in s
# Cameras on the wall: place, and the point they look at.
WALL = (((0.5, -3.4, 2.3), (4.0, 0.0, 0.9)), ((7.5, 3.2, 2.3), (4.0, 0.0, 0.9)), ((7.5, -3.2, 2.3), (4.0, 0.0, 0.9)))


class Camera(NamedTuple):
    name: str
    map_from_optical: torch.Tensor  # (T, 3, 3)
    centre_m: torch.Tensor          # (T, 3) in the map
    moves: bool

    @property
    def frame_id(self) -> str:
        return f"{self.name}_optical_frame"

    def see(self, world_m: torch.Tensor) -> Scene:
        """People (P, T, 17, 3) of the map, as this camera sees them."""
        camera_m = torch.einsum("tji,ptkj->ptki", self.map_from_optical, world_m - self.centre_m[:, None])
        count = len(world_m)
        right, bottom = (torch.full((count,), size / 2 / FOCAL_PX) for size in (WIDTH_PX, HEIGHT_PX))
        return Scene(camera_m, right, bottom, bottom)


def info(scale: float = 1.0) -> Dict[str, object]:
    """The fields of sensor_msgs/CameraInfo of every camera here, or of its image at another scale."""
    fx, cx, cy = FOCAL_PX * scale, WIDTH_PX * scale / 2, HEIGHT_PX * scale / 2
    return {"width": round(WIDTH_PX * scale), "height": round(HEIGHT_PX * scale), "distortion_model": "plumb_bob",
            "d": [0.0] * 5, "k": [fx, 0, cx, 0, fx, cy, 0, 0, 1], "r": [1.0, 0, 0, 0, 1, 0, 0, 0, 1],
            "p": [fx, 0, cx, 0, 0, fx, cy, 0, 0, 0, 1, 0]}


def _looking(forward: torch.Tensor) -> torch.Tensor:
    """map_from_optical (..., 3, 3): z along `forward`, x level to the right."""
    z = forward / forward.norm(dim=-1, keepdim=True)
    x = torch.stack([z[..., 1], -z[..., 0], torch.zeros_like(z[..., 0])], -1)
    x = x / x.norm(dim=-1, keepdim=True)
    return torch.stack([x, torch.cross(z, x, dim=-1), z], -1)


def base_path(times_s: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """map_from_base of the robot: place (T, 3) and yaw (T,)."""
    x, y, yaw = (size * torch.sin(2 * torch.pi * times_s / period_s) for size, period_s in SWAYS)
    return torch.stack([x, y, torch.zeros_like(x)], -1), yaw


def base_from_optical() -> torch.Tensor:
    """How the robot carries its camera, (3, 3)."""
    tilt = torch.tensor(TILT_RAD)
    return _looking(torch.stack([tilt.cos(), torch.zeros(()), -tilt.sin()]))


def robot_camera(times_s: torch.Tensor) -> Camera:
    place_m, yaw = base_path(times_s)
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)
    turn = torch.stack([torch.stack([yaw.cos(), -yaw.sin(), zero], -1), torch.stack([yaw.sin(), yaw.cos(), zero], -1),
                        torch.stack([zero, zero, one], -1)], -2)
    return Camera("camera", turn @ base_from_optical(), place_m + torch.tensor([0, 0, CAMERA_HEIGHT_M]), True)


def wall_camera(number: int, times_s: torch.Tensor) -> Camera:
    """The first, second or third camera on the wall."""
    centre_m, at_m = (torch.tensor(row) for row in WALL[number])
    frames = len(times_s)
    return Camera(f"wall{number + 1}", _looking(at_m - centre_m).expand(frames, 3, 3), centre_m.expand(frames, 3), False)
