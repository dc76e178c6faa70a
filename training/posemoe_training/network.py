"""PoseMoE: one expert for the 2D pose, one for depth; decoupled first, aggregated after.

After arXiv 2512.16494. What it does not state (sizes, the router's grain, where the prior enters,
time as an input, sigma, last-frame output) is ours; models/README.md lists it.

    keypoints ─ embed ─┬─ pose expert ──┬─ router ─┬─ decoder: pose ⇄ depth, in space, in time ─ heads
                       └─ depth expert ─┘          │
                          + Gaussian prior tokens ─┘
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Optional, Tuple

import torch
from torch import nn

from .view import VIEW_FEATURES

AGE_PERIODS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True)
class Size:
    channels: int = 96
    heads: int = 4
    expert_blocks: int = 2   # spatial blocks in each expert
    decoder_blocks: int = 1  # bidirectional cross-attention layers, each in space


class Attention(nn.Module):
    """Multi-head attention of (N, Q, C) over (N, K, C); `bias` (N, 1, 1, K) hides absent keys."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads, self.width = heads, channels // heads
        self.query = nn.Linear(channels, channels, bias=False)
        self.key_value = nn.Linear(channels, 2 * channels, bias=False)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, bias: Optional[torch.Tensor] = None) -> torch.Tensor:
        def split(t: torch.Tensor) -> torch.Tensor:
            return t.unflatten(2, (self.heads, self.width)).transpose(1, 2)

        q = split(self.query(x))
        both = self.key_value(memory)
        # Slices, since opset 17 has no Split into equal parts.
        key, value = both[..., :both.shape[-1] // 2], both[..., both.shape[-1] // 2:]
        weight = q @ split(key).transpose(2, 3) / math.sqrt(self.width)
        if bias is not None:
            weight = weight + bias
        mixed = weight.softmax(-1) @ split(value)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Pre-norm transformer block; with a memory it attends to that instead of to itself."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.norm, self.norm_memory, self.norm_mlp = (nn.LayerNorm(channels) for _ in range(3))
        self.attention = Attention(channels, heads)
        self.mlp = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))

    def forward(self, x: torch.Tensor, memory: Optional[torch.Tensor] = None,
                bias: Optional[torch.Tensor] = None) -> torch.Tensor:
        seen = self.norm(x)
        x = x + self.attention(seen, seen if memory is None else self.norm_memory(memory), bias)
        return x + self.mlp(self.norm_mlp(x))

    def start_as_identity(self) -> None:
        for layer in (self.attention.out, self.mlp[2]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)


class Frames(NamedTuple):
    """Shape of a batch, with what attention over time needs."""

    people: int
    frames: int
    absent: torch.Tensor  # (P·J, 1, 1, T) additive mask


def _over_time(x: torch.Tensor, shape: Frames) -> torch.Tensor:
    """(P·T, J, C) to (P·J, T, C)."""
    return x.unflatten(0, (shape.people, shape.frames)).transpose(1, 2).flatten(0, 1)


def _over_joints(x: torch.Tensor, shape: Frames) -> torch.Tensor:
    """(P·J, T, C) to (P·T, J, C)."""
    return x.unflatten(0, (shape.people, 17)).transpose(1, 2).flatten(0, 1)


class Expert(nn.Module):
    """Refines one kind of feature by itself: joints of a frame, then frames of a joint."""

    def __init__(self, size: Size):
        super().__init__()
        self.space = nn.ModuleList(Block(size.channels, size.heads) for _ in range(size.expert_blocks))
        self.time = Block(size.channels, size.heads)
        self.time.start_as_identity()

    def forward(self, x: torch.Tensor, shape: Frames) -> torch.Tensor:
        for block in self.space:
            x = block(x)
        if shape.frames == 1:
            return x
        return _over_joints(self.time(_over_time(x, shape), bias=shape.absent), shape)


class Router(nn.Module):
    """Mixes the experts per joint and frame; begins as an even mix."""

    def __init__(self, channels: int):
        super().__init__()
        self.weigh = nn.Linear(2 * channels, 2)
        nn.init.zeros_(self.weigh.weight)
        nn.init.constant_(self.weigh.bias, 0.5)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        share = self.weigh(torch.cat([pose, depth], -1)).softmax(-1)
        return share[..., :1] * pose + share[..., 1:] * depth


