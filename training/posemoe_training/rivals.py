"""Rival networks in kind, for `ablate --rivals`: trunks of one stream in the place of PoseMoE's experts and decoder.

Each is after its paper's text, at the same number of blocks, in the same harness: the same tokens, readout and sigma, causal
attention in continuous time. They are trained and measured as whole streams; nothing of them is exported.
"""

from typing import Callable, Dict

import torch
from torch import nn
from torch.nn import functional

from .layers import FIRST_FORGETTING, WIDTH, Block, Past, TimeAttention
from .skeleton import JOINTS, PARENTS

HYPOTHESES = 3


class KinematicPrior(nn.Module):
    """KTPFormer (arXiv 2404.00658), kinematics: joints first take in their neighbours in the skeleton, and all others as
    far as is learnt; queries, keys and values are made of that."""

    def __init__(self, channels: int):
        super().__init__()
        near = torch.eye(len(JOINTS))
        for joint, parent in enumerate(PARENTS):
            if parent >= 0:
                near[joint, parent] = near[parent, joint] = 1
        self.register_buffer("near", near / near.sum(1, keepdim=True))
        self.all = nn.Parameter(torch.zeros(len(JOINTS), len(JOINTS)))
        self.mix = nn.Linear(channels, channels)

    def forward(self, x: torch.Tensor, past: Past) -> torch.Tensor:
        topology = self.near + (self.all + self.all.T) / 2
        return x + torch.einsum("jk,ptkc->ptjc", topology, self.mix(x))


class TrajectoryPrior(nn.Module):
    """KTPFormer, trajectories: each joint first takes in its own path. Frames come at any time here, so how near one is to
    another is its age, at a pace that is learnt."""

    def __init__(self, channels: int):
        super().__init__()
        self.pace = nn.Parameter(torch.tensor(FIRST_FORGETTING).expm1().log())
        self.mix = nn.Linear(len(FIRST_FORGETTING) * channels, channels)

    def forward(self, x: torch.Tensor, past: Past) -> torch.Tensor:
        apart_s, hidden = (t[:, 0, :, 0][:, None] for t in (past.apart_s, past.hidden))  # (P, 1, T, T)
        near = (hidden - functional.softplus(self.pace)[None, :, None, None] * apart_s).softmax(-1)
        path = torch.einsum("phts,psjc->ptjhc", near, x).flatten(-2)
        return x + self.mix(path)


class Retention(TimeAttention):
    """PoseRetNet (retention in time): products of question and key fade with age and are not made to compete."""

    def __init__(self, channels: int):
        super().__init__(channels)
        self.gate = nn.Linear(channels, self.heads * WIDTH)
        self.norm = nn.GroupNorm(self.heads, self.heads * WIDTH)

    def forward(self, x: torch.Tensor, memory: torch.Tensor, past: Past) -> torch.Tensor:
        people, joints, frames, _ = x.shape
        query = past.asking(self.query(x).unflatten(-1, (self.heads, WIDTH))) / WIDTH ** 0.5
        part, = past.recall(past.asked(self.entry(memory)[:, :, :, None])[:, :, :, 0])
        fade = torch.exp(part.hidden - functional.softplus(self.forget)[:, None] * part.apart_s)
        share = torch.einsum("pjthw,pjnw->pjthn", query, part.entries) * fade
        share = share / share.abs().sum(-1, keepdim=True).clamp(min=1)
        found = past.asking.back()(share @ part.entries[:, :, None]).flatten(3)
        found = self.norm(found.reshape(-1, self.heads * WIDTH)).view(people, joints, frames, -1)
        return self.out(functional.silu(self.gate(x)) * found)


def _block(size, kind: str) -> Block:
    return Block(size.channels, size.heads, in_time=kind == "t")


class KtpTrunk(nn.Module):
    """Blocks as `entangled`; the first of each kind begins with its prior."""

    def __init__(self, size, kinds: str):
        super().__init__()
        self.blocks = nn.ModuleList(_block(size, kind) for kind in kinds)
        self.first = {kinds.index("s"): 0, kinds.index("t"): 1}
        self.priors = nn.ModuleList([KinematicPrior(size.channels), TrajectoryPrior(size.channels)])

    def forward(self, x: torch.Tensor, past: Past) -> torch.Tensor:
        for n, block in enumerate(self.blocks):
            if n in self.first:
                x = self.priors[self.first[n]](x, past)
            x = block(x, x, past)
        return x


class RetTrunk(nn.Module):
    """Blocks as `entangled`, with retention in place of attention in time."""

    def __init__(self, size, kinds: str):
        super().__init__()
        self.blocks = nn.ModuleList(_block(size, kind) for kind in kinds)
        for block, kind in zip(self.blocks, kinds):
            if kind == "t":
                block.attention = Retention(size.channels)
                nn.init.zeros_(block.attention.out.weight)
                nn.init.zeros_(block.attention.out.bias)

    def forward(self, x: torch.Tensor, past: Past) -> torch.Tensor:
        for block in self.blocks:
            x = block(x, x, past)
        return x


class HypothesesTrunk(nn.Module):
    """MHFormer (arXiv 2111.12707): several hypotheses, one after the other from a cascade over joints; each refined by
    itself in time; then each asks the others; merged in the end."""

    def __init__(self, size, kinds: str):
        super().__init__()
        self.generate, self.refine, self.cross = (
            nn.ModuleList(_block(size, kind) for _ in range(HYPOTHESES)) for kind in ("s", "t", "s"))
        merged = len(kinds) - 3 * HYPOTHESES
        self.merge = nn.Linear(HYPOTHESES * size.channels, size.channels)
        self.after = nn.ModuleList(_block(size, "t") for _ in range(merged))

    def forward(self, x: torch.Tensor, past: Past) -> torch.Tensor:
        hypotheses, last = [], x
        for block in self.generate:
            last = block(last, last, past)
            hypotheses.append(last)
        hypotheses = [block(h, h, past) for block, h in zip(self.refine, hypotheses)]
        asked = [sum(o for o in hypotheses if o is not h) / (HYPOTHESES - 1) for h in hypotheses]
        hypotheses = [block(h, others, past) for block, h, others in zip(self.cross, hypotheses, asked)]
        x = self.merge(torch.cat(hypotheses, -1))
        for block in self.after:
            x = block(x, x, past)
        return x


TRUNKS: Dict[str, Callable[..., nn.Module]] = {
    "ktpformer": KtpTrunk, "poseretnet": RetTrunk, "mhformer": HypothesesTrunk,
}
