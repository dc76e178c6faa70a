"""One step of a trained network in few and large operations, as a model file computes it on a CPU.

What `PoseMoE.step` computes, exactly but for rounding; with some 70 tokens the cost of a node and of a pass over
memory counts as much as the products do:

* tokens are rows of a matrix, joint by joint, (17 * P, C): a product takes its bias along, and attention over
  joints reads questions, keys and values where they lie;
* LayerNorm's scale and shift, and the questions' scale, are in the weights of the next product;
* GELU is written as ONNX Runtime finds it;
* question and new entry are one product, and are turned together;
* what is kept of earlier frames is read where it lies, never joined with the new frame's entry: the two answers
  are weighed by how much of the softmax each would have had.
"""

import math
from typing import List, Sequence, Tuple

import torch
from torch import nn
from torch.nn import functional

from ..layers import CYCLE_S, FIRST_FORGETTING, HIDDEN, TURNS, WIDTH, Block
from ..memory import Memory
from ..network import PoseMoE
from ..skeleton import JOINTS
from .fused_ends import FusedReadout, FusedRouter, Tokens
from .fused_layers import after_norm, gelu, linear, normalised, parts

TIME_HEADS = len(FIRST_FORGETTING)
Streams = Tuple[torch.Tensor, torch.Tensor]  # pose and depth, (17 * P, C) each


class Now:
    """What blocks in time share: the frame's rotation, and what is kept of earlier frames, by block."""

    def __init__(self, moment_s: torch.Tensor, age_s: torch.Tensor, stands_for: torch.Tensor,
                 kept: Sequence[torch.Tensor], forget: torch.Tensor, memory: Memory):
        """`forget` (blocks * heads, 1) is the pace of forgetting, 1/s."""
        angle = moment_s[:, None, None] * (torch.tensor(TURNS, dtype=moment_s.dtype) * (2 * math.pi / CYCLE_S))
        vectors = TIME_HEADS + 1  # the questions, and the entry
        self.cos, self.sin = (torch.cat([of] * (2 * vectors), -1) for of in (angle.cos(), angle.sin()))
        old = age_s[:, None, None]
        often = stands_for[:, None, None].log() + (old > memory.span_s).to(age_s.dtype) * HIDDEN
        score = often - forget * old.clamp(max=memory.span_s)
        self.score = parts(score, *[TIME_HEADS] * len(kept), axis=2)
        self.kept = kept
        self.entries = list(kept)  # in their places, the new ones


class SpacePair(nn.Module):
    """A block over joints in each of the two streams; crossed, each asks the other."""

    def __init__(self, blocks: Sequence[Block], crossed: bool):
        super().__init__()
        self.heads, self.width = blocks[0].attention.heads, blocks[0].attention.width
        self.crossed = crossed
        scale = 1 / math.sqrt(self.width)
        self.query, self.key, self.value = (nn.ModuleList(layers) for layers in zip(*(
            (after_norm((block.norm, block.attention.query.weight * scale)),
             after_norm((block.norm_memory, block.attention.key.weight)),
             after_norm((block.norm_memory, block.attention.value.weight))) for block in blocks)))
        self.out = nn.ModuleList(linear(block.attention.out.weight, block.attention.out.bias) for block in blocks)
        self.mlp = nn.ModuleList(Mlp(block) for block in blocks)

    def forward(self, streams: Streams, now: Now) -> Streams:
        norm = [normalised(x) for x in streams]
        asked = norm[::-1] if self.crossed else norm
        found = (self._attend(query(x), key(memory), value(memory)) for x, memory, query, key, value
                 in zip(norm, asked, self.query, self.key, self.value))
        return tuple(mlp(x + out(f)) for x, f, out, mlp in zip(streams, found, self.out, self.mlp))

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        query, key, value = (t.reshape(len(JOINTS), -1, self.heads, self.width) for t in (query, key, value))
        score = query.permute(1, 2, 0, 3) @ key.permute(1, 2, 3, 0)
        found = score.softmax(-1) @ value.permute(1, 2, 0, 3)
        return found.permute(2, 0, 1, 3).reshape(-1, self.heads * self.width)


