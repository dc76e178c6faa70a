"""The real walk: four calibrated cameras, their detector's keypoints, and the pose triangulated from all.

Files and their form: tests/data/walk/README.md.
"""

import json
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import numpy as np

CAMERAS = ("cam01", "cam02", "cam03", "cam04")
# yolo_ros leaves weaker keypoints out, and so do the bags that scripts/make_walk_bags.py makes of these
# files. The node's own threshold, 0.1, is lower and finds nothing more to do.
LEAST_SCORE = 0.2

# The network's joints from COCO's 17 keypoints, as in crates/posemoe-core/src/skeleton.rs: each the mean of these.
COCO_SOURCES = (
    (11, 12), (12,), (14,), (16,), (11,), (13,), (15,), (5, 6, 11, 12), (5, 6), (0,), (3, 4),
    (5,), (7,), (9,), (6,), (8,), (10,),
)


class Recording(NamedTuple):
    """What one camera saw, and what is known to be true; joints in the network's order."""

    camera: str
    stamp_s: np.ndarray      # (F,)
    xy: np.ndarray           # (F, 17, 2) undistorted rays x/z, y/z
    score: np.ndarray        # (F, 17), 0 where not seen
    reference_m: np.ndarray  # (F, 17, 3) camera optical frame; only the limb joints are the network's own


def read_walk(folder: Path) -> List[Recording]:
    """All cameras of the walk."""
    calibration, reference = (_read(folder / f"walk_{name}.json") for name in ("calibration", "reference"))
    world_m = mean_of_sources(np.array(reference["frames"]))
    recordings = []
    for camera in CAMERAS:
        walk, setup = _read(folder / f"walk_{camera}.json"), calibration[camera]
        px, score = joints_of_coco(np.array(walk["frames"]))
        rotation, shift_m = np.array(setup["R_camera_from_world"]), np.array(setup["t_camera_from_world_m"])
        recordings.append(Recording(
            camera, np.arange(len(px)) / walk["fps"],
            undistorted(px, np.array(setup["K"]), setup["distortion_plumb_bob"]), score,
            world_m @ rotation.T + shift_m,
        ))
    return recordings


def _read(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def mean_of_sources(coco: np.ndarray) -> np.ndarray:
    """The network's joints (..., 17, D) from COCO's points (..., 17, D)."""
    return np.stack([coco[..., list(sources), :].mean(-2) for sources in COCO_SOURCES], -2)


def joints_of_coco(keypoints: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Pixels (..., 17, 2) and scores (..., 17) of the network's joints from COCO's x, y, score (..., 17, 3).

    A derived joint has the lowest score of its sources, and none where one of them was not seen.
    """
    score = np.where(keypoints[..., 2] >= LEAST_SCORE, keypoints[..., 2], 0)
    lowest = np.stack([score[..., list(sources)].min(-1) for sources in COCO_SOURCES], -1)
    return mean_of_sources(keypoints[..., :2]), lowest


def distorted(xy: np.ndarray, d: List[float]) -> np.ndarray:
    """plumb_bob (k1 k2 p1 p2 k3) of rays (..., 2)."""
    k1, k2, p1, p2, k3 = d
    x, y = xy[..., 0], xy[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.stack([
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    ], -1)


def undistorted(px: np.ndarray, k: np.ndarray, d: List[float]) -> np.ndarray:
    """Rays (..., 2) through pixels (..., 2): K undone, then `distorted` by Newton's method."""
    target = (px - k[:2, 2]) / k[[0, 1], [0, 1]]
    xy = target.copy()
    for _ in range(10):
        step = np.linalg.solve(_slope(xy, d), (distorted(xy, d) - target)[..., None])[..., 0]
        xy -= step
    return xy


def _slope(xy: np.ndarray, d: List[float]) -> np.ndarray:
    """Derivative (..., 2, 2) of `distorted`; it is symmetric."""
    k1, k2, p1, p2, k3 = d
    x, y = xy[..., 0], xy[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    growth = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
    across = growth * x * y + 2 * (p1 * x + p2 * y)
    rows = [[radial + growth * x * x + 2 * p1 * y + 6 * p2 * x, across],
            [across, radial + growth * y * y + 6 * p1 * y + 2 * p2 * x]]
    return np.stack([np.stack(row, -1) for row in rows], -2)
