"""What the network says of frames of a stream: with a memory, as the node runs it, or of a window around each."""

from typing import Callable, Sequence, Tuple

import torch

from ..memory import Memory
from ..network import PoseMoE
from ..streams import Batch

Answer = Tuple[torch.Tensor, torch.Tensor]  # joints_m (B, A, 17, 3) and sigma_m (B, A, 17) of the A frames asked for
Lift = Callable[[Batch, Sequence[int]], Answer]

FRAMES_AT_ONCE = 1024


def streaming(network: PoseMoE, memory: Memory = Memory()) -> Lift:
    """Every frame remembers those before it. The whole stream at once gives what the node finds step by step."""
    def lift(batch: Batch, at: Sequence[int]) -> Answer:
        inputs = tuple(t[:, :max(at) + 1] for t in _as_seen(batch))
        return _in_parts(network, inputs, lambda *part: _chosen(network.lift(*part, memory), at))
    return lift


def windowed(network: PoseMoE, frames: int) -> Lift:
    """Each frame is the last of a window of so many, all of which see each other."""
    def lift(batch: Batch, at: Sequence[int]) -> Answer:
        seen = _as_seen(batch)
        answers = []
        for newest in at:
            first = max(0, newest + 1 - frames)
            keypoints, view, depth, age_s, present = (t[:, first:newest + 1] for t in seen)
            inputs = (keypoints, view, depth, age_s - age_s[:, -1:], present)
            answers.append(_in_parts(network, inputs, network.lift_newest))
        return torch.stack([a[0] for a in answers], 1), torch.stack([a[1] for a in answers], 1)
    return lift


def _as_seen(batch: Batch) -> Tuple[torch.Tensor, ...]:
    return batch.keypoints, batch.view, batch.depth, batch.age_s, batch.used


def _chosen(lifted, at: Sequence[int]) -> Answer:
    return lifted.joints_m[:, list(at)], lifted.sigma_m[:, list(at)]


@torch.no_grad()
def _in_parts(network: PoseMoE, inputs: Tuple[torch.Tensor, ...], lift: Callable[..., Answer]) -> Answer:
    """On the CPU wherever the network is; in float32 as the node."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    streams = max(1, FRAMES_AT_ONCE // inputs[0].shape[1])
    parts = [lift(*(t.float().to(device) for t in part)) for part in zip(*(t.split(streams) for t in inputs))]
    network.train(was_training)
    return torch.cat([p[0].cpu() for p in parts]), torch.cat([p[1].cpu() for p in parts])
