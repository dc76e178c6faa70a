"""One step of a trained network in few and large operations, as a model file computes it on a CPU.

What `PoseMoE.step` computes, exactly but for rounding; at some 70 tokens the cost of a node and of a pass over
memory counts as much as the products do:

* what projects the same tokens (question, key, value, entry) is one product, with LayerNorm's scale and shift
  and the questions' scale in its weights;
* tokens are rows of a matrix, (P * 17, C), so that a product takes its bias along;
* GELU is written as ONNX Runtime finds it;
* a rotation is two elementwise products: the projection gives each vector also turned by a quarter, and what
  comes back is turned by the weights of the next product;
* what is kept of earlier frames is read where it lies, never joined with the new frame's entry: the two answers
  are weighed by how much of the softmax each would have had.
"""

import math
from typing import List, Sequence, Tuple

import torch
from torch import nn
from torch.nn import functional

from ..layers import CYCLE_S, FIRST_FORGETTING, HIDDEN, TURNS, WIDTH, Block, Memory
from ..network import PoseMoE
from ..skeleton import JOINTS
from .fused_ends import FusedReadout, FusedRouter, Tokens, after_norm, gelu, linear, normalised, parts

TIME_HEADS = len(FIRST_FORGETTING)
Streams = Tuple[torch.Tensor, torch.Tensor]  # pose and depth, (P * 17, C) each


class Now:
    """What blocks in time share: the frame's rotation, and what is kept of earlier frames, by block."""

    def __init__(self, moment_s: torch.Tensor, age_s: torch.Tensor, kept: Sequence[torch.Tensor],
                 forget: torch.Tensor, memory: Memory):
        """`forget` (blocks * heads, 1) is the pace of forgetting, 1/s."""
        angle = moment_s[:, None, None] * (torch.tensor(TURNS, dtype=moment_s.dtype) * (2 * math.pi / CYCLE_S))
        cos, sin = angle.cos(), angle.sin()
        self.turn = torch.cat([cos] * (2 * TIME_HEADS + 2) + [sin] * (2 * TIME_HEADS + 2), -1)
        self.turn_back = torch.cat([cos] * (2 * TIME_HEADS) + [sin] * (2 * TIME_HEADS), -1)
        old = age_s[:, None, None]
        hidden = (old > memory.span_s).to(age_s.dtype) * HIDDEN
        score = hidden - forget * old.clamp(max=memory.span_s)
        self.score = parts(score, *[TIME_HEADS] * len(kept), axis=2)
        self.kept = kept
        self.entries: List[torch.Tensor] = [moment_s] * len(kept)


