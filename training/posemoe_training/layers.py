"""Transformer blocks over the joints of a frame, or over the frames of a joint in continuous time."""

import math
from typing import NamedTuple, Optional

import torch
from torch import nn

SHORTEST_PERIOD_S, LONGEST_PERIOD_S = 0.15, 10.0


class Times(NamedTuple):
    """When the frames of a batch were seen, as attention over time needs it."""

    cos: torch.Tensor               # (P, 1, 1, T, W/2) of the turns below
    sin: torch.Tensor
    hidden: torch.Tensor            # (P, 1, 1, T, T) added to scores: hides later and empty frames

    @staticmethod
    def of(age_s: torch.Tensor, present: torch.Tensor, width: int) -> "Times":
        """Rotary positions from ages in seconds (P, T): what counts is the time between two frames."""
        pairs = width // 2
        ratio = torch.arange(pairs, device=age_s.device, dtype=age_s.dtype) / max(1, pairs - 1)
        period_s = SHORTEST_PERIOD_S * (LONGEST_PERIOD_S / SHORTEST_PERIOD_S) ** ratio
        turn = age_s[:, None, None, :, None] * (-2 * math.pi / period_s)
        frames = age_s.shape[1]
        later = torch.ones(frames, frames, device=age_s.device, dtype=age_s.dtype).triu(1)
        hidden = (later + (1 - present)[:, None, None, None, :]).clamp(max=1) * -1e4
        return Times(turn.cos(), turn.sin(), hidden)

    def newest(self) -> "Times":
        """The same for the newest frame alone, when it asks all frames."""
        return Times(self.cos[..., -1:, :], self.sin[..., -1:, :], self.hidden[..., -1:, :])

    def turned(self, x: torch.Tensor) -> torch.Tensor:
        """Rotates the two halves of each feature vector (P, J, H, T, W) against each other."""
        half = x.shape[-1] // 2
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)


class Attention(nn.Module):
    """Multi-head attention of (..., Q, C) over (..., N, C); with `times` causal, in seconds.

    Over time Q is N, or 1 when only the newest frame asks.
    """

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads, self.width = heads, channels // heads
        self.query, self.key, self.value = (nn.Linear(channels, channels, bias=False) for _ in range(3))
        self.out = nn.Linear(channels, channels)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, times: Optional[Times]) -> torch.Tensor:
        def split(t: torch.Tensor) -> torch.Tensor:
            return t.unflatten(-1, (self.heads, self.width)).transpose(-2, -3)

        query, key, value = split(self.query(x)), split(self.key(memory)), split(self.value(memory))
        asking = times if times is None or query.shape[-2] == key.shape[-2] else times.newest()
        if times is not None:
            query, key = asking.turned(query), times.turned(key)
        score = query @ (key / math.sqrt(self.width)).transpose(-1, -2)
        if times is not None:
            score = score + asking.hidden
        return self.out((score.softmax(-1) @ value).transpose(-2, -3).flatten(-2))


class Block(nn.Module):
    """Pre-norm transformer block of one stream that asks itself, or another stream.

    A block in time begins as the identity: it is learnt after the spatial ones.
    """

    def __init__(self, channels: int, heads: int, in_time: bool):
        super().__init__()
        self.in_time = in_time
        self.norm, self.norm_memory, self.norm_mlp = (nn.LayerNorm(channels) for _ in range(3))
        self.attention = Attention(channels, heads)
        self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))
        if in_time:
            for layer in (self.attention.out, self.mlp[2]):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, times: Times) -> torch.Tensor:
        """`x` and `memory` (P, T, J, C), or `x` the newest frame alone; a single frame has no past to ask."""
        if self.in_time and memory.shape[1] == 1:
            return x
        if self.in_time:
            x, memory = x.transpose(1, 2), memory.transpose(1, 2)
        x = x + self.attention(self.norm(x), self.norm_memory(memory), times if self.in_time else None)
        x = x + self.mlp(self.norm_mlp(x))
        return x.transpose(1, 2) if self.in_time else x
