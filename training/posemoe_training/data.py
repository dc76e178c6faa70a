"""Motion capture under permissive licences: split by person, sampled by source, moved by one mean body.

Positions are metres, world z up. Joint 0 is the absolute mid-hip.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch

from . import HOME
from .bodies import on_mean_body
from .draw import Draw
from .sources.recording import Recording, read_npz
from .sources.repair import continuous_parts

DATA = HOME / "data"
AXIS_M = 0.1  # how far from the pelvis the points are that show axes

# How often each source is drawn. UI-PRMD and ReActIdle hold much footage of little variety.
SOURCE_WEIGHTS = {
    "cmu": 0.43, "cmu_more": 0.16, "uiprmd": 0.14, "cmu_dance_martial": 0.08, "reactidle": 0.05, "accad": 0.14,
}
# People that training never sees. One CMU number may stand in several files: held out of all.
HELD_OUT = {
    "cmu": {"08", "14", "16", "35", "49", "91"},
    "uiprmd": {"s09", "s10"},
    "reactidle": {"014", "015"},
}

CMU_ACTIONS = {
    "08": "walk", "14": "box, daily life", "16": "run, jump, turn", "35": "walk, run",
    "49": "dance, acrobatics", "91": "walk styles",
}
UIPRMD_ACTIONS = {
    "m01": "deep squat", "m02": "hurdle step", "m03": "inline lunge", "m04": "side lunge", "m05": "sit to stand",
    "m06": "leg raise", "m07": "shoulder abduction", "m08": "shoulder extension", "m09": "shoulder rotation",
    "m10": "shoulder scaption",
}


def is_held_out(source: str, subject: str) -> bool:
    family = "cmu" if source.startswith("cmu") else source
    return subject.lstrip("0") in {s.lstrip("0") for s in HELD_OUT.get(family, ())}


def action_of(source: str, recording: Recording) -> str:
    """The family of motion that errors are reported for."""
    if source.startswith("cmu"):
        return CMU_ACTIONS.get(recording.subject.zfill(2), "other")
    return UIPRMD_ACTIONS.get(recording.action[:3], "other") if source == "uiprmd" else "idle"


Group = Tuple[str, float, List[Recording]]  # a source, how often it is drawn, what it holds
RIG_GRAIN_M = 0.02


def _rig(recording: Recording) -> Tuple[int, ...]:
    """What tells one rig of a person from another: the lengths of bones that are not limbs, coarsely."""
    x = recording.positions_m
    return tuple(int(round(float(np.median(np.linalg.norm(x[:, a] - x[:, b], axis=-1))) / RIG_GRAIN_M))
                 for a, b in ((1, 4), (11, 14), (8, 10)))


def on_one_body(recordings: Sequence[Recording]) -> List[Recording]:
    """All movement as the mean body would do it; recordings of one person on one rig are taken together."""
    together: Dict[Tuple, List[Recording]] = {}
    for recording in recordings:
        together.setdefault((recording.source, recording.subject, _rig(recording)), []).append(recording)
    out: List[Recording] = []
    for rows in together.values():
        moved = on_mean_body(torch.from_numpy(np.concatenate([r.positions_m for r in rows])))
        parts = moved.split([len(r.positions_m) for r in rows])
        out += [replace(r, positions_m=part.numpy()) for r, part in zip(rows, parts)]
    return out


@dataclass(frozen=True)
class Sources:
    """Which `.npz` files are used and how often each is drawn; `more` adds a user's own (from `prepare`)."""

    folder: Path = DATA
    leave_out: Sequence[str] = ()
    weights: dict = field(default_factory=lambda: dict(SOURCE_WEIGHTS))
    more: Sequence[Path] = ()
    more_weight: float = 0.3  # share of all draws that goes to `more`, in proportion to their minutes

    def __post_init__(self) -> None:
        unknown = [name for name in self.leave_out if name not in self.weights]
        if unknown or set(self.leave_out) >= set(self.weights):
            raise ValueError(f"cannot leave out {', '.join(unknown or self.leave_out)}; there are "
                             f"{', '.join(self.weights)}")


