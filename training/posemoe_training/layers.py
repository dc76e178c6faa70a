"""Transformer blocks over the joints of a frame, or over the frames of a joint in continuous time.

Attention over time keeps one entry for each frame, joint and block: WIDTH numbers that serve all heads, as key
and as value. An entry is turned by its frame's moment, a question by the asking frame's, and what comes back is
turned back, so only the time between two frames counts (rotary embedding, arXiv 2104.09864, on values too). An
entry therefore never changes: it can be kept for as long as anybody asks it.
"""

import math
from typing import List, NamedTuple, Protocol, Tuple

import torch
from torch import nn
from torch.nn import functional

from .memory import Memory, stood_for

WIDTH = 16
CYCLE_S = 10.0  # every rotation repeats after this time, so a moment may be given modulo it
# Full turns in CYCLE_S of each pair of numbers; those that do not turn carry what has no age.
TURNS = (0, 0, 0, 0, 2, 8, 25, 67)
HIDDEN = -1e4
# Heads begin by forgetting at so many different paces (1/s); how fast they forget is learnt.
FIRST_FORGETTING = (0.05, 0.3, 1.5, 6.0)


class Turn(NamedTuple):
    """Rotation of entries by their moments; both (P, 1, T, 1, WIDTH / 2)."""

    cos: torch.Tensor
    sin: torch.Tensor

    @staticmethod
    def of(moment_s: torch.Tensor) -> "Turn":
        """From moments (P, T) in seconds, modulo CYCLE_S or not."""
        turns = torch.tensor(TURNS, device=moment_s.device, dtype=moment_s.dtype)
        angle = moment_s[:, None, :, None, None] * (turns * (2 * math.pi / CYCLE_S))
        return Turn(angle.cos(), angle.sin())

    def newest(self) -> "Turn":
        return Turn(self.cos[:, :, -1:], self.sin[:, :, -1:])

    def back(self) -> "Turn":
        return Turn(self.cos, -self.sin)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Rotates the two halves of each vector (P, J, T, any, WIDTH) against each other."""
        half = x.shape[-1] // 2
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)


class Part(NamedTuple):
    """Entries that may be asked, and by whom: T asking frames, N entries."""

    entries: torch.Tensor  # (P, J, N, WIDTH)
    apart_s: torch.Tensor  # (P, 1, T, 1, N) time between asking frame and entry
    hidden: torch.Tensor   # (P, 1, T, 1, N) added to scores: HIDDEN where the entry may not be asked


class Past(Protocol):
    """What attention over time needs to know of time."""

    asking: Turn  # of the frames that ask
    asked: Turn   # of the frames that new entries are of

    def recall(self, entries: torch.Tensor) -> List[Part]:
        """All entries that may be asked, given a block's new ones (P, J, T, WIDTH)."""


class WholeStream(NamedTuple):
    """Every frame is at hand at once: training, windows, and the reference for the stream."""

    asking: Turn
    asked: Turn
    apart_s: torch.Tensor
    hidden: torch.Tensor

    @staticmethod
    def of(age_s: torch.Tensor, present: torch.Tensor, memory: Memory, causal: bool = True) -> "WholeStream":
        """From ages (P, T), newest last, and how many frames each stands for, 0 where there is none.

        Causal, a frame sees itself and those before it that are remembered. Else it sees all. What comes of frames
        that are missing means nothing.
        """
        turn = Turn.of(-age_s)
        older_s = age_s[:, None] - age_s[:, :, None]  # (P, asking, asked): by how much the asked frame is older
        if causal:
            often = stood_for(age_s, present, memory)
        else:
            often = torch.where(older_s == 0, present.clamp(max=1)[:, None], present[:, None])
        hidden = often.log().masked_fill(often == 0, HIDDEN)
        return WholeStream(turn, turn, older_s.abs()[:, None, :, None], hidden[:, None, :, None])

    def newest(self) -> "WholeStream":
        """The same when the newest frame alone asks."""
        return WholeStream(self.asking.newest(), self.asked, self.apart_s[:, :, -1:], self.hidden[:, :, -1:])

    def recall(self, entries: torch.Tensor) -> List[Part]:
        return [Part(entries, self.apart_s, self.hidden)]


