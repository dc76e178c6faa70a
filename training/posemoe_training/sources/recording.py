"""One motion recording, and the `.npz` files in which this repository keeps many of them.

A file holds `names`, `subject`, `fps`, `start` and `length` of each sequence, `licence`, and
`d2_half_mm` (17, 3, N): second differences in time, in half millimetres. Whole numbers, so summing
them twice gives the positions back without drift.
"""

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Sequence

import numpy as np

HALF_MM = 5e-4  # metres
JOINTS = 17
INT16 = np.iinfo(np.int16)


class SourceError(Exception):
    """Data from outside that cannot be used. `reason` is one of few, so that they can be counted."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Recording:
    """One person in motion. Joints as in skeleton.py; joint 0 is the absolute mid-hip."""

    source: str
    subject: str
    action: str
    fps: float
    positions_m: np.ndarray  # (F, 17, 3) float32, world z up

    def __post_init__(self) -> None:
        shape = self.positions_m.shape
        if len(shape) != 3 or shape[1:] != (JOINTS, 3) or shape[0] == 0:
            raise SourceError("wrong shape", f"{self.action}: positions {shape}, expected (frames, 17, 3)")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise SourceError("no frame rate", f"{self.action}: {self.fps} frames per second")

    @property
    def seconds(self) -> float:
        return len(self.positions_m) / self.fps


class Job(NamedTuple):
    """Something that can be read on its own, so that one damaged file does not end the rest."""

    label: str
    read: Callable[[], List[Recording]]


def second_differences(recording: Recording) -> np.ndarray:
    """(17, 3, F) int16 in half millimetres; refuses what does not fit in them."""
    name, x = recording.action, recording.positions_m
    finite = np.isfinite(x).all((1, 2))
    if not finite.all():
        raise SourceError("not finite", f"{name}: NaN or infinity first in frame {int(np.argmin(finite))}")
    # Rounded before the pelvis is subtracted: the error stays below a quarter of a millimetre.
    steps = np.rint(x.astype(np.float64) / HALF_MM)
    steps[:, 1:] -= steps[:, :1]
    first = np.diff(steps, axis=0, prepend=0)
    second = np.concatenate([first[:1], np.diff(first, axis=0, prepend=0)[1:]])
    if len(second) > 1:
        second[1] = first[1]
    wide = (second < INT16.min) | (second > INT16.max)
    if wide.any():
        frame, joint, _ = np.argwhere(wide)[0]
        what = "lies more than 16.3 m from the origin" if frame == 0 else "jumps by more than 16.3 m"
        raise SourceError("too far", f"{name}: joint {joint} {what} in frame {frame}")
    return second.transpose(1, 2, 0).astype(np.int16)


def write_npz(path: Path, recordings: Sequence[Recording], licence: str) -> None:
    """Writes all of `recordings`, or nothing where one of them does not fit."""
    if not recordings:
        raise SourceError("nothing to write", str(path))
    blocks = [second_differences(recording) for recording in recordings]
    length = np.array([block.shape[-1] for block in blocks], np.int64)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")  # a full disk leaves no half-written data set
    with open(part, "wb") as file:
        np.savez_compressed(
            file,
            names=np.array([recording.action for recording in recordings]),
            subject=np.array([recording.subject for recording in recordings]),
            fps=np.array([recording.fps for recording in recordings], np.float32),
            start=np.cumsum(length) - length,
            length=length,
            d2_half_mm=np.concatenate(blocks, -1),
            licence=np.array([licence]),
        )
    os.replace(part, path)


def read_licence(path: Path) -> str:
    """What binds the data of one file, as `prepare` wrote it."""
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            return str(archive["licence"][0]) if "licence" in archive.files else "unknown"
    except (OSError, ValueError, EOFError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError("cannot be read", f"{path}: {error}") from error


def read_npz(path: Path) -> Iterator[Recording]:
    """Yields the recordings of one file of the repository's own layout."""
    wanted = ("names", "subject", "fps", "start", "length", "d2_half_mm")
    try:
        if not zipfile.is_zipfile(path):
            raise SourceError("cannot be read", f"{path}: not a .npz file")
        with open(path, "rb") as file, np.load(file) as archive:
            missing = [key for key in wanted if key not in archive.files]
            if missing:
                raise SourceError("wrong layout", f"{path}: lacks {missing}, holds {archive.files}")
            names, subject, fps, start, length, half_mm = (archive[key] for key in wanted)
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError("cannot be read", f"{path}: {error}") from error
    if half_mm.shape[:2] != (JOINTS, 3) or half_mm.ndim != 3:
        raise SourceError("wrong shape", f"{path}: d2_half_mm is {half_mm.shape}, expected (17, 3, frames)")
    for name, person, rate, begin, count in zip(names, subject, fps, start, length):
        steps = half_mm[:, :, begin:begin + count].astype(np.int64)
        if steps.shape != (JOINTS, 3, count):
            raise SourceError("wrong shape", f"{path}: {name} has {steps.shape}, expected (17, 3, {count})")
        steps[:, :, 1:] = np.cumsum(steps[:, :, 1:], -1)  # to first differences
        x = np.cumsum(steps, -1).transpose(2, 0, 1) * HALF_MM
        x[:, 1:] += x[:, :1]
        yield Recording(path.stem, str(person), str(name), float(rate), x.astype(np.float32))
