"""How a person's past is remembered: every frame of late, further back fewer, each of which stands for several.

So few frames reach back as far as anybody asks, however fast the detector is. crates/posemoe-core/src/lift/stream/kept.rs does the same.
"""

from dataclasses import dataclass

import torch

RECENT_SHARE = 4  # the newest frames, one in so many of all, are not thinned out


@dataclass(frozen=True)
class Memory:
    """So many frames before the newest are remembered at most, and none that is older than the span."""

    frames: int = 96
    span_s: float = 8.0

    @property
    def thinned(self) -> int:
        """How many of the frames, the oldest, may be thinned out."""
        return self.frames - self.frames // RECENT_SHARE

    @property
    def spacing_s(self) -> float:
        """How far apart those are then, at least: together they reach across the span."""
        return self.span_s / self.thinned


class Remembered:
    """What is remembered of P streams, (P, N), oldest first; before it places without a frame, whose stamp is -inf.

    When all places are taken, each new frame has another given up: the oldest, where it is older than the span; else
    the first of those that may be thinned out which follows the one before it too closely, and which that one then
    stands for too; else the oldest.
    """

    def __init__(self, people: int, memory: Memory):
        self.memory = memory
        self.frame = torch.zeros(people, memory.frames, dtype=torch.long)
        self.stamp_s = torch.full((people, memory.frames), -torch.inf, dtype=torch.float64)
        self.stands_for = torch.ones(people, memory.frames)

    def add(self, frame: int, stamp_s: torch.Tensor, stands_for: torch.Tensor) -> torch.Tensor:
        """Takes in a frame at stamps (P,) that stands for so many (P,); where that is 0, nothing changes.

        Returns where (P, N) what is in each place now was before: from 0 on; the new frame is N.
        """
        order = torch.arange(self.memory.frames)
        seen, given_up = (stands_for > 0)[:, None], self._given_up(stamp_s)[:, None]
        inherited = torch.where(seen & (order == given_up - 1), self.stands_for.gather(1, given_up), 0)
        before = order + (seen & (order >= given_up))
        self.frame = moved(self.frame, torch.full_like(before[:, 0], frame), before)
        self.stamp_s = moved(self.stamp_s, stamp_s, before)
        self.stands_for = moved(self.stands_for + inherited, stands_for, before)
        return before

    def _given_up(self, stamp_s: torch.Tensor) -> torch.Tensor:
        gap_s = self.stamp_s.diff(dim=1, prepend=torch.full_like(self.stamp_s[:, :1], -torch.inf))
        close = (gap_s < self.memory.spacing_s) & (torch.arange(self.memory.frames) < self.memory.thinned)
        too_old = stamp_s - self.stamp_s[:, 0] > self.memory.span_s
        return torch.where(too_old, 0, close.int().argmax(1))  # the first; 0 where there is none


def moved(kept: torch.Tensor, new: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """What is kept (P, N), and after it what is new (P,), as `Remembered.add` says."""
    return torch.cat([kept, new[:, None].to(kept.dtype)], 1).gather(1, before)


def stood_for(age_s: torch.Tensor, present: torch.Tensor, memory: Memory) -> torch.Tensor:
    """How many frames each one stands for when another asks, (P, asking, asked): 0 where it is not remembered.

    From ages (P, T), oldest first, and how many frames each stands for by itself, 0 where there is none. To
    itself a frame is one.
    """
    itself = present.clamp(max=1).diag_embed()
    frames = age_s.shape[1]
    if frames <= memory.frames + 1:  # none is given up
        alive = age_s[:, None] - age_s[:, :, None] <= memory.span_s
        return (present[:, None] * alive).tril(-1) + itself
    counts = age_s.new_zeros(len(age_s), frames, frames)
    remembered = Remembered(len(age_s), memory)
    for asking, stamp_s in enumerate(-age_s.double().cpu().T):
        if memory.frames:
            alive = stamp_s[:, None] - remembered.stamp_s <= memory.span_s
            told = (remembered.stands_for * alive).to(counts)
            counts[:, asking].scatter_add_(1, remembered.frame.to(counts.device), told)
            remembered.add(asking, stamp_s, present[:, asking].cpu())
    return counts + itself
