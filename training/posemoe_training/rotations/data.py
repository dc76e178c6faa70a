"""Recorded orientations of segments, as axes that turn with the bodies of a `Motion`.

`data/rotations_cmu.npz` has the quaternions of 7 segments on the rig of CMU's recordings, identity in the rig's rest
pose: legs apart by 20 degrees each, arms stretched out sideways, facing -y. `RIG_AXES` are our axes of that pose. Knees
and elbows of that rig are hinges, so shanks and forearms have the y axis of thigh and upper arm.
"""

import math
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import numpy as np
import torch

from .. import HOME
from ..bodies import frame_of, trunk_frame, unit
from ..data import SOURCE_WEIGHTS, Motion, is_held_out, on_one_body
from ..segments import SEGMENTS, orthonormal
from ..sources.recording import Recording, read_npz

FILE = HOME / "data" / "rotations_cmu.npz"
PELVIS_BONE, HALF = math.radians(20), math.sqrt(3) / 2
AHEAD, UP = (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)
# Each axis that is kept: segment of the file, and where it points in the rig's rest pose. Of the trunk x and z; of
# limbs x, since z is the bone. The elbow's axis of the rig slants by 30 degrees.
RIG_AXES = tuple((row, axis) for row in range(3) for axis in (AHEAD, UP)) + (
    (3, (0.0, -HALF, 0.5)), (4, (0.0, -HALF, 0.5)), (5, AHEAD), (6, AHEAD))
AXES_MIRRORED = (0, 1, 2, 3, 4, 5, 7, 6, 9, 8)
# Axes of which each segment's orientation is made: x, and z of the trunk.
TRUNK_AXES = ((0, 1), (2, 3), (4, 5))
LIMB_AXIS = (6, 6, 7, 7, 8, 8, 9, 9)


class Turned(NamedTuple):
    recording: Recording
    axes: np.ndarray  # (F, A, 3) float32, world; 0 where it is not trusted


def _rotated(quat: np.ndarray, v: Tuple[float, ...]) -> np.ndarray:
    """(F, 3): a vector turned by quaternions (F, 4), x y z w."""
    u, w, v = quat[:, :3], quat[:, 3:], np.broadcast_to(np.array(v), (len(quat), 3))
    t = 2 * np.cross(u, v)
    return v + w * t + np.cross(u, t)


def read(path: Path = FILE) -> Dict[Tuple[str, str], Tuple[int, np.ndarray]]:
    """By source and name of each recording: of every how many frames, and axes (F, A, 3)."""
    out = {}
    with np.load(path) as z:
        steps, trusted = z["quat_xyzw_d1"], np.unpackbits(z["trusted"], axis=-1)
        ends = np.cumsum(z["length"])
        for name, source, every, length, end in zip(z["names"], z["source"], z["every"], z["length"], ends):
            quat = np.cumsum(steps[:, :, end - length:end].astype(np.int64), -1).transpose(0, 2, 1) / 4096.0
            quat /= np.linalg.norm(quat, axis=-1, keepdims=True)
            known = trusted[:, end - length:end, None]
            axes = [_rotated(quat[row], axis) * known[row] for row, axis in RIG_AXES]
            out[str(source), str(name)] = int(every), np.stack(axes, 1).astype(np.float32)
    return out


def upright(rows: List[Turned]) -> List[Turned]:
    """Rigs tilt pelvis, chest and head forward as they like; so each is upright where its median frame has it.

    The recordings are of one person on one rig.
    """
    trunk = trunk_frame(torch.from_numpy(np.concatenate([row.recording.positions_m for row in rows])))
    axes = torch.from_numpy(np.concatenate([row.axes for row in rows])).clone()
    for ahead, up in TRUNK_AXES:
        x, z = axes[:, ahead].clone(), axes[:, up].clone()
        known = z.norm(dim=-1) > 0
        in_trunk = torch.einsum("fji,fj->fi", trunk, z)
        tilt = torch.atan2(in_trunk[:, 0], in_trunk[:, 2])[known].median()
        axes[:, ahead], axes[:, up] = tilt.cos() * x + tilt.sin() * z, tilt.cos() * z - tilt.sin() * x
    ends = np.cumsum([len(row.axes) for row in rows])[:-1]
    return [Turned(row.recording, part) for row, part in zip(rows, np.split(axes.numpy(), ends))]


def load(held_out: bool) -> Motion:
    """The movements whose orientations are known, of people that training sees or of those held out."""
    known, together = read(), {}
    for source in sorted({source for source, _ in known}):
        rows = [r for r in read_npz(HOME / "data" / f"{source}.npz") if is_held_out(source, r.subject) == held_out]
        for recording in on_one_body(rows):
            if (source, recording.action) not in known:
                continue
            every, axes = known[source, recording.action]
            thinned = Recording(source, recording.subject, recording.action, recording.fps / every,
                                recording.positions_m[::every])
            together.setdefault((source, recording.subject), []).append(Turned(thinned, axes))
    kept = [row for rows in together.values() for row in upright(rows)]
    kept = [row for row in kept if len(row.axes) > 1.5 * row.recording.fps]
    length = torch.tensor([len(row.axes) for row in kept])
    seconds = {s: sum(r.recording.seconds for r in kept if r.recording.source == s) for s in SOURCE_WEIGHTS}
    chance = [SOURCE_WEIGHTS[r.recording.source] * r.recording.seconds / seconds[r.recording.source] for r in kept]
    subjects = sorted({row.recording.subject for row in kept})
    return Motion(
        positions_m=torch.from_numpy(np.concatenate([row.recording.positions_m for row in kept])),
        first=length.cumsum(0) - length, length=length, fps=torch.tensor([float(r.recording.fps) for r in kept]),
        chance=torch.tensor(chance), action=torch.tensor([subjects.index(r.recording.subject) for r in kept]),
        actions=subjects, axes=torch.from_numpy(np.concatenate([row.axes for row in kept])), mirrored=AXES_MIRRORED)


def orientations(axes: torch.Tensor, joints_m: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Of axes (..., A, 3) and true joints (..., 17, 3) in one frame: the segments' orientations (..., S, 3, 3), and
    which are known (..., S)."""
    size = axes.norm(dim=-1)
    out, known = [], []
    for row, segment in enumerate(SEGMENTS):
        x = TRUNK_AXES[row][0] if row < 3 else LIMB_AXIS[row - 3]
        if row < 3:
            ahead, up = (axes[..., axis, :] for axis in TRUNK_AXES[row])
            out.append(orthonormal(torch.cross(up, ahead, dim=-1), up))
        else:
            z = unit(joints_m[..., segment.bone[1], :] - joints_m[..., segment.bone[0], :])
            # y is that of the hinge; upper and lower part share it.
            upper = SEGMENTS[row if row % 2 else row - 1].bone
            y = torch.cross(unit(joints_m[..., upper[1], :] - joints_m[..., upper[0], :]), axes[..., x, :], dim=-1)
            out.append(frame_of(z, y))
        known.append(size[..., x] > 0)
    return torch.stack(out, -3), torch.stack(known, -1)