class TimePair(nn.Module):
    """A block over time in each of the two streams; crossed, each asks the other's past."""

    def __init__(self, blocks: Sequence[Block], crossed: bool, memories: Tuple[int, int]):
        """`memories` says which of the kept memories are theirs."""
        super().__init__()
        self.crossed, self.memories = crossed, memories
        asked = blocks[::-1] if crossed else blocks
        self.project = nn.ModuleList(  # of each stream: its own questions, and an entry for whoever asks it
            after_norm((own.norm, own.attention.query.weight / math.sqrt(WIDTH)),
                       (other.norm_memory, other.attention.entry.weight)) for own, other in zip(blocks, asked))
        one, zero = torch.eye(WIDTH // 2), torch.zeros(WIDTH // 2, WIDTH // 2)
        # Turns a vector (a, b) by a quarter, to (-b, a).
        self.register_buffer("quarter", torch.cat([torch.cat([zero, one], 1), torch.cat([-one, zero], 1)]))
        self.out = nn.ModuleList(linear(block.attention.out.weight, block.attention.out.bias) for block in blocks)
        self.mlp = nn.ModuleList(Mlp(block) for block in blocks)

    def forward(self, streams: Streams, now: Now) -> Streams:
        query, entry = zip(*(self._turned(project(normalised(x)), now) for project, x in zip(self.project, streams)))
        if self.crossed:
            entry = entry[::-1]
        found = (self._attend(*asked, now) for asked in zip(query, entry, self.memories))
        return tuple(mlp(x + out(f)) for x, f, out, mlp in zip(streams, found, self.out, self.mlp))

    def _turned(self, x: torch.Tensor, now: Now) -> List[torch.Tensor]:
        """Questions (P, 17, heads * WIDTH) and the new entry (P, 17, WIDTH)."""
        x = x.reshape(len(JOINTS), -1, x.shape[-1]).transpose(0, 1)
        quarter = (x.reshape(-1, WIDTH) @ self.quarter).reshape(-1, len(JOINTS), x.shape[-1])
        return parts(x * now.cos + quarter * now.sin, TIME_HEADS * WIDTH, WIDTH)

    def _attend(self, query: torch.Tensor, entry: torch.Tensor, memory: int, now: Now) -> torch.Tensor:
        now.entries[memory], kept = entry, now.kept[memory]
        query, entry = (t.reshape(-1, len(JOINTS), t.shape[-1] // WIDTH, WIDTH) for t in (query, entry))
        score = query @ kept.transpose(-1, -2) + now.score[memory]
        share = score.softmax(-1)
        # The largest share is exp(largest score) over the sum of all.
        log_sum = score.amax(-1, keepdim=True) - share.amax(-1, keepdim=True).log()
        earlier = torch.sigmoid(log_sum - (query * entry).sum(-1, keepdim=True))
        return self._turned_back(entry + earlier * (share @ kept - entry), now)

    def _turned_back(self, found: torch.Tensor, now: Now) -> torch.Tensor:
        cos, sin = (t[..., :TIME_HEADS * WIDTH] for t in (now.cos, now.sin))
        quarter = (found.reshape(-1, WIDTH) @ self.quarter).reshape(-1, len(JOINTS), TIME_HEADS * WIDTH)
        found = found.reshape(-1, len(JOINTS), TIME_HEADS * WIDTH) * cos - quarter * sin
        return found.transpose(0, 1).reshape(-1, TIME_HEADS * WIDTH)


class Mlp(nn.Module):
    """The second half of a block."""

    def __init__(self, block: Block):
        super().__init__()
        first, _, second = block.mlp
        self.first = after_norm((block.norm_mlp, first.weight, first.bias))
        self.second = linear(second.weight, second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(gelu(self.first(normalised(x))))


class FusedStep(nn.Module):
    """`PoseMoE.step` of a network with all its parts."""

    def __init__(self, network: PoseMoE, memory: Memory):
        super().__init__()
        if network.variant != "full":
            raise ValueError(f"found a network of variant {network.variant!r}, expected 'full'")
        self.memory = memory
        self.tokens = Tokens(network)
        in_time = [block for block in network.modules() if isinstance(block, Block) and block.in_time]
        self.register_buffer("forget", torch.cat(
            [functional.softplus(block.attention.forget.detach()) for block in in_time])[:, None])

        def pair(one: Block, other: Block, crossed: bool) -> nn.Module:
            if not one.in_time:
                return SpacePair((one, other), crossed)
            return TimePair((one, other), crossed, (in_time.index(one), in_time.index(other)))

        self.experts = nn.ModuleList(
            pair(*blocks, crossed=False) for blocks in zip(network.pose_expert.blocks, network.depth_expert.blocks))
        self.router = FusedRouter(network.router)
        self.decoder = nn.ModuleList(
            pair(both.pose_from_depth, both.depth_from_pose, crossed=True) for both in network.decoder)
        self.readout = FusedReadout(network)

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, moment_s: torch.Tensor, age_s: torch.Tensor,
                stands_for: torch.Tensor,
                kept: Sequence[torch.Tensor]) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        keypoints = keypoints.transpose(0, 1)
        now = Now(moment_s, age_s, stands_for, kept, self.forget, self.memory)
        streams = self.tokens(keypoints, view)
        for pair in self.experts:
            streams = pair(streams, now)
        streams = self.router(*streams)
        for pair in self.decoder:
            streams = pair(streams, now)
        return (*self.readout(*streams, keypoints, view), torch.stack(now.entries, 1))
