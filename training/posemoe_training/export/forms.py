"""The two forms in which the node runs the network: a stream, one frame at a time, and a window.

A form is a module that is traced as it stands, and knows its inputs and outputs, what to try it on, and what its
manifest promises.
"""

from typing import Callable, Dict, Protocol, Tuple

import torch
from torch import nn

from ..layers import CYCLE_S, WIDTH
from ..memory import Memory
from ..network import PoseMoE
from ..steps import steps
from ..streams import Batch
from .fused import FusedStep
from .fused_layers import with_gelu

Inputs = Tuple[torch.Tensor, ...]
WINDOW_FRAMES = 27  # that the node takes where nothing else is asked for

KEYPOINTS = "x, y in the person-centred view divided by apparent size, detector score; zeros where not seen"
VIEW = "viewing ray x, y (unit vector, camera optical frame), log of the apparent size (tangent units)"
OUTPUTS = {
    "joints_m": "float32 [people, 17, 3]: relative to the pelvis",
    "sigma_m": "float32 [people, 17]: distance from the truth within which 68 % of joints lie",
}


class Form(Protocol):
    network: PoseMoE
    kind: str                # as the manifest calls it
    inputs: Dict[str, str]   # what each is, in words; the first axis is people
    outputs: Dict[str, str]
    second_axis: Dict[str, int]  # inputs with a second axis of any size, and which that is
    half: bool               # whether it computes in float16 (half.py); inputs and outputs are float32 in any case

    def example(self, batch: Batch) -> Inputs:
        """Inputs for the people of a batch of streams."""

    def reference(self, *inputs: torch.Tensor) -> Inputs:
        """The answer of the network as it was trained, which the form computes in its own way."""

    def promises(self) -> Dict[str, object]:
        """What the manifest says besides."""


def _computed(half: bool, answer: Callable[[], Inputs]) -> Inputs:
    with torch.autocast("cpu", dtype=torch.float16, enabled=half):
        outputs = answer()
    return tuple(output.float() for output in outputs)


class StreamForm(nn.Module):
    """A new frame and the memory of earlier ones in; joints, sigmas and new entries for the memory out."""

    kind, half = "stream", False

    def __init__(self, network: PoseMoE, memory: Memory):
        super().__init__()
        self.network, self.memory = network, memory
        self.fused = FusedStep(network, memory) if network.variant == "full" else None
        self.kept = [f"memory_{block}" for block in range(network.time_blocks())]
        self.inputs = {
            "keypoints": f"float32 [people, 17, 3]: {KEYPOINTS}",
            "view": f"float32 [people, 3]: {VIEW}",
            "moment_s": f"float32 [people]: the frame's stamp modulo {CYCLE_S:g} s",
            "age_s": "float32 [people, slots]: seconds since the frame in that slot; beyond the span: empty",
            "stands_for": "float32 [people, slots]: how many frames the one in that slot stands for; 1 or more",
            **{name: f"float32 [people, 17, slots, {WIDTH}]: entries of earlier frames" for name in self.kept},
        }
        self.outputs = {
            **OUTPUTS,
            "entries": f"float32 [people, {len(self.kept)}, 17, {WIDTH}]: to be kept in one slot of each memory",
        }
        self.second_axis = {"age_s": 1, "stands_for": 1, **{name: 2 for name in self.kept}}

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, moment_s: torch.Tensor, age_s: torch.Tensor,
                stands_for: torch.Tensor, *kept: torch.Tensor) -> Inputs:
        if self.fused is None:
            return _computed(self.half, lambda: self.reference(keypoints, view, moment_s, age_s, stands_for, *kept))
        return _computed(self.half, lambda: self.fused(keypoints, view, moment_s, age_s, stands_for, kept))

    def reference(self, keypoints: torch.Tensor, view: torch.Tensor, moment_s: torch.Tensor, age_s: torch.Tensor,
                  stands_for: torch.Tensor, *kept: torch.Tensor) -> Inputs:
        return self.network.step(keypoints, view, moment_s, age_s, stands_for, list(kept), self.memory)

    @torch.no_grad()
    def example(self, batch: Batch) -> Inputs:
        """The last step of streams whose memory, half of the frames long, has come round."""
        memory = Memory(batch.age_s.shape[1] // 2, self.memory.span_s)
        *_, (last, _, _) = steps(self.network, batch.keypoints, batch.view, -batch.age_s.double(), memory)
        return (*last[:5], *last.memory)

    def promises(self) -> Dict[str, object]:
        return {"memory": {"frames": self.memory.frames, "span_s": self.memory.span_s, "cycle_s": CYCLE_S,
                           "blocks": len(self.kept), "width": WIDTH}}


class WindowForm(nn.Module):
    """Frames that all see each other in; joints and sigmas of the last one out."""

    kind, half = "window", False
    inputs = {
        "keypoints": f"float32 [people, frames, 17, 3]: {KEYPOINTS}; the last frame is the one that is answered",
        "view": f"float32 [people, frames, 3]: {VIEW}",
        "age_s": "float32 [people, frames]: seconds before the last one; below 0 for frames after it",
        "present": "float32 [people, frames]: 1 where there is a frame, else 0",
    }
    outputs = OUTPUTS
    second_axis = {name: 1 for name in inputs}

    def __init__(self, network: PoseMoE, memory: Memory):
        super().__init__()
        self.network, self.memory = network, memory
        self.exported = with_gelu(network)

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, age_s: torch.Tensor,
                present: torch.Tensor) -> Inputs:
        return _computed(self.half, lambda: self.exported.lift_newest(keypoints, view, age_s, present))

    def reference(self, *inputs: torch.Tensor) -> Inputs:
        return self.network.lift_newest(*inputs)

    def example(self, batch: Batch) -> Inputs:
        return batch.keypoints, batch.view, batch.age_s, batch.used

    def promises(self) -> Dict[str, object]:
        return {"window": {"frames": WINDOW_FRAMES, "span_s": self.memory.span_s}}
