"""One frame after the other, with a memory of earlier ones: what src/lift/stream.rs does, all people at once.

The whole stream at once (`PoseMoE.lift`) gives the same answers and is faster; this is what a robot runs, and so
what is exported and checked.
"""

from typing import Iterator, List, NamedTuple, Tuple

import torch

from .layers import CYCLE_S, WIDTH
from .memory import Memory, Remembered
from .network import PoseMoE
from .skeleton import JOINTS

NEVER_S = 1e6  # age of a slot that nothing was written to


class Step(NamedTuple):
    """What the network is given for one new frame of P people who remember N slots."""

    keypoints: torch.Tensor     # (P, 17, 3)
    view: torch.Tensor          # (P, 3)
    moment_s: torch.Tensor      # (P,) modulo CYCLE_S
    age_s: torch.Tensor         # (P, N) of each slot's frame
    stands_for: torch.Tensor    # (P, N) how many frames it stands for, 1 or more
    memory: List[torch.Tensor]  # (P, 17, N, WIDTH) for each block in time


def steps(network: PoseMoE, keypoints: torch.Tensor, view: torch.Tensor, stamp_s: torch.Tensor,
          memory: Memory = Memory()) -> Iterator[Tuple[Step, torch.Tensor, torch.Tensor]]:
    """Streams (P, T, ...) with stamps (P, T) in double precision; yields each step with its joints and sigmas."""
    people, frames = stamp_s.shape
    remembered = Remembered(people, memory)
    kept = [torch.zeros(people, len(JOINTS), memory.frames, WIDTH) for _ in range(network.time_blocks())]
    for frame in range(frames):
        now_s = stamp_s[:, frame]
        age_s = (now_s[:, None] - remembered.stamp_s).clamp(max=NEVER_S).float()
        step = Step(keypoints[:, frame], view[:, frame], (now_s % CYCLE_S).float(), age_s, remembered.stands_for, kept)
        joints_m, sigma_m, entries = network.step(*step, memory)
        yield step, joints_m, sigma_m
        before = remembered.add(frame, now_s, torch.ones(people))[:, None, :, None]
        kept = [torch.cat([block, entry[:, :, None]], 2).take_along_dim(before, 2)
                for block, entry in zip(kept, entries.unbind(1))]