class SpacePair(nn.Module):
    """A block over joints in each of the two streams; crossed, each asks the other."""

    def __init__(self, blocks: Sequence[Block], crossed: bool):
        super().__init__()
        self.heads, self.width = blocks[0].attention.heads, blocks[0].attention.width
        self.crossed = crossed
        asked = blocks[::-1] if crossed else blocks
        self.project = nn.ModuleList(
            after_norm((own.norm, own.attention.query.weight / math.sqrt(self.width)),
                       (other.norm_memory, other.attention.key.weight),
                       (other.norm_memory, other.attention.value.weight))
            for own, other in zip(blocks, asked))
        self.out = nn.ModuleList(linear(block.attention.out.weight, block.attention.out.bias) for block in blocks)
        self.mlp = nn.ModuleList(Mlp(block) for block in blocks)

    def forward(self, streams: Streams, now: Now) -> Streams:
        query, key, value = zip(*(self._by_head(project(normalised(x)))
                                  for project, x in zip(self.project, streams)))
        if self.crossed:
            key, value = key[::-1], value[::-1]
        return tuple(mlp(x + out(self._attend(*asked)))
                     for x, out, mlp, *asked in zip(streams, self.out, self.mlp, query, key, value))

    def _by_head(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Question, key and value, (P, heads, 17, width) each."""
        return x.reshape(-1, len(JOINTS), 3, self.heads, self.width).permute(2, 0, 3, 1, 4).unbind()

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        found = (query @ key.transpose(-1, -2)).softmax(-1) @ value
        return found.transpose(-2, -3).reshape(-1, self.heads * self.width)


class TimePair(nn.Module):
    """A block over time in each of the two streams; crossed, each asks the other's past."""

    def __init__(self, blocks: Sequence[Block], crossed: bool, memories: Tuple[int, int]):
        """`memories` says which of the kept memories are theirs."""
        super().__init__()
        self.crossed, self.memories = crossed, memories
        asked = blocks[::-1] if crossed else blocks
        self.project = nn.ModuleList(
            _with_quarter_turn(after_norm((own.norm, own.attention.query.weight / math.sqrt(WIDTH)),
                                          (other.norm_memory, other.attention.entry.weight)))
            for own, other in zip(blocks, asked))
        self.out = nn.ModuleList(_turning_back(block.attention.out) for block in blocks)
        self.mlp = nn.ModuleList(Mlp(block) for block in blocks)

    def forward(self, streams: Streams, now: Now) -> Streams:
        query, entry = zip(*(self._turned(project(normalised(x)), now)
                             for project, x in zip(self.project, streams)))
        if self.crossed:
            entry = entry[::-1]
        return tuple(mlp(x + out(self._attend(asks, new, now, memory)))
                     for x, out, mlp, asks, new, memory in zip(streams, self.out, self.mlp, query, entry, self.memories))

    def _turned(self, x: torch.Tensor, now: Now) -> Tuple[torch.Tensor, ...]:
        """Questions (P, 17, heads * WIDTH) and the new entry (P, 17, WIDTH)."""
        half = x.shape[-1] // 2
        part, quarter = parts(x.reshape(-1, len(JOINTS), 2 * half) * now.turn, half, half)
        return parts(part + quarter, TIME_HEADS * WIDTH, WIDTH)

    def _attend(self, query: torch.Tensor, entry: torch.Tensor, now: Now, memory: int) -> torch.Tensor:
        now.entries[memory], kept = entry, now.kept[memory]
        query, entry = (t.reshape(-1, len(JOINTS), t.shape[-1] // WIDTH, WIDTH) for t in (query, entry))
        score = query @ kept.transpose(-1, -2) + now.score[memory]
        share = score.softmax(-1)
        # The largest share is exp(largest score) over the sum of all.
        log_sum = score.amax(-1, keepdim=True) - share.amax(-1, keepdim=True).log()
        earlier = torch.sigmoid(log_sum - (query * entry).sum(-1, keepdim=True))
        found = (entry + earlier * (share @ kept - entry)).reshape(-1, len(JOINTS), TIME_HEADS * WIDTH)
        return (torch.cat([found, found], -1) * now.turn_back).reshape(-1, 2 * TIME_HEADS * WIDTH)


class Mlp(nn.Module):
    """The second half of a block."""

    def __init__(self, block: Block):
        super().__init__()
        first, _, second = block.mlp
        self.first = after_norm((block.norm_mlp, first.weight, first.bias))
        self.second = linear(second.weight, second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(gelu(self.first(normalised(x))))


def _quarter_turned(weight: torch.Tensor) -> torch.Tensor:
    """Weights of vectors of WIDTH, rows, that give them turned by a quarter: (a, b) becomes (-b, a)."""
    first, second = weight.unflatten(0, (-1, 2, WIDTH // 2)).unbind(1)
    return torch.stack([-second, first], 1).flatten(0, 2)


def _with_quarter_turn(layer: nn.Linear) -> nn.Linear:
    return linear(*(torch.cat([t, _quarter_turned(t)]) for t in (layer.weight, layer.bias)))


def _turning_back(layer: nn.Linear) -> nn.Linear:
    """Takes vectors times the cosine, then vectors times the sine."""
    return linear(torch.cat([layer.weight, _quarter_turned(layer.weight.T).T], 1), layer.bias)


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
                kept: Sequence[torch.Tensor]) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        now = Now(moment_s, age_s, kept, self.forget, self.memory)
        streams = self.tokens(keypoints, view)
        for pair in self.experts:
            streams = pair(streams, now)
        streams = self.router(*streams)
        for pair in self.decoder:
            streams = pair(streams, now)
        return (*self.readout(*streams, keypoints, view), torch.stack(now.entries, 1))
