"""What the node feeds its network at every frame of a stream, and what the network says to it.

The same rules as src/person/window.rs: the newest frame, then each next one at least the layout's
spacing older than the one before it, none older than the span, with their true ages.
"""

from typing import NamedTuple, Tuple

import torch
from torch import nn

from ..windows import WindowLayout

SPACING_TOLERANCE_S = 1e-3  # as in window.rs: rounding of a 60 Hz stamp must not skip a frame
WINDOWS_AT_ONCE = 512


class Slots(NamedTuple):
    """Which frames of S streams fill the T slots of the window that ends at each of F frames."""

    index: torch.Tensor    # (S, F, T) frame of the stream, 0 where the slot is empty
    age_s: torch.Tensor    # (S, F, T) before the window's newest frame, 0 where empty
    present: torch.Tensor  # (S, F, T) 1 where filled, else 0


def node_slots(stamp_s: torch.Tensor, used: torch.Tensor, layout: WindowLayout) -> Slots:
    """Slots for streams with stamps (S, F), rising and in double precision, of which only `used` (S, F) count.

    A window that would end at an unused frame is empty.
    """
    streams, frames = stamp_s.shape
    index = torch.zeros(streams, frames, layout.frames, dtype=torch.long)
    age_s, present = torch.zeros(index.shape), torch.zeros(index.shape)
    filled = torch.zeros(streams, frames, dtype=torch.long)
    last_s = torch.full((streams, frames), -torch.inf, dtype=stamp_s.dtype)
    for back in range(frames):  # all windows at once look one frame further back
        older = (torch.arange(frames) - back).clamp(min=0)
        before_s = stamp_s - stamp_s[:, older]
        due = used & used[:, older] & (torch.arange(frames) >= back) & (filled < layout.frames)
        due &= (before_s <= layout.span_s) & (before_s - last_s >= layout.spacing_s - SPACING_TOLERANCE_S)
        stream, newest = due.nonzero(as_tuple=True)
        slot = layout.frames - 1 - filled[due]
        index[stream, newest, slot] = older[newest]
        age_s[stream, newest, slot] = before_s[due].float()
        present[stream, newest, slot] = 1
        filled = filled + due
        last_s = torch.where(due, before_s, last_s)
    return Slots(index, age_s, present)


def lift_stream(network: nn.Module, keypoints: torch.Tensor, view: torch.Tensor,
                slots: Slots) -> Tuple[torch.Tensor, torch.Tensor]:
    """joints_m (S, F, 17, 3), each in its own frame's virtual camera, and sigma_m (S, F, 17).

    From views of every frame, keypoints (S, N, 17, 3) and view (S, N, 3), and the slots of F windows.
    """
    stream = torch.arange(len(keypoints))[:, None, None]
    inputs = (
        keypoints[stream, slots.index] * slots.present[..., None, None],
        view[stream, slots.index] * slots.present[..., None], slots.age_s, slots.present,
    )
    joints_m, sigma_m = lift(network, *(t.flatten(0, 1) for t in inputs))
    shape = slots.present.shape[:2]
    return joints_m.unflatten(0, shape), sigma_m.unflatten(0, shape)


@torch.no_grad()
def lift(network: nn.Module, *inputs: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """joints_m (P, 17, 3) and sigma_m (P, 17) on the CPU, wherever the network is; in float32 as the node."""
    device = next(network.parameters(), torch.empty(0)).device
    was_training = network.training
    network.eval()
    parts = [
        network(*(t.float().to(device) for t in part))
        for part in zip(*(t.split(WINDOWS_AT_ONCE) for t in inputs))
    ]
    network.train(was_training)
    return torch.cat([p[0].cpu() for p in parts]), torch.cat([p[1].cpu() for p in parts])
