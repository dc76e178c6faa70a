"""Human3.6M in its usual pair of files: `data_3d_h36m.npz` and `data_2d_h36m_*.npz`.

3D: `positions_3d`, a dictionary subject -> action -> (F, 32, 3), metres, world z up, 50 Hz.
2D: `positions_2d`, subject -> action -> list of cameras of (F, 17, 2), pixels (a third column is
the score), and `metadata`. The licence is non-commercial: weights trained on it cannot be shipped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from .calibration import Camera, load_cameras
from .data_pickle import load_objects
from .recording import Job, Recording, SourceError
from .seventeen import in_metres

FPS = 50.0
SEVENTEEN_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)


@dataclass(frozen=True)
class VideoSequence:
    """Keypoints that a detector found in a real video, with the true pose; for evaluation."""

    subject: str
    action: str
    camera_index: int
    camera: Camera
    fps: float
    keypoints_px: np.ndarray  # (F, 17, 2)
    score: np.ndarray         # (F, 17), 1 where the file has none
    positions_m: np.ndarray   # (F, 17, 3), world z up


def _by_action(path: Path, key: str) -> Dict[Tuple[str, str], Any]:
    """(subject, action) -> what the file holds for it."""
    table = load_objects(path)
    found = table.get(key)
    if not isinstance(found, dict) or not all(isinstance(actions, dict) for actions in found.values()):
        raise SourceError("wrong layout", f"{path}: expected {key} as subject -> action, found {sorted(table)}")
    return {(str(s), str(a)): value for s, actions in found.items() for a, value in actions.items()}


def _numbers(value: Any, shapes: Sequence[Tuple[int, int]], what: str) -> np.ndarray:
    array = value if isinstance(value, np.ndarray) else np.empty(0)
    if array.ndim != 3 or array.shape[1:] not in shapes or array.dtype.kind not in "fiu":
        wanted = " or ".join(f"(frames, {a}, {b})" for a, b in shapes)
        raise SourceError("wrong shape", f"{what}: {array.shape} of {array.dtype}, expected {wanted}")
    return array


def _positions(value: Any, what: str) -> np.ndarray:
    x = _numbers(value, [(32, 3), (17, 3)], what)
    x = x[:, SEVENTEEN_OF_32] if x.shape[1] == 32 else x
    return in_metres(x, 1.0).astype(np.float32)


def file_3d(path: Path) -> Path:
    return path / "data_3d_h36m.npz" if path.is_dir() else path


def jobs(path: Path, fps: Optional[float] = None) -> List[Job]:
    """Every action of every subject in `data_3d_h36m.npz`, or in the folder that holds it."""
    def read(subject: str, action: str, value: Any) -> List[Recording]:
        x = _positions(value, f"{subject} {action}")
        return [Recording("h36m", subject, f"{subject} {action}", fps or FPS, x)]

    return [Job(f"{subject} {action}", lambda s=subject, a=action, v=value: read(s, a, v))
            for (subject, action), value in sorted(_by_action(file_3d(path), "positions_3d").items())]


def _sequence(key: Tuple[str, str], index: int, keypoints: Any, positions_m: np.ndarray,
              camera: Camera) -> VideoSequence:
    what = f"{key[0]} {key[1]} camera {index}"
    found = _numbers(keypoints, [(17, 2), (17, 3)], what)
    frames = len(positions_m)
    if len(found) < frames:
        raise SourceError("too few frames", f"{what}: {len(found)} of keypoints for {frames} of 3D")
    found = found[:frames].astype(np.float32)  # videos run on a little after the motion capture
    if not np.isfinite(found).all():
        raise SourceError("not finite", what)
    score = found[..., 2] if found.shape[-1] == 3 else np.ones((frames, 17), np.float32)
    return VideoSequence(key[0], key[1], index, camera, FPS, found[..., :2], score, positions_m)


def read_video_sequences(path_3d: Path, path_2d: Path, cameras: Path, subjects: Sequence[str] = ("S9", "S11"),
                         ) -> Tuple[List[VideoSequence], List[SourceError]]:
    """Real keypoints with true poses, and what was left out. `cameras`: see calibration.py."""
    metadata = load_objects(path_2d).get("metadata")
    layout = metadata.get("layout_name") if isinstance(metadata, dict) else None
    if layout != "h36m":
        raise SourceError("wrong layout", f"{path_2d}: joints in the order of {layout!r}, expected 'h36m'")
    truth, keypoints = _by_action(path_3d, "positions_3d"), _by_action(path_2d, "positions_2d")
    table = load_cameras(cameras)
    sequences: List[VideoSequence] = []
    left_out: List[SourceError] = []
    for key in sorted(k for k in truth if k[0] in subjects):
        try:
            positions_m = _positions(truth[key], " ".join(key))
            views = keypoints.get(key)
            views = views if isinstance(views, (list, tuple)) else []
            if not views or len(views) != len(table.get(key[0], [])):
                raise SourceError("wrong cameras", f"{' '.join(key)}: keypoints of {len(views)} cameras, "
                                                   f"calibration of {len(table.get(key[0], []))}")
        except SourceError as error:
            left_out.append(error)
            continue
        for index, (view, camera) in enumerate(zip(views, table[key[0]])):
            try:
                sequences.append(_sequence(key, index, view, positions_m, camera))
            except SourceError as error:
                left_out.append(error)
    return sequences, left_out
