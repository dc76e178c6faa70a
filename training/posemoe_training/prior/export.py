"""The embedding's plausibility as a model file for the node: joints in, a share out.

The graph computes what `PoseEmbedding.plausibility` does, in fewer and larger operations, since for a few people each
costs as much as what it computes. What plausibility does not need, the spread of codes, is left out.
"""

from pathlib import Path
from typing import Dict, Tuple

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from safetensors.torch import save_file
from torch import nn

from ..bodies import unit
from ..data import Motion
from ..draw import Draw
from ..export.fused_layers import linear, with_gelu
from ..export.graph import to_onnx
from ..export.manifest import described
from ..export.operators import check_operators
from ..export.refused import Refused
from ..export.write import write_model
from ..skeleton import HIPS, PARENTS, SHOULDERS
from . import MEASURED, SEED
from .distorted import HINGES, real_and_wrong
from .embedding import BONES, CRITIC, MOST_ODDS, NUMBERS, QUANTILES, PoseEmbedding

JOINTS = len(PARENTS)
SPINE, THORAX = 7, 8
PELVIS, BY_DIRECTIONS, CHEST = range(3)  # frames: the pelvis by bones, and again by their directions, as the chest
SMALLEST = 1024       # numbers; what is smaller may as well be stored in single precision
MOST_STEPS = 3        # of the quantiles, by which rounding may move a plausibility
FIXTURE_POSES = 48    # real ones, and as many with a hinge bent backwards


