"""The two forms in which the node runs the network: a stream, frame by frame, and a window.

A form is a module that is traced as it stands, and knows its inputs and outputs, what to try it on, and what its
manifest promises.
"""

from typing import Callable, Dict, Protocol, Tuple

import torch
from torch import nn

from ..layers import CYCLE_S, WIDTH
from ..memory import Memory
from ..network import PoseMoE
from ..segments import NAMES
from ..steps import Stream
from ..streams import Batch
from .fused import FusedStep
from .fused_layers import with_gelu

Inputs = Tuple[torch.Tensor, ...]
WINDOW_FRAMES = 27  # that the node takes where nothing else is asked for
NEW_FRAMES = 3      # at once, of the stream's example

KEYPOINTS = "x, y in the person-centred view divided by apparent size, detector score; zeros where not seen"
VIEW = "viewing ray x, y (unit vector, camera optical frame), log of the apparent size (tangent units)"
DEPTH = ("measured depth: how far beyond the torso's in units of apparent size, log of the person's size in metres at "
         "the torso's, 1; zeros where none is measured")
SEGMENTS_SAID = ("of each segment its y axis and its z axis, neither of length 1, and the angle in degrees from the "
                 "truth within which 68 % lie")
OUTPUTS = {
    "joints_m": "float32 [people, 17, 3]: relative to the pelvis",
    "sigma_m": "float32 [people, 17]: distance from the truth within which 68 % of joints lie",
}


class Form(Protocol):
    network: PoseMoE
    kind: str                # as the manifest calls it
    inputs: Dict[str, str]   # what each is, in words; the first axis is people
    outputs: Dict[str, str]
    axes: Dict[str, Dict[int, str]]  # of which inputs which axes besides the first may be of any size, by name
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
    """New frames and the memory of earlier ones in; joints, sigmas and new entries for the memory out."""

    kind, half = "stream", False

    def __init__(self, network: PoseMoE, memory: Memory):
        super().__init__()
        self.network, self.memory = network, memory
        self.fused = FusedStep(network, memory) if network.variant == "full" else None
        self.kept = [f"memory_{block}" for block in range(network.time_blocks())]
        self.inputs = {
            "keypoints": f"float32 [people, frames, 17, 3]: {KEYPOINTS}; new frames, oldest first",
            "view": f"float32 [people, frames, 3]: {VIEW}",
            "depth": f"float32 [people, frames, 17, 3]: {DEPTH}",
            "moment_s": f"float32 [people, frames]: the new frames' stamps modulo {CYCLE_S:g} s",
            "age_s": "float32 [people, frames, slots]: seconds from the frame in that slot to the new one; beyond the "
                     "span: empty",
            "stands_for": "float32 [people, frames, slots]: how many frames the one in that slot stands for; 1 or more",
            "new_age_s": "float32 [people, frames, frames]: seconds from another new frame to this one; beyond the "
                         "span: not to be asked, since it comes later or there is none",
            **{name: f"float32 [people, 17, slots, {WIDTH}]: entries of earlier frames" for name in self.kept},
        }
        self.outputs = {
            "joints_m": "float32 [people, frames, 17, 3]: relative to the pelvis",
            "sigma_m": "float32 [people, frames, 17]: distance from the truth within which 68 % of joints lie",
            "entries": f"float32 [people, {len(self.kept)}, 17, frames, {WIDTH}]: to be kept in slots of each memory",
        }
        if network.orientation is not None:
            self.outputs["segments"] = f"float32 [people, frames, {len(NAMES)}, 7]: {SEGMENTS_SAID}"
        self.axes = {
            **{name: {1: "frames"} for name in ("keypoints", "view", "depth", "moment_s")},
            **{name: {1: "frames", 2: "slots"} for name in ("age_s", "stands_for")},
            "new_age_s": {1: "frames", 2: "frames"},
            **{name: {2: "slots"} for name in self.kept},
        }

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, moment_s: torch.Tensor,
                age_s: torch.Tensor, stands_for: torch.Tensor, new_age_s: torch.Tensor, *kept: torch.Tensor) -> Inputs:
        step = self.reference if self.fused is None else self._fused
        return _computed(self.half, lambda: step(keypoints, view, depth, moment_s, age_s, stands_for, new_age_s, *kept))

    def _fused(self, *inputs: torch.Tensor) -> Inputs:
        return self.fused(*inputs[:-len(self.kept)], inputs[-len(self.kept):])

    def reference(self, *inputs: torch.Tensor) -> Inputs:
        return self.network.step(*inputs[:-len(self.kept)], list(inputs[-len(self.kept):]), self.memory)

    @torch.no_grad()
    def example(self, batch: Batch) -> Inputs:
        """The last frames of streams whose memory, half of the frames long, has been thinned out by then."""
        frames = batch.age_s.shape[1]
        new, memory = min(NEW_FRAMES, frames - 1), Memory(frames // 2, self.memory.span_s)
        stream = Stream(self.network, len(batch.age_s), memory)
        *earlier, last = zip(*(t.split([1] * (frames - new) + [new], 1)
                               for t in (batch.keypoints, batch.view, batch.depth, -batch.age_s.double())))
        for frame in earlier:
            entries = self.network.step(*stream.step(*frame), memory)[2]
            stream.keep(frame[-1][:, 0], entries)
        *step, kept = stream.step(*last)
        return (*step, *kept)

    def promises(self) -> Dict[str, object]:
        return {"memory": {"frames": self.memory.frames, "span_s": self.memory.span_s, "cycle_s": CYCLE_S,
                           "blocks": len(self.kept), "width": WIDTH}}


class WindowForm(nn.Module):
    """Frames that all see each other in; joints and sigmas of the last one out."""

    kind, half = "window", False
    inputs = {
        "keypoints": f"float32 [people, frames, 17, 3]: {KEYPOINTS}; the last frame is the one that is answered",
        "view": f"float32 [people, frames, 3]: {VIEW}",
        "depth": f"float32 [people, frames, 17, 3]: {DEPTH}",
        "age_s": "float32 [people, frames]: seconds before the last one; below 0 for frames after it",
        "present": "float32 [people, frames]: 1 where there is a frame, else 0",
    }
    axes = {name: {1: "frames"} for name in inputs}

    def __init__(self, network: PoseMoE, memory: Memory):
        super().__init__()
        self.network, self.memory = network, memory
        self.exported = with_gelu(network)
        self.outputs = dict(OUTPUTS)
        if network.orientation is not None:
            self.outputs["segments"] = f"float32 [people, {len(NAMES)}, 7]: {SEGMENTS_SAID}"

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, depth: torch.Tensor, age_s: torch.Tensor,
                present: torch.Tensor) -> Inputs:
        return _computed(self.half, lambda: self.exported.lift_newest(keypoints, view, depth, age_s, present))

    def reference(self, *inputs: torch.Tensor) -> Inputs:
        return self.network.lift_newest(*inputs)

    def example(self, batch: Batch) -> Inputs:
        return batch.keypoints, batch.view, batch.depth, batch.age_s, batch.used

    def promises(self) -> Dict[str, object]:
        return {"window": {"frames": WINDOW_FRAMES, "span_s": self.memory.span_s}}