class NewFrames:
    """New frames ask what was kept of earlier ones, and each other; their own entries are collected to be kept."""

    def __init__(self, moment_s: torch.Tensor, age_s: torch.Tensor, stands_for: torch.Tensor, new_age_s: torch.Tensor,
                 kept: List[torch.Tensor], memory: Memory):
        """Moments (P, F), and for each block in order what is kept (P, J, N, WIDTH). When each new frame is taken, the
        ages (P, F, N) of what is kept, how many frames that stands for, 1 or more, and the ages (P, F, F) of the new.

        What is older than `memory.span_s` is not asked: nothing is there, or it has served its time, or comes later.
        """
        self.asking = self.asked = Turn.of(moment_s)
        self._times = [self._when(age_s, stands_for, memory), self._when(new_age_s, torch.ones_like(new_age_s), memory)]
        self._kept = iter(kept)
        self.entries: List[torch.Tensor] = []

    @staticmethod
    def _when(age_s: torch.Tensor, stands_for: torch.Tensor, memory: Memory) -> Tuple[torch.Tensor, torch.Tensor]:
        old, often = (t[:, None, :, None] for t in (age_s, stands_for))
        return old.clamp(max=memory.span_s), often.log() + (old > memory.span_s).to(age_s.dtype) * HIDDEN

    def recall(self, entries: torch.Tensor) -> List[Part]:
        self.entries.append(entries)
        return [Part(asked, *when) for asked, when in zip((next(self._kept), entries), self._times)]


class Attention(nn.Module):
    """Multi-head attention of the joints of a frame, (..., J, C) over (..., J, C)."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads, self.width = heads, channels // heads
        self.query, self.key, self.value = (nn.Linear(channels, channels, bias=False) for _ in range(3))
        self.out = nn.Linear(channels, channels)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        def split(t: torch.Tensor) -> torch.Tensor:
            return t.unflatten(-1, (self.heads, self.width)).transpose(-2, -3)

        query, key, value = split(self.query(x)), split(self.key(memory)), split(self.value(memory))
        score = query @ (key / math.sqrt(self.width)).transpose(-1, -2)
        return self.out((score.softmax(-1) @ value).transpose(-2, -3).flatten(-2))


class TimeAttention(nn.Module):
    """Attention of each joint over its own frames, (P, J, T, C) over (P, J, T, C)."""

    def __init__(self, channels: int):
        super().__init__()
        self.heads = len(FIRST_FORGETTING)
        self.query = nn.Linear(channels, self.heads * WIDTH, bias=False)
        self.entry = nn.Linear(channels, WIDTH, bias=False)
        self.out = nn.Linear(self.heads * WIDTH, channels)
        # softplus of it is the pace of forgetting, 1/s
        self.forget = nn.Parameter(torch.tensor(FIRST_FORGETTING).expm1().log())

    def forward(self, x: torch.Tensor, memory: torch.Tensor, past: Past) -> torch.Tensor:
        frames = x.shape[2]

        def by_head(t: torch.Tensor) -> torch.Tensor:
            return t.unflatten(2, (frames, self.heads))

        query = past.asking(self.query(x).unflatten(-1, (self.heads, WIDTH))).flatten(2, 3) / math.sqrt(WIDTH)
        parts = past.recall(past.asked(self.entry(memory)[:, :, :, None])[:, :, :, 0])
        forget = functional.softplus(self.forget)[:, None]
        share = torch.cat([
            by_head(query @ part.entries.transpose(-1, -2)) + (part.hidden - forget * part.apart_s) for part in parts
        ], -1).softmax(-1).flatten(2, 3)
        found, first = 0, 0
        for part in parts:
            end = first + part.entries.shape[2]
            found, first = found + share[..., first:end] @ part.entries, end
        return self.out(past.asking.back()(by_head(found)).flatten(3, 4))


class Block(nn.Module):
    """Pre-norm transformer block of one stream that asks itself, or another stream.

    A block in time begins as the identity: it is learnt after the spatial ones.
    """

    def __init__(self, channels: int, heads: int, in_time: bool):
        super().__init__()
        self.in_time = in_time
        self.norm, self.norm_memory, self.norm_mlp = (nn.LayerNorm(channels) for _ in range(3))
        self.attention = TimeAttention(channels) if in_time else Attention(channels, heads)
        self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))
        if in_time:
            for layer in (self.attention.out, self.mlp[2]):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, past: Past) -> torch.Tensor:
        """`x` and `memory` (P, T, J, C), or `x` the newest frame alone."""
        norm, asked = self.norm(x), self.norm_memory(memory)
        if self.in_time:
            x = x + self.attention(norm.transpose(1, 2), asked.transpose(1, 2), past).transpose(1, 2)
        else:
            x = x + self.attention(norm, asked)
        return x + self.mlp(self.norm_mlp(x))
