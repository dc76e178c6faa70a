"""People's keypoints from a user's bags, as the network is given them: no 3D anywhere.

`posemoe keypoints BAG... > keypoints.csv` writes them: a line for each person in each frame, with bag, person, stamp, the
person-centred view (3 numbers) and 17 keypoints (3 numbers each).
"""

import csv
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch

from ..memory import Memory
from ..streams import LEAST_KEYPOINTS, Batch
from ..view import DEPTH_FEATURES, look_at

COLUMNS = ["bag", "person", "stamp_s", "ray_x", "ray_y", "log_size",
           *(f"{name}_{joint}" for joint in range(17) for name in ("x", "y", "score"))]
LONGEST_GAP_S = 1.0     # a longer one ends a track
LEAST_FRAMES = 8        # of a track that says something of movement
HELD_OUT = 0.25         # of each bag's tracks, or of the time of a bag with one


class TrackError(ValueError):
    """Keypoints from which nothing can be learnt; the message says why."""


class Track(NamedTuple):
    bag: str
    stamp_s: torch.Tensor    # (N,) double
    keypoints: torch.Tensor  # (N, 17, 3)
    view: torch.Tensor       # (N, 3)
    taught_m: Optional[torch.Tensor] = None  # (N, 17, 3) what other cameras know better, virtual camera frame
    taught: Optional[torch.Tensor] = None    # (N,) 1 where they do

    def part(self, frames) -> "Track":
        """Some of its frames, by a slice or a mask (N,)."""
        return Track(self.bag, *(column if column is None else column[frames] for column in self[1:]))

    def view_from_camera(self) -> torch.Tensor:
        """Rotations (N, 3, 3) into each frame's virtual camera."""
        return look_at(sight(self.view))


def sight(view: torch.Tensor) -> torch.Tensor:
    """Unit lines of sight (..., 3), camera frame, of views (..., 3)."""
    along = (1 - view[..., :2].square().sum(-1, keepdim=True)).clamp(min=1e-6).sqrt()
    return torch.cat([view[..., :2], along], -1)


def read(path: Path) -> List[Track]:
    """All tracks of a file of `posemoe keypoints`, oldest frame first."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        head = next(rows, None)
        if head != COLUMNS:
            raise TrackError(f"{path}: the first line is {','.join(head or [])[:80]!r}, expected {','.join(COLUMNS[:6])},...")
        people: Dict[Tuple[str, str], List[List[float]]] = {}
        for number, row in enumerate(rows, start=2):
            try:
                values = [float(v) for v in row[2:]]
            except ValueError as error:
                raise TrackError(f"{path}, line {number}: {error}") from None
            if len(row) != len(COLUMNS) or not np.isfinite(values).all():
                raise TrackError(f"{path}, line {number}: expected {len(COLUMNS)} finite values, found {len(row)}")
            people.setdefault((row[0], row[1]), []).append(values)
    tracks: List[Track] = []
    for (bag, _), values in people.items():
        x = torch.tensor(sorted(values), dtype=torch.float64)
        ends = (x[:, 0].diff() > LONGEST_GAP_S).nonzero()[:, 0] + 1
        for part in x.tensor_split(ends):
            tracks.append(Track(bag, part[:, 0].contiguous(), part[:, 4:].float().view(-1, 17, 3), part[:, 1:4].float()))
    return tracks


def useful(tracks: Sequence[Track]) -> List[Track]:
    """Those that are long enough, of people of whom enough is seen."""
    def enough(track: Track) -> Track:
        seen = (track.keypoints[..., 2] > 0).sum(-1) >= LEAST_KEYPOINTS
        return track.part(seen)

    return [track for track in map(enough, tracks) if len(track.stamp_s) >= LEAST_FRAMES]


def split(tracks: Sequence[Track]) -> Tuple[List[Track], List[Track]]:
    """For learning and for telling when to stop: the end of each track, which its beginning says little of."""
    learnt, held = [], []
    for track in tracks:
        cut = int(len(track.stamp_s) * (1 - HELD_OUT))
        learnt.append(track.part(slice(0, cut)))
        held.append(track.part(slice(cut, None)))
    kept = [[t for t in part if len(t.stamp_s) >= LEAST_FRAMES // 2] for part in (learnt, held)]
    return kept[0], kept[1]


class Streams(NamedTuple):
    batch: Batch           # `joints_m` is what other cameras know, where they do
    taught: torch.Tensor   # (B, T) 1 where they do
    row: torch.Tensor      # (B,) of the track


def streams(tracks: Sequence[Track], size: int, frames: int, rng: torch.Generator, memory: Memory = Memory()) -> Streams:
    """`size` streams of `frames` frames, each from a random moment of a random track; longer tracks are drawn more."""
    chance = torch.tensor([float(len(t.stamp_s)) for t in tracks])
    rows = torch.multinomial(chance, size, replacement=True, generator=rng)
    keypoints, view = torch.zeros(size, frames, 17, 3), torch.zeros(size, frames, 3)
    age_s, present, taught = (torch.zeros(size, frames) for _ in range(3))
    joints_m = torch.zeros(size, frames, 17, 3)
    for n, row in enumerate(rows.tolist()):
        track = tracks[row]
        end = int(torch.randint(1, len(track.stamp_s) + 1, (1,), generator=rng))
        start = max(0, end - frames)
        count = end - start
        keypoints[n, -count:], view[n, -count:] = track.keypoints[start:end], track.view[start:end]
        age_s[n, -count:] = (track.stamp_s[end - 1] - track.stamp_s[start:end]).float()
        present[n, -count:] = 1
        if track.taught is not None:
            joints_m[n, -count:], taught[n, -count:] = track.taught_m[start:end], track.taught[start:end]
    present = present * (age_s <= memory.span_s)
    return Streams(Batch(keypoints, view, torch.zeros(size, frames, 17, DEPTH_FEATURES), age_s, present, joints_m,
                         look_at(sight(view)), torch.zeros(size, dtype=torch.long)), taught * present, rows)
