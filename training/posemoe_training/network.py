"""PoseMoE: one expert for the 2D pose, one for depth; decoupled first, aggregated after.

After arXiv 2512.16494. What it does not state (sizes, the router's grain, where the prior enters, time,
the readout, sigma) is ours; docs/model.md lists it, and `ablate` measures it.

    keypoints ─ embed ─┬─ pose expert ───────────────────┬─ router ─ decoder: pose ⇄ depth, in space, in time ─ readout
                       └─ + start of depth ─ depth expert ─┘
                            │
                            where a depth camera measured: what it measured; elsewhere: a Gaussian prior

Tensors are (P people, T frames, J joints, C channels). Attention in time can be causal: then a frame's answer
depends on that frame and earlier ones only, and the same weights serve a stream, one frame at a time (`step`).
"""

from dataclasses import dataclass
from typing import List, NamedTuple, Optional, Tuple

import torch
from torch import nn

from .layers import Block, NewFrames, Past, TimeAttention, WholeStream
from .memory import Memory
from .orientation import OrientationHead, Turned, as_said
from .readout import Readout
from .rivals import TRUNKS
from .skeleton import JOINTS
from .view import DEPTH_FEATURES, VIEW_FEATURES

VARIANTS = ("full", "entangled", "experts_only", "decoder_only", "no_gaussian", "no_router")
RIVALS = tuple(TRUNKS)
ONE_STREAM = ("entangled", *RIVALS)


@dataclass(frozen=True)
class Size:
    """How large a network is; blocks are counted in each of the two streams."""

    channels: int
    heads: int
    expert_space: int   # spatial blocks in each expert
    expert_time: int    # temporal blocks in each expert
    decoder: int        # layers of the decoder: a cross-attention in space, then one in time


SIZES = {
    "xs": Size(channels=64, heads=4, expert_space=2, expert_time=1, decoder=1),
    "s": Size(channels=96, heads=4, expert_space=2, expert_time=1, decoder=1),
    "b": Size(channels=144, heads=6, expert_space=3, expert_time=1, decoder=2),
}


class Stream(nn.Module):
    """Self-attention blocks in the order of `kinds`: 's' over the joints of a frame, 't' over the
    frames of a joint."""

    def __init__(self, size: Size, kinds: str):
        super().__init__()
        self.kinds = kinds
        self.blocks = nn.ModuleList(Block(size.channels, size.heads, in_time=kind == "t") for kind in kinds)

    def forward(self, x: torch.Tensor, past: Past, newest_only: bool = False) -> torch.Tensor:
        for block in self.blocks[:-1]:
            x = block(x, x, past)
        if newest_only:
            return self.blocks[-1](x[:, -1:], x, past.newest())
        return self.blocks[-1](x, x, past)


class Router(nn.Module):
    """Gives each stream its own mix of the experts, for each joint and frame; begins mostly with its own."""

    def __init__(self, channels: int):
        super().__init__()
        self.weigh = nn.Linear(2 * channels, 4)
        nn.init.zeros_(self.weigh.weight)
        with torch.no_grad():
            self.weigh.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 1.0]))

    def forward(self, pose: torch.Tensor, depth: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        score = self.weigh(torch.cat([pose, depth], -1))
        to_pose, to_depth = score[..., :2].softmax(-1), score[..., 2:].softmax(-1)
        return (to_pose[..., :1] * pose + to_pose[..., 1:] * depth,
                to_depth[..., :1] * pose + to_depth[..., 1:] * depth)


class CrossPair(nn.Module):
    """Bidirectional cross-attention: pose asks depth while depth asks pose."""

    def __init__(self, size: Size, in_time: bool):
        super().__init__()
        self.pose_from_depth = Block(size.channels, size.heads, in_time)
        self.depth_from_pose = Block(size.channels, size.heads, in_time)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, past: Past,
                newest_only: bool = False) -> Tuple[torch.Tensor, torch.Tensor]:
        asking = (pose, depth)
        if newest_only:
            asking, past = (pose[:, -1:], depth[:, -1:]), past.newest()
        return self.pose_from_depth(asking[0], depth, past), self.depth_from_pose(asking[1], pose, past)