class PlausibilityForm(nn.Module):
    """`PoseEmbedding.plausibility` of joints, as it is exported."""

    kind = "plausibility"
    inputs = {"joints_m": "float32 [people, 17, 3]: in any right-handed frame"}
    outputs = {"plausibility": "float32 [people]: the share of real poses that are more surprising, 0 to 1"}
    axes: Dict[str, Dict[int, str]] = {}

    def __init__(self, embedding: PoseEmbedding):
        super().__init__()
        self.embedding = embedding
        exported = with_gelu(embedding)
        self.encoder, self.decoder, self.critic = exported.encoder, exported.decoder, exported.critic
        last = self.encoder[-1]
        self.encoder[-1] = linear(last.weight[:NUMBERS], last.bias[:NUMBERS])
        for name, numbers in (("bones", _bones()), ("axes_of_frames", _axes_of_frames()), ("next_axis", [1, 2, 0]),
                              ("upper", _seen_by_part(0)), ("lower", _seen_by_part(1))):
            self.register_buffer(name, torch.as_tensor(numbers))

    def forward(self, joints_m: torch.Tensor) -> torch.Tensor:
        directions, hinged = self._geometry(joints_m)
        code = self.encoder(directions)
        found = unit(self.decoder(code).reshape(-1, BONES, 3))
        misfit = self.embedding._misfit(found, directions.reshape(-1, BONES, 3))
        odds = self.critic(torch.cat([directions, hinged], -1)).clamp(-MOST_ODDS, MOST_ODDS)
        surprise = (misfit + code.square().sum(-1) / 2)[:, None] - CRITIC * odds
        return (self.embedding.surprises >= surprise).float().mean(-1)  # of what is no number: 0

    def _geometry(self, joints_m: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """`directions_of` and `hinged`, flat: (P, 48) and (P, 40)."""
        bones_m = self.bones @ joints_m
        bones = unit(bones_m)
        axes = (self.axes_of_frames @ torch.cat([bones_m, bones], 1)).reshape(-1, 2, 3, 3)
        up, left = unit(axes[:, 0]), axes[:, 1]
        left = unit(left - (left * up).sum(-1, keepdim=True) * up)
        part_from_space = torch.cat([self._cross(left, up), left, up], -1).reshape(-1, 3, 3, 3)
        seen = bones[:, None] @ part_from_space.transpose(-1, -2)
        of_all = seen.reshape(-1, 3 * BONES, 3)
        upper, lower = of_all.index_select(1, self.upper), of_all.index_select(1, self.lower)
        hinged = torch.cat([upper, lower, self._cross(upper, lower), (upper * lower).sum(-1, keepdim=True)], -1)
        return seen[:, PELVIS].flatten(1), hinged.flatten(1)

    def _cross(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        def turned(v: torch.Tensor) -> torch.Tensor:
            return v.index_select(-1, self.next_axis)

        return turned(a * turned(b) - turned(a) * b)


def _bones() -> torch.Tensor:
    """What of joints are bones, (16, 17): each to the joint at its end."""
    joint = torch.eye(JOINTS)
    return torch.stack([joint[end] - joint[PARENTS[end]] for end in range(1, JOINTS)])


def _axes_of_frames() -> torch.Tensor:
    """What of bones, and then of their directions, are the axes up and left of all frames, (6, 32)."""
    bone = torch.eye(JOINTS)[:, 1:]  # the pelvis is none
    up = bone[SPINE] + bone[THORAX]
    hips, shoulders = (bone[left] - bone[right] for right, left in (HIPS, SHOULDERS[::-1]))
    none = torch.zeros(BONES)
    return torch.stack([torch.cat(row) for row in ((up, none), (none, up), (none, up),
                                                   (hips, none), (none, hips), (none, shoulders))])


def _seen_by_part(bone: int) -> torch.Tensor:
    """Where each limb's upper bone (0) or lower one (1) is, as pelvis or chest see it, among all frames' bones, (4)."""
    return torch.tensor([(BY_DIRECTIONS if hinge[2] > 0 else CHEST) * BONES + hinge[bone] - 1 for hinge in HINGES])


def _store_in_half(graph: onnx.GraphProto) -> None:
    """Halves the file; ONNX Runtime makes single precision of the weights when it loads the model."""
    for weight in list(graph.initializer):
        numbers = numpy_helper.to_array(weight)
        if weight.data_type == onnx.TensorProto.FLOAT and numbers.size >= SMALLEST:
            name = f"{weight.name}.half"
            graph.initializer.append(numpy_helper.from_array(numbers.astype(np.float16), name))
            graph.node.insert(0, helper.make_node("Cast", [name], [weight.name], to=onnx.TensorProto.FLOAT))
            graph.initializer.remove(weight)


def tried(held_out: Motion, count: int = MEASURED) -> torch.Tensor:
    """Poses (2 * count, 17, 3) of held-out people, and the same with a hinge of each bent backwards."""
    draw = Draw(torch.Generator().manual_seed(SEED + 3))
    return torch.cat(real_and_wrong(held_out, count, draw))


def write_plausibility(embedding: PoseEmbedding, held_out: Motion, out: Path) -> None:
    """Refuses a file that says something else than the embedding."""
    joints_m = tried(held_out)
    form = PlausibilityForm(embedding).eval()
    model = to_onnx(form, (joints_m,))
    _store_in_half(model.graph)
    check_operators(model)
    steps = most_steps(embedding, model, joints_m)
    print(f"plausibility: at most {steps} of {QUANTILES} steps from PyTorch's")
    if steps > MOST_STEPS:
        raise Refused(f"plausibilities are up to {steps} steps of {QUANTILES} apart, expected {MOST_STEPS} or fewer")
    networks = (form.encoder, form.decoder, form.critic)
    parameters = sum(weight.numel() for network in networks for weight in network.parameters())
    write_model(model, {
        **described(form, out.stem, "float32", parameters),
        "output_frame": "none", "output_unit": "share of real poses",
    }, out)


def most_steps(embedding: PoseEmbedding, model: onnx.ModelProto, joints_m: torch.Tensor) -> int:
    """By how many quantiles ONNX Runtime and PyTorch differ at most."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found, = session.run(["plausibility"], {"joints_m": joints_m.numpy()})
    return round(QUANTILES * np.abs(found - embedding.plausibility(joints_m).numpy()).max())


def write_fixture(embedding: PoseEmbedding, held_out: Motion, out: Path) -> None:
    """A few poses with PyTorch's plausibilities, for the test in Rust."""
    joints_m = tried(held_out, FIXTURE_POSES)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({"joints_m": joints_m.contiguous(), "plausibility": embedding.plausibility(joints_m)}, out)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")