@dataclass
class Motion:
    """All frames of one side of the split, one after the other, with what sampling needs."""

    positions_m: torch.Tensor  # (N, 17, 3)
    first: torch.Tensor        # (S,) first frame of each sequence
    length: torch.Tensor       # (S,) frames
    fps: torch.Tensor          # (S,)
    chance: torch.Tensor       # (S,) how often a sequence is drawn
    action: torch.Tensor       # (S,) row of `actions`
    actions: List[str]
    # Directions that turn with bodies, and which of them is which in a mirror; 0 where unknown (rotations/).
    axes: Optional[torch.Tensor] = None  # (N, A, 3)
    mirrored: Tuple[int, ...] = ()

    @staticmethod
    def load(held_out: bool, sources: Sources = Sources()) -> "Motion":
        """The people that training sees, or those held out. A user's own files are all for training."""
        return Motion._of(Motion._groups(held_out, sources))

    @staticmethod
    def left_out(source: str) -> "Motion":
        """Everybody in one source, to measure a network on that was trained without it."""
        return Motion._of([(source, 1.0, list(read_npz(Sources().folder / f"{source}.npz")))])

    @staticmethod
    def _groups(held_out: bool, sources: Sources) -> List[Group]:
        groups = [(name, weight, [r for r in read_npz(sources.folder / f"{name}.npz")
                                  if is_held_out(name, r.subject) == held_out])
                  for name, weight in sources.weights.items() if name not in sources.leave_out]
        if not held_out and sources.more:
            own = [r for path in sources.more for r in read_npz(path)]
            groups = [(name, weight * (1 - sources.more_weight), rows) for name, weight, rows in groups]
            groups.append(("more", sources.more_weight, own))
        return groups

    @staticmethod
    def _of(groups: List[Group]) -> "Motion":
        kept: List[Recording] = []
        chance, named = [], []
        for name, weight, rows in groups:
            # A few recordings begin in a T-pose or jump; parts too short are left out.
            rows = [part for r in on_one_body(rows) for part in continuous_parts(r)[0]]
            if not rows:
                continue  # none of this source is held out
            seconds = sum(r.seconds for r in rows)
            kept += rows
            chance += [weight * r.seconds / seconds for r in rows]
            named += [action_of(name, r) for r in rows]
        actions = sorted(set(named))
        length = torch.tensor([len(r.positions_m) for r in kept])
        return Motion(
            positions_m=torch.from_numpy(np.concatenate([r.positions_m for r in kept])),
            first=length.cumsum(0) - length, length=length, fps=torch.tensor([float(r.fps) for r in kept]),
            chance=torch.tensor(chance), action=torch.tensor([actions.index(a) for a in named]), actions=actions,
        )

    def to(self, device: torch.device) -> "Motion":
        moved = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return replace(self, **moved)

    @property
    def seconds(self) -> torch.Tensor:
        """How long each sequence is, (S,)."""
        return (self.length - 2) / self.fps

    def draw_rows(self, count: int, draw: Draw) -> torch.Tensor:
        """`count` sequences at random, (B,)."""
        return draw.pick(self.chance, count)

    def sample(self, row: torch.Tensor, age_s: torch.Tensor, draw: Draw) -> torch.Tensor:
        """Positions (B, T, 17, 3) at `age_s` (B, T) before a random moment of sequences `row` (B,); after the joints,
        where there are any, the axes, as points near the pelvis."""
        fps, length, first = self.fps[row], self.length[row], self.first[row]
        oldest = age_s.amax(1) * fps
        newest = oldest + draw.unit(len(row)) * (length - 2 - oldest).clamp(min=0)
        newest = torch.minimum(newest, length - 2)  # what is older than the recording is its first frame
        at = (newest[:, None] - age_s * fps[:, None]).clamp(min=0)
        low = at.floor()
        part = (at - low)[..., None, None]
        index = (first[:, None] + low).long()
        high = torch.minimum(index + 1, (first + length - 1)[:, None])
        joints_m = self.positions_m[index] * (1 - part) + self.positions_m[high] * part
        if self.axes is None:
            return joints_m
        axes = self.axes[index] * (1 - part) + self.axes[high] * part
        return torch.cat([joints_m, joints_m[:, :, :1] + AXIS_M * axes], 2)
