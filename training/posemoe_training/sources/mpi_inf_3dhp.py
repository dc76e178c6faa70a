"""MPI-INF-3DHP, training part: `S1/Seq1/annot.mat` with 28 joints, millimetres, camera frames.

`annot3` is used: it fits the images. (`univ_annot3` is scaled to one stature for everybody.) With
`camera.calibration` beside it, poses go to the world of the studio, whose y points up. Without,
the camera is taken as level, so gravity is off by its tilt: give it no other than camera 0 then,
which is tilted by about 2 degrees. The licence is non-commercial: weights cannot be shipped.
"""

import re
from pathlib import Path
from typing import List, Optional

import numpy as np

from .mat5 import read_cells
from .recording import Job, Recording, SourceError
from .seventeen import in_metres, z_up

# 0 spine3, 1 spine4, 2 spine2, 3 spine, 4 pelvis, 5 neck, 6 head, 7 top of the head, 8 left
# collarbone, 9-12 left shoulder, elbow, wrist, hand, 13 right collarbone, 14-17 right arm,
# 18-22 left hip, knee, ankle, foot, toe, 23-27 right leg.
SEVENTEEN_OF_28 = (4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16)
# Frames per second: these sequences were filmed at 50, the others at 25.
AT_50_FPS = {("S1", "Seq2"), ("S3", "Seq1"), ("S3", "Seq2"), ("S5", "Seq1"), ("S5", "Seq2")}


def _annotation_mm(path: Path, camera: int) -> np.ndarray:
    """(F, 28, 3) in the frame of one camera: x right, y down, z forward."""
    cells = read_cells(path, "annot3")
    if not camera < len(cells):
        raise SourceError("wrong layout", f"{path}: annot3 has {len(cells)} cameras, number {camera} is asked for")
    x = cells[camera]
    if x.ndim != 2 or x.shape[1] != 28 * 3:
        raise SourceError("wrong shape", f"{path}: annot3 has {x.shape} of {x.dtype}, expected (frames, 84)")
    return x.reshape(-1, 28, 3).astype(np.float64)


def world_from_camera(path: Path, camera: int) -> Optional[np.ndarray]:
    """(4, 4), millimetres, world y up, from `camera.calibration`; None where there is no such file."""
    if not path.is_file():
        return None
    blocks = re.split(r"^\s*name\s+", path.read_text(errors="replace"), flags=re.MULTILINE)[1:]
    for block in blocks:
        if block.split()[:1] != [str(camera)]:
            continue
        line = re.search(r"^\s*extrinsic\s+(.*)$", block, re.MULTILINE)
        try:
            camera_from_world = np.array(line.group(1).split(), np.float64).reshape(4, 4)
            return np.linalg.inv(camera_from_world)
        except (AttributeError, ValueError, np.linalg.LinAlgError) as error:
            raise SourceError("not a calibration", f"{path}: camera {camera} has no 16 extrinsic numbers") from error
    raise SourceError("not a calibration", f"{path}: camera {camera} is not among its {len(blocks)}")


def read(path: Path, fps: Optional[float] = None, camera: int = 0) -> Recording:
    folder = path.resolve().parent
    subject, sequence = folder.parent.name, folder.name
    x = _annotation_mm(path, camera)[:, SEVENTEEN_OF_28]
    world = world_from_camera(path.parent / "camera.calibration", camera)
    # A level camera: y down and z forward become z up and y forward.
    x = x @ np.diag([1.0, -1.0, -1.0]) if world is None else x @ world[:3, :3].T + world[:3, 3]
    rate = fps or (50.0 if (subject, sequence) in AT_50_FPS else 25.0)
    return Recording("mpi-inf-3dhp", subject, f"{subject} {sequence}", rate, z_up(in_metres(x, 0.001), "y"))


def jobs(path: Path, fps: Optional[float] = None) -> List[Job]:
    """All `annot.mat` below a folder."""
    files = [path] if path.is_file() else sorted(path.rglob("annot.mat"))
    return [Job(str(file), lambda file=file: [read(file, fps)]) for file in files]
