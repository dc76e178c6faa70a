"""Does a model file compute what it should? On people that training never saw, by ONNX Runtime on the CPU."""

from dataclasses import dataclass, replace
from typing import List, Tuple

import numpy as np
import onnx
import onnxruntime
import torch

from ..data import Motion
from ..depth import DepthCameras
from ..segments import angle_between, orthonormal
from ..streams import AS_RECORDED, Batch, make_batch
from .forms import OUTPUTS, Form, Inputs
from .refused import Refused

PEOPLE, FRAMES = 256, 24
# Of some streams depths are measured.
WORLD = replace(AS_RECORDED, depth=DepthCameras())
# What rounding in float32 may leave in a coordinate; the test in Rust allows the same.
FLOAT32_MOST_M = 2e-5
# In the turn of all but one segment in a thousand: where two axes nearly lie on each other it may be anything.
FLOAT32_MOST_DEG, FLOAT16_MOST_DEG = 0.02, 3.0
# A fifteenth of the network's own error, for all but one joint in a thousand.
FLOAT16_MOST_M = 5e-3

Answer = Tuple[np.ndarray, ...]  # joints, sigmas, and segments of networks that say something of them


@dataclass(frozen=True)
class Apart:
    """How far two answers for the same people are apart."""

    joint_m: float        # the worst joint
    most_joints_m: float  # 99.9 % of the joints are closer
    sigma_m: float        # the worst sigma
    turn_deg: float = 0.0       # the worst segment
    most_turns_deg: float = 0.0  # 99.9 % of them

    @staticmethod
    def between(one: Answer, other: Answer) -> "Apart":
        joint_m = np.linalg.norm(one[0] - other[0], axis=-1)
        turn_deg = np.zeros(1) if len(one) < 3 else _turned_deg(one[2], other[2])
        return Apart(float(joint_m.max()), float(np.quantile(joint_m, 0.999)), float(np.abs(one[1] - other[1]).max()),
                     float(turn_deg.max()), float(np.quantile(turn_deg, 0.999)))

    def __str__(self) -> str:
        joint, most, sigma = (f"{1000 * m:.2g} mm" for m in (self.joint_m, self.most_joints_m, self.sigma_m))
        return (f"joints at most {joint} apart, 99.9 % of them {most}; sigmas at most {sigma}; segments turned by at "
                f"most {self.turn_deg:.2g} degrees, 99.9 % of them {self.most_turns_deg:.2g}")


def _turned_deg(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = (orthonormal(*torch.from_numpy(said[..., :6]).double().split(3, -1)) for said in (one, other))
    return angle_between(one, other).rad2deg().numpy()


def held_out_people(held_out: Motion, size: int = PEOPLE, seed: int = 11) -> Batch:
    """Simulated detections of held-out people, a part of them with measured depths."""
    return make_batch(held_out, size, FRAMES, torch.Generator().manual_seed(seed), vary=False, world=WORLD)


def answers_of(form: Form) -> List[str]:
    """What is compared of its outputs."""
    return [*OUTPUTS, *(name for name in form.outputs if name == "segments")]


def onnx_answer(form: Form, model: onnx.ModelProto, people: Inputs) -> Answer:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return tuple(session.run(answers_of(form), {name: x.numpy() for name, x in zip(form.inputs, people)}))


@torch.no_grad()
def torch_answer(form: Form, people: Inputs) -> Answer:
    said = dict(zip(form.outputs, form.reference(*people)))
    return tuple(said[name].numpy() for name in answers_of(form))


def check_float32(form: Form, model: onnx.ModelProto, people: Inputs) -> Apart:
    """Refuses a graph that computes something else than the trained network, for many people or for one."""
    expected = torch_answer(form, people)
    for size in (1, len(people[0])):
        found = onnx_answer(form, model, tuple(x[:size] for x in people))
        apart = Apart.between(found, tuple(x[:size] for x in expected))
        # Not `>`: a difference that is not a number must not pass.
        if not (max(apart.joint_m, apart.sigma_m) <= FLOAT32_MOST_M and apart.most_turns_deg <= FLOAT32_MOST_DEG):
            raise Refused(f"people: {size}; ONNX Runtime and PyTorch differ: {apart}; "
                          f"expected at most {1000 * FLOAT32_MOST_M:.2g} mm, {FLOAT32_MOST_DEG} degrees")
    return apart


def check_float16(form: Form, float32: onnx.ModelProto, float16: onnx.ModelProto, people: Inputs) -> Apart:
    """Refuses a float16 variant whose rounding would be seen."""
    apart = Apart.between(onnx_answer(form, float16, people), onnx_answer(form, float32, people))
    if not (apart.most_joints_m <= FLOAT16_MOST_M and apart.sigma_m < np.inf
            and apart.most_turns_deg <= FLOAT16_MOST_DEG):
        raise Refused(f"float16 and float32 differ: {apart}; "
                      f"expected at most {1000 * FLOAT16_MOST_M:.2g} mm for 99.9 % of the joints and "
                      f"{FLOAT16_MOST_DEG:g} degrees for as many segments")
    return apart
