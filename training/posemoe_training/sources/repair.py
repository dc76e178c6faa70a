"""What every recording goes through before it is kept: frame rate, jumps, plausibility."""

from dataclasses import replace
from typing import List, Tuple

import numpy as np

from .recording import Recording, SourceError

AT_MOST_FPS = 60.0   # more teaches nothing: streams are read at 60 Hz and below
SHORTEST_S = 1.5     # the longest window of training; shorter sequences are never drawn (data.py)
FASTEST_M_S = 40.0   # no wrist is faster; a calibration pose or a swapped marker is
LIMBS = ([2, 3, 5, 6, 12, 13, 15, 16], [1, 2, 4, 5, 11, 12, 14, 15])  # far ends, near ends
MOST_CHANGE = 0.35   # of a limb's length, between its 2nd and 98th percentile


def thin(recording: Recording, at_most_fps: float = AT_MOST_FPS) -> Recording:
    """Every n-th frame, n the least that brings the rate down to `at_most_fps`."""
    every = max(1, int(np.ceil(recording.fps / at_most_fps - 0.01)))  # 120.0005 fps count as 120
    return replace(recording, fps=recording.fps / every, positions_m=recording.positions_m[::every])


def continuous_parts(recording: Recording) -> Tuple[List[Recording], List[SourceError]]:
    """Cuts at frames that are not finite and between frames that no body can join.

    Parts that are too short are left out. Returns what is kept and every loss with its reason.
    """
    name, x = recording.action, recording.positions_m
    losses = []
    finite = np.isfinite(x).all((1, 2))
    if not finite.all():
        losses.append(SourceError("not finite", f"{name}: {int((~finite).sum())} of {len(x)} frames"))
    with np.errstate(invalid="ignore"):
        speed_m_s = np.linalg.norm(np.diff(x, axis=0), axis=-1).max(-1) * recording.fps
    jumps = np.flatnonzero(speed_m_s > FASTEST_M_S) + 1
    if len(jumps):
        losses.append(SourceError("jump", f"{name}: {speed_m_s[jumps - 1].max():.0f} m/s, cut before frame "
                                          f"{', '.join(map(str, jumps[:5]))}{' ...' if len(jumps) > 5 else ''}"))
    changes = np.flatnonzero(np.diff(finite)) + 1
    edges = np.unique(np.concatenate([[0, len(x)], jumps, changes]))
    pieces = [(a, b) for a, b in zip(edges[:-1], edges[1:]) if finite[a]]
    long = [(a, b) for a, b in pieces if b - a > SHORTEST_S * recording.fps]
    if not long:
        longest_s = max((b - a for a, b in pieces), default=0) / recording.fps
        losses.append(SourceError("too short", f"{name}: {longest_s:.2f} s, expected more than {SHORTEST_S} s"))
    names = [name] if len(long) == 1 else [f"{name}_{i + 1}" for i in range(len(long))]
    parts = [replace(recording, action=part, positions_m=x[a:b]) for part, (a, b) in zip(names, long)]
    return parts, losses


def check_limbs(recording: Recording) -> None:
    """Bones are rigid: where their lengths change, a joint was taken for another."""
    far, near = LIMBS
    length_m = np.linalg.norm(recording.positions_m[:, far] - recording.positions_m[:, near], axis=-1)
    low, middle, high = np.percentile(length_m, [2, 50, 98], axis=0)
    change = (high - low) / np.maximum(middle, 1e-6)
    worst = int(np.argmax(change))
    if change[worst] > MOST_CHANGE:
        raise SourceError("limbs change", f"{recording.action}: joints {near[worst]} and {far[worst]} are "
                                          f"{low[worst]:.2f} to {high[worst]:.2f} m apart")


def to_the_origin(recording: Recording) -> Recording:
    """Starts above the origin of the floor. Far away, a position would not fit into the file."""
    x = recording.positions_m.copy()
    x[..., :2] -= x[0, 0, :2]
    return replace(recording, positions_m=x)


def stands(recording: Recording) -> bool:
    """Whether the head is above the ankles in most frames: few recordings are of people lying."""
    x = recording.positions_m
    return bool(np.median(x[:, 10, 2] - x[:, [3, 6], 2].mean(-1)) > 0.3)
