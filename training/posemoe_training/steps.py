"""New frames one after the other, with a memory of earlier ones: what crates/posemoe-core/src/lift/stream.rs does, all people at once.

The whole stream at once (`PoseMoE.lift`) gives the same answers and is faster; this is what a robot runs, and so
what is exported and checked.
"""

from typing import Iterator, List, NamedTuple, Tuple

import torch

from .layers import CYCLE_S, WIDTH
from .memory import Memory, Remembered
from .network import PoseMoE
from .skeleton import JOINTS

NEVER_S = 1e6  # age of a slot that nothing was written to, and of frames that are still to come


class Step(NamedTuple):
    """What the network is given for F new frames of P people who remember N slots."""

    keypoints: torch.Tensor     # (P, F, 17, 3)
    view: torch.Tensor          # (P, F, 3)
    depth: torch.Tensor         # (P, F, 17, 3), 0 where none is measured
    moment_s: torch.Tensor      # (P, F) modulo CYCLE_S
    age_s: torch.Tensor         # (P, F, N) of what is in each slot, when a new frame is taken
    stands_for: torch.Tensor    # (P, F, N) how many frames that stands for, 1 or more
    new_age_s: torch.Tensor     # (P, F, F) of the new frames then; NEVER_S of those that are still to come
    memory: List[torch.Tensor]  # (P, 17, N, WIDTH) for each block in time


class Stream:
    """P people, whom all frames show."""

    def __init__(self, network: PoseMoE, people: int, memory: Memory):
        self.remembered = Remembered(people, memory)
        self.kept = [torch.zeros(people, len(JOINTS), memory.frames, WIDTH) for _ in range(network.time_blocks())]
        self.frames = 0

    def step(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, stamp_s: torch.Tensor) -> Step:
        """New frames (P, F, ...) with stamps (P, F) in double precision; of the slots none is given up meanwhile."""
        age_s = (stamp_s[:, :, None] - self.remembered.stamp_s[:, None]).clamp(max=NEVER_S)
        new_age_s = stamp_s[:, :, None] - stamp_s[:, None]
        return Step(keypoints, view, depth, (stamp_s % CYCLE_S).float(), age_s.float(),
                    self.remembered.stands_for[:, None].expand_as(age_s),
                    new_age_s.masked_fill(new_age_s < 0, NEVER_S).float(), self.kept)

    def keep(self, stamp_s: torch.Tensor, entries: torch.Tensor) -> None:
        """Keeps entries (P, blocks, 17, 1, WIDTH) of the frame at stamps (P,)."""
        before = self.remembered.add(self.frames, stamp_s, torch.ones(len(stamp_s)))[:, None, :, None]
        self.kept = [torch.cat([block, entry], 2).take_along_dim(before, 2)
                     for block, entry in zip(self.kept, entries.unbind(1))]
        self.frames += 1


def steps(network: PoseMoE, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, stamp_s: torch.Tensor,
          memory: Memory = Memory()) -> Iterator[Tuple[Step, torch.Tensor, torch.Tensor]]:
    """Streams (P, T, ...) with stamps (P, T) in double precision; yields for each frame its step, joints and sigmas."""
    stream = Stream(network, len(stamp_s), memory)
    for new in zip(*(t.split(1, 1) for t in (keypoints, view, depth, stamp_s))):
        step = stream.step(*new)
        joints_m, sigma_m, entries, *_ = network.step(*step, memory)
        yield step, joints_m[:, 0], sigma_m[:, 0]
        stream.keep(new[-1][:, 0], entries)