class Lifted(NamedTuple):
    """An answer for every frame, each in its own virtual camera."""

    joints_m: torch.Tensor          # (P, T, 17, 3) root-relative
    sigma_m: torch.Tensor           # (P, T, 17) distance within which 68 % of joints lie (after `calibrate`)
    early_m: Optional[torch.Tensor]  # (P, T, 17, 3) what the experts alone would say; for training
    turned: Optional[Turned] = None  # (P, T, S, ...) of segments, where the network has a head for them


class PoseMoE(nn.Module):
    """`variant` takes parts away for the ablation, at the same number of blocks:

    entangled     one stream of self-attention, no experts, no decoder (as MixSTE)
    experts_only  two experts and the router; self-attention instead of the decoder's cross-attention
    decoder_only  one stream instead of the experts, then the decoder
    no_gaussian   the depth expert gets no prior token
    no_router     the experts go to the decoder unmixed

    The rivals have one stream each, in a trunk of their own (rivals.py).
    """

    def __init__(self, size: Size = SIZES["s"], variant: str = "full"):
        super().__init__()
        if variant not in (*VARIANTS, *RIVALS):
            raise ValueError(f"variant {variant!r} is none of {', '.join((*VARIANTS, *RIVALS))}")
        c, joints = size.channels, len(JOINTS)
        self.size, self.variant = size, variant
        self.embed = nn.Linear(4, c)
        self.joint_place = nn.Parameter(torch.randn(joints, c) * 0.02)
        self.view_embed = nn.Sequential(nn.Linear(VIEW_FEATURES, c), nn.GELU(), nn.Linear(c, c))
        if variant not in (*ONE_STREAM, "no_gaussian"):
            self.depth_prior = nn.Parameter(torch.randn(joints, c))  # Gaussian N(0, 1)
        expert = "s" * size.expert_space + "t" * size.expert_time
        decoder = "st" * size.decoder
        if variant in TRUNKS:
            self.trunk = TRUNKS[variant](size, 2 * (expert + decoder))
        elif variant == "entangled":
            self.trunk = Stream(size, 2 * (expert + decoder))
        elif variant == "decoder_only":
            self.trunk = Stream(size, 2 * expert)
        else:
            self.pose_expert, self.depth_expert = Stream(size, expert), Stream(size, expert)
            if variant != "no_router":
                self.router = Router(c)
        if variant == "experts_only":
            self.pose_after, self.depth_after = Stream(size, decoder), Stream(size, decoder)
        elif variant not in ONE_STREAM:
            self.decoder = nn.ModuleList(CrossPair(size, in_time=kind == "t") for kind in decoder)
        self.depth_embed = nn.Linear(DEPTH_FEATURES - 1, c)
        self.early = Readout(c)
        self.readout = Readout(c)
        self.sigma_head = nn.Sequential(nn.LayerNorm(2 * c), nn.Linear(2 * c, c), nn.GELU(), nn.Linear(c, 1))
        self.orientation: Optional[OrientationHead] = None  # learnt by `rotations`, upon all of this

    def _tokens(self, keypoints: torch.Tensor, view: torch.Tensor) -> torch.Tensor:
        seen = (keypoints[..., 2:] > 0).to(keypoints.dtype)
        return self.embed(torch.cat([keypoints, seen], -1)) + self.joint_place + self.view_embed(view)[:, :, None]

    def _start_of_depth(self, depth: torch.Tensor) -> torch.Tensor:
        """Where a depth was measured it is where the depth expert starts from; elsewhere the prior."""
        prior = self.depth_prior if hasattr(self, "depth_prior") else torch.zeros_like(self.joint_place)
        return prior + depth[..., 2:] * (self.depth_embed(depth[..., :2]) - prior)

    def _experts(self, tokens: torch.Tensor, depth: torch.Tensor, past: Past,
                 newest_only: bool) -> Tuple[torch.Tensor, torch.Tensor]:
        start = self._start_of_depth(depth)
        if self.variant in RIVALS:
            x = self.trunk(tokens + start, past)
            return x, x
        if self.variant == "entangled":
            x = self.trunk(tokens + start, past, newest_only)
            return x, x
        if hasattr(self, "trunk"):
            x = self.trunk(tokens, past)
            return x, x + start
        return self.pose_expert(tokens, past), self.depth_expert(tokens + start, past)

    def _aggregate(self, pose: torch.Tensor, depth: torch.Tensor, past: Past,
                   newest_only: bool) -> Tuple[torch.Tensor, torch.Tensor]:
        if hasattr(self, "router"):
            pose, depth = self.router(pose, depth)
        if self.variant == "experts_only":
            return self.pose_after(pose, past, newest_only), self.depth_after(depth, past, newest_only)
        if self.variant not in ONE_STREAM:
            for pair in self.decoder[:-1]:
                pose, depth = pair(pose, depth, past)
            pose, depth = self.decoder[-1](pose, depth, past, newest_only)
        return pose, depth

    def _answer(self, keypoints: torch.Tensor, view: torch.Tensor, measured: torch.Tensor, past: Past,
                newest_only: bool = False) -> Lifted:
        pose, depth = self._experts(self._tokens(keypoints, view), measured, past, newest_only)
        early = self.early(pose, depth, keypoints, view) if self.training and not newest_only else None
        pose, depth = self._aggregate(pose, depth, past, newest_only)
        if newest_only:
            keypoints, view = keypoints[:, -1:], view[:, -1:]
        joints = self.readout(pose, depth, keypoints, view)
        # Detached, so that a better sigma cannot be bought with worse joints.
        log_sigma = self.sigma_head(torch.cat([pose, depth], -1).detach()).squeeze(-1) - 2.5
        turned = None if self.orientation is None else self.orientation(pose, depth, joints)
        return Lifted(joints, log_sigma.clamp(-6, 1).exp(), early, turned)

    def with_orientation(self) -> "PoseMoE":
        """The same with a head for orientations that has learnt nothing."""
        self.orientation = OrientationHead(self.size.channels)
        return self

    def lift(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, age_s: torch.Tensor,
             present: torch.Tensor, memory: Memory = Memory(), causal: bool = True) -> Lifted:
        """Every frame of a stream, as if it were the newest (`causal`), or with all others at hand;
        shapes as in `streams.Batch`."""
        return self._answer(keypoints, view, depth, WholeStream.of(age_s, present, memory, causal))

    def _said(self, lifted: Lifted) -> Tuple[torch.Tensor, ...]:
        return () if lifted.turned is None else (as_said(*lifted.turned),)

    def lift_newest(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, age_s: torch.Tensor,
                    present: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """The last frame's joints (P, 17, 3) and sigmas (P, 17) in metres, from a window of frames that all see
        each other; with a head for orientations what it says of segments (P, S, 7). Frames after the last in time have
        ages below 0; their order does not matter."""
        past = WholeStream.of(age_s, present, Memory(), causal=False)
        lifted = self._answer(keypoints, view, depth, past, newest_only=True)
        return tuple(t[:, -1] for t in (lifted.joints_m, lifted.sigma_m, *self._said(lifted)))

    def step(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, moment_s: torch.Tensor,
             age_s: torch.Tensor, stands_for: torch.Tensor, new_age_s: torch.Tensor, kept: List[torch.Tensor],
             memory: Memory = Memory()) -> Tuple[torch.Tensor, ...]:
        """New frames of each person, (P, F, 17, 3), (P, F, 3) and (P, F, 17, 3), at moments (P, F) modulo CYCLE_S, and
        what was kept of earlier ones, a tensor (P, 17, N, WIDTH) for each block in time. When each new frame is taken, the ages
        (P, F, N) of what is kept, how many frames that stands for (P, F, N), and the ages (P, F, F) of the new ones.

        Gives joints (P, F, 17, 3), sigmas (P, F, 17), and the new entries (P, blocks, 17, F, WIDTH) to keep; with a
        head for orientations also what it says of segments (P, F, S, 7).
        """
        past = NewFrames(moment_s, age_s, stands_for, new_age_s, kept, memory)
        lifted = self._answer(keypoints, view, depth, past)
        return lifted.joints_m, lifted.sigma_m, torch.stack(past.entries, 1), *self._said(lifted)

    def time_blocks(self) -> int:
        """How many blocks ask the past, each with a memory of its own."""
        return sum(isinstance(module, TimeAttention) for module in self.modules())

    def matrices(self) -> List[nn.Parameter]:
        """The hidden weight matrices, which the optimiser treats apart from the rest."""
        return [p for module in self.modules() if isinstance(module, Block) for p in module.parameters() if p.ndim == 2]


def parameter_count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
