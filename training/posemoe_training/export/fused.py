"""One step of a trained network in few and large operations, as a model file computes it on a CPU.

What `PoseMoE.step` computes, exactly but for rounding; with some 70 tokens the cost of a node and of a pass over
memory counts as much as the products do:

* tokens are rows of a matrix, joint by joint, (17 * P * F, C): a product takes its bias along, and attention over
  joints reads questions, keys and values where they lie;
* LayerNorm's scale and shift, and the questions' scale, are in the weights of the next product;
* GELU is written as ONNX Runtime finds it;
* question and new entry are one product, and are turned together: to turn (a, b) by an angle is to add up
  cos * (a, b) and sin * (-b, a), and the second is in the product's weights too;
* what is kept of earlier frames is asked together with the new frames' entries.
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
Streams = Tuple[torch.Tensor, torch.Tensor]  # pose and depth, (17 * P * F, C) each


class Now:
    """What blocks in time share: the new frames' rotations, and what is kept of earlier ones, by block."""

    def __init__(self, moment_s: torch.Tensor, age_s: torch.Tensor, stands_for: torch.Tensor,
                 new_age_s: torch.Tensor, kept: Sequence[torch.Tensor], forget: torch.Tensor, memory: Memory):
        """`forget` (blocks * heads, 1) is the pace of forgetting, 1/s."""
        self.frames = moment_s.shape[1]
        angle = moment_s[:, None, :, None] * (torch.tensor(TURNS, dtype=moment_s.dtype) * (2 * math.pi / CYCLE_S))
        cos, sin = angle.cos(), angle.sin()
        vectors = TIME_HEADS + 1  # the questions, and the entry
        self.turn = torch.cat([cos] * (2 * vectors) + [sin] * (2 * vectors), -1)  # (P, 1, F, 2 * vectors * WIDTH)
        self.turn_back = torch.cat([cos] * (2 * TIME_HEADS) + [sin] * (2 * TIME_HEADS), -1)
        old = torch.cat([age_s, new_age_s], -1)
        hidden = (old > memory.span_s).to(age_s.dtype) * HIDDEN
        often = torch.cat([stands_for.log(), torch.zeros_like(new_age_s)], -1) + hidden
        score = often[:, :, None] - forget * old.clamp(max=memory.span_s)[:, :, None]
        self.score = [of_block.reshape(-1, 1, self.frames * TIME_HEADS, old.shape[2])
                      for of_block in parts(score, *[TIME_HEADS] * len(kept), axis=2)]
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


def by_quarter(weight: torch.Tensor) -> torch.Tensor:
    """A product's weights (vectors * WIDTH, C) with each vector (a, b) that it gives turned to (-b, a)."""
    a, b = weight.reshape(-1, 2, WIDTH // 2, weight.shape[-1]).unbind(1)
    return torch.stack([-b, a], 1).reshape(weight.shape)


class TimePair(nn.Module):
    """A block over time in each of the two streams; crossed, each asks the other's past."""

    def __init__(self, blocks: Sequence[Block], crossed: bool, memories: Tuple[int, int]):
        """`memories` says which of the kept memories are theirs."""
        super().__init__()
        self.crossed, self.memories = crossed, memories
        asked = blocks[::-1] if crossed else blocks
        self.project = nn.ModuleList(  # of each stream: its own questions, and an entry for whoever asks it
            self._with_quarter(after_norm((own.norm, own.attention.query.weight / math.sqrt(WIDTH)),
                                          (other.norm_memory, other.attention.entry.weight)))
            for own, other in zip(blocks, asked))
        self.out = nn.ModuleList(self._from_quarter(block.attention.out) for block in blocks)
        self.mlp = nn.ModuleList(Mlp(block) for block in blocks)

    @staticmethod
    def _with_quarter(layer: nn.Linear) -> nn.Linear:
        weight, bias = layer.weight, layer.bias
        return linear(torch.cat([weight, by_quarter(weight)]), torch.cat([bias, by_quarter(bias[:, None])[:, 0]]))

    @staticmethod
    def _from_quarter(layer: nn.Linear) -> nn.Linear:
        """Turned back, (a, b) is cos * (a, b) + sin * (b, -a)."""
        return linear(torch.cat([layer.weight, by_quarter(layer.weight.T).T], 1), layer.bias)

    def forward(self, streams: Streams, now: Now) -> Streams:
        query, entry = zip(*(self._turned(project(normalised(x)), now) for project, x in zip(self.project, streams)))
        if self.crossed:
            entry = entry[::-1]
        found = (self._attend(*asked, now) for asked in zip(query, entry, self.memories))
        return tuple(mlp(x + out(f)) for x, f, out, mlp in zip(streams, found, self.out, self.mlp))

    def _turned(self, x: torch.Tensor, now: Now) -> Tuple[torch.Tensor, torch.Tensor]:
        """Questions (P, 17, F, heads * WIDTH) and the new entries (P, 17, F, WIDTH)."""
        x = x.reshape(len(JOINTS), -1, now.frames, x.shape[-1]).transpose(0, 1) * now.turn
        query, entry, query_quarter, entry_quarter = parts(x, *[TIME_HEADS * WIDTH, WIDTH] * 2)
        return query + query_quarter, entry + entry_quarter

    def _attend(self, query: torch.Tensor, entry: torch.Tensor, memory: int, now: Now) -> torch.Tensor:
        now.entries[memory], kept = entry, now.kept[memory]
        query = query.reshape(-1, len(JOINTS), now.frames * TIME_HEADS, WIDTH)
        asked = torch.cat([kept, entry], 2)
        share = (query @ asked.transpose(-1, -2) + now.score[memory]).softmax(-1)
        return self._turned_back(share @ asked, now)

    def _turned_back(self, found: torch.Tensor, now: Now) -> torch.Tensor:
        """To be told by `out`: both parts of the sum, beside each other."""
        found = found.reshape(-1, len(JOINTS), now.frames, 1, TIME_HEADS * WIDTH)
        found = found * now.turn_back.reshape(-1, 1, now.frames, 2, TIME_HEADS * WIDTH)
        return found.transpose(0, 1).reshape(-1, 2 * TIME_HEADS * WIDTH)


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

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, moment_s: torch.Tensor,
                age_s: torch.Tensor, stands_for: torch.Tensor, new_age_s: torch.Tensor,
                kept: Sequence[torch.Tensor]) -> Tuple[torch.Tensor, ...]:
        keypoints, depth = (by_joint.flatten(0, 1).transpose(0, 1) for by_joint in (keypoints, depth))
        view = view.flatten(0, 1)
        now = Now(moment_s, age_s, stands_for, new_age_s, kept, self.forget, self.memory)
        streams = self.tokens(keypoints, view, depth)
        for pair in self.experts:
            streams = pair(streams, now)
        streams = self.router(*streams)
        for pair in self.decoder:
            streams = pair(streams, now)
        joints_m, sigma_m, *segments = self.readout(*streams, keypoints, view)
        return (joints_m.reshape(-1, now.frames, len(JOINTS), 3), sigma_m.reshape(-1, now.frames, len(JOINTS)),
                torch.stack(now.entries, 1), *(said.unflatten(0, (-1, now.frames)) for said in segments))