class CrossPair(nn.Module):
    """Bidirectional cross-attention: pose asks depth while depth asks pose."""

    def __init__(self, size: Size):
        super().__init__()
        self.pose_from_depth = Block(size.channels, size.heads)
        self.depth_from_pose = Block(size.channels, size.heads)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, bias: Optional[torch.Tensor] = None,
                newest_only: bool = False) -> Tuple[torch.Tensor, torch.Tensor]:
        ask_pose, ask_depth = (pose[:, -1:], depth[:, -1:]) if newest_only else (pose, depth)
        return self.pose_from_depth(ask_pose, depth, bias), self.depth_from_pose(ask_depth, pose, bias)


class Lifted(NamedTuple):
    joints_m: torch.Tensor   # (P, 17, 3) newest frame, root-relative, in its virtual camera
    sigma_m: torch.Tensor    # (P, 17) root mean square of the expected distance error
    early_m: torch.Tensor    # (P, T, 17, 3) what the experts alone would say; for training


class PoseMoE(nn.Module):
    def __init__(self, size: Size = Size()):
        super().__init__()
        c = size.channels
        self.size = size
        self.embed = nn.Linear(4, c)
        self.joint_place = nn.Parameter(torch.randn(1, 17, c) * 0.02)
        self.view_embed = nn.Sequential(nn.Linear(VIEW_FEATURES, c), nn.GELU(), nn.Linear(c, c))
        self.age_embed = nn.Linear(2 * len(AGE_PERIODS_S) + 1, c, bias=False)
        nn.init.zeros_(self.age_embed.weight)
        self.depth_prior = nn.Parameter(torch.randn(1, 17, c))  # Gaussian N(0, 1)
        self.pose_expert, self.depth_expert = Expert(size), Expert(size)
        self.router = Router(c)
        self.space = nn.ModuleList(CrossPair(size) for _ in range(size.decoder_blocks))
        self.time = CrossPair(size)
        self.time.pose_from_depth.start_as_identity()
        self.time.depth_from_pose.start_as_identity()
        self.early_pose, self.early_depth = nn.Linear(c, 2), nn.Linear(c, 1)
        self.pose_head = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, 2))
        self.depth_head = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, 1))
        self.sigma_head = nn.Sequential(nn.LayerNorm(2 * c), nn.Linear(2 * c, c), nn.GELU(), nn.Linear(c, 1))

    def _tokens(self, keypoints: torch.Tensor, view: torch.Tensor, age_s: torch.Tensor) -> torch.Tensor:
        seen = (keypoints[..., 2:] > 0).to(keypoints.dtype)
        tokens = self.embed(torch.cat([keypoints, seen], -1)) + self.joint_place[:, None]
        turns = torch.cat([age_s[..., None] * (2 * math.pi / p) for p in AGE_PERIODS_S], -1)
        age = torch.cat([turns.sin(), turns.cos() - 1, age_s[..., None]], -1)
        return tokens + (self.view_embed(view) + self.age_embed(age))[:, :, None]

    def lift(self, keypoints: torch.Tensor, view: torch.Tensor, age_s: torch.Tensor,
             present: torch.Tensor) -> Lifted:
        people, frames = keypoints.shape[:2]
        absent = ((1 - present) * -1e4)[:, None, None, None, :].expand(-1, 17, -1, -1, -1).flatten(0, 1)
        shape = Frames(people, frames, absent)
        tokens = self._tokens(keypoints, view, age_s).flatten(0, 1)
        pose = self.pose_expert(tokens, shape)
        depth = self.depth_expert(tokens + self.depth_prior, shape)
        early = torch.cat([self.early_pose(pose), self.early_depth(depth)], -1)
        routed = self.router(pose, depth)
        pose, depth = pose + routed, depth + routed
        for pair in self.space:
            pose, depth = pair(pose, depth)
        pose, depth = _over_time(pose, shape), _over_time(depth, shape)
        if frames > 1:
            pose, depth = self.time(pose, depth, absent, newest_only=True)
        pose, depth = (t.squeeze(1).unflatten(0, (people, 17)) for t in (pose, depth))
        joints = torch.cat([self.pose_head(pose), self.depth_head(depth)], -1)
        joints = joints - joints[:, :1]
        log_sigma = self.sigma_head(torch.cat([pose, depth], -1).detach()).squeeze(-1) - 2.5
        return Lifted(joints, log_sigma.clamp(-6, 1).exp(), early.unflatten(0, (people, frames)))

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, age_s: torch.Tensor,
                present: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        lifted = self.lift(keypoints, view, age_s, present)
        return lifted.joints_m, lifted.sigma_m
