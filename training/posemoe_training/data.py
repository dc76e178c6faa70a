"""Motion capture under permissive licences: read, split by person, sampled by source.

Positions are metres, world z up. Joint 0 is the absolute mid-hip.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Tuple

import numpy as np
import torch

from .skeleton import MIRRORED, PARENTS

DATA = Path(__file__).resolve().parent.parent / "data"

# How often each source is drawn. UI-PRMD and ReActIdle hold much footage of little variety; the
# dance and martial-arts rig has narrow shoulders.
SOURCE_WEIGHTS = {
    "cmu": 0.50, "cmu_more": 0.17, "uiprmd": 0.18, "cmu_dance_martial": 0.08, "reactidle": 0.07,
}
# People that training never sees. One CMU number may stand in several files: held out of all.
HELD_OUT = {
    "cmu": {"08", "14", "16", "35", "49", "91"},
    "uiprmd": {"s09", "s10"},
    "reactidle": {"014", "015"},
}
LONGEST_WINDOW_S = 1.5


def sequences(path: Path) -> Iterator[Tuple[str, float, np.ndarray]]:
    """Yields (subject, frames per second, positions (F, 17, 3) in metres) of one `.npz` file."""
    archive = np.load(path)
    half_mm = archive["d2_half_mm"]
    rows = zip(archive["subject"], archive["fps"], archive["start"], archive["length"])
    for subject, fps, start, length in rows:
        x = half_mm[:, :, start:start + length].astype(np.int64)
        x[:, :, 1:] = np.cumsum(x[:, :, 1:], -1)  # first differences from second differences
        x = np.cumsum(x, -1).transpose(2, 0, 1) * 5e-4
        x[:, 1:] += x[:, :1]
        yield str(subject), float(fps), x.astype(np.float32)


def is_held_out(source: str, subject: str) -> bool:
    family = "cmu" if source.startswith("cmu") else source
    return subject.lstrip("0") in {s.lstrip("0") for s in HELD_OUT[family]}


@dataclass
class Motion:
    """All frames of one side of the split, one after the other, with what sampling needs."""

    positions_m: torch.Tensor  # (N, 17, 3)
    first: torch.Tensor        # (S,) first frame of each sequence
    length: torch.Tensor       # (S,) frames
    fps: torch.Tensor          # (S,)
    chance: torch.Tensor       # (S,) how often a sequence is drawn

    @staticmethod
    def load(held_out: bool, folder: Path = DATA) -> "Motion":
        frames, first, length, fps, chance = [], [], [], [], []
        total = 0
        for source, weight in SOURCE_WEIGHTS.items():
            chosen = [
                (rate, x) for subject, rate, x in sequences(folder / f"{source}.npz")
                if is_held_out(source, subject) == held_out and len(x) > LONGEST_WINDOW_S * rate
            ]
            seconds = sum(len(x) / rate for rate, x in chosen)
            for rate, x in chosen:
                frames.append(x)
                first.append(total)
                length.append(len(x))
                fps.append(rate)
                chance.append(weight * len(x) / rate / seconds)
                total += len(x)
        return Motion(
            torch.from_numpy(np.concatenate(frames)), torch.tensor(first), torch.tensor(length),
            torch.tensor(fps), torch.tensor(chance, dtype=torch.float64),
        )

    def sample(self, age_s: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Draws windows: positions (B, T, 17, 3) at `age_s` (B, T) before a random moment."""
        batch = age_s.shape[0]
        row = torch.multinomial(self.chance, batch, replacement=True, generator=rng)
        fps, length, first = self.fps[row], self.length[row], self.first[row]
        oldest = age_s.amax(1) * fps
        newest = oldest + torch.rand(batch, generator=rng) * (length - 2 - oldest).clamp(min=0)
        at = (newest[:, None] - age_s * fps[:, None]).clamp(min=0)
        low = at.floor()
        part = (at - low)[..., None, None]
        index = (first[:, None] + low).long()
        high = torch.minimum(index + 1, (first + length - 1)[:, None])
        return self.positions_m[index] * (1 - part) + self.positions_m[high] * part


def _ancestors() -> torch.Tensor:
    chain = torch.zeros(17, 17)
    for joint in range(17):
        bone = joint
        while bone > 0:
            chain[joint, bone] = 1
            bone = PARENTS[bone]
    return chain


CHAIN = _ancestors()  # joint = pelvis + CHAIN @ bones


def vary_bodies(x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Mirrors half of the windows and gives each another stature and other limb proportions."""
    batch = x.shape[0]
    root = x[:, :, :1]
    bones = x - x[:, :, [max(p, 0) for p in PARENTS]]
    scale = 1 + 0.05 * torch.randn(batch, 1, 17, 1, generator=rng)
    scale = (scale + scale[:, :, list(MIRRORED)]) / 2  # left and right limbs stay alike
    stature = 1 + 0.07 * torch.randn(batch, 1, 1, 1, generator=rng)
    scale = (scale * stature).clamp(0.7, 1.25)
    relative = torch.einsum("jk,btkc->btjc", CHAIN, bones * scale)
    x = relative + root * stature
    flip = torch.rand(batch, generator=rng) < 0.5
    mirrored = x[:, :, list(MIRRORED)] * torch.tensor([-1.0, 1.0, 1.0])
    return torch.where(flip[:, None, None, None], mirrored, x)
