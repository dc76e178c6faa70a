"""Cameras of a data set, from a JSON file that the user supplies.

    {"S9": [{"name": "...", "width": 1000, "height": 1002,
             "K": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]],
             "distortion_plumb_bob": [k1, k2, p1, p2, k3],
             "R_camera_from_world": [[...], [...], [...]],
             "t_camera_from_world_m": [x, y, z]}, ...], "S11": [...]}

One list for each subject, its cameras in the order of the 2D file. Metres, pixels; the camera's x
points right, its y down, its z forward. "name" may be left out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from .recording import SourceError


@dataclass(frozen=True)
class Camera:
    name: str
    size_px: np.ndarray                # (2,) width, height
    intrinsics_px: np.ndarray          # (3, 3)
    distortion: np.ndarray             # (5,) plumb bob
    camera_from_world: np.ndarray      # (3, 3) rotation
    camera_from_world_m: np.ndarray    # (3,) translation, added after the rotation


def _array(entry: Dict[str, Any], key: str, shape: tuple, where: str) -> np.ndarray:
    try:
        value = np.array(entry[key], np.float64)
    except (KeyError, TypeError, ValueError):
        value = np.array([])
    if value.shape != shape or not np.isfinite(value).all():
        raise SourceError("not a calibration", f"{where}: {key} must be {shape} numbers, found {entry.get(key)}")
    return value


def _camera(entry: Any, where: str) -> Camera:
    if not isinstance(entry, dict):
        raise SourceError("not a calibration", f"{where} is a {type(entry).__name__}, expected an object")
    rotation = _array(entry, "R_camera_from_world", (3, 3), where)
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or np.linalg.det(rotation) < 0:
        raise SourceError("not a calibration", f"{where}: R_camera_from_world is not a rotation")
    return Camera(
        str(entry.get("name", where)),
        np.array([_array(entry, key, (), where) for key in ("width", "height")]),
        _array(entry, "K", (3, 3), where), _array(entry, "distortion_plumb_bob", (5,), where),
        rotation, _array(entry, "t_camera_from_world_m", (3,), where),
    )


def load_cameras(path: Path) -> Dict[str, List[Camera]]:
    """The cameras of each subject."""
    try:
        table = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SourceError("not a calibration", f"{path}: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(row, list) for row in table.values()):
        raise SourceError("not a calibration", f"{path}: expected an object with a list of cameras for each subject")
    return {subject: [_camera(entry, f"{path}: {subject} camera {i}") for i, entry in enumerate(row)]
            for subject, row in table.items()}
